"""Trends of one kind of alert: how they come and go, how long fixes take, and why alerts are closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from reports import charts
from reports.dashboard.filters import Choice, choose_one
from reports.dashboard.parts import mark_unfinished, say_limits, show_chart, show_table
from reports.dashboard.screens.security.alerts import rank
from reports.dashboard.screens.security.controls import of_all, with_rows
from reports.dashboard.screens.security.known import ALERTS, gaps, say_gaps
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import Table, view

WEEKLY = view("alerts_weekly", "org kind severity week opened reopened closed net")
FIXES = view("alert_fix_times_monthly", "org kind severity month fixed median_days p90_days")
FIXES_EACH = view("alert_fix_times_by_organisation", "org kind severity fixed median_days p90_days")
FIXES_OF_ONE = view("alert_fix_times_by_repository", "org repo kind fixed median_days p90_days")
REASONS = view("alert_close_reasons", "org kind reason alerts share")
WEEK = timedelta(days=7)
NO_SEVERITY = "no_severity"
CHANGES = ("opened", "reopened", "closed")
NOTHING = "Nothing happened to alerts of this kind in this time: choose a longer period, or another kind."

FIXED = (
    "n is how many alerts were fixed, in the order of the lines. Dismissed alerts don't count; a secret that is "
    "resolved does, whatever the resolution."
)


def show(source: Source, choice: Choice) -> None:
    """Show the part."""
    kind = choose_one("Kind of alert", list(ALERTS), key="alerts")
    say_gaps(gaps(source, choice.org, [ALERTS[kind]]))
    show_weeks(source, choice, kind)
    show_fixes(source, choice, kind)
    show_fixes_each(source, choice, kind)
    show_reasons(source, choice, kind)


def show_weeks(source: Source, choice: Choice, kind: str) -> None:
    """Show how many were opened and closed in each week, and how many were open at its end."""
    title = "Alerts opened and closed, by week"
    read = source.read(weeks_query(choice, kind), title=title, kinds=[ALERTS[kind]], orgs=[choice.org])
    table = with_rows(read, list(every_week(read)))
    say_limits(table, by="week", begin=choice.begin, today=source.today)
    figure = charts.lines(table, x="week", y=CHANGES, unit="alerts")
    mark_unfinished(figure, table, by="week", today=source.today)
    about = "Closed is fixed, resolved or dismissed. In a week without a row in the view, nothing happened."
    show_chart(table, figure, key="alert-weeks", empty=NOTHING, about=about + of_all(choice), says=say_weeks(table))
    show_open(source, choice, table)


def weeks_query(choice: Choice, kind: str) -> Select[Any]:
    """Ask for each week; how many were open at its end is what all weeks up to then add up to."""
    rows = WEEKLY.c
    net = func.sum(func.sum(rows.net)).over(order_by=rows.week).label("open_at_end")
    sums = (func.sum(rows[name]).label(name) for name in CHANGES)
    weeks = select(rows.week, *sums, net).where(rows.org == choice.org, rows.kind == kind).group_by(rows.week)
    added = weeks.subquery(WEEKLY.name)
    # The week in which the period begins is a whole one.
    return select(added).where(added.c.week > choice.begin - WEEK).order_by(added.c.week)


def every_week(table: Table) -> Iterator[tuple[Any, ...]]:
    """Give the weeks between those with rows, too: nothing happened in them, and as many stayed open."""
    before: tuple[Any, ...] | None = None
    for row in table.rows:
        while before and before[0] + WEEK < row[0]:
            before = (before[0] + WEEK, *(0 for _ in CHANGES), before[-1])
            yield before
        before = row
        yield row


def say_weeks(table: Table) -> str:
    """Say in a sentence what the chart shows."""
    if not table.rows:
        return ""
    opened, reopened, closed = (number(sum(table.values(name))) for name in CHANGES)
    first, last = table.rows[0][0], table.rows[-1][0]
    span = f"From the week of {first} to that of {last}"
    return f"{span}, {opened} alerts were opened, {reopened} reopened and {closed} closed."


def show_open(source: Source, choice: Choice, weeks: Table) -> None:
    """Show how many were open at the end of each week."""
    rows = [(row[0], row[-1]) for row in weeks.rows]
    table = Table("Alerts open at the end of each week", ["week", "open_at_end"], rows, weeks.as_of, weeks.view)
    figure = charts.lines(table, x="week", y=("open_at_end",), unit="open alerts")
    mark_unfinished(figure, table, by="week", today=source.today)
    about = (
        "What was opened and reopened up to then, without what was closed. It includes alerts that GitHub no longer "
        "lists, which the part Alerts leaves out."
    )
    show_chart(table, figure, key="alert-open", empty=NOTHING, about=about + of_all(choice))


def show_fixes(source: Source, choice: Choice, kind: str) -> None:
    """Show how long fixes took, by the month of the fix and severity, each with its n."""
    rows, title = FIXES.c, "How long fixes took, by month of the fix (medians, in days)"
    query = select(rows.month, rows.severity, rows.median_days, rows.fixed, rows.p90_days)
    query = query.where(rows.org == choice.org, rows.kind == kind, rows.month >= choice.begin.replace(day=1))
    read = source.read(query.order_by(rows.month), title=title, kinds=[ALERTS[kind]], orgs=[choice.org])
    table = by_month(read)
    severities = [name.removeprefix("n_") for name in table.columns if name.startswith("n_")]
    figure = charts.lines(table, x="month", y=severities, unit="days", n=[f"n_{each}" for each in severities])
    mark_unfinished(figure, table, by="month", today=source.today)
    about = (
        "n is how many alerts were fixed, in the order of the lines. Dismissed alerts don't count; a secret that is "
    )
    about += "resolved does, whatever the resolution." + of_all(choice)
    empty = "No alert of this kind was fixed in this time: choose a longer period, or another kind."
    show_chart(table, figure, key="alert-fixes", empty=empty, about=about, says=say_fixes(table, severities))


def by_month(read: Table) -> Table:
    """Turn rows by month and severity into rows by month: each severity's median and n, and its 90th percentile."""
    severities = sorted(set(read.values("severity")), key=rank)
    cells = {(month, severity): tuple(numbers) for month, severity, *numbers in read.rows}
    names = [each or NO_SEVERITY for each in severities]
    columns = [text for name in names for text in (name, f"n_{name}", f"p90_{name}")]
    rows = [
        (month, *(value for each in severities for value in cells.get((month, each), (None, None, None))))
        for month in dict.fromkeys(read.values("month"))
    ]
    return with_rows(read, rows, ["month", *columns])


def say_fixes(table: Table, severities: list[str]) -> str:
    """Say in a sentence what the last month was like."""
    if not table.rows:
        return ""
    last = dict(zip(table.columns, table.rows[-1], strict=True))
    month: date = last["month"]
    each = [
        f"{name.replace('_', ' ')} {number(round(last[name], 1))} days (n = {last[f'n_{name}']})"
        for name in severities
        if last[name] is not None
    ]
    return f"Median time to the fix in {month:%B %Y}: {', '.join(each)}."


def show_fixes_each(source: Source, choice: Choice, kind: str) -> None:
    """Show how long fixes took over all time: of the organisation by severity, or of one repository."""
    rows = FIXES_OF_ONE.c if choice.repo else FIXES_EACH.c
    first = [] if choice.repo else [rows.severity]
    query = select(*first, rows.fixed.label("n_fixed"), rows.median_days, rows.p90_days)
    query = query.where(rows.org == choice.org, rows.kind == kind)
    query = query.where(rows.repo == choice.repo) if choice.repo else query
    whose = "of this repository, " if choice.repo else ""
    title = f"How long fixes took, {whose}over all time"
    table = source.read(query, title=title, kinds=[ALERTS[kind]], orgs=[choice.org])
    if not choice.repo:
        table = with_rows(table, sorted(table.rows, key=lambda row: rank(row[0])))
    empty = "No alert of this kind that is stored was fixed."
    show_table(table, key="alert-fixes-all", empty=empty, about="`n fixed` is of how many alerts the median is.")


def show_reasons(source: Source, choice: Choice, kind: str) -> None:
    """Show why alerts were closed."""
    rows = REASONS.c
    query = select(rows.reason, rows.alerts, (100 * rows.share).label("percent"))
    query = query.where(rows.org == choice.org, rows.kind == kind).order_by(rows.alerts.desc(), rows.reason)
    table = source.read(query, title="Why alerts were closed", kinds=[ALERTS[kind]], orgs=[choice.org])
    figure = charts.bars(table, x="reason", y=("alerts",), unit="closed alerts")
    total = number(sum(table.values("alerts")))
    about = f"All that are closed now (n = {total}), whatever the period. “-”: no reason was chosen." + of_all(choice)
    show_chart(
        table,
        figure,
        key="alert-reasons",
        empty="No alert of this kind is closed.",
        about=about,
        says=say_reasons(table),
    )


def say_reasons(table: Table) -> str:
    """Say in a sentence what the chart shows."""
    each = ", ".join(
        f"{reason or 'no reason'} {number(count)} ({percent:.0f} %)" for reason, count, percent in table.rows
    )
    return f"Why alerts were closed: {each}."
