"""Copilot's use by language, editor, model and feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st
from sqlalchemy import Select, TableClause, func, select

from chalicelib.store.functions import ByBytes, sum_of
from reports import charts
from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_chart
from reports.dashboard.screens.copilot.agents import show_agents
from reports.dashboard.screens.copilot.phases import show_phases
from reports.dashboard.screens.copilot.window import KINDS, Window, choose_window, rate_with_n
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import Table, view

COLUMNS = "org day {} source suggestions acceptances lines_suggested lines_added_or_accepted prompts"
MOST_BARS = 10
MOST_SAID = 5
UNKNOWN = "unknown"


class Breakdown(NamedTuple):
    """A view by something, and what its rows leave out."""

    thing: str
    things: str
    view: TableClause
    note: str


def breakdown(thing: str, things: str, note: str) -> Breakdown:
    """Name a view with its columns."""
    return Breakdown(thing, things, view(f"copilot_{thing}s_daily", COLUMNS.format(thing)), note)


LANGUAGES = breakdown("language", "languages", "Use without a language is in no row.")
IDES = breakdown("ide", "editors", "Use outside of an editor is in no row.")
MODELS = breakdown("model", "models", "GitHub leaves some use out, and days from `usage` have no models.")
FEATURES = breakdown(
    "feature", "features", "Days from older APIs have no features. What an agent writes (`agent_edit`) nobody accepts."
)


def show_languages(source: Source, choice: Choice) -> None:
    """Show the part of languages and editors."""
    if found := choose_window(source, choice):
        for each in (LANGUAGES, IDES):
            show_breakdown(source, found[0], each)


def show_models(source: Source, choice: Choice) -> None:
    """Show the part of models and features."""
    found = choose_window(source, choice)
    if found is None:
        return
    window, _ = found
    for each in (MODELS, FEATURES):
        show_breakdown(source, window, each)
    show_agents(source, window)
    show_phases(source, window)


def show_breakdown(source: Source, window: Window, broken: Breakdown) -> None:
    """Show how much was suggested by each, and what was accepted; the table has all of them."""
    title = f"Suggestions and acceptances by {broken.thing.replace('ide', 'editor')}"
    table = source.read(query_of(window, broken), title=title, kinds=KINDS, orgs=[window.org])
    top = top_of(table)
    empty = f"No {broken.things} are known of these days: choose a longer period, or another source of the days."
    cut = len(table.rows) - MOST_BARS
    about = f"{broken.note} The days' totals may differ from the part Use."
    if cut > 0:
        about += f" The {MOST_BARS} with the most suggestions are drawn, and {cut} others as one: the table has all."
    show_chart(
        table,
        charts.bars(top, x=broken.thing, y=("suggestions", "acceptances"), unit="times"),
        key=broken.things,
        empty=empty,
        about=about,
        says=say_top(top, broken),
    )
    rates = Table(title.replace("Suggestions and acceptances", "Acceptance rate"), *table_parts(table))
    if table.rows:
        show_chart(
            rates,
            charts.bars(top, x=broken.thing, y=("accepted_percent",), unit="%", n=("n_suggestions",)),
            key=f"{broken.things}-rates",
            empty=empty,
            about="Acceptances / suggestions of the days that have both; n is how many suggestions these have. "
            "Where n is small, it says little.",
            says=say_rates(top, broken),
        )
    else:
        st.caption(broken.note)


def table_parts(table: Table) -> tuple[Any, ...]:
    """Give a table without its title."""
    return table.columns, table.rows, table.as_of, table.view


def query_of(window: Window, broken: Breakdown) -> Select[Any]:
    """Ask what days add up to, by what they are broken down; the most used first."""
    rows = broken.view.c
    thing, suggestions = rows[broken.thing], sum_of(rows.suggestions).label("suggestions")
    sums = [sum_of(rows[name]).label(name) for name in ("lines_suggested", "lines_added_or_accepted")]
    prompts = [] if broken is LANGUAGES else [sum_of(rows.prompts).label("prompts")]
    columns = [
        *(suggestions, sum_of(rows.acceptances).label("acceptances")),
        *rate_with_n(rows),
        *(*sums, *prompts, func.count(rows.day.distinct()).label("days")),
    ]
    query = select(thing, *columns).where(*window.conditions(rows)).group_by(thing)
    return query.order_by(suggestions.desc().nulls_last(), ByBytes(thing))


def top_of(table: Table) -> Table:
    """Keep the first rows, and add up the others to one."""
    if len(table.rows) <= MOST_BARS:
        return table
    others = table.rows[MOST_BARS:]
    wanted = dict.fromkeys(table.columns)
    wanted |= {table.columns[0]: f"the other {len(others)}"}
    places = {name: table.columns.index(name) for name in ("suggestions", "acceptances")}
    sums = {name: sum(row[place] or 0 for row in others) for name, place in places.items()}
    row = tuple((wanted | sums | rate_of(others, table.columns)).values())
    return Table(table.title, table.columns, [*table.rows[:MOST_BARS], row], table.as_of, table.view)


def rate_of(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> dict[str, Any]:
    """Give the rate of several rows, each weighing as many suggestions as its own is of."""
    places = [columns.index(name) for name in ("accepted_percent", "n_suggestions")]
    pairs = [(row[places[0]], row[places[1]]) for row in rows if row[places[0]] is not None]
    n = sum(count for _, count in pairs)
    return {"accepted_percent": sum(rate * count for rate, count in pairs) / n if n else None, "n_suggestions": n}


def say_top(top: Table, broken: Breakdown) -> str:
    """Say in a sentence what the chart of counts shows."""
    texts = [
        f"{name or UNKNOWN} {number(suggested or 0)} ({number(accepted or 0)} accepted)"
        for name, suggested, accepted in columns_of(top, "suggestions", "acceptances")
    ]
    return f"Suggestions by {broken.thing.replace('ide', 'editor')}: {listed(texts)}."


def say_rates(top: Table, broken: Breakdown) -> str:
    """Say in a sentence what the chart of rates shows."""
    texts = [
        f"{name or UNKNOWN} {'-' if rate is None else f'{rate:.1f} %'} (n = {number(suggested or 0)})"
        for name, rate, suggested in columns_of(top, "accepted_percent", "n_suggestions")
    ]
    return f"Accepted by {broken.thing.replace('ide', 'editor')}: {listed(texts)}."


def listed(texts: Sequence[str]) -> str:
    """Write the first texts, and how many more the chart has."""
    more = len(texts) - MOST_SAID
    return ", ".join(texts[:MOST_SAID]) + (f", and {more} more" if more > 0 else "")


def columns_of(table: Table, *names: str) -> Sequence[tuple[Any, ...]]:
    """Give the first column with some others, row by row."""
    return list(zip(table.values(table.columns[0]), *(table.values(name) for name in names), strict=True))
