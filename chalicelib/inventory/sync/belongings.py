"""What belongs to a repository, in the tables of all domains: what it is called there, and whether it is gone.

Other domains' tables are named and not imported: this domain stands below them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, Table, exists, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from chalicelib.store.base import Base

ITEMS = ("issues", "pull_requests")
# What a table has whose rows say by themselves where they belong; an event has it through its issue.
PLACE = {"repository_id", "org", "repo"}


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def tables_with_places() -> list[Table]:
    """Give the tables whose rows say by themselves which repository they are of."""
    return [each for each in Base.metadata.sorted_tables if {*each.columns.keys()} >= PLACE]


def rename(session: Session, repository_id: int, org: str, name: str) -> None:
    """Call a repository so in every table, in the session's transaction."""
    for each in tables_with_places():
        own = (each.c.repository_id == repository_id, _is_called_otherwise(each, org, name))
        for old_org, old_name in session.execute(select(each.c.org, each.c.repo).where(*own).distinct()).all():
            links = _renamed_links(each, f"/{old_org}/{old_name}", f"/{org}/{name}")
            so_far = (each.c.repository_id == repository_id, each.c.org == old_org, each.c.repo == old_name)
            session.execute(update(each).where(*so_far).values(org=org, repo=name, **links))
    events, transfers, ids = _table("events"), _table("transfers"), _item_ids(repository_id)
    theirs = (events.c.issue_id.in_(ids), _is_called_otherwise(events, org, name))
    session.execute(update(events).where(*theirs).values(org=org, repo=name))
    session.execute(
        update(transfers).where(transfers.c.new_issue_id.in_(ids), transfers.c.new_repo != name).values(new_repo=name)
    )


def _is_called_otherwise(each: Table, org: str, name: str) -> ColumnElement[bool]:
    return or_(each.c.org != org, each.c.repo != name)


def _renamed_links(each: Table, before: str, after: str) -> dict[str, Any]:
    """Give the columns with links to a repository: the old ones may lead to a stranger's before long."""
    links: dict[str, Any] = {
        column.name: func.replace(column, f"{before}/", f"{after}/")
        for column in each.columns
        if column.name.endswith("url") and column.name != "repository_url"
    }
    if "repository_url" in each.c:
        whole = func.replace(each.c.repository_url + "/", f"{before}/", f"{after}/")
        links["repository_url"] = func.rtrim(whole, "/")
    return links


def _item_ids(repository_id: int) -> Any:
    tables = map(_table, ITEMS)
    return union_all(*(select(each.c.id).where(each.c.repository_id == repository_id) for each in tables))


def has_items(repository_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Say, of a column with repositories' ids, that the repository has items that are not marked as deleted."""
    tables = map(_table, ITEMS)
    return or_(*(exists().where(each.c.repository_id == repository_id, each.c.deleted_at.is_(None)) for each in tables))


def mark_items_as_gone(session: Session, repository_id: int, *, now: datetime) -> int:
    """Mark all items of a repository as deleted, and their events as removed, in one statement for each table.

    Only for a repository that is certain to have left the organisation. The timelines' ETags stay: if the repository
    comes back, `bring_items_back` shows all of it as it was. Gives how many items were marked.
    """
    events, marked = _table("events"), 0
    for each in map(_table, ITEMS):
        shown = (each.c.repository_id == repository_id, each.c.deleted_at.is_(None))
        theirs = (events.c.issue_id.in_(select(each.c.id).where(*shown)), events.c.removed_at.is_(None))
        session.execute(update(events).where(*theirs).values(removed_at=now))
        marked += session.connection().execute(update(each).where(*shown).values(deleted_at=now)).rowcount
    return marked


def bring_items_back(session: Session, repository_id: int, *, since: datetime) -> None:
    """Take back what `mark_items_as_gone` did at `since` or later; what was deleted before stays so."""
    events = _table("events")
    for each in map(_table, ITEMS):
        gone = (each.c.repository_id == repository_id, each.c.deleted_at >= since)
        removed_at = select(each.c.deleted_at).where(each.c.id == events.c.issue_id).scalar_subquery()
        theirs = (events.c.issue_id.in_(select(each.c.id).where(*gone)), events.c.removed_at == removed_at)
        session.execute(update(events).where(*theirs).values(removed_at=None))
        session.execute(update(each).where(*gone).values(deleted_at=None))
