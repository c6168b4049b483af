"""What the parts of the page have alike: a choice of few, and what is said of filters that change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from reports.dashboard.filters import Choice, say_unknown
from reports.dashboard.parts import plain
from reports.reading import Table


def choose_one(label: str, options: Sequence[str], *, key: str) -> str:
    """Let one of a few be chosen; it stands in the URL."""
    asked = st.query_params.to_dict()
    chosen = st.segmented_control(
        label, options, default=options[0], required=True, key=key, bind="query-params", width="stretch"
    )
    say_unknown(asked, {key: options})
    return chosen


def of_all(choice: Choice) -> str:
    """Say that numbers are not known by repository or team, when one is chosen."""
    chosen = "repository" if choice.repo else "team" if choice.team else ""
    return f" Not known by {chosen}: these are all of {plain(choice.org)}'s." if chosen else ""


def say_now(choice: Choice) -> None:
    """Say that a part is about this moment, and which filters don't change it."""
    team = ", and by team nothing is known" if choice.team else ""
    st.caption(f"What is so now: the period changes nothing here{team}.")


def with_rows(table: Table, rows: Sequence[tuple[Any, ...]], columns: Sequence[str] | None = None) -> Table:
    """Give a table other rows."""
    return Table(table.title, list(columns or table.columns), list(rows), table.as_of, table.view)
