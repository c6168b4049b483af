"""How all charts look, and how text gets into them: names on GitHub are anybody's, and Plotly reads HTML in text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from plotly.graph_objects import Figure

from chalicelib.utils import LONGEST_NAME, shown
from reports.reading import Table

WIDTH, HEIGHT = 900, 500
FEW = 6  # so many get a line each
MOST_TICKS = 14  # of days below a chart
OPEN, DONE = "#aacde3", "#06508f"  # light and dark, so that they differ without colour as well
PAPER, INK, IDEAL, AXIS, FAINT, SHADE = "white", "#222222", "#444444", "#9aa0a6", "#e3e6ea", "#f1f2f4"
AREA = "rgba(170, 205, 227, 0.45)"  # below a line
ADDED, REMOVED = "#d55e00", "#009e73"
# Colours that the colour-blind can tell apart. https://jfly.uni-koeln.de/color/
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c6d31")
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "triangle-down")
FONT = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
# Plotly's text knows tags, entities and %{…}. Its entities are resolved last.
# https://plotly.com/javascript-figure-reference/layout/title
SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "{": "&#123;"})

Row = dict[str, Any]


def escaped(text: object, *, longest: int = LONGEST_NAME) -> str:
    """Write a name in a figure as it is: none of its characters mean anything to Plotly."""
    return shown(text, longest=longest).translate(SPECIAL)


def records(table: Table) -> list[Row]:
    """Give a table's rows as dictionaries; PostgreSQL's exact numbers, such as sums, become plain ones."""
    return [dict(zip(table.columns, map(_plain, row), strict=True)) for row in table.rows]


def _plain(value: object) -> object:
    if not isinstance(value, Decimal):
        return value
    return float(value) if value % 1 else int(value)


def number(value: float) -> str:
    """Write a number without needless zeros: 3, 0.5, 12.25."""
    return f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"


def alternative(figure: Figure) -> str:
    """Give the sentence that stands for a figure where it can't be seen; plain text."""
    return str(figure.layout.meta["alternative"])


def styled(
    figure: Figure,
    *,
    title: str,
    subtitle: str = "",
    says: str,
    notes: Sequence[str] = (),
    y_title: str = "",
    height: int = HEIGHT,
) -> Figure:
    """Give a figure its texts and our look; `title` and `subtitle` are escaped, `says` and `notes` are plain text."""
    foot = [escaped(note, longest=130) for note in notes]
    figure.update_layout(
        template="none",
        title=_title(title, subtitle),
        meta={"alternative": says},
        font={"family": FONT, "size": 12, "color": INK},
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        height=height,
        margin={"l": 60, "r": 30, "t": 100, "b": 60 + 16 * len(foot)},
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "bottom",
            "font": {"size": 12},
            "traceorder": "normal",
        },
        hoverlabel={"align": "left"},
    )
    figure.update_yaxes(title=y_title, rangemode="tozero", gridcolor=FAINT, zerolinecolor=AXIS)
    figure.update_xaxes(showgrid=False, zeroline=False, linecolor=AXIS, showline=True)
    if foot:
        add_foot(figure, foot)
    return figure


def _title(title: str, subtitle: str) -> dict[str, Any]:
    return {
        "text": f"<b>{title}</b>",
        "subtitle": {"text": subtitle, "font": {"size": 13, "color": IDEAL}},
        "x": 0.03,  # not where the axis begins: long names beside it would push the title out
        "xref": "container",
        "xanchor": "left",
        "y": 1,
        "yref": "container",
        "yanchor": "top",
        "pad": {"t": 18},
        "font": {"size": 17},
    }


def add_foot(figure: Figure, lines: Sequence[str]) -> None:
    """Write lines below the chart; they are escaped already."""
    figure.add_annotation(
        text="<br>".join(lines),
        x=0,
        y=0,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="top",
        yshift=-42,
        align="left",
        showarrow=False,
        font={"size": 11, "color": IDEAL},
    )


def as_of(table: Table) -> list[str]:
    """Say how current a table is, as a note; none when nobody knows."""
    return [f"Data as of {table.as_of:%Y-%m-%d %H:%M} UTC."] if table.as_of else []


def add_labels(figure: Figure, labels: Sequence[str], *, axis: str = "x", most: int = MOST_TICKS) -> None:
    """Write escaped labels at 0, 1, 2, … on an axis, every second or third when there are many.

    Labels as values would merge two equal ones, and be taken for dates.
    """
    step = -(-len(labels) // most) or 1
    places = list(range(0, len(labels), step))
    figure.update_layout(
        {
            f"{axis}axis": {
                "tickmode": "array",
                "tickvals": places,
                "ticktext": [labels[place] for place in places],
                "range": [-0.5, len(labels) - 0.5],
                "tickangle": 0,
            }
        }
    )


def count_axis(figure: Figure, values: Iterable[float | None], *, axis: str = "y") -> None:
    """Have no parts of a whole on an axis of a few things."""
    known = [value for value in values if value is not None]
    if known and max(known) < FEW and not any(value % 1 for value in known):
        figure.update_layout({f"{axis}axis_dtick": 1})


def empty(*, title: str, says: str) -> Figure:
    """Make the chart of a table without rows."""
    figure = Figure()
    styled(figure, title=title, says=says, height=300)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    say_inside(figure, says)
    return figure


def say_inside(figure: Figure, says: str) -> None:
    """Write in the middle of a chart why there is nothing in it."""
    figure.add_annotation(
        text=escaped(says), showarrow=False, font={"size": 15}, xref="paper", yref="paper", x=0.5, y=0.5
    )


def total(values: Iterable[float | None]) -> float:
    """Add up what is known."""
    return sum(value for value in values if value is not None)
