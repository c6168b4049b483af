"""Lines over time and bars of counts, for tables of any subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from numbers import Real
from typing import Any

from plotly.graph_objects import Bar, Figure, Scatter

from chalicelib.utils import shown
from reports.charts import style
from reports.charts.style import Row, escaped, number
from reports.reading import Table

MOST_BARS = 40
LONGEST_STANDING = 16  # characters of a name below a bar that stands
ROOM_STANDING = 84  # characters of all names below bars that stand, on a page 700 pixels wide
MOST_TIMES = 8  # below lines
MOST_MARKERS = 31
MOST_GROUPS = 8  # as many as there are colours
LONGEST_LABEL = 60
LEGEND_ROOM = 110  # characters of names in a row of the legend
BAR_HEIGHT, BETWEEN, BESIDES = 16, 8, 170
WEEK = 7
MINUTE = timedelta(minutes=1)
MOMENTS = ("sampled_at",)  # columns of times that are no periods
JOINED = timedelta(hours=1)  # moments that are further apart are not joined: samples are missing
WRITTEN = {"month": "%Y-%m", "year": "%Y"}  # what a time is, by the name of its column
COUNT = "n"  # the column that says of how many things a row tells
GROUP = "org"  # rows of several organisations are never one line
DASHES = ("solid", "dash", "dot", "dashdot")


def lines(table: Table, *, x: str = "", y: Sequence[str] = (), unit: str = "", n: Sequence[str] = ()) -> Figure:
    """Draw numbers over time, a line for each column of `y`, and for each organisation when there are several.

    `n` are the columns that say of how many things each column of `y` tells, or one for all of them: it stands below
    each time when there is one organisation. By default `x` is the first column, `n` the one of that name, and `y`
    every other column of numbers. A period without a row is a gap. Moments are drawn to scale, and are joined when
    they are an hour apart at most.
    """
    chosen = choose(table, x=[x] if x else (), y=y, n=n)
    if not table.rows or not chosen.y:
        return nothing(table)
    rows = style.records(table)
    groups = grouped(rows)
    named = len(groups) > 1
    times = placed(whole_time([row[chosen.x[0]] for row in rows], chosen.x[0]), chosen.x[0])
    figure = Figure(
        [
            line(own, times, chosen, column, name=name if named else "", place=place)
            for place, (name, own) in enumerate(list(groups.items())[:MOST_GROUPS])
            for column in range(len(chosen.y))
        ]
    )
    finish(figure, table, rows, chosen, unit=unit, notes=notes_of(groups, chosen))
    if is_to_scale(chosen.x[0], list(times)):
        label_hours(figure, list(times))
    else:
        label_times(figure, list(times), rows, chosen, several=named)
    style.count_axis(figure, [value for trace in figure.data for value in trace.y])
    # What is drawn stands in the legend, or else here.
    single = len(chosen.y) == 1
    figure.update_yaxes(title=f"{words(chosen.y[0])} ({escaped(unit)})" if single and unit else escaped(unit))
    return figure


def bars(
    table: Table, *, x: str | Sequence[str] = (), y: Sequence[str] = (), unit: str = "", n: Sequence[str] = ()
) -> Figure:
    """Draw counts, a bar for each column of `y`; the columns are chosen as for lines, and `x` may be several.

    The bars lie when there are many, or when their names are long. They name their organisation when there are several.
    """
    chosen = choose(table, x=[x] if isinstance(x, str) else x, y=y, n=n)
    if not table.rows or not chosen.y:
        return nothing(table)
    rows = style.records(table)
    drawn = rows[:MOST_BARS]
    if len(grouped(rows)) > 1 and GROUP not in chosen.x:
        chosen = Columns([GROUP, *chosen.x], chosen.y, chosen.n)
    labels = [tick(row, chosen) for row in drawn]
    longest = max(len(part) for label in labels for part in label.split("<br>"))
    lying = longest > LONGEST_STANDING or len(labels) * (longest + 2) > ROOM_STANDING
    figure = Figure([bar(drawn, column, place, lying=lying) for place, column in enumerate(chosen.y)])
    more = len(rows) - len(drawn)
    finish(figure, table, rows, chosen, unit=unit, notes=[f"{more} more rows are in the table only."] if more else [])
    if lying:
        lay(figure, [label.replace("<br>", ", ") for label in labels], unit=unit)
    else:
        style.add_labels(figure, labels)
        figure.update_yaxes(title=escaped(unit))
    style.count_axis(figure, [row[column] for row in drawn for column in chosen.y], axis="x" if lying else "y")
    return figure


@dataclass(frozen=True)
class Columns:
    """Which columns are drawn: along the axis, as numbers, and as how many things each of these tells of."""

    x: Sequence[str]
    y: Sequence[str]
    n: Sequence[str]

    def count(self, place: int) -> str:
        """Give the column that says of how many things a column of numbers tells; none when nothing does."""
        return self.n[min(place, len(self.n) - 1)] if self.n else ""


def choose(table: Table, *, x: Sequence[str], y: Sequence[str], n: Sequence[str]) -> Columns:
    """Fill in what isn't named."""
    x, n = list(filter(None, x)) or [table.columns[0]], list(n) or [each for each in table.columns if each == COUNT]
    return Columns(x, list(y) or number_columns(table, leave_out={*x, *n}), n)


def grouped(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Give the rows of each organisation, or all of them as nobody's."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row.get(GROUP, "")), []).append(row)
    return found


def whole_time(values: Sequence[Any], column: str) -> list[Any]:
    """Give every hour, day or longer period from the first to the last; of anything else, each value once.

    Between moments that are more than an hour apart there is one more, which has no row: a gap.
    """
    known = sorted(set(values)) if all(isinstance(value, date) for value in values) else list(dict.fromkeys(values))
    if is_to_scale(column, known):
        apart = [(one, other) for one, other in pairwise(known) if other - one > JOINED]
        return sorted([*known, *(one + (other - one) / 2 for one, other in apart)])
    after = AFTER.get(column)
    if after is None or not isinstance(known[0], date):
        return known
    found = known[:1]
    while found[-1] < known[-1]:
        found.append(after(found[-1]))
    return found


def is_to_scale(column: str, times: Sequence[Any]) -> bool:
    """Tell whether times are moments, which come at no fixed distance."""
    return column in MOMENTS and all(isinstance(time, datetime) for time in times)


def placed(times: Sequence[Any], column: str) -> dict[Any, float]:
    """Give each time its place on the axis: one after the other, or moments by minutes from the first one's hour."""
    if not is_to_scale(column, times):
        return {time: place for place, time in enumerate(times)}
    begin = whole_hour(times[0])
    return {time: (time - begin) / MINUTE for time in times}


def whole_hour(moment: datetime) -> datetime:
    """Give the beginning of a moment's hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def next_hour(hour: datetime) -> datetime:
    """Give the hour after an hour."""
    return hour + timedelta(hours=1)


def next_day(day: date) -> date:
    """Give the day after a day."""
    return day + timedelta(days=1)


def next_week(day: date) -> date:
    """Give the day a week after a day."""
    return day + timedelta(days=WEEK)


def next_month(day: date) -> date:
    """Give the first day of the month after a day's."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def next_quarter(day: date) -> date:
    """Give the first day of the month three months after a day's."""
    return next_month(next_month(next_month(day)))


def next_year(day: date) -> date:
    """Give the first day of the year after a day's."""
    return date(day.year + 1, 1, 1)


AFTER: Mapping[str, Callable[[Any], Any]] = {
    "hour": next_hour,
    "day": next_day,
    "week": next_week,
    "month": next_month,
    "quarter": next_quarter,
    "year": next_year,
}


def label_times(figure: Figure, times: Sequence[Any], rows: Sequence[Row], chosen: Columns, *, several: bool) -> None:
    """Write below each time when it is and, of one organisation, of how many things it tells."""
    by_time = {} if several else {row[chosen.x[0]]: row for row in rows}
    labels = [tick(by_time[time], chosen) if time in by_time else escaped(when(time, chosen.x[0])) for time in times]
    style.add_labels(figure, labels, most=MOST_TIMES)


def label_hours(figure: Figure, moments: Sequence[datetime]) -> None:
    """Write below moments which hours these are: every second or third when there are many."""
    hours = [whole_hour(moments[0])]
    while hours[-1] < moments[-1]:
        hours.append(next_hour(hours[-1]))
    places = [(hour - hours[0]) / MINUTE for hour in hours]
    step = -(-len(hours) // MOST_TIMES)
    room = places[-1] / 50 or 1
    figure.update_xaxes(
        tickmode="array",
        tickvals=places[::step],
        ticktext=[f"{hour:%Y-%m-%d %H:%M}" for hour in hours[::step]],
        range=[-room, places[-1] + room],
        tickangle=0,
    )


def notes_of(groups: Mapping[str, Sequence[Row]], chosen: Columns) -> list[str]:
    """Say what the chart leaves out, and what several numbers below a time are."""
    more = len(groups) - MOST_GROUPS
    notes = [f"{more} more organisations are in the table only."] if more > 0 else []
    if chosen.n and len(groups) > 1:
        return [*notes, "Of how many things each point tells (n) is in the table."]
    if len(chosen.n) > 1:
        notes.append(f"n: how many are behind {', '.join(words(each).lower() for each in chosen.y)}.")
    return notes


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
    named = len(figure.data) > 1
    legend_rows = -(-sum(len(trace.name) + 6 for trace in figure.data) // LEGEND_ROOM) if named else 0
    figure.update_layout(showlegend=named, barmode="group", bargap=0.3, margin_t=70 + 30 * legend_rows)


def lay(figure: Figure, labels: Sequence[str], *, unit: str) -> None:
    """Name bars that lie, the first one on top, and give each its room."""
    style.add_labels(figure, labels, axis="y", most=MOST_BARS)
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5], automargin=True, showgrid=False, zeroline=False, ticklabelstandoff=6
    )
    figure.update_xaxes(title={"text": escaped(unit), "standoff": 6}, showgrid=True, gridcolor=style.FAINT)
    figure.update_layout(height=BESIDES + len(labels) * (BETWEEN + BAR_HEIGHT * len(figure.data)))


def line(
    rows: Sequence[Row], times: Mapping[Any, float], chosen: Columns, column: int, *, name: str, place: int
) -> Scatter:
    """Make a line; where a number is unknown, or there is no row, it has a gap.

    An organisation's lines have a colour of their own when there are several, else each column's has.
    """
    of, by_time = chosen.y[column], {row[chosen.x[0]]: row for row in rows}
    values = [by_time[time][of] if time in by_time else None for time in times]
    if name and len(chosen.y) > 1:
        title = f"{escaped(name)}: {words(of).lower()}"
    else:
        title = escaped(name) if name else words(of)
    color, dash = (place, column) if name else (column, 0)
    n = chosen.count(column)
    counts = [
        f" (n = {number(by_time[time][n])})" if n and time in by_time and by_time[time][n] else "" for time in times
    ]
    return Scatter(
        name=title,
        x=list(times.values()),
        y=values,
        customdata=counts,
        mode="lines+markers",
        line={"color": style.LINES[color % len(style.LINES)], "width": 2.5, "dash": DASHES[dash % len(DASHES)]},
        marker={"symbol": style.MARKERS[color % len(style.MARKERS)], "size": 8 if len(times) <= MOST_MARKERS else 4},
        hovertemplate=f"%{{y}}%{{customdata}}<extra>{title}</extra>",
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
        constraintext="none",  # else the numbers shrink with the bars
        textfont={"size": 11},
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
    label = escaped(" · ".join(when(row[each], each) for each in chosen.x), longest=LONGEST_LABEL)
    counts = [number(row[each]) for each in chosen.n if row[each] is not None]
    return f"{label}<br>n = {' / '.join(counts)}" if counts else label


def when(value: Any, column: str) -> str:
    """Write a value of an axis of names or times."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.strftime(WRITTEN.get(column, "%Y-%m-%d"))
    return "-" if value is None else f"#{value}" if column == "number" else str(value)


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
    names = list(grouped(rows))
    whose = f" of {len(names)} organisations" if len(names) > 1 else ""
    count = f"{len(rows)} row{'s' if len(rows) > 1 else ''}{whose}"
    # Of several organisations, that whose row it is.
    keys = [GROUP, *chosen.x] if whose and GROUP not in chosen.x else chosen.x
    which = shown(" · ".join(when(last[each], each) for each in keys))
    return f"{shown(title, longest=120)}: {count}; the last, {which}: {values}{measured}."
