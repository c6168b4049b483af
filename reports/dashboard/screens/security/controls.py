"""What the parts of the page have alike: what is said of filters that change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from reports.dashboard.filters import Choice
from reports.dashboard.parts import plain
from reports.reading import Table


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
