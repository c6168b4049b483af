"""Lines over time and bars of counts, for tables of any subject."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from numbers import Real
from typing import Any

from plotly.graph_objects import Bar, Figure, Scatter

from reports.charts import style
from reports.charts.style import Row, escaped, number, shown
from reports.reading import Table

MOST_BARS = 40
COUNT = "n"  # the column that says of how many things a row tells


def lines(table: Table, *, x: str = "", y: Sequence[str] = (), unit: str = "", n: str = "") -> Figure:
    """Draw numbers over time, a line for each column of `y`, and below each time of how many things it tells (`n`).

    By default `x` is the first column, `n` the one of that name, and `y` every other column of numbers.
    """
    return _drawn(table, x=x, y=y, unit=unit, n=n, make=_line)


def bars(table: Table, *, x: str = "", y: Sequence[str] = (), unit: str = "", n: str = "") -> Figure:
    """Draw counts, a bar for each column of `y` beside each other; the columns are chosen as for lines."""
    return _drawn(table, x=x, y=y, unit=unit, n=n, make=_bar)


def _drawn(table: Table, *, x: str, y: Sequence[str], unit: str, n: str, make: Any) -> Figure:
    rows = style.records(table)
    title = escaped(table.title, longest=80)
    x = x or table.columns[0]
    n = n or (COUNT if COUNT in table.columns else "")
    chosen = list(y) or number_columns(table, leave_out={x, n})
    if not rows or not chosen:
        return style.empty(title=title, says=f"{shown(table.title)}: there is nothing to show.")
    drawn = rows if make is _line else rows[:MOST_BARS]
    figure = Figure([make(drawn, column, place) for place, column in enumerate(chosen)])
    more = len(rows) - len(drawn)
    notes = [f"{more} more rows are in the table only."] if more else []
    says = say(rows, x=x, columns=chosen, title=table.title, unit=unit)
    style.styled(figure, title=title, says=says, notes=[*notes, *style.as_of(table)], y_title=escaped(unit))
    style.add_labels(figure, [tick(row, x=x, n=n) for row in drawn])
    figure.update_layout(showlegend=len(chosen) > 1, barmode="group", bargap=0.3)
    figure.update_yaxes(automargin=True)
    figure.update_xaxes(automargin=True)
    return figure


def _line(rows: list[Row], column: str, place: int) -> Scatter:
    """Make a line; where a number is unknown it has a gap."""
    return Scatter(
        name=words(column),
        x=list(range(len(rows))),
        y=[row[column] for row in rows],
        mode="lines+markers",
        line={"color": style.LINES[place % len(style.LINES)], "width": 2.5},
        marker={"symbol": style.MARKERS[place % len(style.MARKERS)], "size": 8},
        hovertemplate=f"%{{y}}<extra>{words(column)}</extra>",
    )


def _bar(rows: list[Row], column: str, place: int) -> Bar:
    """Make the bars of a column, with their numbers."""
    return Bar(
        name=words(column),
        x=list(range(len(rows))),
        y=[row[column] for row in rows],
        text=["" if row[column] is None else number(row[column]) for row in rows],
        textposition="outside",
        textangle=0,
        cliponaxis=False,
        marker_color=style.LINES[place % len(style.LINES)],
        hovertemplate=f"%{{y}}<extra>{words(column)}</extra>",
    )


def number_columns(table: Table, *, leave_out: set[str]) -> list[str]:
    """Give the columns that hold numbers, and nothing else."""
    found = []
    for place, column in enumerate(table.columns):
        values = [row[place] for row in table.rows if row[place] is not None]
        if column not in leave_out and values and all(is_number(value) for value in values):
            found.append(column)
    return found


def is_number(value: object) -> bool:
    """Tell numbers from everything else; true and false are none."""
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def tick(row: Row, *, x: str, n: str) -> str:
    """Write what stands below a point: when or what it is, and of how many things it tells."""
    value = row[x]
    text = f"{value:%Y-%m-%d}" if isinstance(value, date | datetime) else "-" if value is None else value
    label = escaped(text, longest=28)
    return f"{label}<br>n = {number(row[n])}" if n and row[n] is not None else label


def words(column: str) -> str:
    """Write a column's name as words."""
    return escaped(column.replace("_", " ").capitalize())


def say(rows: Sequence[Row], *, x: str, columns: Sequence[str], title: str, unit: str) -> str:
    """Say in a sentence what the last row shows."""
    last = rows[-1]
    values = ", ".join(
        f"{column.replace('_', ' ')} {'unknown' if last[column] is None else number(last[column])}"
        for column in columns
    )
    measured = f" ({unit})" if unit else ""
    return f"{shown(title, longest=120)}: {len(rows)} rows; the last, {shown(last[x])}: {values}{measured}."
