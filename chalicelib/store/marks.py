"""Watermarks (everything up to here is stored) and cursors (the next run continues here).

Both are a time for a name, an organisation and a scope, so they share one small API. They are written in the session's
transaction: a mark is committed with its rows, so it never runs ahead of them. Nothing is complete up to a time that
has not come yet: a mark is never set later than now, and one that is later, after a clock was wrong, says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chalicelib.store.models import Cursor, Watermark

WHOLE = "*"  # the scope that is the whole organisation
# Clocks differ by a little: a mark that is so much ahead is no mistake yet.
TOLERANCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Mark:
    """One watermark or cursor, which may not exist yet; `now` is the clock by which it is judged."""

    session: Session
    table: type[Watermark] | type[Cursor]
    name: str
    org: str
    scope: str
    now: Callable[[], datetime]

    def read(self) -> datetime | None:
        """Read its time; None when it doesn't exist, or is from the future."""
        mark = self._find()
        return None if mark is None or self._is_ahead(mark.value) else min(mark.value, self.now())

    @property
    def exists(self) -> bool:
        """Whether there is one, of whatever time."""
        return self._find() is not None

    @property
    def is_from_future(self) -> bool:
        """Whether it is later than now, because a clock was wrong: up to where all is stored is not known."""
        mark = self._find()
        return mark is not None and self._is_ahead(mark.value)

    def read_oldest(self) -> datetime | None:
        """Read the oldest time of all scopes: a new scope starts where every part of it is complete."""
        table = self.table
        named = (table.name == self.name, table.org == self.org, table.value <= self.now() + TOLERANCE)
        return self.session.scalar(select(table.value).where(*named).order_by(table.value).limit(1))

    def advance(self, value: datetime) -> None:
        """Create the mark, or move it forward, at most up to now; it moves back only from the future."""
        mark, value = self._find(), min(value, self.now())
        if mark is None:
            self.session.add(self.table(name=self.name, org=self.org, scope=self.scope, value=value))
        elif mark.value < value or self._is_ahead(mark.value):
            mark.value = value
        self.session.flush()

    def _is_ahead(self, value: datetime) -> bool:
        return value > self.now() + TOLERANCE

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
    """The marks of one organisation; `scope` is the default scope, `now` the clock."""

    session: Session
    org: str
    scope: str
    now: Callable[[], datetime]

    def watermark(self, name: str, *, scope: str | None = None) -> Mark:
        """Give a watermark: everything up to its time is stored."""
        return Mark(self.session, Watermark, name, self.org, scope or self.scope, self.now)

    def cursor(self, name: str, *, scope: str | None = None) -> Mark:
        """Give a cursor: where the next run continues, or when something was last done."""
        return Mark(self.session, Cursor, name, self.org, scope or self.scope, self.now)

    def has_cursor(self, prefix: str) -> bool:
        """Tell whether the organisation has a cursor, in any scope, whose name begins with `prefix`."""
        return bool(self.cursors(prefix))

    def cursors(self, prefix: str) -> list[str]:
        """Give the names of the organisation's cursors, in any scope, that begin with `prefix`."""
        named = Cursor.name.startswith(prefix, autoescape=True)
        names = select(Cursor.name).where(named, Cursor.org == self.org).distinct().order_by(Cursor.name)
        return list(self.session.scalars(names))
