"""How much of each deliverable is done, from the rows of `deliverable_progress`."""

from __future__ import annotations

from plotly.graph_objects import Bar, Figure

from chalicelib.utils import shown
from reports.charts import style
from reports.charts.style import Row, escaped, number
from reports.reading import Table

MOST = 40  # deliverables in a chart
ROW_HEIGHT, BESIDES = 30, 190
NONE = "(no deliverable)"


def percent_complete(table: Table, *, unit: str = "") -> Figure:
    """Draw a bar for each deliverable, closed and open, with the share that is closed; `unit` is issues or points."""
    unit = unit or ("issues" if "open_issues" in table.columns else "points")
    rows = style.records(table)
    if not rows:
        return style.empty(title="Percent complete by deliverable", says="There are no deliverables to show.")
    drawn = rows[:MOST]
    figure = Figure(
        [
            bar(drawn, f"closed_{unit}", name=f"Closed {unit}", color=style.DONE, ink=style.PAPER),
            bar(drawn, f"open_{unit}", name=f"Open {unit}", color=style.OPEN, ink=style.INK),
        ]
    )
    boards = {str(row["project"]): None for row in rows}
    style.styled(
        figure,
        title=f"Percent complete by deliverable, by {unit}",
        subtitle=escaped(" · ".join(boards), longest=90),
        says=say(rows, unit, list(boards)),
        notes=[*left_out(rows), *unpointed(rows, unit), *style.as_of(table)],
        height=BESIDES + ROW_HEIGHT * len(drawn),
    )
    figure.update_layout(barmode="stack", bargap=0.3, margin_l=30)
    name_rows(figure, drawn, several=len(boards) > 1)
    add_shares(figure)
    return figure


def bar(rows: list[Row], column: str, *, name: str, color: str, ink: str) -> Bar:
    """Make one half of the bars."""
    return Bar(
        name=name,
        orientation="h",
        x=[row[column] or 0 for row in rows],
        y=list(range(len(rows))),
        text=[number(row[column]) if row[column] else "" for row in rows],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        insidetextfont={"color": ink},
        marker_color=color,
        hovertemplate=f"%{{x}}<extra>{name}</extra>",
    )


def name_rows(figure: Figure, rows: list[Row], *, several: bool) -> None:
    """Write each deliverable's name beside its bar, and the board's when there are several."""
    names = [escaped(row["deliverable"] or NONE, longest=38) for row in rows]
    if several:
        names = [f"{name} · {escaped(row['project'], longest=18)}" for name, row in zip(names, rows, strict=True)]
    style.add_labels(figure, names, axis="y", most=MOST)
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5], automargin=True, showgrid=False, zeroline=False, ticklabelstandoff=6
    )
    longest = max(whole(row) for row in figure_totals(figure))
    figure.update_xaxes(range=[0, (longest or 1) * 1.18], showgrid=True, gridcolor=style.FAINT)
    style.count_axis(figure, [longest], axis="x")


def figure_totals(figure: Figure) -> list[tuple[float, ...]]:
    """Give the halves of each bar."""
    return list(zip(*(trace.x for trace in figure.data), strict=True))


def whole(halves: tuple[float, ...]) -> float:
    """Give a bar's length."""
    return sum(halves)


def add_shares(figure: Figure) -> None:
    """Write the share that is closed at each bar's end; none where there is nothing to divide by."""
    for place, halves in enumerate(figure_totals(figure)):
        share = 100 * halves[0] / whole(halves) if whole(halves) else None
        figure.add_annotation(
            text="-" if share is None else f"<b>{share:.0f} %</b>",
            x=whole(halves),
            y=place,
            xanchor="left",
            xshift=5,
            showarrow=False,
        )


def left_out(rows: list[Row]) -> list[str]:
    """Say how many deliverables there was no room for, as a note."""
    return [f"{len(rows) - MOST} more deliverables are in the table only."] if len(rows) > MOST else []


def unpointed(rows: list[Row], unit: str) -> list[str]:
    """Say how many issues the points leave out, as a note."""
    count = style.total(row.get("unpointed") for row in rows)
    if unit != "points" or not count:
        return []
    return [f"{number(count)} without points {'is' if count == 1 else 'are'} not counted here."]


def say(rows: list[Row], unit: str, boards: list[str]) -> str:
    """Say in a sentence what the chart shows."""
    closed, open_ = (style.total(row[f"{half}_{unit}"] for row in rows) for half in ("closed", "open"))
    count = f"{len(rows)} deliverable{'s' if len(rows) > 1 else ''}"
    names = shown(", ".join(boards), longest=120)
    return f"Percent complete of {count} of {names}: {number(closed)} of {number(closed + open_)} {unit} are closed."
