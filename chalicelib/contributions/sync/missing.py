"""Stored items that a listing leaves out: each is asked about, unless they are too many to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from chalicelib.contributions.api import RepositoryAPI
from chalicelib.contributions.sync.items import MODELS, in_scope
from chalicelib.contributions.sync.transfers import follow_item
from chalicelib.errors import BlockedError, GitHubError, GoneError, UnauthorizedError
from chalicelib.ingest import brake
from chalicelib.ingest.context import Context
from chalicelib.store.among import among
from chalicelib.store.marks import TOLERANCE

# How many items with a time from the future are asked for, a request each.
MOST_FUTURE = 100


def follow_missing(context: Context, kind: str, ids: Sequence[int]) -> None:
    """Ask GitHub where items are that a listing leaves out, one by one.

    Raises BrakeError when they are a large share of what is stored, and the repositories' own lists don't leave them
    out too: the search was wrong, or the token sees less than before.
    """
    stored = count_stored(context, kind)
    if is_confirmed := brake.is_too_much(context, kind, len(ids), of=stored):
        _confirm(context, kind, ids, stored=stored)
    before = context.gone[kind]
    for item_id in ids:
        follow_item(context, kind, item_id, is_unlisted=True)
        context.checkpoint()
    if is_confirmed:
        context.gone[kind] = before


def follow_future(context: Context, kind: str) -> None:
    """Ask GitHub about items whose stored time has not come yet: it may have told a false one."""
    model: Any = MODELS[kind]
    ahead = select(model.id).where(in_scope(model, context.scope), model.updated_at > context.now() + TOLERANCE)
    for item_id in context.session.scalars(ahead.order_by(model.id).limit(MOST_FUTURE)).all():
        follow_item(context, kind, item_id)
        context.checkpoint()


def count_stored(context: Context, kind: str) -> int:
    """Count the stored items that GitHub showed when they were last read."""
    model: Any = MODELS[kind]
    there = select(func.count()).select_from(model).where(in_scope(model, context.scope), model.deleted_at.is_(None))
    return context.session.scalar(there) or 0


def _confirm(context: Context, kind: str, ids: Sequence[int], *, stored: int) -> None:
    """Read the lists of the repositories that the items are of; BrakeError unless they leave the items out as well."""
    by_repo: dict[str, dict[int, Any]] = {}
    for row in _rows(context, kind, ids):
        by_repo.setdefault(row.repo, {})[row.number] = row
    context.commit()
    name = kind.replace("_", " ")
    for repo, rows in sorted(by_repo.items()):
        try:
            numbers = _listed(context, kind, repo, rows)
        except UnauthorizedError:
            raise
        except GitHubError as error:
            reason = f"the repository {repo} can't be read ({error})"
            raise brake.stop(name, len(ids), of=stored, reason=reason) from error
        if still := numbers & rows.keys():
            reason = f"the list of the repository {repo} has {len(still):,} of them"
            raise brake.stop(name, len(ids), of=stored, reason=reason)


def _rows(context: Context, kind: str, ids: Sequence[int]) -> list[Any]:
    model: Any = MODELS[kind]
    columns = select(model.repo, model.number, model.created_at)
    return list(context.session.execute(columns.where(among(model.id, ids))).all())


def _listed(context: Context, kind: str, repo: str, rows: dict[int, Any]) -> set[int]:
    """Fetch the numbers that a repository's list has; none when GitHub says that the list is gone for good."""
    oldest = min(row.created_at for row in rows.values())
    try:
        return RepositoryAPI(context.github).fetch_numbers(f"{context.scope.org}/{repo}", kind, since=oldest)
    except (GoneError, BlockedError):
        return set()
