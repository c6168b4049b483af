"""`alerts`: which security alerts are open, and for how long."""

from __future__ import annotations

from sqlalchemy import func, select

from reports.commands.cycles import Scope, scope_of
from reports.commands.drawing import drawn
from reports.options import Org, Repo
from reports.output import number
from reports.reading import Database, Table, among_orgs, view
from reports.report import Report

BY_AGE = view(
    "open_alerts_by_age",
    "org kind severity open_alerts overdue days_0_to_29 days_30_to_59 days_60_to_89 days_90_or_more median_age_days "
    "oldest_days",
)
OPEN = view(
    "open_alerts",
    "org repo kind number what severity created_at age_days limit_days days_over is_overdue html_url",
)
KINDS = ("dependabot_alerts", "secret_scanning_alerts", "code_scanning_alerts")


def alerts(database: Database, *, org: Org = None, repo: Repo = None) -> Report:
    """Show how many security alerts are open and overdue; with --repo, each of them."""
    scope = scope_of(org, repo, None)
    title = f"Open security alerts of {scope}"
    results = read_open(database, scope, title) if scope.repo else read_ages(database, scope, title)
    figure = (
        drawn("bars", results, x=["number", "what", "severity"], y=["age_days", "limit_days"], unit="days")
        if scope.repo
        else drawn("bars", results, x=["kind", "severity"], y=["open_alerts", "overdue"], unit="alerts")
    )

    return Report(
        name="alerts",
        title=title,
        summary=summarise(results),
        results=results,
        source=read_open(database, scope),
        figure=figure,
        orgs=scope.orgs,
        empty="no alert is open",
    )


def read_ages(database: Database, scope: Scope, title: str) -> Table:
    """Read how many there are, by kind and severity."""
    rows = BY_AGE.c
    query = select(BY_AGE).where(*among_orgs(rows.org, scope.orgs)).order_by(rows.org, rows.kind, rows.severity)
    return database.read(query, title=title, kinds=KINDS, orgs=scope.orgs)


def read_open(database: Database, scope: Scope, title: str | None = None) -> Table:
    """Read each of them, the oldest first; without a title, as the rows behind a report."""
    rows = OPEN.c
    query = select(OPEN).where(*among_orgs(rows.org, scope.orgs))
    if scope.repo:
        query = query.where(func.lower(rows.repo) == scope.repo.lower())
    query = query.order_by(rows.created_at, rows.org, rows.repo, rows.kind, rows.number)
    if title:
        return database.read(query, title=title, kinds=KINDS, orgs=scope.orgs)
    return database.read_source(query, title="Open alerts")


def summarise(table: Table) -> list[tuple[str, str]]:
    """Count those that are open, and those of them that are overdue."""
    if "open_alerts" not in table.columns:
        return [("Open", number(len(table.rows))), ("Overdue", number(sum(map(bool, table.values("is_overdue")))))]
    return [
        (label, number(sum(table.values(name)))) for label, name in (("Open", "open_alerts"), ("Overdue", "overdue"))
    ]
