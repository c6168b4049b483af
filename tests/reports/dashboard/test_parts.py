from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from reports import charts
from reports.dashboard import parts
from reports.pages import CONFIG
from reports.reading import Table

MONTHS = Table("Opened", ["month", "opened"], [(date(2026, 4, 1), 3), (date(2026, 5, 1), 2)])


@pytest.mark.parametrize("text", ["a_b*c*", "[a](b)", "<i>", ":red[x]", "$x$", "# a", "1. a", "`a`", "a\nb", ":a:"])
def test_no_character_of_a_text_means_anything(text: str) -> None:
    written = parts.plain(text)
    assert written.replace("\\", "") == text.replace("\n", " ")
    assert not [each for place, each in enumerate(written) if each in "_*[]()<>:$#`" and written[place - 1] != "\\"]


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/x",
        "[x](http://evil.example)",
        "HTTPS://EVIL.example",
        "www.evil.example",
        "a+b@evil.example",
    ],
)
def test_no_address_in_a_text_becomes_a_link(text: str) -> None:
    """As Streamlit's Markdown finds them, after what is escaped is read."""
    read = parts.plain(text).replace("\\", "")
    assert read.replace(parts.JOINER, "") == text
    found = r"(https?://|www(?=\.))[-.\w]+|[-.\w+]+@[-\w]+(\.[-\w]+)+"
    assert re.search(found, text, re.IGNORECASE | re.ASCII)
    assert not re.search(found, read, re.IGNORECASE | re.ASCII)


def test_a_csv_has_no_formulas() -> None:
    assert parts.csv_of(Table("", ["title", "count"], [("=1+2", 3), (None, None)])) == "title,count\n'=1+2,3\n,\n"


def test_whole_numbers_stay_whole_where_some_are_unknown() -> None:
    table = parts.arrow(Table("", ["n", "labels"], [(1, ["a"]), (None, None)]))
    assert table.to_pydict() == {"n": [1, None], "labels": ['["a"]', None]}


@pytest.mark.parametrize(
    ("begin", "by", "end"),
    [
        (date(2026, 5, 1), "month", date(2026, 6, 1)),
        (date(2026, 12, 1), "month", date(2027, 1, 1)),
        (date(2026, 12, 28), "week", date(2027, 1, 4)),
        (date(2026, 7, 1), "quarter", date(2026, 10, 1)),
        (date(2026, 10, 1), "quarter", date(2027, 1, 1)),
        (date(2026, 12, 31), "day", date(2027, 1, 1)),
        (date(2026, 1, 1), "year", date(2027, 1, 1)),
    ],
)
def test_a_period_ends_where_the_next_one_begins(begin: date, by: str, end: date) -> None:
    assert parts.period_end(begin, by) == end


@pytest.mark.parametrize(("today", "marks"), [(date(2026, 5, 31), 1), (date(2026, 6, 1), 0)])
def test_the_last_period_is_shaded_while_it_is_not_over(today: date, marks: int) -> None:
    figure = charts.bars(MONTHS)
    parts.mark_unfinished(figure, MONTHS, by="month", today=today)
    assert [(each.x0, each.x1) for each in figure.layout.shapes] == [(0.5, 1.5)] * marks


def test_columns_are_shown_by_what_they_hold() -> None:
    names = ["html_url", "hours", "at", "number"]
    table = Table("", names, [("https://github.example/1", 1.25, datetime(2026, 1, 1, tzinfo=UTC), 7)])
    kinds = [parts.column_format(name, table).get("type_config", {}).get("type") for name in names]
    assert kinds == ["link", "number", "datetime", None]


def test_charts_have_no_button_that_sends_data_away() -> None:
    assert CONFIG["showSendToCloud"] is False
    assert "sendChartToCloud" in CONFIG["modeBarButtonsToRemove"]  # type: ignore[operator] # a list


@pytest.mark.parametrize(
    ("begin", "says"),
    [
        (date(2026, 3, 31), ["The period begins on 2026-03-31; the first month in it that has a row is 2026-04-01."]),
        (date(2026, 4, 1), []),
        (date(2026, 4, 20), []),
    ],
)
def test_a_period_that_begins_without_rows_is_no_proof_that_there_are_no_older_ones(
    begin: date, says: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("streamlit.info", said.append)
    parts.say_limits(MONTHS, by="month", begin=begin, today=date(2026, 6, 1))
    assert said == says
