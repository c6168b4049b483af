"""Seats over time: how many there were, when they were given and taken back; and what AI credits were spent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, func, select

from chalicelib.store.functions import MonthOf, MonthOfDay, rounded
from reports import charts
from reports.dashboard.filters import Choice
from reports.dashboard.parts import mark_unfinished, say_limits, say_start, show_chart
from reports.dashboard.screens.copilot.window import KINDS, LEAST_PEOPLE, USERS, newest_first
from reports.dashboard.source import Source
from reports.options import midnight
from reports.reading import Table, view

SEAT_DAYS = view("copilot_seat_days", "org day total active never_used pending_cancellation billed")
SEATS = view("copilot_seats", "org created_at removed_at")
COUNTS = ("total", "active", "never_used", "pending_cancellation", "billed")


def show_spending(source: Source, choice: Choice) -> None:
    """Show all of it."""
    show_counts(source, choice)
    show_changes(source, choice)
    show_credits(source, choice)


def show_counts(source: Source, choice: Choice) -> None:
    """Show how many seats there were each day."""
    rows = SEAT_DAYS.c
    query = select(rows.day, *(rows[name] for name in COUNTS)).where(rows.org == choice.org, rows.day >= choice.begin)
    table = newest_first(query.order_by(rows.day.desc()), source, title="Seats by day", org=choice.org)
    if table.rows:
        say_start(begin=choice.begin, by="day", first=table.rows[0][0])
    show_chart(
        table,
        charts.lines(table, x="day", y=COUNTS, unit="seats"),
        key="seat-days",
        empty="No day's seats were counted in this period: `daily` counts them once a day.",
        about="As `daily` counted them. Active: used within 28 days. Billed: GitHub's own count.",
    )


def show_changes(source: Source, choice: Choice) -> None:
    """Show how many seats were given and taken back each month."""
    title = "Seats given and taken back, by month"
    counts: dict[Any, dict[str, int]] = {}
    read = Table(title, [], [])
    for name, column in (("given", SEATS.c.created_at), ("taken_back", SEATS.c.removed_at)):
        read = source.read(changes_query(choice, column), title=title, kinds=KINDS, orgs=[choice.org])
        for month, count in read.rows:
            counts.setdefault(month, {"given": 0, "taken_back": 0})[name] = count
    rows = [(month, *counts[month].values()) for month in sorted(counts)]
    table = Table(title, ["month", "given", "taken_back"], rows, read.as_of, read.view)
    figure = charts.lines(table, x="month", y=("given", "taken_back"), unit="seats")
    mark_unfinished(figure, table, by="month", today=source.today)
    show_chart(
        table,
        figure,
        key="seat-changes",
        empty="No seat was given or taken back in this period: choose a longer one.",
        about="Given: when GitHub says so. Taken back: when this app saw it. A seat that was given again counts once.",
    )


def changes_query(choice: Choice, column: Any) -> Select[Any]:
    """Count by the month of a time."""
    month = MonthOf(column).label("month")
    since = column >= midnight(choice.begin.replace(day=1))
    return select(month, func.count().label("seats")).where(SEATS.c.org == choice.org, since).group_by(month)


def show_credits(source: Source, choice: Choice) -> None:
    """Show the AI credits of each month."""
    query = credits_query(choice)
    table = newest_first(query, source, title="AI credits spent, by month", org=choice.org)
    figure = charts.lines(table, x="month", y=("ai_credits",), unit="credits", n=("people",))
    mark_unfinished(figure, table, by="month", today=source.today)
    say_limits(table, by="month", begin=choice.begin, today=source.today)
    show_chart(
        table,
        figure,
        key="ai-credits",
        empty="No AI credits are stored of this period: GitHub's reports of people have them since 2026-06-19, and "
        "COPILOT_USER_DATA=off stores nothing about people.",
        about=f"By GitHub's reports of people; n is how many spent some. Months with fewer than {LEAST_PEOPLE} people "
        "have a row without numbers. What GitHub bills may differ.",
    )


def credits_query(choice: Choice) -> Select[Any]:
    """Add up the people's credits by month, unless they are too few people."""
    rows = USERS.c
    month = MonthOfDay(rows.day).label("month")
    people = func.count(rows.user_id.distinct())
    enough = people >= LEAST_PEOPLE
    return (
        select(
            month,
            case((enough, rounded(func.sum(rows.ai_credits_used), 2))).label("ai_credits"),
            case((enough, people)).label("people"),
            func.count(rows.day.distinct()).label("days"),
        )
        .where(rows.org == choice.org, rows.day >= choice.begin.replace(day=1), rows.ai_credits_used > 0)
        .group_by(month)
        .order_by(month.desc())
    )
