"""A report: what it says in short, its table, the rows behind it, and its chart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.utils import format_utc
from reports.reading import Table

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True)
class Report:
    """What a command found; `summary` has labels with texts, `figure` draws the chart when one is wanted.

    `orgs` are the organisations that it is about; none: all that are stored. `empty` says what it means that there
    are no rows.
    """

    name: str
    title: str
    summary: list[tuple[str, str]]
    results: Table
    source: Table
    figure: Callable[[], Figure] | None = None
    orgs: tuple[str, ...] = ()
    empty: str = "there is nothing to show"

    @property
    def origin(self) -> str:
        """Where the rows come from, of whom, and how current that is."""
        moment = self.results.as_of
        current = f"as of {format_utc(moment)}" if moment else "not brought up to date by any job in 30 days"
        return f"From {self.results.view} of {', '.join(self.orgs) or 'all organisations'}, {current}."
