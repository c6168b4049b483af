from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.security.rows import find_transitions

SEEN = datetime(2026, 6, 30, tzinfo=UTC)


def day(number: int) -> datetime:
    return datetime(2026, 6, number, tzinfo=UTC)


def alert(state: str, updated: int, **columns: Any) -> dict[str, Any]:
    about = {"repository_id": 7, "number": 3, "org": "acme", "repo": "lib"}
    return {**about, "state": state, "created_at": day(1), "updated_at": day(updated), **columns}


def changes(row: dict[str, Any], stored: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    found = find_transitions(row, stored, seen_at=SEEN)
    names = ("action", "from_state", "to_state", "at", "is_exact")
    return [tuple(change[name] for name in names) for change in found]


OPENED = ("opened", None, "open", day(1), True)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (alert("open", 1), []),
        (alert("fixed", 5, fixed_at=day(5)), [("fixed", "open", "fixed", day(5), True)]),
        (alert("dismissed", 5, dismissed_at=day(4)), [("dismissed", "open", "dismissed", day(4), True)]),
        (
            alert("auto_dismissed", 5, auto_dismissed_at=day(5)),
            [("auto_dismissed", "open", "auto_dismissed", day(5), True)],
        ),
        (alert("resolved", 5, resolved_at=day(5)), [("resolved", "open", "resolved", day(5), True)]),
        # A real one: the code went while the alert was dismissed. Its state never became fixed.
        (
            alert("dismissed", 4, dismissed_at=day(4), fixed_at=day(9)),
            [("dismissed", "open", "dismissed", day(4), True)],
        ),
        (
            alert("fixed", 9, dismissed_at=day(4), fixed_at=day(9)),
            [("dismissed", "open", "dismissed", day(4), True), ("fixed", "dismissed", "fixed", day(9), True)],
        ),
        # A closed state without its time: it happened no later than the last change.
        (alert("fixed", 5), [("fixed", "open", "fixed", day(5), False)]),
        # A state that GitHub may have some day.
        (alert("snoozed", 5), [("snoozed", "open", "snoozed", day(5), False)]),
    ],
)
def test_what_is_known_of_an_alert_that_is_new(row: dict[str, Any], expected: list[Any]) -> None:
    assert changes(row) == [OPENED, *expected]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (alert("open", 1), alert("open", 8), []),
        (alert("open", 1), alert("fixed", 5, fixed_at=day(5)), [("fixed", "open", "fixed", day(5), True)]),
        (
            alert("fixed", 5, fixed_at=day(5)),
            alert("open", 8, fixed_at=None),
            [("reopened", "fixed", "open", day(8), False)],
        ),
        (
            alert("auto_dismissed", 5, auto_dismissed_at=day(5)),
            alert("open", 8),
            [("auto_reopened", "auto_dismissed", "open", day(8), False)],
        ),
        (
            alert("dismissed", 5, dismissed_at=day(5)),
            alert("fixed", 8, dismissed_at=day(5), fixed_at=day(8)),
            [("fixed", "dismissed", "fixed", day(8), True)],
        ),
        # Fixed, open again and fixed again, between two readings.
        (
            alert("fixed", 5, fixed_at=day(5)),
            alert("fixed", 9, fixed_at=day(9)),
            [("reopened", "fixed", "open", day(9), False), ("fixed", "open", "fixed", day(9), True)],
        ),
        # Code scanning: neither a fix nor what undoes it need move updated_at.
        (alert("open", 5), alert("fixed", 5, fixed_at=day(7)), [("fixed", "open", "fixed", day(7), True)]),
        (
            alert("fixed", 5, fixed_at=day(7)),
            alert("open", 5, fixed_at=None),
            [("reopened", "fixed", "open", SEEN, False)],
        ),
        # An answer of a server that is behind.
        (alert("fixed", 5, fixed_at=day(5)), alert("open", 2), []),
        # Other columns change without a change of state.
        (alert("fixed", 5, fixed_at=day(5)), alert("fixed", 7, fixed_at=day(5)), []),
    ],
)
def test_what_changed_since_it_was_stored(before: dict[str, Any], now: dict[str, Any], expected: list[Any]) -> None:
    assert changes(now, before) == expected


def test_who_did_it_and_why_stand_with_it() -> None:
    about = {"dismissed_at": day(4), "dismissed_by": "ada", "dismissed_reason": "used in tests"}
    _, dismissed = find_transitions(alert("dismissed", 4, **about), None, seen_at=SEEN)
    assert (dismissed["actor"], dismissed["reason"]) == ("ada", "used in tests")
    assert {name: dismissed[name] for name in ("repository_id", "number", "org", "repo")} == {
        "repository_id": 7,
        "number": 3,
        "org": "acme",
        "repo": "lib",
    }
