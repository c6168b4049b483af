"""Gives the rows of older versions their repositories' ids, and their repositories' names of today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, func, or_, select, update

from chalicelib.github.nodes import repository_id
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import save_own_rows
from chalicelib.inventory.api import RepositoryAPI
from chalicelib.inventory.models import Repository
from chalicelib.inventory.sync.belongings import ITEMS, rename, tables_with_places
from chalicelib.store.base import Base
from chalicelib.store.marks import Mark

CHUNK = 1000
# A repository's items are asked for one by one, newest first, until one shows that the repository is theirs.
PROBES = 3


def _filled(context: Context) -> Mark:
    """The cursor that says when rows without their repository's id were last looked for."""
    return context.marks.cursor("repository_ids")


def is_filled(context: Context) -> bool:
    """Tell whether the rows of older versions have been given their repositories' ids."""
    return _filled(context).read() is not None


def fill_repository_ids(context: Context) -> None:
    """Give the rows that have none their repository's id, and its name of today; the list must have been read.

    Most rows' node ids carry it. For others GitHub is asked, and believed only when it shows the very same item there:
    a name may be another repository's by now.
    """
    for name in ITEMS:
        _fill_from_node_ids(context, Base.metadata.tables[name])
    for org, repo in sorted(_names_without_id(context)):
        _fill_by_name(context, org, repo)
    _add_unlisted(context)
    _follow_names(context)
    _filled(context).advance(context.now())
    context.checkpoint()


def _fill_from_node_ids(context: Context, items: Table) -> None:
    last: int | None = None
    while found := _without_id(context, items, after=last):
        last = found[-1].id
        by_repository = defaultdict(list)
        for row in found:
            by_repository[repository_id(row.node_id or "")].append(row.id)
        for number, ids in by_repository.items():
            if number is not None:
                context.session.execute(update(items).where(items.c.id.in_(ids)).values(repository_id=number))
        context.checkpoint()


def _without_id(context: Context, items: Table, *, after: int | None) -> list[Any]:
    without = select(items.c.id, items.c.node_id).where(items.c.org == context.scope.org)
    without = without.where(items.c.repository_id.is_(None)).order_by(items.c.id).limit(CHUNK)
    return list(context.session.execute(without if after is None else without.where(items.c.id > after)))


def _names_without_id(context: Context) -> set[tuple[str, str]]:
    names: set[tuple[str, str]] = set()
    for items in map(Base.metadata.tables.__getitem__, ITEMS):
        without = select(items.c.org, items.c.repo).where(
            items.c.org == context.scope.org, items.c.repository_id.is_(None)
        )
        names |= {(org, repo) for org, repo in context.session.execute(without.distinct())}
    return {(org, repo) for org, repo in names if context.scope.covers(org, repo)}


def _fill_by_name(context: Context, org: str, repo: str) -> None:
    probes, candidates = list(_probes(context, org, repo)), _candidates(context, org, repo)
    # No transaction stays open while GitHub is asked.
    context.checkpoint()
    api = RepositoryAPI(context.github)
    if not candidates and (found := api.fetch_by_name(org, repo)):
        candidates = [found["id"]]
    for number in candidates:
        if any(api.fetch_issue_id(number, probe.number) == probe.id for probe in probes):
            for items in map(Base.metadata.tables.__getitem__, ITEMS):
                theirs = (items.c.org == org, items.c.repo == repo, items.c.repository_id.is_(None))
                context.session.execute(update(items).where(*theirs).values(repository_id=number))
            context.checkpoint()
            return


def _candidates(context: Context, org: str, repo: str) -> list[int]:
    """Give the repositories that have a name, or had it before."""
    name = repo.lower()
    called = or_(func.lower(Repository.name) == name, func.lower(Repository.renamed_from) == name)
    listed = select(Repository.id).where(Repository.org == org, called, Repository.deleted_at.is_(None))
    return list(context.session.scalars(listed.order_by(Repository.id)))


def _probes(context: Context, org: str, repo: str) -> Iterator[Any]:
    """Give a few of a repository's rows without its id, to compare with what GitHub shows under their numbers."""
    for items in map(Base.metadata.tables.__getitem__, ITEMS):
        theirs = (items.c.org == org, items.c.repo == repo, items.c.repository_id.is_(None), items.c.id > 0)
        shown = select(items.c.id, items.c.number).where(*theirs, items.c.deleted_at.is_(None))
        yield from context.session.execute(shown.order_by(items.c.number.desc()).limit(PROBES))


def _add_unlisted(context: Context) -> None:
    """Make rows of the repositories that items belong to and that were never listed, as of those that are gone."""
    org, now = context.scope.org, context.now()
    known = select(Repository.id)
    unlisted: dict[int, str] = {}
    for items in map(Base.metadata.tables.__getitem__, ITEMS):
        unknown = select(items.c.repository_id, func.max(items.c.repo)).where(
            items.c.org == org, items.c.repository_id.is_not(None), items.c.repository_id.not_in(known)
        )
        unlisted |= dict(context.session.execute(unknown.group_by(items.c.repository_id)).all())
    rows = [
        {"id": number, "org": org, "name": name, "first_seen_at": now, "deleted_at": now}
        for number, name in unlisted.items()
        if context.scope.covers(org, name)
    ]
    save_own_rows(context, Repository, rows)
    context.checkpoint()


def _follow_names(context: Context) -> None:
    """Call the repositories of all rows as they are called now: a delivery may come late, under a former name."""
    for rows in tables_with_places():
        differs = or_(rows.c.repo != Repository.name, rows.c.org != Repository.org)
        called = select(Repository.id, Repository.org, Repository.name, Repository.renamed_from, rows.c.repo)
        renamed = called.join(rows, rows.c.repository_id == Repository.id).where(differs).distinct()
        for number, org, name, renamed_from, before in context.session.execute(renamed).all():
            rename(context.session, number, org, name)
            if renamed_from is None and before != name:
                context.session.execute(update(Repository).where(Repository.id == number).values(renamed_from=before))
            context.checkpoint()
