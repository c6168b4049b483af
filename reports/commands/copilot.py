"""`copilot`: who uses it, what is accepted, what its seats cost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from reports.commands.drawing import drawn
from reports.options import Org, Since, Team, first_day
from reports.output import number, written
from reports.reading import Database, Table, among_orgs, view
from reports.report import Report

USE = view(
    "copilot_use_daily",
    "org day daily_active_users weekly_active_users suggestions acceptances acceptance_rate lines_added_or_accepted "
    "prompts source",
)
TEAMS = view(
    "copilot_team_use_daily",
    "org day team_slug members active_members suggestions acceptances acceptance_rate lines_added prompts",
)
SEATS = view("copilot_seat_cost", "org seats idle_seats never_used monthly_cost idle_monthly_cost")
DEFAULT = timedelta(days=28)


def copilot(database: Database, *, org: Org = None, team: Team = None, since: Since = None) -> Report:
    """Show the use of Copilot by day, and what becomes of its suggestions."""
    orgs = (org,) if org else ()
    begin = first_day(since, database.today, default=DEFAULT)
    title = f"Copilot by day of {f'team {team}' if team else org or 'all organisations'}, since {begin}"
    query = team_query(team, begin) if team else use_query(begin)
    rows = query.selected_columns
    results = database.read(query.where(*among_orgs(rows.org, orgs)), title=title, kinds=("copilot",), orgs=orgs)

    return Report(
        name="copilot",
        title=title,
        summary=[*accepted(results), *([] if team else seats(database, orgs))],
        results=results,
        source=results,
        figure=drawn("lines", results, x="day", y=["active_members" if team else "daily_active_users"], unit="people"),
        orgs=orgs,
        empty="GitHub's reports tell of no use in this time",
    )


def use_query(begin: date) -> Select[Any]:
    """Ask for an organisation's days."""
    return select(USE).where(USE.c.day >= begin).order_by(USE.c.org, USE.c.day)


def team_query(team: str, begin: date) -> Select[Any]:
    """Ask for a team's days."""
    rows = TEAMS.c
    mine = func.lower(rows.team_slug) == team.lower()
    return select(TEAMS).where(rows.day >= begin, mine).order_by(rows.org, rows.day)


def accepted(table: Table) -> list[tuple[str, str]]:
    """Say what became of all suggestions; a rate over days is not the mean of theirs."""
    suggestions, acceptances = (
        sum(each or 0 for each in table.values(name)) for name in ("suggestions", "acceptances")
    )
    rate = acceptances / suggestions if suggestions else None
    return [("Suggestions", number(suggestions)), ("Accepted", written("acceptance_rate", rate))]


def seats(database: Database, orgs: tuple[str, ...]) -> list[tuple[str, str]]:
    """Say how many seats there are, and what those cost that nobody uses."""
    rows = database.all(select(SEATS).where(*among_orgs(SEATS.c.org, orgs)).order_by(SEATS.c.org))
    return [(f"Seats of {row['org']}", f"{row['seats']}, {row['idle_seats']} idle{idle_cost(row)}") for row in rows]


def idle_cost(row: dict[str, Any]) -> str:
    """Say what idle seats cost, where there are some and their price is known."""
    cost = row["idle_monthly_cost"]
    return "" if not cost else f" ({number(float(cost))} $ a month)"
