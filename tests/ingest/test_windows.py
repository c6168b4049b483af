"""Spans of time: cut so that no second is in two parts or in none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ingest.windows import SECOND, Window, cut_windows, months

SECONDS = st.integers(1_400_000_000, 2_100_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, tz=UTC))


def at(day: int, hour: int = 0, *, month: int = 5, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def assert_complete(windows: list[Window], whole: Window) -> None:
    """The parts follow each other by a second, and are the whole together."""
    assert (windows[0].since, windows[-1].until) == (whole.since, whole.until)
    for one, other in pairwise(windows):
        assert one.since <= one.until
        assert other.since == one.until + SECOND


def test_a_window_is_halved_at_a_second() -> None:
    assert Window(at(1), at(3)).halves() == (Window(at(1), at(2)), Window(at(2) + SECOND, at(3)))
    shortest = Window(at(1), at(1) + SECOND)
    assert shortest.halves() == (Window(at(1), at(1)), Window(at(1) + SECOND, at(1) + SECOND))


@given(SECONDS, st.integers(1, 10**8))
def test_halves_are_the_whole_and_shorter(since: datetime, seconds: int) -> None:
    whole = Window(since, since + timedelta(seconds=seconds))
    halves = list(whole.halves())
    assert_complete(halves, whole)
    assert all(half.until - half.since < whole.until - whole.since for half in halves)


def test_a_span_is_cut_into_days() -> None:
    assert cut_windows(at(1), at(3, 12), days=1) == (
        Window(at(1), at(2) - SECOND),
        Window(at(2), at(3) - SECOND),
        Window(at(3), at(3, 12)),
    )
    assert cut_windows(at(1), at(1), days=30) == (Window(at(1), at(1)),)
    assert cut_windows(at(2), at(1), days=30) == ()


@given(SECONDS, st.integers(0, 10**8), st.integers(1, 400))
def test_cut_windows_are_the_whole(since: datetime, seconds: int, days: int) -> None:
    whole = Window(since, since + timedelta(seconds=seconds))
    windows = list(cut_windows(whole.since, whole.until, days=days))
    assert_complete(windows, whole)
    assert all(window.until - window.since < timedelta(days=days) for window in windows)


def test_months_begin_on_the_first() -> None:
    whole = Window(at(15, month=11, year=2025), at(1, month=2))
    assert list(months(whole)) == [
        Window(at(15, month=11, year=2025), at(1, month=12, year=2025) - SECOND),
        Window(at(1, month=12, year=2025), at(1, month=1) - SECOND),
        Window(at(1, month=1), at(1, month=2) - SECOND),
        Window(at(1, month=2), at(1, month=2)),
    ]


@given(SECONDS, st.integers(0, 10**8))
def test_months_are_the_whole(since: datetime, seconds: int) -> None:
    whole = Window(since, since + timedelta(seconds=seconds))
    found = list(months(whole))
    assert_complete(found, whole)
    assert len({(month.since.year, month.since.month) for month in found}) == len(found)
    assert all(month.since.month == month.until.month for month in found)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_its_days(month: int) -> None:
    first = at(1, month=month)
    following = at(1, month=month % 12 + 1, year=2026 + month // 12)
    assert list(months(Window(first, following - SECOND))) == [Window(first, following - SECOND)]
