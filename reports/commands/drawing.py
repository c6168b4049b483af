"""A chart that is drawn when somebody wants to see it: loading Plotly takes longer than most reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from reports.reading import Table

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Chart = Literal["burndown", "burnup", "percent_complete", "lines", "bars"]


def drawn(chart: Chart, table: Table, **options: Any) -> Callable[[], Figure]:
    """Give what draws a table as one of `reports.charts`."""

    def draw() -> Figure:
        from reports import charts  # noqa: PLC0415 - slow to load

        figure: Figure = getattr(charts, chart)(table, **options)
        return figure

    return draw
