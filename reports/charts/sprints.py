"""Burndown and burnup charts of a sprint, from the rows of `sprint_burndown` and `sprint_burnup`: a row a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from plotly.graph_objects import Bar, Figure, Scatter

from chalicelib.utils import shown
from reports.charts import style
from reports.charts.style import Row, escaped, number
from reports.reading import Table

LOW, HIGH = 0.05, 0.12  # how far above a day's number a mark stands, and the second of a day
MOST_NUMBERS = 31  # bars in which a number has room
# What rows were told by that know less than a snapshot of their day does.
GUESSED = {
    "dates": "items' dates alone (created, closed)",
    "timeline": "items' timelines alone",
}


def burndown(table: Table, *, unit: str = "") -> Figure:
    """Draw what was open at each day's end, and the ideal line; `unit` is issues or points."""
    rows, unit = ordered(table), unit or unit_of(table, "open")
    if not rows:
        return style.empty(title="Burndown", says="There are no days to show.")
    open_, ideal = f"open_{unit}", f"ideal_{unit}"
    figure = Figure(Bar(name=f"Open {unit}", marker_color=style.OPEN, **bar_values(rows, open_, unit)))
    figure.add_trace(
        Scatter(
            name="Ideal",
            x=list(range(len(rows))),
            y=[row[ideal] for row in rows],
            mode="lines",
            line={"color": style.IDEAL, "dash": "dash", "width": 2},
            hovertemplate="%{y:.1f} ideal<extra></extra>",
        )
    )
    top = max([row[each] or 0 for row in rows for each in (open_, ideal)])
    add_scope(figure, rows, unit=unit, heights=[row[open_] for row in rows], room=top)
    return finish(figure, table, rows, unit=unit, kind="Burndown", says=say_burndown(rows, unit), top=top)


def burnup(table: Table, *, unit: str = "") -> Figure:
    """Draw a sprint's scope and what of it was done at each day's end; `unit` is issues or points."""
    rows, unit = ordered(table), unit or unit_of(table, "scope")
    if not rows:
        return style.empty(title="Burnup", says="There are no days to show.")
    scope, done = f"scope_{unit}", f"done_{unit}"
    figure = Figure(
        [
            line(rows, scope, name=f"{unit.title()} in the sprint", color=style.IDEAL, symbol="square", dash="dash"),
            line(rows, done, name=f"{unit.title()} done", color=style.DONE, symbol="circle", dash="solid"),
        ]
    )
    figure.data[1].update(fill="tozeroy", fillcolor=style.AREA)
    top = max(row[scope] or 0 for row in rows)
    add_scope(figure, rows, unit=unit, heights=[row[scope] for row in rows], room=top)
    return finish(figure, table, rows, unit=unit, kind="Burnup", says=say_burnup(rows, unit), top=top)


def ordered(table: Table) -> list[Row]:
    """Give a table's rows by day."""
    return sorted(style.records(table), key=lambda row: as_date(row["day"]))


def as_date(day: date | str) -> date:
    """Read a day; SQLite's plain SQL gives text."""
    return date.fromisoformat(day) if isinstance(day, str) else day


def unit_of(table: Table, column: str) -> str:
    """Guess a table's unit: points when it has no column of issues."""
    return "issues" if f"{column}_issues" in table.columns else "points"


def bar_values(rows: Sequence[Row], column: str, unit: str) -> dict[str, object]:
    """Give the bars of the days that have a number; days to come have none."""
    known = [(place, row[column]) for place, row in enumerate(rows) if row[column] is not None]
    texts = [number(value) for _, value in known] if len(rows) <= MOST_NUMBERS else None
    return {
        "x": [place for place, _ in known],
        "y": [value for _, value in known],
        "text": texts,
        "textangle": 0,
        "textposition": "inside",
        "insidetextanchor": "start",
        "insidetextfont": {"color": style.INK},
        "hovertemplate": f"%{{y}} open {unit}<extra></extra>",
    }


def line(rows: Sequence[Row], column: str, *, name: str, color: str, symbol: str, dash: str) -> Scatter:
    """Make a line through the days that have a number."""
    known = [(place, row[column]) for place, row in enumerate(rows) if row[column] is not None]
    return Scatter(
        name=name,
        x=[place for place, _ in known],
        y=[value for _, value in known],
        mode="lines+markers",
        line={"color": color, "width": 2.5, "dash": dash, "shape": "linear"},
        marker={"symbol": symbol, "size": 7},
        hovertemplate=f"%{{y}}<extra>{name}</extra>",
    )


def add_scope(figure: Figure, rows: Sequence[Row], *, unit: str, heights: Sequence[float | None], room: float) -> None:
    """Mark the days on which items came into the sprint or left it, above what is drawn there."""
    # sprint_burnup has no points of these: issues are marked then.
    what = unit if f"{unit}_added" in rows[0] else "issues"
    marks = (
        ("added", "+", "triangle-up", style.ADDED),
        ("removed", "\u2212", "triangle-down", style.REMOVED),
    )
    marked: set[int] = set()
    for word, sign, symbol, color in marks:
        found = [(place, row[f"{what}_{word}"]) for place, row in enumerate(rows) if row[f"{what}_{word}"]]
        if not found:
            continue
        figure.add_trace(
            Scatter(
                name=f"{what.title()} {word}",
                x=[place for place, _ in found],
                y=[(heights[place] or 0) + (HIGH if place in marked else LOW) * (room or 1) for place, _ in found],
                text=[f"{sign}{number(value)}" for _, value in found],
                mode="markers+text",
                textposition="middle right",
                marker={"symbol": symbol, "size": 10, "color": color},
                hovertemplate=f"%{{text}} {what}<extra></extra>",
            )
        )
        marked.update(place for place, _ in found)


def finish(figure: Figure, table: Table, rows: Sequence[Row], *, unit: str, kind: str, says: str, top: float) -> Figure:
    """Write the texts, the days, and what the rows were told by."""
    board, sprint = escaped(rows[0]["project"], longest=45), escaped(rows[0]["sprint"], longest=35)
    first, last = as_date(rows[0]["day"]), as_date(rows[-1]["day"])
    style.styled(
        figure,
        title=f"{kind} of {sprint} by {unit}",
        subtitle=f"{board} · {first.day} {first:%b} to {last.day} {last:%b %Y}",
        says=says,
        notes=[*told(rows), *unpointed(rows, unit), *style.as_of(table)],
        y_title=unit.title(),
    )
    figure.update_yaxes(range=[0, (top or 1) * 1.22])
    figure.update_layout(bargap=0.25)
    style.count_axis(figure, [(top or 1) * 1.22 // 1])
    if all(row["told_by"] is None for row in rows):
        style.say_inside(figure, "The sprint has not begun.")
    style.add_labels(
        figure, [f"{as_date(row['day']):%a}<br>{as_date(row['day']).day} {as_date(row['day']):%b}" for row in rows]
    )
    shade(figure, rows)
    return figure


def shade(figure: Figure, rows: Sequence[Row]) -> None:
    """Shade weekends and other days without work."""
    for place, row in enumerate(rows):
        if row["is_working"] is not None and not row["is_working"]:  # nobody knows: it isn't shaded
            figure.add_shape(
                type="rect", x0=place - 0.5, x1=place + 0.5, y0=0, y1=1, yref="paper",
                fillcolor=style.SHADE, line_width=0, layer="below",
            )  # fmt: skip


def told(rows: Sequence[Row]) -> list[str]:
    """Say which days were told by less than a snapshot or a webhook, as notes."""
    past = [row["told_by"] for row in rows if row.get("told_by") is not None]
    return [
        f"{past.count(by)} of {len(past)} days come from {what}: the sprint and points of each are as of now."
        for by, what in GUESSED.items()
        if past.count(by)
    ]


def unpointed(rows: Sequence[Row], unit: str) -> list[str]:
    """Say how many issues the points leave out on the last day, as a note."""
    known = [row.get("unpointed") for row in rows if row.get("unpointed") is not None]
    if unit != "points" or not known or not known[-1]:
        return []
    return [f"{known[-1]} without points {'is' if known[-1] == 1 else 'are'} not counted here."]


def say_burndown(rows: Sequence[Row], unit: str) -> str:
    """Say in a sentence what the burndown shows."""
    known = [row for row in rows if row[f"open_{unit}"] is not None]
    name = f"{shown(rows[0]['sprint'])} of {shown(rows[0]['project'])}"
    if not known:
        return f"Burndown of {name}: it has not begun."
    last, begin = known[-1], known[0]
    ideal = last[f"ideal_{unit}"]
    beside = "" if ideal is None else f"; the ideal line is at {number(ideal)}"
    return (
        f"Burndown of {name}: on {as_date(last['day']):%Y-%m-%d}, {number(last[f'open_{unit}'])} {unit} are open, "
        f"after {number(begin[f'open_{unit}'])} on day one{beside}."
    )


def say_burnup(rows: Sequence[Row], unit: str) -> str:
    """Say in a sentence what the burnup shows."""
    known = [row for row in rows if row[f"done_{unit}"] is not None]
    name = f"{shown(rows[0]['sprint'])} of {shown(rows[0]['project'])}"
    if not known:
        return f"Burnup of {name}: it has not begun."
    last = known[-1]
    return (
        f"Burnup of {name}: on {as_date(last['day']):%Y-%m-%d}, {number(last[f'done_{unit}'])} of "
        f"{number(last[f'scope_{unit}'])} {unit} are done."
    )
