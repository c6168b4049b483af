"""Follows repositories that are renamed, that move to another owner, or that GitHub doesn't list any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from chalicelib.ingest.context import Context, Saving, counted
from chalicelib.ingest.fields import Row
from chalicelib.ingest.steps import DAILY
from chalicelib.inventory.api import RepositoryAPI
from chalicelib.inventory.models import Repository
from chalicelib.inventory.sync.belongings import bring_items_back, has_items, mark_items_as_gone, rename
from chalicelib.inventory.sync.identities import fill_repository_ids, is_filled
from chalicelib.store.among import among
from chalicelib.store.marks import TOLERANCE, WHOLE
from chalicelib.store.models import ListPoll, Organisation

# Begins the name of the cursor of a repository that is listed again, before its id.
RETURNED = "returned:"


def follow_names(saving: Saving, listed: Sequence[Row]) -> None:
    """Let all tables follow the repositories that are listed under another name or owner than before, or listed again.

    Of what is listed again nobody saw the changes meanwhile: a cursor tells the domains, which read them. An answer
    that is older than what is stored renames nothing. Works in the transaction that writes the list.
    """
    known = select(Repository.id, Repository.org, Repository.name, Repository.deleted_at, Repository.updated_at)
    there = saving.session.execute(known.where(among(Repository.id, [row["id"] for row in listed])))
    before = {row.id: row for row in there}
    for row in listed:
        stored = before.get(row["id"])
        if stored is None:
            continue
        is_called_otherwise = (stored.org, stored.name) != (row["org"], row["name"])
        if is_called_otherwise and not is_older(row.get("updated_at"), stored.updated_at, now=saving.now()):
            _follow_name(saving, stored, row["org"], row["name"])
        if stored.deleted_at is not None:
            bring_items_back(saving.session, stored.id, since=stored.deleted_at)
            saving.marks.cursor(f"{RETURNED}{stored.id}", scope=WHOLE).advance(stored.deleted_at)
            back = {"deleted_at": None, "moved_to": None}
            saving.session.execute(update(Repository).where(Repository.id == stored.id).values(back))


def is_older(said: datetime | None, stored: datetime | None, *, now: datetime) -> bool:
    """Tell whether what was said is older than what is stored; a stored time that has not come yet guards nothing."""
    return said is not None and stored is not None and said < stored <= now + TOLERANCE


def _follow_name(saving: Saving, stored: Any, org: str, name: str) -> None:
    rename(saving.session, stored.id, org, name)
    values = {"org": org, "name": name} | ({} if stored.name == name else {"renamed_from": stored.name})
    saving.session.execute(update(Repository).where(Repository.id == stored.id).values(values))
    saving.note(f"{stored.org}/{stored.name} is {org}/{name} now")


def follow_unlisted(context: Context) -> None:
    """Find out where the repositories went that GitHub doesn't list any more, and end what belongs to them.

    GitHub is asked by id once for each, and once a day for those of which it says nothing. The first time, rows of
    older versions get their repositories' ids.
    """
    is_first = not is_filled(context)
    if is_first or context.run.job == DAILY:
        fill_repository_ids(context)
    _settle(context, asks_all=is_first or context.run.job == DAILY)
    context.checkpoint()


def _settle(context: Context, *, asks_all: bool) -> None:
    unlisted = [
        row for row in context.session.execute(_unlisted(context, asks_all=asks_all)) if _is_in_scope(context, row)
    ]
    # No transaction stays open while GitHub is asked.
    context.commit()
    asked = [(row, _ask(context, row)) for row in unlisted]
    for row, answer in asked:
        if answer.moved_to is not None:
            _end(context, row, moved_to=answer.moved_to)
    unseen = [row for row, answer in asked if answer.is_unseen]
    if unseen and _sees_every_repository(context):
        for row in unseen:
            _end(context, row, moved_to=None)
    elif unseen:
        context.note(
            f"{counted(unseen, 'repository')} can't be seen any more, such as {unseen[0].org}/{unseen[0].name}: "
            "deleted, or hidden from this token. What is stored of it stays as it is",
        )


def _unlisted(context: Context, *, asks_all: bool) -> Any:
    """Select the repositories that are not listed and still have items; without `asks_all`, the new and known ones."""
    query = select(Repository.id, Repository.org, Repository.name, Repository.moved_to).where(
        Repository.org == context.scope.org, Repository.deleted_at.is_not(None), has_items(Repository.id)
    )
    is_new = or_(Repository.deleted_at >= context.run.started_at, Repository.moved_to.is_not(None))
    return (query if asks_all else query.where(is_new)).order_by(Repository.id)


def _is_in_scope(context: Context, row: Any) -> bool:
    return context.scope.covers(row.org, row.name)


@dataclass(frozen=True)
class _Whereabouts:
    """Where an unlisted repository is: at another owner, or nowhere that this token sees; else it is where it was."""

    moved_to: str | None = None
    is_unseen: bool = False


def _ask(context: Context, row: Any) -> _Whereabouts:
    # What moved away is known to have: a search that lags may have brought some of its items back.
    if row.moved_to is not None:
        return _Whereabouts(row.moved_to)
    context.github.budget.check()
    found = RepositoryAPI(context.github).fetch_by_id(row.id)
    if found is None:
        return _Whereabouts(is_unseen=True)
    owner_id, full_name = (found.get("owner") or {}).get("id"), str(found["full_name"])
    owner = full_name.partition("/")[0]
    ours = select(Organisation.id).where(Organisation.login == row.org, Organisation.id == owner_id)
    is_ours = owner.casefold() == row.org.casefold() or context.session.scalar(ours) is not None
    context.commit()
    return _Whereabouts() if is_ours else _Whereabouts(full_name)


def _end(context: Context, row: Any, *, moved_to: str | None) -> None:
    end_repository(context, row, moved_to=moved_to)
    context.commit()


def end_repository(saving: Saving, row: Any, *, moved_to: str | None) -> None:
    """End what belongs to a repository that has left the organisation, in the session's transaction."""
    marked = mark_items_as_gone(saving.session, row.id, now=saving.now())
    saving.session.execute(update(Repository).where(Repository.id == row.id).values(moved_to=moved_to))
    saving.run.stored += marked
    where = f"moved to {moved_to}" if moved_to else "was deleted"
    saving.note(f"{row.org}/{row.name} {where}: {marked} items are marked as deleted")


def _sees_every_repository(context: Context) -> bool:
    """Tell whether as many repositories are listed as the organisation says that it has."""
    pages = (ListPoll.stream == Repository.__tablename__, ListPoll.org == context.scope.org)
    listed = context.session.scalar(select(func.sum(ListPoll.items)).where(*pages))
    context.commit()
    return RepositoryAPI(context.github).fetch_count(context.scope.org) == listed
