"""Watermarks (everything up to here is stored) and cursors (a reading goes on here), in the session's transaction.

Both are a time by name, organisation and scope, so they share one small API: a mark never outruns its rows, because
it is committed with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chalicelib.store.models import Cursor, Watermark

WHOLE = "*"  # the scope of what is read for the whole organisation


@dataclass(frozen=True)
class Mark:
    """One watermark or cursor, there or not."""

    session: Session
    table: type[Watermark] | type[Cursor]
    name: str
    org: str
    scope: str

    def read(self) -> datetime | None:
        """Read its time; None when there is no such mark."""
        mark = self._find()
        return mark.value if mark else None

    def read_oldest(self) -> datetime | None:
        """Read the oldest of any scope: a scope that is new starts where every part of it is complete."""
        table = self.table
        named = (table.name == self.name, table.org == self.org)
        return self.session.scalar(select(table.value).where(*named).order_by(table.value).limit(1))

    def advance(self, value: datetime) -> None:
        """Make it, or move it forward; never back."""
        mark = self._find()
        if mark is None:
            self.session.add(self.table(name=self.name, org=self.org, scope=self.scope, value=value))
        elif mark.value < value:
            mark.value = value
        self.session.flush()

    def drop(self) -> None:
        """Forget it: it has served."""
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
    """The marks of one organisation; `scope` is the one that they have unless another is given."""

    session: Session
    org: str
    scope: str

    def watermark(self, name: str, *, scope: str | None = None) -> Mark:
        """Name a watermark: everything up to its time is stored."""
        return Mark(self.session, Watermark, name, self.org, scope or self.scope)

    def cursor(self, name: str, *, scope: str | None = None) -> Mark:
        """Name a cursor: where a reading goes on, or when something was last done."""
        return Mark(self.session, Cursor, name, self.org, scope or self.scope)

    def has_cursor(self, prefix: str) -> bool:
        """Tell whether the organisation has a cursor whose name begins so, of any scope."""
        named = Cursor.name.startswith(prefix, autoescape=True)
        return self.session.scalar(select(Cursor.name).where(named, Cursor.org == self.org).limit(1)) is not None
