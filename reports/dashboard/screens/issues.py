"""Issues: how many there are, how long they wait, and which wait for us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from reports import charts
from reports.commands import cycles
from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_chart, show_table
from reports.dashboard.screen import ALL, Screen
from reports.dashboard.screens.periods import show_periods
from reports.dashboard.screens.pull_requests import without_team
from reports.dashboard.source import Source
from reports.output import HOUR, duration, number
from reports.reading import view

KINDS = ("issues", "events")
BACKLOG = view("open_backlog_daily", "level org repo kind day opened reopened closed open_items")
PENDING = view(
    "first_responses_pending",
    "kind org repo number title html_url hours_waiting our_last_at username author_kind created_at waiting_for "
    "waiting_since",
)
TRENDING = view("trending_issues", "org repo rank number title html_url state comments commenters last_comment_at")
MOST_TRENDING = 10


def show(source: Source, choice: Choice) -> None:
    """Show the page."""
    show_periods(cycles.issues, cycles.ISSUES, source, choice)
    show_backlog(source, choice)
    show_waiting(source, choice)
    show_trending(source, choice)


def show_backlog(source: Source, choice: Choice) -> None:
    """Show how many were open at the end of each day."""
    title = "Open issues at the end of each day"
    table = source.read(backlog_query(choice), title=title, kinds=KINDS, orgs=[choice.org])
    show_chart(
        table,
        charts.lines(table, x="day", y=("open_items",), unit="open issues"),
        key="backlog",
        empty="No issue was there in this time: choose a longer period.",
        about="Today is not over." + without_team(choice),
    )


def backlog_query(choice: Choice, kind: str = "issue") -> Select[Any]:
    """Ask how many were open on each day."""
    rows = BACKLOG.c
    query = select(rows.day, rows.opened, rows.reopened, rows.closed, rows.open_items)
    query = query.where(rows.kind == kind, rows.org == choice.org, rows.day >= choice.begin)
    level = [rows.level == "repository", rows.repo == choice.repo] if choice.repo else [rows.level == "organisation"]
    return query.where(*level).order_by(rows.day)


def show_waiting(source: Source, choice: Choice) -> None:
    """Show which open issues wait for one of us, the longest first."""
    rows = PENDING.c
    scope = cycles.Scope(choice.org, choice.repo, choice.team).source_conditions(rows)
    waits = [rows.kind == "issue", rows.waiting_for == "us", *scope]
    figures = waiting_figures(source, waits)
    query = select(*(each for each in rows if each.name not in ("kind", "org", "waiting_for"))).where(*waits)
    table = source.read(
        query.order_by(rows.hours_waiting.desc(), rows.repo, rows.number),
        title="Open issues that wait for one of us",
        kinds=KINDS,
        orgs=[choice.org],
    )
    empty = "None: a member or maintainer spoke last on every open issue."
    show_table(table, key="waiting", empty=empty, figures=figures)


def waiting_figures(source: Source, waits: Sequence[ColumnElement[bool]]) -> list[tuple[str, str]]:
    """Count what waits for us: the table may not have all."""
    rows = PENDING.c
    columns: list[ColumnElement[Any]] = [func.count().label("count"), func.max(rows.hours_waiting).label("longest")]
    counted = select(*columns).where(*waits)
    every, never = source.first(counted), source.first(counted.where(rows.our_last_at.is_(None)))
    if not every or not never or not every["count"]:
        return []
    return [
        ("Wait for us", number(every["count"])),
        ("Never answered by us", number(never["count"])),
        ("Longest wait", duration(every["longest"] * HOUR)),
    ]


def show_trending(source: Source, choice: Choice) -> None:
    """Show which issues non-members talk about."""
    rows = TRENDING.c
    repo = [rows.repo == choice.repo] if choice.repo else []
    query = select(*(each for each in rows if each.name not in ("org", "rank")))
    query = query.where(rows.org == choice.org, *repo).order_by(rows.comments.desc(), rows.repo, rows.number)
    title = "Issues on which non-members commented most in the last 7 days"
    table = source.read(query, title=title, kinds=KINDS, orgs=[choice.org], most=MOST_TRENDING)
    show_table(table, key="trending", empty="No non-member commented in the last 7 days.", about=without_team(choice))


SCREEN = Screen(
    "Issues",
    "issues",
    "How many issues are open, and who waits for an answer?",
    show,
    kinds=cycles.ISSUES.kinds,
    filters=ALL,
)
