"""Organisations by their ids: when one is renamed, every table follows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Table, delete, exists, func, select, update
from sqlalchemy.orm import Session

from chalicelib.errors import SettingsError
from chalicelib.store.base import Base
from chalicelib.store.models import ListPoll, Organisation, Watermark


def know_organisation(session: Session, organisation_id: int, login: str) -> str | None:
    """Remember what an organisation is called; when it was called otherwise before, every table follows.

    Works in the session's transaction. Gives a sentence about what changed; None when nothing did. Raises SettingsError
    when the name was another organisation's, and its rows are still stored under it.
    """
    known = session.get(Organisation, organisation_id, populate_existing=True)
    if known is None:
        _check_free(session, login)
        session.add(Organisation(id=organisation_id, login=login))
        session.flush()
        return None
    before = known.login
    if before == login:
        return None
    known.login, known.renamed_from = login, before
    session.flush()
    replaced = rename_organisation(session, before, login)
    gone = f"; {replaced} of its rows gave way to newer ones under that name" if replaced else ""
    return f"{before} is {login} now{gone}"


def _check_free(session: Session, login: str) -> None:
    """Raise SettingsError when rows of another organisation are stored under a login: it was renamed since."""
    taken = select(Organisation.id).where(func.lower(Organisation.login) == login.lower())
    if session.scalar(taken.limit(1)) is not None:
        raise SettingsError(
            f"{login} is another organisation now than the one whose rows are stored: put that one's new name into "
            "GH_ORGS first, so that its rows follow it"
        )


def rename_organisation(session: Session, before: str, after: str) -> int:
    """Call an organisation so in every table; gives how many rows gave way to rows that had the new name already.

    A lease keeps its name, because the run that holds it gives it back by that name; it ends by itself.
    """
    # Paths of lists have the organisation's name: under the new one, each is read anew.
    session.execute(delete(ListPoll).where(ListPoll.org == before))
    _keep_earlier_watermarks(session, before, after)
    replaced = 0
    for table in Base.metadata.sorted_tables:
        if "org" not in table.c:
            continue
        if "org" in table.primary_key.columns:
            clashing = delete(table).where(table.c.org == before, _stands_under(table, after))
            replaced += session.connection().execute(clashing).rowcount
        session.execute(update(table).where(table.c.org == before).values(org=after))
    return replaced


def _stands_under(table: Table, org: str) -> ColumnElement[bool]:
    """Match rows that have a twin under another organisation: the same key otherwise."""
    twin = table.alias()
    others = [twin.c[key.name] == table.c[key.name] for key in table.primary_key if key.name != "org"]
    return exists(select(1).select_from(twin).where(twin.c.org == org, *others).correlate(table))


def _keep_earlier_watermarks(session: Session, before: str, after: str) -> None:
    """Of two watermarks of the same thing, let the earlier count: up to it, both readings are complete."""
    marks: Any = Watermark.__table__
    old = marks.alias()
    same = (old.c.org == before, old.c.name == marks.c.name, old.c.scope == marks.c.scope)
    earlier = select(old.c.value).where(*same, old.c.value < marks.c.value).correlate(marks)
    session.execute(update(marks).where(marks.c.org == after, earlier.exists()).values(value=earlier.scalar_subquery()))
