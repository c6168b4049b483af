"""What pages are made of: charts with their tables, figures, and sentences; names on GitHub never become markup."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import streamlit as st
from plotly.graph_objects import Figure

from chalicelib.utils import shown
from reports.charts import alternative
from reports.charts.style import SHADE
from reports.charts.themes import darkened
from reports.dashboard.source import MOST_ROWS
from reports.output import as_text, write_csv
from reports.pages import CONFIG
from reports.reading import Table

# https://docs.streamlit.io/develop/api-reference/text/st.markdown: Markdown, colours, icons and LaTeX
MARKUP = re.compile(r"([!-/:-@\[-`{-~])")
# What becomes a link although each of its characters is escaped: https://github.github.com/gfm/#autolinks-extension-
# A character that nobody sees, U+2060, goes in between.
LINKS = re.compile(r"(?<=http://)|(?<=https://)|(?<=www)(?=\.)|(?<=[-.\w+]@)(?=[-\w])", re.IGNORECASE)
JOINER = "\u2060"
LONGEST = 300
MOST_TILES = 4  # beside each other
TOP_WITHOUT_TITLE = 40
YEAR_END = 12
DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "quarter": 3, "year": YEAR_END}
# Key figures: what they are, as words, and their values.
Figures = Sequence[tuple[str, str]]


def plain(text: object) -> str:
    """Write a text for Streamlit as it is: none of its characters mean anything, and no address becomes a link."""
    return escaped(LINKS.sub(JOINER, shown(text, longest=LONGEST)))


def escaped(text: str) -> str:
    """Escape a text's Markdown."""
    return MARKUP.sub(r"\\\1", text)


def titled(table: Table, title: str) -> Table:
    """Give a table another title."""
    return replace(table, title=title)


def show_chart(table: Table, figure: Figure, *, key: str, empty: str, about: str = "", says: str = "") -> None:
    """Show a chart with its sentence, its table and its CSV; where there are no rows, say what to do (`empty`).

    `about` is Markdown; `says` is the sentence, where the chart's own doesn't fit.
    """
    st.header(plain(table.title), anchor=False)
    if about:
        st.markdown(about)
    if not table.rows:
        st.info(empty)
        return
    says = says or alternative(figure)
    figure.update_layout(title_text="", title_subtitle_text="", margin_t=TOP_WITHOUT_TITLE)
    if st.context.theme.type == "dark":
        figure = darkened(figure)
    st.plotly_chart(figure, config=CONFIG, alt=says, theme=None, key=key)
    st.caption(plain(says))
    say_source(table)
    with st.expander("Table and CSV"):
        show_rows(table, key=key)


def show_table(
    table: Table, *, key: str, empty: str, about: str = "", figures: Figures = (), is_dated: bool = True
) -> None:
    """Show a table with its CSV; where it has no rows, say what that means (`empty`).

    What this app writes of itself, such as the ledger, is not dated: it is as it was a moment ago.
    """
    st.header(plain(table.title), anchor=False)
    if about:
        st.markdown(about)
    if not table.rows:
        st.info(empty)
        return
    show_figures(figures)
    show_rows(table, key=key)
    say_source(table, is_dated=is_dated)


def show_rows(table: Table, *, key: str) -> None:
    """Show rows, and offer them as CSV."""
    if len(table.rows) > MOST_ROWS:
        st.warning(
            f"Only the first {MOST_ROWS:,} rows are here. `.venv/bin/python -m reports export {table.view}` gives all."
        )
    kept = Table(table.title, table.columns, table.rows[:MOST_ROWS], table.as_of, table.view)
    configs = {name: column_format(name, kept) for name in kept.columns}
    st.dataframe(arrow(kept), column_config=configs, hide_index=True, key=f"{key}-rows", alt=shown(table.title))
    st.download_button(
        "Download CSV", csv_of(kept), file_name=f"{key}.csv", mime="text/csv", key=f"{key}-csv", on_click="ignore"
    )


def arrow(table: Table) -> pa.Table:
    """Give a table in columns: whole numbers stay whole where some are unknown."""
    columns = {name: [_cell(value) for value in table.values(name)] for name in table.columns}
    return pa.table(columns)


def _cell(value: Any) -> Any:
    return as_text(value) if isinstance(value, (dict, list)) else value


def column_format(name: str, table: Table) -> Any:
    """Say how a column is shown: its name as words, numbers to a tenth, and addresses as links."""
    label = name.replace("_", " ")
    values = [value for value in table.values(name) if value is not None]
    if name in ("html_url", "url"):
        return st.column_config.LinkColumn("link", display_text="open")
    if any(isinstance(value, float) for value in values):
        return st.column_config.NumberColumn(label, format="%.1f")
    if any(isinstance(value, datetime) for value in values):
        return st.column_config.DatetimeColumn(f"{label} (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC")
    return st.column_config.Column(label)


def csv_of(table: Table) -> str:
    """Write a table as CSV, in which no text is a formula."""
    out = io.StringIO()
    write_csv(table, out)
    return out.getvalue()


def say_source(table: Table, *, is_dated: bool = True) -> None:
    """Say where rows come from, and how current they are."""
    if not is_dated:
        st.caption(f"From `{table.view}`.")
        return
    current = f"as of {table.as_of:%Y-%m-%d %H:%M} UTC" if table.as_of else "not brought up to date in 30 days"
    st.caption(f"From `{table.view}`, {current}.")


def words_of_stopped(stopped: Mapping[str, datetime]) -> str:
    """Say which kinds of data no job reads any more."""
    kinds = ", ".join(f"{plain(kind)} (last {latest:%Y-%m-%d})" for kind, latest in stopped.items())
    return f"No job has brought these up to date in 30 days: {kinds}." if kinds else ""


def show_figures(figures: Figures) -> None:
    """Show key figures beside each other, a few in a row."""
    for place in range(0, len(figures), MOST_TILES):
        row = figures[place : place + MOST_TILES]
        for column, (label, value) in zip(st.columns(MOST_TILES), row, strict=False):
            column.metric(label, value, border=True)


# Periods


def period_end(begin: date, by: str) -> date:
    """Give the first day after a day, week, month, quarter or year."""
    if by in DAYS:
        return begin + timedelta(days=DAYS[by])
    years, month = divmod(begin.month - 1 + MONTHS[by], YEAR_END)
    return date(begin.year + years, month + 1, 1)


def mark_unfinished(figure: Figure, table: Table, *, by: str, today: date) -> None:
    """Shade the last period of a chart, and say below it that it is not over."""
    if not table.rows or period_end(table.values(by)[-1], by) <= today:
        return
    # Its place on the axis: periods without a row have one too.
    last = max(place for trace in figure.data for place in trace.x)
    figure.add_vrect(x0=last - 0.5, x1=last + 0.5, fillcolor=SHADE, line_width=0, layer="below")


def monday(day: date) -> date:
    """Give the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def say_start(*, begin: date, by: str, first: date, more: str = "") -> None:
    """Say from when on a period has rows, if not from its beginning; there may be older rows before it."""
    if begin < first:
        st.info(f"The period begins on {begin}; the first {by} in it that has a row is {first}. {more}".rstrip())


def say_limits(table: Table, *, by: str, begin: date, today: date) -> None:
    """Say that a period begins without rows, and that its last month, week or quarter is not over."""
    if not table.rows:
        return
    periods = table.values(by)
    say_start(begin=begin, by=by, first=periods[0])
    if period_end(periods[-1], by) > today:
        st.caption(f"The {by} of {periods[-1]} is not over (shaded): its numbers still change.")
