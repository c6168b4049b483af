"""Waits that are no queue time: for an approval, and of a run before its first job."""

from __future__ import annotations

from sqlalchemy import TableClause, select

from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_table
from reports.dashboard.screens.ci.asking import FEW, JOB_KINDS, LONGER, of_choice, since
from reports.dashboard.source import Source
from reports.reading import view

APPROVALS = view("approval_waits_weekly", "org repo environment week jobs median_seconds p90_seconds max_seconds")
RUNS = view("run_waits_weekly", "org repo week workflow_name runs median_seconds p90_seconds max_seconds")


def show_approval_waits(source: Source, choice: Choice) -> None:
    """Show how long jobs waited for an approval of their environment."""
    show_weeks(
        source,
        choice,
        APPROVALS,
        "environment",
        title="How long jobs waited for an approval, by environment and week",
        empty=f"No job of this time waited for an approval, or none was told: {LONGER}",
        about="No runner could end this wait. Only webhooks tell of approvals. Jobs that still wait are in the part "
        f"Now. {FEW}",
    )


def show_run_waits(source: Source, choice: Choice) -> None:
    """Show how long runs waited for their first job."""
    show_weeks(
        source,
        choice,
        RUNS,
        "workflow_name",
        title="How long runs waited before their first job was made, by workflow and week",
        empty=f"No run of this time has a job: {LONGER}",
        about=f"For another run of their concurrency group, for example. {FEW}",
    )


def show_weeks(
    source: Source, choice: Choice, waits: TableClause, what: str, *, title: str, empty: str, about: str
) -> None:
    """Show the weeks of a view, the newest first."""
    rows = waits.c
    names = ["week", "repo", what, *(each.name for each in rows if each.name not in ("org", "repo", "week", what))]
    query = select(*(rows[name] for name in names)).where(*of_choice(rows, choice), since(rows, choice, "week"))
    query = query.order_by(rows.week.desc(), rows.repo, rows[what])
    table = source.read(query, title=title, kinds=JOB_KINDS, orgs=[choice.org])
    show_table(table, key=waits.name.replace("_", "-"), empty=empty, about=about)
