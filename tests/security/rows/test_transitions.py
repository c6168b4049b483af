from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.security.rows import find_transitions, is_news

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
        # Somebody chose another resolution: nothing was open in between, as far as anybody knows.
        (
            alert("resolved", 5, resolved_at=day(5)),
            alert("resolved", 9, resolved_at=day(9)),
            [("resolved", "resolved", "resolved", day(9), True)],
        ),
        # Dismissed and fixed between two readings.
        (
            alert("open", 1),
            alert("fixed", 9, dismissed_at=day(4), fixed_at=day(9)),
            [("dismissed", "open", "dismissed", day(4), True), ("fixed", "dismissed", "fixed", day(9), True)],
        ),
        # A time that has not come yet was written by a wrong clock.
        (
            alert("open", 1),
            alert("fixed", 5, fixed_at=SEEN + timedelta(days=400)),
            [("fixed", "open", "fixed", day(5), False)],
        ),
        # A server that was behind, or a correction: a fix never moves back.
        (alert("fixed", 9, fixed_at=day(9)), alert("fixed", 9, fixed_at=day(5)), []),
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


def test_a_change_comes_after_the_last_one_whatever_github_says() -> None:
    """One reading said that a fixed alert was open, and the next had the old fix again: it was dropped, so that the
    alert was fixed and its last change said open.
    """
    fixed = alert("fixed", 5, fixed_at=day(5))
    (again,) = find_transitions(fixed, alert("open", 5), seen_at=SEEN, last=day(20))
    assert (again["action"], again["at"], again["is_exact"]) == ("fixed", SEEN, False)


def test_an_alert_from_the_future_is_opened_when_it_is_seen() -> None:
    row = alert("open", 1) | {"created_at": SEEN + timedelta(days=400), "updated_at": None}
    (opened,) = find_transitions(row, None, seen_at=SEEN)
    assert (opened["action"], opened["at"], opened["is_exact"]) == ("opened", SEEN, False)


@pytest.mark.parametrize(
    ("told", "stored", "expected"),
    [
        (alert("open", 5), None, True),
        (alert("fixed", 6, fixed_at=day(6)), alert("open", 5), True),
        (alert("open", 5), alert("fixed", 6, fixed_at=day(6)), False),
        # Of one moment: the same again, or another state, of which nobody knows whether it came before.
        (alert("open", 5), alert("open", 5), True),
        (alert("dismissed", 5, dismissed_at=day(5)), alert("open", 5), False),
        (alert("open", 5), alert("dismissed", 5, dismissed_at=day(5)), False),
        (alert("open", 5), alert("open", 5, unlisted_at=day(9)), False),
        (alert("open", 6), alert("open", 5, unlisted_at=day(9)), True),
        # A fix of code scanning that left updated_at still, and a late word from before it.
        (alert("fixed", 5, fixed_at=day(8)), alert("open", 5), True),
        (alert("open", 5), alert("fixed", 5, fixed_at=day(8)), False),
        (alert("open", 9), alert("fixed", 5, fixed_at=day(8)), True),
    ],
)
def test_what_is_news_of_a_message_that_may_be_late(
    told: dict[str, Any],
    stored: dict[str, Any] | None,
    expected: bool,
) -> None:
    assert is_news(told, None if stored is None else {"unlisted_at": None, **stored}) is expected
