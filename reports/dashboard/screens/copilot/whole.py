"""Weeks, months and years of which only a part is here: they are marked, and it is said."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st
from plotly.graph_objects import Figure
from sqlalchemy import Select, case, func, select

from chalicelib.store.functions import count_if
from reports.charts.series import whole_time
from reports.charts.style import SHADE
from reports.dashboard.parts import period_end
from reports.dashboard.screens.copilot.window import MOST_GAPS, ONE_DAY, PERIODS, USE, Window
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import Table


def find_parts(source: Source, window: Window, by: str) -> list[date]:
    """Find the periods that lack days of the chosen source: at its begin, at its end, or where another has them."""
    rows = source.all(days_query(window, by)) if by in PERIODS else []
    rows = [row for row in rows if row["days"]]
    if not rows:
        return []
    first, last = min(row["first_date"] for row in rows), max(row["last_date"] for row in rows)
    return sorted(
        row[by]
        for row in rows
        if row["days"] < row["all_days"] or row[by] < first or period_end(row[by], by) > last + ONE_DAY
    )


def days_query(window: Window, by: str) -> Select[Any]:
    """Count the days of each period, those of the chosen source and of all; weekends are part of a period too."""
    rows, everything = USE.c, replace(window, source=None, weekdays=False)
    chosen = rows.source == window.source if window.source else rows.source.is_not(None)
    day, start = case((chosen, rows.day)), PERIODS[by](rows.day).label(by)
    columns = [
        count_if(chosen).label("days"),
        func.count().label("all_days"),
        func.min(day).label("first_date"),
        func.max(day).label("last_date"),
    ]
    return select(start, *columns).where(*everything.conditions(rows)).group_by(start).order_by(start.desc())


def say_parts(parts: Collection[date], window: Window, by: str) -> None:
    """Name the periods that are not whole, the newest ones when there are many."""
    if not parts:
        return
    names = [f"{each}" for each in sorted(parts)][-MOST_GAPS:]
    more = f" and {number(len(parts) - len(names))} older ones" if len(parts) > len(names) else ""
    whose = f" of `{window.source}`" if window.source else ""
    are = "is" if len(parts) == 1 else "are"
    st.caption(
        f"Not whole (shaded) {are} the {by}{'' if len(parts) == 1 else 's'} of {', '.join(names)}{more}: "
        f"some of the days{whose} are not here."
    )


def mark_parts(figure: Figure, table: Table, *, by: str, parts: Collection[date]) -> None:
    """Shade the periods that are not whole."""
    if not table.rows:
        return
    for place, period in enumerate(whole_time(table.values(by), by)):
        if period in parts:
            figure.add_vrect(x0=place - 0.5, x1=place + 0.5, fillcolor=SHADE, line_width=0, layer="below")
