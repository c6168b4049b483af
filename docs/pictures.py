"""Draws the charts in docs/pictures from a small example: `.venv/bin/python -m docs.pictures`.

They aren't made by `make docs`: each Chromium draws text a little differently.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from plotly.graph_objects import Figure

from chalicelib.runtime.files import write_whole
from reports.browser import find_browser, png
from reports.charts import burndown, burnup, percent_complete
from reports.commands import cycles
from reports.reading import Table

FOLDER = Path(__file__).with_name("pictures")
AS_OF = datetime(2026, 3, 12, 5, 10, tzinfo=UTC)
FIRST = date(2026, 3, 2)
BOARD, SPRINT = "Delivery", "Sprint 12"
# By day, from Monday of the first week to Friday of the second; None: the day is to come.
OPEN = (21.0, 18.5, 21.5, 19.5, 16.0, 16.0, 16.0, 13.0, 10.5, 7.5, None, None)
DONE = (0.0, 2.5, 4.5, 6.5, 10.0, 10.0, 10.0, 13.0, 14.5, 17.5, None, None)
SCOPE = (21.0, 21.0, 26.0, 26.0, 26.0, 26.0, 26.0, 26.0, 25.0, 25.0, None, None)
ADDED, REMOVED = {2: 5.0}, {8: 1.0}
IDEAL = (18.9, 16.8, 14.7, 12.6, 10.5, 10.5, 10.5, 8.4, 6.3, 4.2, 2.1, 0.0)
TOLD_BY = ("timeline",) * 2 + ("snapshot",) * 8 + (None,) * 2


def days(title: str, columns: dict[str, tuple[float | None, ...]]) -> Table:
    """Make a sprint's rows, as the views give them."""
    keys = ["project", "sprint", "day", "is_working", "points_added", "points_removed", "unpointed", "told_by"]
    rows = []
    for place, by in enumerate(TOLD_BY):
        day = FIRST + timedelta(days=place)
        own = [values[place] for values in columns.values()]
        past = [None, None, None] if by is None else [ADDED.get(place, 0.0), REMOVED.get(place, 0.0), 2]
        rows.append((BOARD, SPRINT, day, day.weekday() < 5, *past, by, *own))  # noqa: PLR2004 - Saturday is 5
    return Table(title, [*keys, *columns], rows, AS_OF)


def sprint_burndown() -> Figure:
    """A sprint that gets more work on its third day."""
    return burndown(days("Burndown", {"open_points": OPEN, "ideal_points": IDEAL}), unit="points")


def sprint_burnup() -> Figure:
    """The same sprint, as scope and what of it is done."""
    return burnup(days("Burnup", {"scope_points": SCOPE, "done_points": DONE}), unit="points")


def deliverables() -> Figure:
    """Deliverables of a board, and items that belong to none."""
    columns = ["project", "deliverable", "closed_issues", "open_issues"]
    counts = [("Search", 18, 2), ("Sign in", 9, 5), ("Data export", 4, 9), ("Accessibility", 0, 7), (None, 3, 1)]
    return percent_complete(Table("Percent complete", columns, [(BOARD, *each) for each in counts], AS_OF))


def pull_requests() -> Figure:
    """Medians by month, and of how many pull requests each is, as the command draws them."""
    columns = ["month", "org", "n_hours_to_first_review", "median_hours_to_first_review", "n_hours_to_merge"]
    months = [
        date(2025, 10, 1),
        date(2025, 11, 1),
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
        date(2026, 3, 1),
    ]
    numbers = [(61, 9.5, 58, 41.0), (58, 8.0, 51, 38.5), (33, 12.5, 30, 55.0), (64, 7.0, 60, 33.0), (70, 5.5, 66, 29.5),
               (28, 5.0, 21, 26.0)]  # fmt: skip
    rows = [(month, "my-org", *each) for month, each in zip(months, numbers, strict=True)]
    title = cycles.title_of(cycles.PULL_REQUESTS, "month", cycles.Scope("my-org"), months[0])
    return cycles.chart(cycles.PULL_REQUESTS, Table(title, [*columns, "median_hours_to_merge"], rows, AS_OF), "month")()


PICTURES: dict[str, Callable[[], Figure]] = {
    "sprint-burndown.png": sprint_burndown,
    "sprint-burnup.png": sprint_burnup,
    "percent-complete.png": deliverables,
    "pull-requests.png": pull_requests,
}


def main() -> None:
    """Draw all pictures anew."""
    browser = find_browser(os.environ)
    for name, make in PICTURES.items():
        write_whole(FOLDER / name, png(make(), browser=browser))


if __name__ == "__main__":
    main()
