"""Whole files are recognised by what they hold."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from chalicelib.copilot.rows import (
    read_document,
)
from chalicelib.errors import RejectedError
from tests.copilot.records import (
    ACTIVITY,
    DAY,
    LAST,
    LEAST,
    METRICS,
    PERIOD,
    PLACE,
    REPORT,
    SEAT,
    USAGE,
    USER,
    WINDOW,
)

PERSON = USER | ACTIVITY
OTHER_DAY = REPORT | {"day": "2026-05-28"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (REPORT, ("days", [REPORT], DAY, DAY)),
        ([OTHER_DAY, REPORT], ("days", [OTHER_DAY, REPORT], DAY, LAST)),
        (WINDOW | {"day_totals": [REPORT]}, ("days", [REPORT], DAY, LAST)),
        ({"day_totals": [REPORT, OTHER_DAY]}, ("days", [REPORT, OTHER_DAY], DAY, LAST)),
        (WINDOW | {"day_totals": []}, ("days", [], DAY, LAST)),
        ([], ("days", [], None, None)),
        ([REPORT, 7, {}, {"day": "?"}], ("days", [REPORT, 7, {}, {"day": "?"}], DAY, DAY)),
        ([LEAST | ACTIVITY], ("days", [LEAST | ACTIVITY], DAY, DAY)),
        ([USAGE, METRICS, REPORT], ("days", [USAGE, METRICS, REPORT], date(2024, 3, 18), DAY)),
        (WINDOW | {"day_totals": [PERSON]}, ("user_days", [PERSON], DAY, LAST)),
        ([PERSON, LEAST | ACTIVITY], ("user_days", [PERSON, LEAST | ACTIVITY], DAY, DAY)),
        ([WINDOW | PERSON], ("user_days", [WINDOW | PERSON], DAY, LAST)),
        (WINDOW | {"user_totals": [PERIOD]}, ("user_periods", [PERIOD], DAY, LAST)),
        ({"user_totals": [WINDOW | PERIOD]}, ("user_periods", [WINDOW | PERIOD], DAY, LAST)),
        ([WINDOW | PERIOD], ("user_periods", [WINDOW | PERIOD], DAY, LAST)),
        (
            {"report_day": "2026-05-01", "user_totals": [PERIOD, 7]},
            ("user_days", [{"day": "2026-05-01"} | PERIOD, 7], DAY, DAY),
        ),
        ([PLACE, {"user_id": 2}], ("user_teams", [PLACE, {"user_id": 2}], DAY, DAY)),
        ({"total_seats": 1, "seats": [SEAT]}, ("seats", [SEAT], None, None)),
        ([{"total_seats": 2, "seats": [SEAT]}, {"seats": [None]}], ("seats", [SEAT, None], None, None)),
        ([SEAT], ("seats", [SEAT], None, None)),
        ({"total_seats": 0, "seats": []}, ("seats", [], None, None)),
        ({"download_links": ["https://a"], "report_day": "2026-05-01"}, ("links", [], DAY, DAY)),
        (WINDOW | {"download_links": []}, ("links", [], DAY, LAST)),
    ],
    ids=range(23),
)
def test_a_file_is_recognised(content: Any, expected: Any) -> None:
    assert read_document(json.dumps(content)) == expected
    assert read_document(json.dumps(content, indent=2)) == expected
    if isinstance(content, list) and content:
        assert read_document("\r\n".join(map(json.dumps, content))) == expected


def test_a_line_that_is_cut_off_stays_a_record() -> None:
    """What came before the cut must not be lost with it."""
    lines = [json.dumps(PERSON, ensure_ascii=False), json.dumps(PERSON | {"user_login": "a\u2028b"}), '{"day": "2026']
    document = read_document("\n\n".join(lines))
    assert document.records == [PERSON, PERSON | {"user_login": "a\u2028b"}, '{"day": "2026']
    assert document.kind == "user_days"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is empty; "),
        (" \n\ufeff", "it is neither JSON nor NDJSON; "),
        ("day,users\n2026-05-01,7", "it is neither JSON nor NDJSON; "),
        ('{"day": "2026-05-01",', "it is neither JSON nor NDJSON; "),
        ("[" * 100_000, "it is neither JSON nor NDJSON; "),
        ("7", "its records are not Copilot's; "),
        ("null", "its records are not Copilot's; "),
        ('"text"', "its records are not Copilot's; "),
        ('{"message": "Not Found", "status": "404"}', "its records are not Copilot's; "),
        ('[{"day": "2026-05-01"}]', "its records are not Copilot's; "),
        ('[{"id": 1, "assignee": {"login": "ada"}}]', "its records are not Copilot's; "),
        (json.dumps([REPORT, PERSON]), "it mixes days and user_days; "),
        (json.dumps([REPORT, SEAT]), "it mixes days and seats; "),
        (json.dumps({"user_totals": [PERIOD]}), "it lacks the period of its people's "),
        (json.dumps(WINDOW | {"report_end_day": "?", "user_totals": [PERIOD]}), "it lacks the period of its people's "),
        (
            json.dumps([WINDOW | PERIOD, WINDOW | PERIOD | {"report_end_day": "2026-05-29"}]),
            "its people's totals are of different periods",
        ),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_file_that_is_nothing_of_copilots_is_rejected_with_what_was_expected(content: str, reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        read_document(content)
    message = str(caught.value)
    assert message.startswith(reason)
    assert "\n" not in message
    if reason.endswith("; "):
        assert message.endswith(
            "expected a Copilot usage report (JSON or NDJSON), a list of days from /copilot/metrics or /copilot/usage, "
            "or a list of Copilot seats"
        )
