"""One reading of a span: what two searches in a row say of each other, and when a gap is taken as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.contributions.api import SearchPage, Span
from chalicelib.contributions.sync.readings import Reading, tolerance
from chalicelib.errors import IncompleteReadError
from chalicelib.utils import format_utc

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def items(*hours: int) -> list[dict[str, Any]]:
    return [{"id": hour, "created_at": format_utc(NOON + hour * HOUR)} for hour in hours]


def page(total: int, *hours: int, since: int | None = None) -> SearchPage:
    return SearchPage(items(*hours), total, None, None if since is None else NOON + since * HOUR)


def reading(*pages: SearchPage) -> Reading:
    found = Reading(Span("created", NOON), NOON + 1000 * HOUR)
    for each in pages:
        found.add(each)
    return found


def test_two_searches_that_fit_leave_no_gap() -> None:
    found = reading(page(4, 0, 1))
    following = page(3, 1, 2, 3, since=1)
    assert found.begins_search(following)
    assert found.gap_before(following) is None
    found.go_on(following)
    assert (found.left, found.is_done) == (Span("created", NOON + HOUR), False)
    found.add(following)
    assert found.gap_before(None) is None
    found.go_on(None)
    assert (found.is_done, sorted(found.seen), found.newest, found.announced) == (
        True,
        [0, 1, 2, 3],
        NOON + 3 * HOUR,
        4,
    )


def test_more_than_was_counted_is_no_gap() -> None:
    """Something was created meanwhile."""
    assert reading(page(2, 0, 1)).gap_before(page(3, 1, 2, 3, since=1)) is None


def test_a_gap_is_taken_when_two_readings_agree() -> None:
    found, following = reading(page(5, 0, 1)), page(3, 1, 2, 3, since=1)
    gap = found.gap_before(following)
    assert gap
    assert (gap.count, gap.place, gap.listed) == (1, Span("created", NOON, NOON + HOUR), frozenset({0}))
    assert not found.accepts(gap)
    found.add(page(5, 0, 1))
    again = found.gap_before(following)
    assert again == gap
    assert found.accepts(gap)
    assert found.missing == 1


def test_readings_that_differ_are_read_a_third_time_and_no_more() -> None:
    found, following = reading(page(5, 0, 1)), page(3, 1, 2, 3, since=1)
    for total in (6, 7):
        gap = found.gap_before(following)
        assert gap
        assert not found.accepts(gap)
        found.add(page(total, 0, 1))
    gap = found.gap_before(following)
    assert gap
    with pytest.raises(IncompleteReadError, match=r"^GitHub announced 7 items for created:>=2026-.* and listed 4$"):
        found.accepts(gap)


@pytest.mark.parametrize(
    ("total", "following"),
    [
        (9, page(2, 1, 2, since=1)),
        # The next search does not even find the item at which it begins.
        (3, page(0, since=1)),
    ],
    ids=["many are missing", "the next search finds nothing"],
)
def test_a_partial_answer_is_not_taken_though_it_is_repeated(total: int, following: SearchPage) -> None:
    found = reading(page(total, 0, 1))
    gap = found.gap_before(following)
    assert gap
    for _ in range(2):
        assert not found.accepts(gap)
        found.add(page(total, 0, 1))
        assert found.gap_before(following) == gap
    with pytest.raises(IncompleteReadError):
        found.accepts(gap)


def test_what_was_there_when_first_read_is_missed_when_all_is_gone() -> None:
    found = reading(page(20, 0, 1))
    gap = found.gap_before(page(0, since=1))
    assert gap
    assert not found.accepts(gap)
    found.add(page(0))
    gone = found.gap_before(None)
    assert gone
    assert gone.count == 20


@pytest.mark.parametrize(("counted", "missing"), [(0, 5), (250, 5), (599, 5), (600, 6), (10_000, 100)])
def test_a_handful_or_one_in_a_hundred_may_be_missing(counted: int, missing: int) -> None:
    assert tolerance(counted) == missing
