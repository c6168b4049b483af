"""`health`: how current each kind of data is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from reports.options import Org
from reports.output import duration, number
from reports.reading import Database, Table, among_orgs, view
from reports.report import Report

HEALTH = view("data_health", "org kind last_success_at lag_seconds incomplete failed error note rejected")
# No kind may be older by default. How old each may be is known to `app.py health`, which knows the settings too.
OLDEST = timedelta(hours=50)


def health(database: Database, *, org: Org = None) -> Report:
    """Show how current each kind of data is, by the ledger."""
    orgs = (org,) if org else ()
    rows = HEALTH.c
    query = select(HEALTH).where(*among_orgs(rows.org, orgs)).order_by(rows.org, rows.kind)
    read = database.read(
        query, title=f"How current the data of {org or 'all organisations'} is", kinds=kinds_of(database), orgs=orgs
    )
    results = with_states(read)
    states = [state.partition(":")[0] for state in results.values("state")]
    lags = [each for each in results.values("lag_seconds") if each is not None]
    return Report(
        name="health",
        title=results.title,
        summary=[
            ("Kinds of data", number(len(states))),
            ("Failed", number(states.count("failed"))),
            ("Old", number(states.count("old"))),
            ("Longest lag", duration(max(lags)) if lags else "-"),
        ],
        results=results,
        source=results,
        orgs=orgs,
        empty="no job has run in 30 days",
    )


def kinds_of(database: Database) -> list[str]:
    """Name the kinds that the ledger tells of."""
    return [row["kind"] for row in database.all(select(HEALTH.c.kind).distinct())]


def with_states(table: Table) -> Table:
    """Put what each row means into words, in place of its counts of steps."""
    columns = ["org", "kind", "last_success_at", "lag_seconds", "rejected", "note", "state"]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    told = [tuple({**row, "state": state_of(row)}[name] for name in columns) for row in rows]
    return Table(table.title, columns, told, table.as_of, table.view)


def state_of(row: dict[str, Any]) -> str:
    """Say in a few words how a kind stands."""
    if row["failed"]:
        return f"failed: {row['error']}"
    if row["lag_seconds"] is None:
        return "never read completely"
    if row["lag_seconds"] > OLDEST.total_seconds():
        return f"old: more than {OLDEST // timedelta(hours=1)} h"
    return "current, but the last run stopped early" if row["incomplete"] else "current"
