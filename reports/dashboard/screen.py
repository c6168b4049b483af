"""A page of the dashboard, as each module of `screens` declares its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from reports.dashboard.filters import Choice
from reports.dashboard.source import Source

Show = Callable[[Source, Choice], None]
# Of the filters in the sidebar. The organisation is heeded by all.
ALL = ("repository", "team", "period")


class Screen(NamedTuple):
    """A page: its title, its place in the URL, what it answers, and what shows it."""

    title: str
    path: str
    question: str
    show: Show
    kinds: tuple[str, ...] = ()  # of data_health: what its numbers rest on
    filters: tuple[str, ...] = ()  # those besides the organisation that it heeds
