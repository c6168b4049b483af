"""How teams use Copilot, beside each other; teams with fewer than five people are in no row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import streamlit as st
from sqlalchemy import Select, func, select

from chalicelib.store.functions import ByBytes, WeekOfDay, ratio, rounded, sum_of
from chalicelib.utils import shown
from reports import charts
from reports.dashboard.filters import Choice
from reports.dashboard.parts import mark_unfinished, plain, say_limits, show_chart
from reports.dashboard.screens.copilot.window import (
    KINDS,
    LEAST_PEOPLE,
    ONE_DAY,
    Held,
    Window,
    choose_window,
    rate_with_n,
)
from reports.dashboard.source import MOST_ROWS, Source
from reports.reading import Table, view

TEAM_USE = view(
    "copilot_team_use_daily",
    "org day team_id team_slug members active_members suggestions acceptances lines_added prompts ai_credits",
)
MOST_LINES = 8  # as many as there are colours
FLOOR = (
    f"Teams with fewer than {LEAST_PEOPLE} people who have a seat are hidden: their numbers could show what one person "
    "does. A person in several teams counts in each, so don't add teams up."
)
EMPTY = (
    f"No team of at least {LEAST_PEOPLE} people with a seat has a day in this period: choose a longer one. "
    "GitHub reports teams of people since `daily` reads them: docs/copilot.md."
)


def show_teams(source: Source, choice: Choice) -> None:
    """Show the part."""
    found = choose_window(source, choice, sources=False)
    if found is None:
        return
    window, days = found
    teams = teams_of(source, window)
    st.caption(FLOOR)
    if choice.team and choice.team.lower() not in map(str.lower, teams.values()):
        st.info(
            f"Nothing is known of the team {plain(choice.team)}: it has fewer than {LEAST_PEOPLE} people with a seat, "
            "or no day in this period. The other teams are here."
        )
    chosen = choose_teams(teams, choice)
    totals, weeks = totals_query(window, chosen), weeks_query(window.whole("week"), chosen)
    show_totals(read(source, totals, teams, org=choice.org))
    show_weeks(read(source, weeks, teams, org=choice.org), choice, days)


def teams_of(source: Source, window: Window) -> dict[int, str]:
    """List the teams that have a day in the period, by the newest name of each; a team that is renamed stays one."""
    rows = TEAM_USE.c
    last = func.max(rows.day).label("last_date")
    query = select(rows.team_id, rows.team_slug, last).where(*window.conditions(rows))
    found = source.all(query.group_by(rows.team_id, rows.team_slug).order_by(last, ByBytes(rows.team_slug)))
    names = {row["team_id"]: row["team_slug"] or f"team {row['team_id']}" for row in found}
    # A new team may have the name that another one had.
    many = Counter(names.values())
    named = {key: name if many[name] == 1 else f"{name} ({key})" for key, name in names.items()}
    return dict(sorted(named.items(), key=itemgetter(1)))


def choose_teams(teams: Mapping[int, str], choice: Choice) -> list[int]:
    """Let teams be compared: those that are chosen, with the sidebar's; all of them when there is none."""
    chosen = st.multiselect(
        "Compare these teams",
        list(teams.values()),
        key="teams",
        bind="query-params",
        format_func=shown,
        placeholder="All teams",
    )
    wanted = {name.lower() for name in (*chosen, choice.team or "")}
    return [key for key, name in teams.items() if name.lower() in wanted] or list(teams)


def read(source: Source, query: Select[Any], teams: Mapping[int, str], *, org: str) -> Table:
    """Read rows of teams, and give them with the teams' names, in the order of these."""
    table = source.read(query, title="Teams' use of Copilot", kinds=KINDS, orgs=[org])
    columns = ["team" if name == "team_id" else name for name in table.columns]
    place = columns.index("team")
    if len(table.rows) > MOST_ROWS:
        st.warning(f"Only the newest {MOST_ROWS:,} rows are here: choose fewer teams, or a shorter period.")
    rows = [(*row[:place], teams[row[place]], *row[place + 1 :]) for row in table.rows[:MOST_ROWS]]
    rows.sort(key=itemgetter(*range(place + 1)))
    return Table(table.title, columns, rows, table.as_of, table.view)


def counted(rows: Any) -> list[Any]:
    """What a team's days add up to; its people don't, since most are the same ones on each day."""
    counts = [sum_of(rows[name]).label(name) for name in ("suggestions", "acceptances", "lines_added", "prompts")]
    return [
        func.count().label("days"),
        func.max(rows.members).label("members"),
        ratio(func.sum(rows.active_members), func.count(rows.active_members)).label("mean_active_members"),
        (100 * ratio(func.sum(rows.active_members), func.sum(rows.members))).label("active_percent"),
        *rate_with_n(rows),
        *counts,
        # Parts of credits, which databases add up in different orders.
        rounded(func.sum(rows.ai_credits), 2).label("ai_credits"),
    ]


def totals_query(window: Window, chosen: Sequence[int]) -> Select[Any]:
    """Ask for the teams' whole period."""
    rows = TEAM_USE.c
    query = select(rows.team_id, *counted(rows)).where(*these(window, chosen))
    return query.group_by(rows.team_id).order_by(rows.team_id)


def weeks_query(window: Window, chosen: Sequence[int]) -> Select[Any]:
    """Ask for the teams' weeks."""
    rows = TEAM_USE.c
    week = WeekOfDay(rows.day).label("week")
    query = select(week, rows.team_id, *counted(rows)).where(*these(window, chosen))
    return query.group_by(week, rows.team_id).order_by(week.desc(), rows.team_id)


def these(window: Window, chosen: Sequence[int]) -> list[Any]:
    """Limit rows to days and teams, with the floor that the view has too."""
    rows = TEAM_USE.c
    return [*window.conditions(rows), rows.team_id.in_(chosen), rows.members >= LEAST_PEOPLE]


def show_totals(table: Table) -> None:
    """Show each team's part of active people, and what it accepted."""
    for title, column, n, about in (
        (
            "Active members in percent, by team",
            "active_percent",
            "members",
            "Of a team's people with a seat, how many used Copilot on a day, on average. n is the most people that the "
            "team had. Mean active members, in the table, says how few people a number may come from.",
        ),
        (
            "Accepted suggestions in percent, by team",
            "accepted_percent",
            "n_suggestions",
            "Acceptances / suggestions of the days that have both; n is how many suggestions these days have.",
        ),
    ):
        named = Table(title, table.columns, table.rows, table.as_of, table.view)
        figure = charts.bars(named, x="team", y=(column,), unit="%", n=(n,))
        says = say_teams(named, column, n)
        show_chart(named, figure, key=f"teams-{column.replace('_', '-')}", empty=EMPTY, about=about, says=says)


def say_teams(table: Table, column: str, n: str) -> str:
    """Say in a sentence what the chart shows."""
    rows = zip(table.values("team"), table.values(column), table.values(n), strict=True)
    texts = [f"{team} {'-' if value is None else f'{value:.1f} %'} (n = {count or 0:,})" for team, value, count in rows]
    return f"{table.title}: {', '.join(texts)}."


def show_weeks(table: Table, choice: Choice, days: Held) -> None:
    """Show the same by week, a line for each team."""
    known = days.last + ONE_DAY
    say_limits(table, by="week", begin=choice.begin, today=known)
    for title, column in (
        ("Active members in percent, by team and week", "active_percent"),
        ("Accepted suggestions in percent, by team and week", "accepted_percent"),
    ):
        named = Table(title, table.columns, table.rows, table.as_of, table.view)
        drawn, cut = side_by_side(named, column)
        figure = charts.lines(drawn, x="week", y=drawn.columns[1:], unit="%")
        mark_unfinished(figure, drawn, by="week", today=known)
        about = "Of how many people and suggestions each point tells is in the table." + (
            f" The first {MOST_LINES} teams are drawn, and {cut} more are in the table: choose which to compare."
            if cut
            else ""
        )
        show_chart(named, figure, key=f"team-weeks-{column.replace('_', '-')}", empty=EMPTY, about=about)


def side_by_side(table: Table, column: str) -> tuple[Table, int]:
    """Give a column for each team, and how many teams are left out."""
    places = [table.columns.index(name) for name in ("week", "team", column)]
    values = {(row[places[0]], row[places[1]]): row[places[2]] for row in table.rows}
    teams = sorted({team for _, team in values})
    weeks = sorted({week for week, _ in values})
    rows = [(week, *(values.get((week, team)) for team in teams[:MOST_LINES])) for week in weeks]
    columns = ["week", *(f"team {team}" for team in teams[:MOST_LINES])]
    return Table(table.title, columns, rows, table.as_of, table.view), max(len(teams) - MOST_LINES, 0)
