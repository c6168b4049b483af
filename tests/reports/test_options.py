"""What the options take."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import typer

from reports.options import Begin, first_day, midnight, parse_since, with_values

TODAY = date(2026, 5, 13)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31T23:00:00-02:00", date(2026, 2, 1)),
        ("1d", date(2026, 5, 12)),
        ("12w", date(2026, 2, 18)),
        ("3650d", TODAY - timedelta(days=3650)),
    ],
)
def test_since_is_a_date_or_a_span(text: str, first: date) -> None:
    assert first_day(parse_since(text), TODAY) == first


def test_without_it_a_report_has_its_own_time() -> None:
    assert first_day(None, TODAY, default=timedelta(days=3)) == date(2026, 5, 10)
    assert first_day(Begin(), TODAY) == TODAY
    assert midnight(TODAY) == datetime(2026, 5, 13, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "d", "0d", "-1d", "1m", "1.5d", "3651d", "2026-13-01", "2026", "yesterday"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_since(text)


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ([], []),
        (["--slack"], ["--slack="]),
        (["--slack", "--dry-run"], ["--slack=", "--dry-run"]),
        (["--slack", "#team", "--dry-run"], ["--slack", "#team", "--dry-run"]),
        (["--slack=#team"], ["--slack=#team"]),
        (["--output", "--slack"], ["--output", "--slack="]),
    ],
)
def test_slack_needs_no_channel(given: list[str], understood: list[str]) -> None:
    assert with_values(given) == understood
