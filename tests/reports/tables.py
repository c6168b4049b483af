"""Rows of made-up sprints and deliverables, as the views give them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from reports.reading import Table

FIRST = date(2026, 3, 5)  # a Thursday
AS_OF = datetime(2026, 3, 8, 5, 10, tzinfo=UTC)
# What a hostile name would do: break out of the script, be a link, bold, a line of its own, a template, or LaTeX.
HOSTILE = "</script><script>alert(1)</script><a href='https://evil.example'>x</a><b>y</b>\n%{meta.alternative}$z$ &amp;"


def burndown_table(
    *, unit: str = "issues", told_by: tuple[str | None, ...] = ("snapshot",) * 4, name: str = ""
) -> Table:
    """Six days, of which two are to come: Thursday to Tuesday."""
    columns = ["project", "sprint", "day", "is_working", f"open_{unit}", f"ideal_{unit}", f"{unit}_added"]
    columns += [f"{unit}_removed", "unpointed", "told_by"]
    open_ = (8, 6.5, 9, 7)
    rows: list[tuple[Any, ...]] = []
    for place, ideal in enumerate((6, 4, 4, 4, 2, 0)):
        day = FIRST + timedelta(days=place)
        past: tuple[Any, ...] = (None, ideal, None, None, None, None)
        if place < len(open_):
            past = (open_[place], ideal, 3 if place == 2 else 0, 1 if place in {2, 3} else 0, 2, told_by[place])
        rows.append((name or "Board", name or "Sprint 1", day, day.weekday() < 5, *past))
    return Table("Burndown", columns, rows, AS_OF)


def burnup_table() -> Table:
    """The first three days of a sprint."""
    columns = ["project", "sprint", "day", "is_working", "scope_points", "done_points", "issues_added"]
    columns += ["issues_removed", "unpointed", "told_by"]
    days = [FIRST + timedelta(days=place) for place in range(3)]
    rows: list[tuple[Any, ...]] = [
        ("Board", "Sprint 1", days[0], True, 8.0, 0.0, 0, 0, 1, "webhook"),
        ("Board", "Sprint 1", days[1], True, 8.5, 2.5, 1, 0, 1, "webhook"),
        ("Board", "Sprint 1", days[2], False, None, None, None, None, None, None),
    ]
    return Table("Burnup", columns, rows)


def progress_table(rows: list[tuple[Any, ...]] | None = None) -> Table:
    """Deliverables of a board."""
    columns = ["project", "deliverable", "closed_issues", "open_issues", "closed_points", "open_points", "unpointed"]
    made = [("Board", "Search", 3, 1, 5.5, 0.5, 1), ("Board", None, 0, 0, 0.0, 0.0, 0)]
    return Table("Percent complete", columns, made if rows is None else rows, AS_OF)
