"""What the parts of the page CI ask alike: whose rows, since when, and how weeks are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from plotly.graph_objects import Figure
from sqlalchemy import ColumnElement, func

from chalicelib.utils import shown
from reports import charts
from reports.dashboard.filters import Choice
from reports.dashboard.parts import mark_unfinished, monday, period_end, plain, show_chart
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import Table

JOB_KINDS, RUN_KINDS, RUNNER_KINDS = ("workflow_jobs",), ("workflow_runs",), ("runners",)
FEW = "A median of fewer than 5 values is not shown."
SHADED = "The shaded period is not over: its numbers still change."
LONGER = "choose a longer period, or another repository."
LEAST_PERCENT = 10  # at the end of an axis
NO_LABELS = "(no labels)"
DRAWN = ("median_seconds", "p90_seconds")  # of a queue time


def of_choice(rows: Any, choice: Choice) -> list[ColumnElement[bool]]:
    """Limit rows to what is chosen; a view that doesn't know repositories, to the organisation."""
    repo = [rows.repo == choice.repo] if choice.repo and "repo" in rows else []
    return [rows.org == choice.org, *repo]


def since(rows: Any, choice: Choice, by: str) -> ColumnElement[bool]:
    """Limit rows to the periods from that on in which the chosen time begins."""
    begins = {"day": choice.begin, "week": monday(choice.begin), "month": choice.begin.replace(day=1)}
    return rows[by] >= begins[by]  # type: ignore[no-any-return] # a column of any view


def percent(part: ColumnElement[Any], whole: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give one sum as a percentage of another; NULL when that is 0."""
    return 100.0 * func.sum(part) / func.nullif(func.sum(whole), 0)


def of_all(choice: Choice) -> str:
    """Say that a number is not known by repository."""
    return f" Known for the organisation only: these are all of {plain(choice.org)}'s." if choice.repo else ""


def with_labels(table: Table) -> Table:
    """Say of jobs and runners without labels that they have none, where there would be nothing to read."""
    place = table.columns.index("label_set")
    rows = [(*row[:place], row[place] or NO_LABELS, *row[place + 1 :]) for row in table.rows]
    return Table(table.title, table.columns, rows, table.as_of, table.view)


def say_longest(table: Table, x: str) -> str:
    """Say in a sentence where jobs queued longest, by the 90th percentile."""
    known = [row for row in zip(*map(table.values, (x, *DRAWN, "jobs")), strict=True) if row[1] is not None]
    if not known:
        return f"{table.title}: nowhere are there the 5 jobs that a median needs."
    name, median, p90, jobs = max(known, key=lambda row: (row[2], row[3]))
    return (
        f"{table.title}: longest for {shown(name)}, with a median of {number(median)} and a 90th percentile of "
        f"{number(p90)} seconds (n = {number(jobs)})."
    )


def say_sums(table: Table, columns: Sequence[str], unit: str) -> str:
    """Say in a sentence what the bars of a chart add up to."""
    sums = ", ".join(f"{number(sum(table.values(name)))} {name.replace('_', ' ')}" for name in columns)
    return f"{table.title}: {sums} ({unit})."


class Lines(NamedTuple):
    """What a chart over time draws: columns, their unit, and the column that says of how many things each tells."""

    y: Sequence[str]
    unit: str
    n: Sequence[str] = ()
    by: str = "week"


def lines_of(table: Table, drawn: Lines) -> Figure:
    """Draw numbers over time."""
    figure = charts.lines(table, x=drawn.by, y=drawn.y, unit=drawn.unit, n=drawn.n)
    if drawn.unit.startswith("%"):  # all 0 % would be drawn on an axis to 1, as if that were the whole
        figure.update_yaxes(ticksuffix=" %", autorangeoptions_include=[0, LEAST_PERCENT])
    return figure


def show_lines(source: Source, table: Table, drawn: Lines, *, key: str, empty: str, about: str = "") -> None:
    """Show numbers over time; a week or month that is not over is shaded."""
    figure = lines_of(table, drawn)
    if drawn.by in ("week", "month") and table.rows:
        mark_unfinished(figure, table, by=drawn.by, today=source.today)
        is_over = period_end(table.values(drawn.by)[-1], drawn.by) <= source.today
        about = about if is_over else f"{about} {SHADED}"
    show_chart(table, figure, key=key, empty=empty, about=about.strip())
