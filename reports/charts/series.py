"""Lines over time and bars of counts, for tables of any subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from numbers import Real

from plotly.graph_objects import Bar, Figure, Scatter

from chalicelib.utils import shown
from reports.charts import style
from reports.charts.style import Row, escaped, number
from reports.reading import Table

MOST_BARS = 40
MOST_STANDING, LONGEST_STANDING = 12, 10  # bars, and characters of their names
MOST_TIMES = 9  # below lines
MOST_MARKERS = 31
LONGEST_LABEL = 40
ROW_HEIGHT, BESIDES = 24, 170
COUNT = "n"  # the column that says of how many things a row tells


def lines(table: Table, *, x: str = "", y: Sequence[str] = (), unit: str = "", n: str = "") -> Figure:
    """Draw numbers over time, a line for each column of `y`, and below each time of how many things it tells (`n`).

    By default `x` is the first column, `n` the one of that name, and `y` every other column of numbers.
    """
    chosen = choose(table, x=x, y=y, n=n)
    if not table.rows or not chosen.y:
        return nothing(table)
    rows = style.records(table)
    figure = Figure([line(rows, column, place) for place, column in enumerate(chosen.y)])
    finish(figure, table, rows, chosen, unit=unit, notes=[])
    style.add_labels(figure, [tick(row, chosen) for row in rows], most=MOST_TIMES)
    figure.update_yaxes(title=escaped(unit))
    return figure


def bars(table: Table, *, x: str = "", y: Sequence[str] = (), unit: str = "", n: str = "") -> Figure:
    """Draw counts, a bar for each column of `y`; the columns are chosen as for lines.

    The bars lie when there are many, or when their names are long.
    """
    chosen = choose(table, x=x, y=y, n=n)
    if not table.rows or not chosen.y:
        return nothing(table)
    rows = style.records(table)
    drawn = rows[:MOST_BARS]
    labels = [tick(row, chosen) for row in drawn]
    lying = len(labels) > MOST_STANDING or max(len(shown(row[chosen.x])) for row in drawn) > LONGEST_STANDING
    figure = Figure([bar(drawn, column, place, lying=lying) for place, column in enumerate(chosen.y)])
    more = len(rows) - len(drawn)
    finish(figure, table, rows, chosen, unit=unit, notes=[f"{more} more rows are in the table only."] if more else [])
    if lying:
        lay(figure, [label.replace("<br>", ", ") for label in labels], unit=unit)
    else:
        style.add_labels(figure, labels)
        figure.update_yaxes(title=escaped(unit))
    return figure


@dataclass(frozen=True)
class Columns:
    """Which columns are drawn: along the axis, as numbers, and as how many things each tells of."""

    x: str
    y: Sequence[str]
    n: str


def choose(table: Table, *, x: str, y: Sequence[str], n: str) -> Columns:
    """Fill in what isn't named."""
    x, n = x or table.columns[0], n or (COUNT if COUNT in table.columns else "")
    return Columns(x, list(y) or number_columns(table, leave_out={x, n}), n)


def nothing(table: Table) -> Figure:
    """Make the chart of a table without anything to draw."""
    return style.empty(title=escaped(table.title, longest=80), says=f"{shown(table.title)}: there is nothing to show.")


def finish(
    figure: Figure, table: Table, rows: Sequence[Row], chosen: Columns, *, unit: str, notes: Sequence[str]
) -> None:
    """Write the texts that lines and bars have alike."""
    style.styled(
        figure,
        title=escaped(table.title, longest=80),
        says=say(rows, chosen, title=table.title, unit=unit),
        notes=[*notes, *style.as_of(table)],
    )
    named = len(chosen.y) > 1
    figure.update_layout(showlegend=named, barmode="group", bargap=0.3, margin_t=100 if named else 70)


def lay(figure: Figure, labels: Sequence[str], *, unit: str) -> None:
    """Name bars that lie, the first one on top, and give each its room."""
    style.add_labels(figure, labels, axis="y", most=MOST_BARS)
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5], automargin=True, showgrid=False, zeroline=False, ticklabelstandoff=6
    )
    figure.update_xaxes(title={"text": escaped(unit), "standoff": 6}, showgrid=True, gridcolor=style.FAINT)
    figure.update_layout(height=BESIDES + ROW_HEIGHT * len(labels) * max(1, len(figure.data) * 2 // 3))


def line(rows: Sequence[Row], column: str, place: int) -> Scatter:
    """Make a line; where a number is unknown it has a gap."""
    return Scatter(
        name=words(column),
        x=list(range(len(rows))),
        y=[row[column] for row in rows],
        mode="lines+markers",
        line={"color": style.LINES[place % len(style.LINES)], "width": 2.5},
        marker={"symbol": style.MARKERS[place % len(style.MARKERS)], "size": 8 if len(rows) <= MOST_MARKERS else 4},
        hovertemplate=f"%{{y}}<extra>{words(column)}</extra>",
    )


def bar(rows: Sequence[Row], column: str, place: int, *, lying: bool) -> Bar:
    """Make the bars of a column, with their numbers."""
    places, values = list(range(len(rows))), [row[column] for row in rows]
    return Bar(
        name=words(column),
        orientation="h" if lying else "v",
        x=values if lying else places,
        y=places if lying else values,
        text=["" if value is None else number(value) for value in values],
        textposition="outside",
        textangle=0,
        cliponaxis=False,
        marker_color=style.LINES[place % len(style.LINES)],
        hovertemplate=f"%{{{'x' if lying else 'y'}}}<extra>{words(column)}</extra>",
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


def tick(row: Row, chosen: Columns) -> str:
    """Write what stands at a point: when or what it is, and of how many things it tells."""
    value = row[chosen.x]
    text = f"{value:%Y-%m-%d}" if isinstance(value, date | datetime) else "-" if value is None else value
    label = escaped(text, longest=LONGEST_LABEL)
    return f"{label}<br>n = {number(row[chosen.n])}" if chosen.n and row[chosen.n] is not None else label


def words(column: str) -> str:
    """Write a column's name as words."""
    return escaped(column.replace("_", " ").capitalize())


def say(rows: Sequence[Row], chosen: Columns, *, title: str, unit: str) -> str:
    """Say in a sentence what the last row shows."""
    last = rows[-1]
    values = ", ".join(
        f"{column.replace('_', ' ')} {'unknown' if last[column] is None else number(last[column])}"
        for column in chosen.y
    )
    measured = f" ({unit})" if unit else ""
    count = f"{len(rows)} row{'s' if len(rows) > 1 else ''}"
    return f"{shown(title, longest=120)}: {count}; the last, {shown(last[chosen.x])}: {values}{measured}."
