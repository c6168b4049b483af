"""Watermarks (everything up to here is stored) and cursors (the next run continues here).

Both are a time for a name, an organisation and a scope, so they share one small API. They are written in the session's
transaction: a mark is committed with its rows, so it never runs ahead of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chalicelib.store.models import Cursor, Watermark

WHOLE = "*"  # the scope that is the whole organisation


@dataclass(frozen=True)
class Mark:
    """One watermark or cursor, which may not exist yet."""

    session: Session
    table: type[Watermark] | type[Cursor]
    name: str
    org: str
    scope: str

    def read(self) -> datetime | None:
        """Read its time; None when it doesn't exist."""
        mark = self._find()
        return mark.value if mark else None

    def read_oldest(self) -> datetime | None:
        """Read the oldest time of all scopes: a new scope starts where every part of it is complete."""
        table = self.table
        named = (table.name == self.name, table.org == self.org)
        return self.session.scalar(select(table.value).where(*named).order_by(table.value).limit(1))

    def advance(self, value: datetime) -> None:
        """Create the mark, or move it forward; it never moves back."""
        mark = self._find()
        if mark is None:
            self.session.add(self.table(name=self.name, org=self.org, scope=self.scope, value=value))
        elif mark.value < value:
            mark.value = value
        self.session.flush()

    def drop(self) -> None:
        """Delete the mark."""
        table = self.table
        mark = (table.name == self.name, table.org == self.org, table.scope == self.scope)
        self.session.execute(delete(table).where(*mark))

    def _find(self) -> Watermark | Cursor | None:
        table: type[Any] = self.table
        found: Watermark | Cursor | None = self.session.get(
            table, (self.name, self.org, self.scope), populate_existing=True
        )
        return found


@dataclass(frozen=True)
class Marks:
    """The marks of one organisation; `scope` is the default scope."""

    session: Session
    org: str
    scope: str

    def watermark(self, name: str, *, scope: str | None = None) -> Mark:
        """Give a watermark: everything up to its time is stored."""
        return Mark(self.session, Watermark, name, self.org, scope or self.scope)

    def cursor(self, name: str, *, scope: str | None = None) -> Mark:
        """Give a cursor: where the next run continues, or when something was last done."""
        return Mark(self.session, Cursor, name, self.org, scope or self.scope)

    def has_cursor(self, prefix: str) -> bool:
        """Tell whether the organisation has a cursor, in any scope, whose name begins with `prefix`."""
        named = Cursor.name.startswith(prefix, autoescape=True)
        return self.session.scalar(select(Cursor.name).where(named, Cursor.org == self.org).limit(1)) is not None
