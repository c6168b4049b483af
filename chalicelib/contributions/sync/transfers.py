"""Issues that moved, vanished or were deleted: found, confirmed with GitHub, and kept as they were before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import aliased

from chalicelib.contributions.api import ISSUES, TransferAPI
from chalicelib.contributions.models import Event, EventPoll, Issue, PullRequest, Transfer, TransferCheck
from chalicelib.contributions.sync.context import Context
from chalicelib.contributions.sync.items import MODELS, save_items
from chalicelib.errors import GitHubError, IncompleteReadError, UnauthorizedError
from chalicelib.store.upsert import Row, upsert

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
KEPT = (
    *("url", "number", "repo", "title", "body", "created_at", "closed_at", "state", "org"),
    *("assignee", "assignees", "labels", "user", "username"),
)


def reconcile_transfers(context: Context) -> None:
    """Ask GitHub about issues that look like one issue in two places, and follow those that moved."""
    failures: list[str] = []
    for old, twin_id in find_candidates(context):
        context.run.fetched += 1
        try:
            if settle(context, ISSUES, old):
                _remember(context, old, twin_id)
        except UnauthorizedError:
            raise
        except GitHubError as error:
            context.session.rollback()
            failures.append(str(error))
        context.commit()
    if failures:
        raise IncompleteReadError(f"{len(failures)} issues could not be asked for; the first: {failures[0]}")


def find_candidates(context: Context) -> Sequence[Found[int, int]]:
    """Find issues with the same author and moment of opening as a newer one, which were not asked for since it came."""
    old, new = aliased(Issue), aliased(Issue)
    same = and_(
        new.org == old.org,
        new.created_at == old.created_at,
        new.username.is_not_distinct_from(old.username),
        new.id > old.id,
        new.deleted_at.is_(None),
    )
    twin = func.max(new.id)
    candidates = (
        select(old.id, twin)
        .join(new, same)
        .outerjoin(TransferCheck, TransferCheck.issue_id == old.id)
        .where(old.org == context.scope.org, old.deleted_at.is_(None))
        .group_by(old.id, TransferCheck.newest_twin_id)
        .having(or_(TransferCheck.newest_twin_id.is_(None), TransferCheck.newest_twin_id < twin))
        .order_by(old.id)
    )
    return context.session.execute(candidates).all()


def _remember(context: Context, issue_id: int, twin_id: int) -> None:
    check = {"issue_id": issue_id, "newest_twin_id": twin_id, "checked_at": context.now()}
    upsert(context.session, TransferCheck, [check])


def settle(context: Context, kind: str, item_id: int) -> bool:
    """Ask GitHub where an item is now, and act on it, in the session's transaction; True when it is still there.

    Moved: it is stored anew, kept in `transfers` as it was, and its old rows go. Deleted, or moved where the token
    can't see: it keeps its row, with `deleted_at`.
    """
    model: type[Any] = MODELS[kind]
    item = context.session.get(model, item_id, populate_existing=True)
    if item is None:
        return False  # a pull request that was known by its pull id alone, and has its issue id by now
    found = TransferAPI(context.github).fetch_place(item.org, item.repo, item.number)
    if found is None:
        _mark_as_gone(context, item)
        return False
    save_items(context, kind, [found])
    if found["id"] == item_id:
        return True
    moved = context.session.get(Issue, found["id"], populate_existing=True)
    if isinstance(item, Issue) and moved:
        _move(context, item, moved)
    else:
        _mark_as_gone(context, item)
    return False


def _mark_as_gone(context: Context, item: Issue | PullRequest) -> None:
    if item.deleted_at is None:
        item.deleted_at = context.now()
        context.run.stored += 1
    context.session.flush()
    shown = update(Event).where(Event.issue_id == item.id, Event.removed_at.is_(None))
    context.session.execute(shown.values(removed_at=context.now()))
    # Should GitHub show it again, its timeline is read anew: as one that was last read before anything happened.
    context.session.execute(delete(EventPoll).where(EventPoll.id == item.id))
    never = {"id": item.id, "page_no": 1, "issue_updated_at": NEVER, "etag": None, "events": 0, "next_url": None}
    upsert(context.session, EventPoll, [never])


def _move(context: Context, old: Issue, new: Issue) -> None:
    row = transfer_row(old, new, detected_at=context.now())
    context.run.stored += upsert(context.session, Transfer, [row]).changed
    for model, key in ((Event, Event.issue_id), (EventPoll, EventPoll.id), (TransferCheck, TransferCheck.issue_id)):
        context.session.execute(delete(model).where(key == old.id))
    context.session.execute(delete(Issue).where(Issue.id == old.id))
    context.session.expunge(old)


def transfer_row(old: Issue, new: Issue, *, detected_at: datetime) -> Row:
    """Describe a move: the issue as it was before, and what identifies it now."""
    place = {"new_repo": new.repo, "new_html_url": new.html_url, "new_url": new.url, "new_number": new.number}
    before = {name: getattr(old, name) for name in KEPT}
    return {"issue_id": old.id, "new_issue_id": new.id, **before, **place, "detected_at": detected_at}
