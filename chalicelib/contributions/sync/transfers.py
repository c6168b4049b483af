"""Finds issues that moved or were deleted, confirms it with GitHub, and keeps them as they were before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import and_, delete, false, func, or_, select, update
from sqlalchemy.orm import aliased

from chalicelib.contributions import rows
from chalicelib.contributions.api import (
    ISSUES,
    PULL_REQUESTS,
    IssuePlace,
    SearchAPI,
    Span,
    TransferAPI,
    moment_of,
)
from chalicelib.contributions.models import Event, EventPoll, Issue, PullRequest, Transfer, TransferCheck
from chalicelib.contributions.sync.items import MODELS, save_items
from chalicelib.contributions.sync.places import is_listed
from chalicelib.contributions.sync.readings import identity_of
from chalicelib.errors import (
    BlockedError,
    GitHubError,
    IncompleteReadError,
    RejectedError,
    UnauthorizedError,
    UnprocessableError,
)
from chalicelib.ingest import brake
from chalicelib.ingest.context import Context, Saving, counted
from chalicelib.ingest.mapping import save_own_rows
from chalicelib.ingest.scopes import Scope
from chalicelib.store.locks import lock_rows
from chalicelib.store.upsert import Row

TRANSFERS = "transfers"
GHOST = 10137  # whom GitHub shows for an account that is gone
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
COPIED = (
    *("url", "number", "repo", "repository_id", "title", "body", "created_at", "closed_at", "state", "org"),
    *("assignee", "assignees", "labels", "user", "username", "author_id"),
)


def reconcile_transfers(context: Context, *, recheck_deleted: bool = False) -> None:
    """Ask GitHub about issues that have a newer twin, and store those that moved as transfers.

    `recheck_deleted` asks again about issues with `deleted_at`: the token may see more than it did then. Raises
    IncompleteReadError at the end when GitHub failed to answer for some; the others are stored.
    """
    failures: list[str] = []
    for old, twin_id in find_candidates(context, recheck_deleted=recheck_deleted):
        context.run.fetched += 1
        try:
            follow_item(context, ISSUES, old)
            if context.session.get(Issue, old) is not None:
                _save_check(context, old, twin_id)
        except UnauthorizedError:
            raise
        except GitHubError as error:
            context.session.rollback()
            failures.append(str(error))
        context.checkpoint()
    if failures:
        raise IncompleteReadError(f"could not ask for {counted(failures, 'issue')}; the first: {failures[0]}")


def find_candidates(context: Context, *, recheck_deleted: bool = False) -> Sequence[Found[int, int]]:
    """Find issues with an unchecked twin: a newer issue with the same author and opening time; gives both ids.

    Issues with `deleted_at` count too: they may have moved to a repository that the token could not see at first.
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
    recheck = old.deleted_at.is_not(None) if recheck_deleted else false()
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
                recheck,
            )
        )
        .order_by(old.id)
    )
    return context.session.execute(candidates).all()


def _save_check(context: Context, issue_id: int, twin_id: int) -> None:
    check = {"issue_id": issue_id, "newest_twin_id": twin_id, "checked_at": context.now()}
    save_own_rows(context, TransferCheck, [check])


def follow_item(context: Context, kind: str, item_id: int, *, is_unlisted: bool = False) -> None:
    """Ask GitHub where an item is now, and store the answer in the session's transaction.

    - It moved: the new issue is stored, `transfers` keeps the old one, and the old one's rows are deleted.
    - It was deleted, or the token can't see it: its row stays and gets `deleted_at`; not while a search lists it. So it
      does when GitHub shows somebody else's issue under its number: its repository's name is another one's by now.
    - It moved out of the repositories that are read: `transfers` keeps it, and its row stays and gets `deleted_at`.
    - It is a pull request now, or an issue: it moves to that table.

    Nothing is concluded of an item whose repository is not listed, or is another owner's by now: the next reading of
    the repositories says what became of all its items.

    `is_unlisted` says that a listing leaves it out already. Otherwise BrakeError is raised when one step would mark
    too many by such answers alone.
    """
    model: type[Any] = MODELS[kind]
    item = context.session.get(model, item_id, populate_existing=True)
    if item is None:
        return  # a pull request whose id was its negative pull id, and is its issue id by now
    if context.session.scalar(select(model.id).where(model.id == item_id, is_listed(model))) is None:
        return
    found = _find(context, kind, item, is_unlisted=is_unlisted)
    if found is None:
        return
    # One that was known by its pull id only is the same under its issue id.
    is_move = found["id"] != item_id and item_id > 0
    # A webhook may have told of the move meanwhile, or is about to: the old row is locked before the new one, as there.
    is_known = is_move and not _lock(context, item)
    save_items(context, PULL_REQUESTS if "pull_request" in found else ISSUES, [found])
    if is_move and not is_known:
        _save_move(context, item, found)


def _find(context: Context, kind: str, item: Issue | PullRequest, *, is_unlisted: bool) -> dict[str, Any] | None:
    """Fetch an item; None when there is no more to do about it: it is gone, or still listed."""
    api, place = TransferAPI(context.github), IssuePlace(item.org, item.repo, item.number, item.repository_id)
    try:
        found = api.fetch_item(place)
    except BlockedError:
        found = None
    if found is not None and _is_same_item(item, found):
        return found
    if found is None and kind == PULL_REQUESTS and api.fetch_is_pull(place):
        return None
    if not is_unlisted:
        if _is_listed(context, kind, item):
            return None
        _check_brake(context, kind)
    context.gone[kind] += item.deleted_at is None
    mark_as_deleted(context, item)
    return None


def _is_listed(context: Context, kind: str, item: Issue | PullRequest) -> bool:
    """Ask a search for the item: GitHub may refuse to show alone what it lists."""
    scope, moment = Scope(item.org, (f"{item.org}/{item.repo}",)), Span("created", item.created_at, item.created_at)
    pages = SearchAPI(context.github).fetch_pages(scope, kind, moment)
    try:
        return any(identity_of(found) == item.id for page in pages for found in page.items)
    except UnprocessableError:  # GitHub's answer for a repository that this token can't see
        return False


def _check_brake(context: Context, kind: str) -> None:
    model: Any = MODELS[kind]
    there = select(func.count()).select_from(model).where(model.org == context.scope.org, model.deleted_at.is_(None))
    stored = context.session.scalar(there) or 0
    if brake.is_too_much(context, kind, 1, of=stored):
        reason = "one by one they are not found"
        raise brake.stop(kind.replace("_", " "), context.gone[kind] + 1, of=stored, reason=reason)


def _is_same_item(item: Issue | PullRequest, found: dict[str, Any]) -> bool:
    """Tell whether GitHub shows the very item, or what it became by a move, which keeps author and opening time."""
    if found["id"] == item.id:
        return True
    author, own = _id_of(found.get("user")), _id_of(item.user)
    return moment_of(found, "created_at") == item.created_at and author in {own, None, GHOST}


def _id_of(user: Any) -> Any:
    return user.get("id") if isinstance(user, dict) else None


def _save_move(context: Context, item: Issue | PullRequest, found: dict[str, Any]) -> None:
    """Store that GitHub shows an item elsewhere, under another id; only issues can move."""
    if isinstance(item, Issue):
        _save_transfer(context, item, found)
    stored = context.session.get(Issue, found["id"], populate_existing=True)
    if isinstance(item, Issue) and stored is not None:
        delete_rows(context, item)
    else:
        mark_as_deleted(context, item)


def _save_transfer(context: Context, old: Issue, found: dict[str, Any]) -> None:
    try:
        new = rows.issue_row(found)
    except RejectedError:  # save_items has put the record into rejected_records, so there is no new row to name
        return
    row = transfer_row(old, new, detected_at=context.now())
    context.run.stored += save_own_rows(context, Transfer, [row])


def _lock(context: Saving, item: Issue | PullRequest) -> bool:
    """Lock an item's row; False when it is not there any more."""
    model = type(item)
    return bool(lock_rows(context.session.connection(), model.id, model.id == item.id))


def mark_as_deleted(context: Saving, item: Issue | PullRequest) -> None:
    """Mark an item as deleted, and its events as removed; nothing is left to mark when it has moved meanwhile."""
    if not _lock(context, item):
        return
    context.session.refresh(item)
    if item.deleted_at is None:
        item.deleted_at = context.now()
        context.run.stored += 1
    context.session.flush()
    shown = update(Event).where(Event.issue_id == item.id, Event.removed_at.is_(None))
    context.session.execute(shown.values(removed_at=context.now()))
    # If GitHub shows it again, its timeline must be read again: NEVER makes it look out of date.
    context.session.execute(delete(EventPoll).where(EventPoll.id == item.id))
    never = {"id": item.id, "page_no": 1, "issue_updated_at": NEVER, "etag": None, "events": 0, "next_url": None}
    save_own_rows(context, EventPoll, [never])


def delete_rows(context: Saving, old: Issue) -> None:
    """Delete an issue that is another one by now, and all that belongs to it."""
    for table, key in ((Event, Event.issue_id), (EventPoll, EventPoll.id), (TransferCheck, TransferCheck.issue_id)):
        context.session.execute(delete(table).where(key == old.id))
    context.session.execute(delete(Issue).where(Issue.id == old.id))
    context.session.expunge(old)


def transfer_row(old: Issue, new: Row, *, detected_at: datetime) -> Row:
    """Make a row of `transfers`: the issue as it was before the move, and where it is now."""
    after = {f"new_{name}": new[name] for name in ("repo", "html_url", "url", "number")}
    before = {name: getattr(old, name) for name in COPIED}
    return {"issue_id": old.id, "new_issue_id": new["id"], **before, **after, "detected_at": detected_at}
