"""Open alerts: which are over their limit, and how old they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from sqlalchemy import ColumnElement, Select, and_, case, func, select

from reports import charts
from reports.commands.alerts import KINDS, read_ages
from reports.commands.cycles import Scope
from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_chart, show_figures, show_table
from reports.dashboard.screens.security.controls import say_now, with_rows
from reports.dashboard.screens.security.known import ALERTS, gaps, no_alert, say_gaps
from reports.dashboard.screens.security.links import host_of, say_links, with_links
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import Table, view

OPEN = view(
    "open_alerts",
    "org repo kind number what severity age_days limit_days in_working_days days_over is_overdue is_archived html_url",
)
LIMITS = view("alert_limits", "kind severity days in_working_days")
# The worst first; an alert of a rule that is not about security has one of the second four, a secret has none.
SEVERITIES = ("critical", "high", "medium", "low", "error", "warning", "note", "none")
BANDS = {"days_0_to_29": (0, 29), "days_30_to_59": (30, 59), "days_60_to_89": (60, 89), "days_90_or_more": (90, None)}
OVER, WITHIN, WITHOUT = "over_limit", "within_limit", "without_limit"
LIST_COLUMNS = ("repo", "kind", "number", "what", "severity", "age_days", "days_over", "limit_days")


def show(source: Source, choice: Choice) -> None:
    """Show the part."""
    say_now(choice)
    found = gaps(source, choice.org, tuple(ALERTS.values()))
    say_gaps(found)
    table = read_limits(source, choice)
    empty = no_alert(found, source, choice)
    if table.rows:
        show_figures(figures(table))
    show_limits(table, empty)
    show_list(source, choice, table, empty)
    show_ages(source, choice, empty)
    show_settings(source, choice)


def scope(choice: Choice) -> list[ColumnElement[bool]]:
    """Limit open alerts to what is chosen."""
    rows = OPEN.c
    return [rows.org == choice.org, *([rows.repo == choice.repo] if choice.repo else [])]


def counted(condition: ColumnElement[bool], name: str) -> ColumnElement[Any]:
    """Count the rows of which something is so."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0).label(name)


def days_of(limit: ColumnElement[Any], in_working_days: ColumnElement[Any]) -> ColumnElement[Any]:
    """Say which days a limit counts; nothing where there is none."""
    counts = case((in_working_days.is_(True), "Monday to Friday"), else_="all days")
    return case((limit.is_not(None), counts)).label("limit_counts")


def read_limits(source: Source, choice: Choice) -> Table:
    """Read how many are over their limit and within it, by kind and severity."""
    rows = OPEN.c
    keys = (rows.kind, rows.severity, rows.limit_days)
    limited = rows.limit_days.is_not(None)
    query = select(
        *keys,
        func.count().label("open_alerts"),
        counted(and_(limited, rows.is_overdue.is_(True)), OVER),
        counted(and_(limited, rows.is_overdue.is_(False)), WITHIN),
        counted(~limited, WITHOUT),
    )
    query = query.where(*scope(choice)).group_by(*keys)
    title = "Open alerts, by their limit"
    return by_severity(source.read(query, title=title, kinds=KINDS, orgs=[choice.org]))


def by_severity(table: Table) -> Table:
    """Put the rows of a kind together, its worst ones first."""
    kind, severity = table.columns.index("kind"), table.columns.index("severity")
    return with_rows(table, sorted(table.rows, key=lambda row: (row[kind], rank(row[severity]))))


def rank(severity: str | None) -> int:
    """Give a severity's place; one that GitHub may add later comes after all others."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def figures(table: Table) -> list[tuple[str, str]]:
    """Add up all kinds."""
    labels = {"open_alerts": "Open", OVER: "Over their limit", WITHIN: "Within their limit", WITHOUT: "Without a limit"}
    return [(label, number(sum(table.values(name)))) for name, label in labels.items()]


def show_limits(table: Table, empty: str) -> None:
    """Show them by kind and severity."""
    show_chart(
        table,
        charts.bars(table, x=["kind", "severity"], y=(OVER, WITHIN, WITHOUT), unit="open alerts"),
        key="alert-limits",
        empty=empty,
        about="A secret has no severity. What code scanning finds besides security has no limit.",
        says=say_limits(table),
    )


def say_limits(table: Table) -> str:
    """Say in a sentence what the chart shows."""
    if not table.rows:
        return ""
    by_kind = {kind: sum(over for each, over in pairs(table) if each == kind) for kind, _ in pairs(table)}
    each = ", ".join(f"{kind} {number(over)}" for kind, over in by_kind.items() if over)
    counts = {name: number(sum(table.values(name))) for name in ("open_alerts", OVER, WITHIN, WITHOUT)}
    over = f" Over it: {each}." if each else ""
    return (
        f"{counts['open_alerts']} alerts are open: {counts[OVER]} over their limit, {counts[WITHIN]} within it, "
        f"{counts[WITHOUT]} without one.{over}"
    )


def pairs(table: Table) -> list[tuple[str, int]]:
    """Give each row's kind, and how many are over their limit."""
    return list(zip(table.values("kind"), table.values(OVER), strict=True))


def show_list(source: Source, choice: Choice, limits: Table, empty: str) -> None:
    """List those over their limit, the longest over it first."""
    rows = OPEN.c
    query = list_query(choice).where(rows.is_overdue.is_(True))
    table = source.read(query, title="Alerts over their limit", kinds=KINDS, orgs=[choice.org])
    linked = with_links(table, host_of(source, choice.org))
    empty = "No open alert that is stored is over its limit." if limits.rows else empty
    about = "`days over` is by how many days. The text of a secret is never stored." + say_links(table, linked)
    show_table(linked, key="alerts-over", empty=empty, about=about)


def list_query(choice: Choice) -> Select[Any]:
    """Ask for each open alert."""
    rows = OPEN.c
    columns = [rows[name] for name in LIST_COLUMNS]
    query = select(*columns, days_of(rows.limit_days, rows.in_working_days), rows.is_archived, rows.html_url)
    # Both databases put those without a limit last.
    over = func.coalesce(rows.days_over, -(10**6)).desc()
    return query.where(*scope(choice)).order_by(over, rows.age_days.desc(), rows.repo, rows.kind, rows.number)


def show_ages(source: Source, choice: Choice, empty: str) -> None:
    """Show how old they are."""
    table = read_ages_of(source, choice)
    bands = by_band(table)
    kinds = bands.columns[1:]
    figure = charts.bars(bands, x="age", y=kinds, unit="open alerts")
    show_chart(bands, figure, key="alert-ages", empty=empty, says=say_ages(bands))
    about = "`age` is in days of 24 hours. An age's median is of as many as are open in its row (n)."
    show_table(named(table, "Open alerts by age, kind and severity"), key="alert-ages-all", empty=empty, about=about)


def read_ages_of(source: Source, choice: Choice) -> Table:
    """Read how old they are, by kind and severity."""
    title = "Open alerts by age"
    if not choice.repo:
        read = read_ages(source, Scope(choice.org, None, None), title)
        return by_severity(with_rows(read, [row[1:] for row in read.rows], read.columns[1:]))  # without the one org
    rows = OPEN.c
    counts = (counted(between(rows.age_days, *days), name) for name, days in BANDS.items())
    query = select(
        *(rows.kind, rows.severity, func.count().label("open_alerts"), counted(rows.is_overdue.is_(True), "overdue")),
        *counts,
        func.max(rows.age_days).label("oldest_days"),
    )
    query = query.where(*scope(choice)).group_by(rows.kind, rows.severity)
    return by_severity(source.read(query, title=title, kinds=KINDS, orgs=[choice.org]))


def between(age: ColumnElement[Any], first: int, last: int | None) -> ColumnElement[bool]:
    """Tell whether an age is in a band."""
    return age >= first if last is None else and_(age >= first, age <= last)


def by_band(table: Table) -> Table:
    """Turn rows by kind and severity into rows by age, a column for each kind."""
    kinds = [kind for kind in ALERTS if kind in set(table.values("kind"))] if table.rows else []
    places = list(zip(table.values("kind"), *(table.values(band) for band in BANDS), strict=True))
    rows = [
        (band_name(days), *(sum(row[at] for row in places if row[0] == kind) for kind in kinds))
        for at, days in enumerate(BANDS.values(), start=1)
    ]
    return with_rows(table, rows if kinds else [], ["age", *kinds])


def band_name(days: tuple[int, int | None]) -> str:
    """Write a band of ages."""
    first, last = days
    return f"{first} days or more" if last is None else f"{first} to {last} days"


def say_ages(bands: Table) -> str:
    """Say in a sentence what the chart shows."""
    each: Sequence[str] = [f"{number(sum(row[1:]))} for {row[0]}" for row in bands.rows]
    return f"Of the open alerts, so many have been open: {', '.join(each)}." if each else ""


def named(table: Table, title: str) -> Table:
    """Give a table another title."""
    return Table(title, table.columns, table.rows, table.as_of, table.view)


def show_settings(source: Source, choice: Choice) -> None:
    """Show how long an alert may stay open."""
    rows = LIMITS.c
    severity = case((rows.severity == "", None), else_=rows.severity).label("severity")
    query = select(rows.kind, severity, rows.days, days_of(rows.days, rows.in_working_days))
    table = source.read(query, title="How long an alert may stay open", kinds=KINDS, orgs=[choice.org])
    empty = "No limit is stored, so no alert can be over one: the daily job stores what `ALERT_DAYS` says."
    with st.expander("The limits"):
        show_table(
            by_severity(table), key="alert-days", empty=empty, about="Set by `ALERT_DAYS`, for all organisations."
        )
