"""Issues that moved, vanished or were deleted: found, confirmed with GitHub, and kept as they were before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import and_, delete, false, func, or_, select, update
from sqlalchemy.orm import aliased

from chalicelib.contributions import rows
from chalicelib.contributions.api import ISSUES, TransferAPI
from chalicelib.contributions.models import Event, EventPoll, Issue, PullRequest, Transfer, TransferCheck
from chalicelib.contributions.sync.items import MODELS, save_items
from chalicelib.errors import GitHubError, IncompleteReadError, RejectedError, UnauthorizedError
from chalicelib.ingest.context import Context, counted
from chalicelib.ingest.mapping import save_own_rows
from chalicelib.store.upsert import Row

TRANSFERS = "transfers"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
KEPT = (
    *("url", "number", "repo", "title", "body", "created_at", "closed_at", "state", "org"),
    *("assignee", "assignees", "labels", "user", "username"),
)


def reconcile_transfers(context: Context, *, gone_too: bool = False) -> None:
    """Ask GitHub about issues that look like one issue in two places, and follow those that moved.

    `gone_too` asks again for those that were not to be seen any more: the token may see more by now.
    """
    failures: list[str] = []
    for old, twin_id in find_candidates(context, gone_too=gone_too):
        context.run.fetched += 1
        try:
            follow_item(context, ISSUES, old)
            if context.session.get(Issue, old) is not None:
                _remember(context, old, twin_id)
        except UnauthorizedError:
            raise
        except GitHubError as error:
            context.session.rollback()
            failures.append(str(error))
        context.checkpoint()
    if failures:
        raise IncompleteReadError(f"could not ask for {counted(failures, 'issue')}; the first: {failures[0]}")


def find_candidates(context: Context, *, gone_too: bool = False) -> Sequence[Found[int, int]]:
    """Find issues with the same author and moment of opening as a newer one, which were not asked for since it came.

    An issue that is gone is one of them too: it may have moved to where the token could not see at first.
    """
    old, new = aliased(Issue), aliased(Issue)
    same = and_(
        new.org == old.org,
        new.created_at == old.created_at,
        new.username.is_not_distinct_from(old.username),
        new.id > old.id,
        new.deleted_at.is_(None),
    )
    twin = func.max(new.id)
    again = old.deleted_at.is_not(None) if gone_too else false()
    candidates = (
        select(old.id, twin)
        .join(new, same)
        .outerjoin(TransferCheck, TransferCheck.issue_id == old.id)
        .where(old.org == context.scope.org)
        .group_by(old.id, old.deleted_at, TransferCheck.newest_twin_id)
        .having(
            or_(
                TransferCheck.newest_twin_id.is_(None),
                TransferCheck.newest_twin_id < twin,
                again,
            )
        )
        .order_by(old.id)
    )
    return context.session.execute(candidates).all()


def _remember(context: Context, issue_id: int, twin_id: int) -> None:
    check = {"issue_id": issue_id, "newest_twin_id": twin_id, "checked_at": context.now()}
    save_own_rows(context, TransferCheck, [check])


def follow_item(context: Context, kind: str, item_id: int) -> None:
    """Ask GitHub where an item is now, and act on it, in the session's transaction.

    Moved: it is stored anew, kept in `transfers` as it was, and its old rows go. Deleted, or moved where the token
    can't see: it keeps its row, with `deleted_at`. Moved out of the repositories that are read: both.
    """
    model: type[Any] = MODELS[kind]
    item = context.session.get(model, item_id, populate_existing=True)
    if item is None:
        return  # a pull request that was known by its pull id alone, and has its issue id by now
    found = TransferAPI(context.github).fetch_place(item.org, item.repo, item.number)
    if found is None:
        _mark_as_gone(context, item)
        return
    save_items(context, kind, [found])
    if found["id"] != item_id:
        _follow(context, item, found)


def _follow(context: Context, item: Issue | PullRequest, found: dict[str, Any]) -> None:
    """Act on an item that GitHub shows elsewhere, under another id: GitHub moves issues only."""
    if isinstance(item, Issue):
        _keep_transfer(context, item, found)
    stored = context.session.get(Issue, found["id"], populate_existing=True)
    if isinstance(item, Issue) and stored is not None:
        _forget(context, item)
    else:
        _mark_as_gone(context, item)


def _keep_transfer(context: Context, old: Issue, found: dict[str, Any]) -> None:
    try:
        new = rows.issue_row(found)
    except RejectedError:  # save_items has kept the record already, and there is no row to point at
        return
    row = transfer_row(old, new, detected_at=context.now())
    context.run.stored += save_own_rows(context, Transfer, [row])


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
    save_own_rows(context, EventPoll, [never])


def _forget(context: Context, old: Issue) -> None:
    for table, key in ((Event, Event.issue_id), (EventPoll, EventPoll.id), (TransferCheck, TransferCheck.issue_id)):
        context.session.execute(delete(table).where(key == old.id))
    context.session.execute(delete(Issue).where(Issue.id == old.id))
    context.session.expunge(old)


def transfer_row(old: Issue, new: Row, *, detected_at: datetime) -> Row:
    """Describe a move: the issue as it was before, and what identifies it now."""
    place = {f"new_{name}": new[name] for name in ("repo", "html_url", "url", "number")}
    before = {name: getattr(old, name) for name in KEPT}
    return {"issue_id": old.id, "new_issue_id": new["id"], **before, **place, "detected_at": detected_at}
