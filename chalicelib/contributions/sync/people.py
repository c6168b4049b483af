"""People by their ids: when somebody is renamed, what names the person in any table follows."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Table, Update, update
from sqlalchemy.orm import Session

from chalicelib.store.base import Base

# In a table with one of these columns, `login` is the name of the person with that id.
IDS = ("member_id", "user_id")


def follow_logins(session: Session, renamed: Mapping[int, tuple[str, str]]) -> None:
    """Call people by their new logins in every table, in the session's transaction; `renamed` has before and after.

    A row counts as somebody's when it says the person's id: others may have had the same login at other times.
    """
    for person, (before, after) in renamed.items():
        for table in Base.metadata.sorted_tables:
            if (statement := _statement(table, person, before, after)) is not None:
                session.execute(statement)


def _statement(table: Table, person: int, before: str, after: str) -> Update | None:
    """Say how a table follows; None when it names nobody."""
    if "username" in table.c and "user" in table.c:
        theirs = table.c["user_id" if "user_id" in table.c else "author_id"] == person
        return update(table).where(table.c.username == before, theirs).values(username=after)
    if "author" in table.c and "author_id" in table.c:
        return update(table).where(table.c.author_id == person).values(author=after)
    number = next((name for name in IDS if name in table.c), None)
    # Where the login is a part of the key, it says under which name a report was.
    if number is None or "login" not in table.c or "login" in table.primary_key.columns:
        return None
    return update(table).where(table.c[number] == person).values(login=after)
