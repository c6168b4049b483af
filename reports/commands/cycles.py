"""`pull-requests` and `issues`: how many there were in each month or week, and how long they waited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, TableClause, func, select

from reports.commands.drawing import drawn
from reports.errors import ReportError
from reports.options import Begin, By, Org, Repo, Since, Team, first_day, midnight
from reports.reading import Database, Table, among_orgs, view
from reports.report import Report

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PERIOD = "level org repo team"
WAITS = "n_hours_to_first_response median_hours_to_first_response"


@dataclass(frozen=True)
class Cycle:
    """What is counted and drawn of one kind of items; `kinds` are those of data_health."""

    name: str
    kinds: tuple[str, ...]
    periods: dict[str, TableClause]
    items: TableClause
    counts: tuple[str, ...]
    medians: tuple[str, ...]


def by_period(name: str, columns: str) -> dict[str, TableClause]:
    """Name the views of a cycle by month and by week."""
    return {by: view(f"{name}_{by}ly", f"{by} {PERIOD} {columns}") for by in ("month", "week")}


PULL_REQUESTS = Cycle(
    name="pull requests",
    kinds=("pull_requests", "events"),
    periods=by_period(
        "pull_request_cycle",
        f"opened merged still_open {WAITS} n_hours_to_first_review median_hours_to_first_review n_hours_to_merge "
        "median_hours_to_merge",
    ),
    items=view(
        "pull_request_cycle",
        "org repo number title html_url username author_kind outcome created_at ready_at first_response_at "
        "first_review_at merged_at closed_at hours_to_first_response hours_to_first_review hours_to_merge age_hours",
    ),
    counts=("opened", "merged"),
    medians=("median_hours_to_first_review", "median_hours_to_merge"),
)
ISSUES = Cycle(
    name="issues",
    kinds=("issues", "events"),
    periods=by_period("issue_cycle", f"opened closed still_open {WAITS} n_hours_to_close median_hours_to_close"),
    items=view(
        "issue_cycle",
        "org repo number title html_url username author_kind state state_reason created_at first_response_at "
        "closed_at hours_to_first_response hours_to_close age_hours",
    ),
    counts=("opened", "closed"),
    medians=("median_hours_to_first_response", "median_hours_to_close"),
)
MEMBERS = view("team_members_current", "org team login")
DEFAULT = {"month": timedelta(days=365), "week": timedelta(weeks=12)}


@dataclass(frozen=True)
class Scope:
    """Whose items are meant: an organisation's, a repository's or a team's, of all organisations or of one."""

    org: str | None = None
    repo: str | None = None
    team: str | None = None

    @property
    def level(self) -> str:
        """Which rows of a view by period tell of it."""
        return "repository" if self.repo else "team" if self.team else "organisation"

    @property
    def orgs(self) -> tuple[str, ...]:
        """The organisation, if one is meant."""
        return (self.org,) if self.org else ()

    def conditions(self, rows: Any) -> list[ColumnElement[bool]]:
        """Limit the rows of a view by period."""
        found = [rows.level == self.level, *among_orgs(rows.org, self.orgs)]
        for column, name in ((rows.repo, self.repo), (rows.team, self.team)):
            found += [func.lower(column) == name.lower()] if name else []
        return found

    def source_conditions(self, rows: Any) -> list[ColumnElement[bool]]:
        """Limit the rows of a view by item."""
        found = [*among_orgs(rows.org, self.orgs)]
        if self.repo:
            found.append(func.lower(rows.repo) == self.repo.lower())
        if self.team:
            members = select(MEMBERS.c.login).where(
                func.lower(MEMBERS.c.team) == self.team.lower(), MEMBERS.c.org == rows.org
            )
            found.append(rows.username.in_(members))
        return found

    def __str__(self) -> str:
        repo = [f"repository {self.repo}"] if self.repo else []
        team = [f"team {self.team}"] if self.team else []
        return ", ".join([*self.orgs, *repo, *team]) or "all organisations"


def scope_of(org: str | None, repo: str | None, team: str | None) -> Scope:
    """Put the options together; raises ReportError when they contradict each other."""
    if repo and team:
        raise ReportError("--repo and --team can't be put together: choose one")
    owner, _, name = (repo or "").rpartition("/")
    if owner and org and owner.lower() != org.lower():
        raise ReportError(f"--repo {repo} is not in --org {org}")
    return Scope(owner or org, name or None, team)


def pull_requests(
    database: Database, *, org: Org = None, repo: Repo = None, team: Team = None, since: Since = None, by: By = "month"
) -> Report:
    """Show how many pull requests there were by month or week, and how long they waited."""
    return report_on(PULL_REQUESTS, database, scope_of(org, repo, team), since=since, by=by)


def issues(
    database: Database, *, org: Org = None, repo: Repo = None, team: Team = None, since: Since = None, by: By = "month"
) -> Report:
    """Show how many issues there were by month or week, and how long they waited."""
    return report_on(ISSUES, database, scope_of(org, repo, team), since=since, by=by)


def report_on(cycle: Cycle, database: Database, scope: Scope, *, since: Begin | None, by: str) -> Report:
    """Make the report of one kind of items."""
    begin = first_period(since, database.today, by)
    periods = cycle.periods[by]
    query = period_query(periods, by, scope, begin)
    title = title_of(cycle, by, scope, begin)
    results = database.read(query, title=title, kinds=cycle.kinds, orgs=scope.orgs)
    return Report(
        name=cycle.name.replace(" ", "-"),
        title=title,
        summary=counted(results, cycle.counts),
        results=results,
        source=read_items(database, cycle.items, scope, begin),
        figure=chart(cycle, results, by),
        orgs=scope.orgs,
        empty=f"there were no {cycle.name} in this time",
    )


def title_of(cycle: Cycle, by: str, scope: Scope, begin: date) -> str:
    """Write a report's title."""
    return f"{cycle.name.capitalize()} by {by} of {scope}, since {begin}"


def chart(cycle: Cycle, results: Table, by: str) -> Callable[[], Figure]:
    """Give what draws the medians, and of how many each is."""
    counts = [each.replace("median_", "n_") for each in cycle.medians]
    return drawn("lines", results, x=by, y=cycle.medians, unit="hours", n=counts)


def first_period(since: Begin | None, today: date, by: str) -> date:
    """Give the first day of the month or week in which a report begins: half a period would look like a change."""
    day = first_day(since, today, default=DEFAULT[by])
    return day.replace(day=1) if by == "month" else day - timedelta(days=day.weekday())


def period_query(periods: TableClause, by: str, scope: Scope, begin: date) -> Select[Any]:
    """Ask for the periods; whose they are is told by the columns of the scope's level."""
    rows = periods.c
    level = {"organisation": [], "repository": [rows.repo], "team": [rows.team]}[scope.level]
    counts = [each for each in rows if each.name not in (by, *PERIOD.split())]
    query: Select[Any] = select(rows[by], rows.org, *level, *counts)
    return query.where(*scope.conditions(rows), rows[by] >= begin).order_by(rows.org, rows[by])


def read_items(database: Database, items: TableClause, scope: Scope, begin: date) -> Table:
    """Read the items that were open in this time."""
    rows = items.c
    query = select(items).where(*scope.source_conditions(rows))
    query = query.where((rows.closed_at >= midnight(begin)) | rows.closed_at.is_(None))
    return database.read_source(query.order_by(rows.created_at, rows.org, rows.repo, rows.number), title="Items")


def counted(table: Table, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Add columns up."""
    return [(name.capitalize(), f"{sum(value or 0 for value in table.values(name)):,}") for name in names]
