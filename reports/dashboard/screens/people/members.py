"""Members of the organisation: how many, in which roles, and how many joined and left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from chalicelib.store.functions import DayOf, QuarterOf
from reports import charts
from reports.dashboard.filters import Choice
from reports.dashboard.parts import mark_unfinished, period_end, plain, say_limits, show_chart, show_table
from reports.dashboard.screens.small_groups import HIDDEN, Sum, say_hidden, say_last, small_groups, without
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import Table, view

KINDS = ("members",)
MEMBERSHIPS = view("memberships", "org member_id role inserted_dt inactive_dt")
TEAMS = view("team_members_current", "org team member_id")
MEMBERS, IN_TEAM, IN_NONE = "Members", "In a team", "in no team"
EMPTY = "No member of this organisation is stored yet: the token needs `read:org`, and the next job reads members."


def show_members(source: Source, choice: Choice) -> None:
    """Show how many members there are, in which roles, and how many joined and left."""
    whole = f" These are all of {plain(choice.org)}'s: a repository has no members." if choice.repo else ""
    show_roles(source, choice, whole)
    show_stays(source, choice, whole)


def show_roles(source: Source, choice: Choice, whole: str) -> None:
    """Show how many members there are now, by role, and how many of them are in a team."""
    rows, title = MEMBERSHIPS.c, "Members by role, now"
    query = select(rows.role, func.count().label("members")).group_by(rows.role).order_by(rows.role)
    query = query.where(rows.org == choice.org, rows.inactive_dt.is_(None))
    read = source.read(query, title=title, kinds=KINDS, orgs=[choice.org])
    roles: dict[str, int] = dict(read.rows)
    teams = source.first(teams_query(choice)) or {"people": 0, "teams": 0}
    people, hidden = groups_of(roles, teams["people"])
    table = without(read, [["members"] if role in hidden else [] for role in roles])
    tiles = [(name, HIDDEN if name in hidden else number(people[name])) for name in (MEMBERS, IN_TEAM)]
    show_table(
        table,
        key="roles",
        empty=EMPTY,
        about=f"An admin is an owner of the organisation. {say_hidden(table)}{whole}",
        figures=[*tiles, ("Teams", number(teams["teams"]))],
    )


def teams_query(choice: Choice) -> Select[Any]:
    """Ask how many teams there are, and how many people are in any of them."""
    teams = TEAMS.c
    columns: list[ColumnElement[Any]] = [
        func.count(teams.member_id.distinct()).label("people"),
        func.count(teams.team.distinct()).label("teams"),
    ]
    return select(*columns).where(teams.org == choice.org)


def groups_of(roles: Mapping[str, int], in_team: int) -> tuple[dict[str, int], set[str]]:
    """Count the members, and tell which of these numbers to hide."""
    every = sum(roles.values())
    people = {**roles, MEMBERS: every, IN_TEAM: in_team, IN_NONE: max(0, every - in_team)}
    sums = [Sum(MEMBERS, list(roles)), Sum(MEMBERS, (IN_TEAM, IN_NONE))]
    return people, small_groups(people, sums, unseen={IN_NONE}, kept={MEMBERS})


def show_stays(source: Source, choice: Choice, whole: str) -> None:
    """Show how many joined and left in each quarter."""
    rows = MEMBERSHIPS.c
    first = source.first(select(func.min(DayOf(rows.inserted_dt)).label("day")).where(rows.org == choice.org))
    day: date | None = first["day"] if first else None
    table = Table("Members who joined and left, by quarter", ["quarter", "joined", "left", HIDDEN], [])
    if day:
        table = stays(source, choice, day)
        about = (
            f"Members are known since {day}: who was one on that day did not join in these quarters. Who left and came "
            f"back counts as if they had stayed. {say_hidden(table)}{whole}"
        )
        say_limits(table, by="quarter", begin=choice.begin, today=source.today)
    figure = charts.lines(table, x="quarter", y=("joined", "left"), unit="members")
    mark_unfinished(figure, table, by="quarter", today=source.today)
    show_chart(
        table,
        figure,
        key="stays",
        empty=EMPTY,
        about=about if day else "",
        says=say_last(table, ("joined", "left"), unit="members"),
    )


def stays(source: Source, choice: Choice, first_day: date) -> Table:
    """Count who joined and left in each quarter of the period, from the first that is known; most have none."""
    rows = MEMBERSHIPS.c
    begin = quarter_of(max(choice.begin, first_day))
    joined = stays_query(choice, begin, rows.inserted_dt).where(DayOf(rows.inserted_dt) > first_day)
    left = stays_query(choice, begin, rows.inactive_dt)
    title = "Members who joined and left, by quarter"
    read = source.read(joined, title=title, kinds=KINDS, orgs=[choice.org])
    came, went = dict(read.rows), {row["quarter"]: row["members"] for row in source.all(left)}
    cells = []
    while begin <= source.today:
        cells.append((begin, came.get(begin, 0), went.get(begin, 0)))
        begin = period_end(begin, "quarter")
    table = Table(title, ["quarter", "joined", "left"], cells, read.as_of, read.view)
    # No sum is shown of them: none tells another.
    numbers: dict[tuple[date, str], int] = {}
    for quarter, come, gone in cells:
        numbers |= {(quarter, "joined"): come, (quarter, "left"): gone}
    hidden = small_groups(numbers, [])
    return without(table, [[name for name in ("joined", "left") if (row[0], name) in hidden] for row in cells])


def stays_query(choice: Choice, begin: date, moment: ColumnElement[Any]) -> Select[Any]:
    """Ask how many memberships began or ended in each quarter."""
    quarter = QuarterOf(moment).label("quarter")
    query = select(quarter, func.count().label("members")).where(MEMBERSHIPS.c.org == choice.org)
    return query.where(moment.is_not(None), QuarterOf(moment) >= begin).group_by(quarter).order_by(quarter)


def quarter_of(day: date) -> date:
    """Give the first day of a day's quarter."""
    return date(day.year, day.month - (day.month - 1) % 3, 1)
