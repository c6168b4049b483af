"""Days of the two APIs that are gone, as files still have them."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.copilot.rows import metrics_day_rows, usage_day_rows
from tests.copilot.records import METRICS, NO_DAY, USAGE, Json, line

OLD_DAY = date(2024, 11, 4)
OLD_COUNTERS = ["code_generation_activity_count", "code_acceptance_activity_count"]
OLD_COUNTERS += ["loc_suggested_to_add_sum", "lines_accepted"]


def old(*values: int | None) -> Json:
    return dict(zip(OLD_COUNTERS, values, strict=True))


def test_a_day_of_metrics() -> None:
    rows = metrics_day_rows(METRICS, org="acme")
    assert rows.day == NO_DAY | old(70, 4, 80, 8) | {
        "day": OLD_DAY,
        "source": "metrics",
        "daily_active_users": 9,
        "engaged_users": 8,
        "chat_users": 7,
        "chat_turns": 111,
        "chat_acceptances": 55,
        "report": METRICS,
    }
    a, b = {"ide": "vscode", "model": "a"}, {"ide": "vscode", "model": "b"}
    assert rows.totals == [
        line(OLD_DAY, "language_ide_model", **a, language="go", engaged_users=4, **old(40, 4, 80, 8)),
        line(OLD_DAY, "language_ide_model", **a, language="c", engaged_users=3, **old(30, None, None, None)),
        line(OLD_DAY, "ide_model", **a, engaged_users=5, **old(70, 4, 80, 8)),
        line(OLD_DAY, "ide_model", **b, engaged_users=2, **old(0, 0, 0, 0)),
    ]


@pytest.mark.parametrize(
    ("sections", "columns"),
    [
        ({}, {}),
        ({"copilot_ide_chat": None, "copilot_ide_code_completions": None}, {}),
        ({"copilot_ide_code_completions": {"total_engaged_users": 0}}, old(0, 0, 0, 0)),
        (
            {"copilot_ide_chat": {"total_engaged_users": 0}},
            {"chat_users": 0, "chat_turns": 0, "chat_acceptances": 0},
        ),
    ],
    ids=["left out", "null", "no completions", "no chats"],
)
def test_a_section_of_metrics_that_is_there_and_empty_counts_as_none(sections: Json, columns: Json) -> None:
    record = {"date": "2024-11-04"} | sections
    expected = NO_DAY | {"day": OLD_DAY, "source": "metrics", "report": record} | columns
    assert metrics_day_rows(record, org="acme") == (expected, [])


def test_a_day_of_usage() -> None:
    rows, on = usage_day_rows(USAGE, org="acme"), date(2024, 3, 18)
    assert rows.day == NO_DAY | old(100, 20, 300, 40) | {
        "day": on,
        "source": "usage",
        "daily_active_users": 5,
        "chat_users": 8,
        "chat_turns": 7,
        "chat_acceptances": 6,
        "report": USAGE,
    }
    assert rows.totals == [
        line(on, "language_ide", language="go", ide="vim", engaged_users=4, **old(60, 12, 99, 30)),
        line(on, "language_ide", language="hcl", ide="vim", engaged_users=2, **old(7, None, None, None)),
    ]


def test_lines_accepted_are_not_lines_added() -> None:
    """They count completions only: adding them to loc_added_sum would mix two measures in one column."""
    for rows in (metrics_day_rows(METRICS, org="acme"), usage_day_rows(USAGE, org="acme")):
        assert {row["loc_added_sum"] for row in [rows.day, *rows.totals]} == {None}
