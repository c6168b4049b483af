"""How much work a view is for a database, in its own units: the same in every run, however busy the machine is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chalicelib.store.views import View

STEPS = 100  # of SQLite's virtual machine, for one call of the handler


def effort(session: Session, view: View) -> int:
    """Read all of a view and count: SQLite's steps, or the rows that pass through PostgreSQL's plan."""
    return _steps(session, view) if session.get_bind().dialect.name == "sqlite" else _rows(session, view)


def _steps(session: Session, view: View) -> int:
    """https://docs.python.org/3/library/sqlite3.html#sqlite3.Connection.set_progress_handler."""
    connection: Any = session.connection().connection.driver_connection
    calls = 0

    def count() -> int:
        nonlocal calls
        calls += 1
        return 0

    connection.set_progress_handler(count, STEPS)
    session.execute(select(view.table)).all()
    connection.set_progress_handler(None, 0)
    return calls * STEPS


def _rows(session: Session, view: View) -> int:
    """https://www.postgresql.org/docs/current/sql-explain.html."""
    explain = text(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT * FROM {view.name}")
    ((plan,),) = session.scalars(explain).all()
    return round(_rows_of(plan["Plan"]))


def _rows_of(node: dict[str, Any]) -> float:
    """A node's rows, those that it threw away too, and those of the nodes below it."""
    removed = sum(value for name, value in node.items() if name.startswith("Rows Removed by"))
    own = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return float(own) + sum(map(_rows_of, node.get("Plans", [])))
