"""How values look to people, and how they stand in CSV and JSON."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime

import pytest

from reports.output import cell, clean, columns_to_show, show, write_csv, written
from reports.reading import Table
from reports.report import Report

AT = datetime(2026, 5, 1, 9, 5, 59, tzinfo=UTC)


def report(columns: list[str], *rows: tuple[object, ...], orgs: tuple[str, ...] = ()) -> Report:
    table = Table("T", columns, list(rows), AT, "some_view")
    return Report("r", "Title\x1b[31m", [("Open", "1")], table, table, orgs=orgs, empty="nothing is open")


def shown(made: Report, form: str) -> tuple[str, str]:
    out, notes = io.StringIO(), io.StringIO()
    show(made, form, out=out, notes=notes)
    return out.getvalue(), notes.getvalue()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("opened", 12000, "12,000"),
        ("points", 0.5, "0.5"),
        ("points", 3.0, "3"),
        ("points", 1234.5678, "1,234.57"),
        ("percent_pointed", 200 / 3, "67 %"),
        ("acceptance_rate", 0.2219, "22.2 %"),
        ("share", 1, "100.0 %"),
        ("median_hours_to_merge", 0.25, "15.0 min"),
        ("median_hours_to_merge", 47.9, "47.9 h"),
        ("median_hours_to_merge", 60.0, "2.5 d"),
        ("n_hours_to_merge", 3, "3"),
        ("lag_seconds", 59, "59 s"),
        ("oldest_wait_seconds", 90, "1.5 min"),
        ("is_overdue", True, "yes"),
        ("is_overdue", False, "no"),
        ("merged_at", AT, "2026-05-01 09:05"),
        ("day", date(2026, 5, 1), "2026-05-01"),
        ("opened", None, "-"),
        ("title", "a\x1b[2J\u202eb\nc", "a [2J b c"),
        ("labels", ["é"], '["é"]'),
    ],
)
def test_people_get_units(name: str, value: object, expected: str) -> None:
    assert written(name, value) == expected


def test_how_many_values_a_median_is_of_stands_beside_it() -> None:
    row = {"n_hours_to_merge": 7, "median_hours_to_merge": 2.0}
    assert cell(row, "median_hours_to_merge") == "2.0 h (n=7)"
    assert cell(row | {"median_hours_to_merge": None}, "median_hours_to_merge") == "-"
    assert list(columns_to_show(report([*row, "n_other"])).values()) == ["median_hours_to_merge", "n_other"]


def test_what_the_title_says_is_no_column() -> None:
    assert list(columns_to_show(report(["project", "sprint", "org", "day"], orgs=("acme",))).values()) == ["day"]
    assert list(columns_to_show(report(["org", "day"])).values()) == ["org", "day"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=2+3", "'=2+3"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@mona", "'@mona"),
        ("\tx", "'\tx"),
        ("a=b", "a=b"),
        (-1, "-1"),
        (-1.5, "-1.5"),
        (3.0, "3"),
        (1 / 3, "0.333333333333333"),
        (None, ""),
        (True, "true"),
        (AT, "2026-05-01T09:05:59Z"),
        (date(2026, 5, 1), "2026-05-01"),
        ('say "hi"', '"say ""hi"""'),
        ({"a": [1]}, '"{""a"": [1]}"'),
    ],
)
def test_no_text_is_a_formula_in_csv(value: object, expected: str) -> None:
    assert shown(report(["a", "b"], ("x", value)), "csv") == (f"a,b\nx,{expected}\n", "")


def test_json_has_the_numbers_as_they_are_and_where_they_come_from() -> None:
    out, notes = shown(report(["title", "hours"], ("=2+3\x1b", 1 / 3), (None, None), orgs=("acme",)), "json")
    assert notes == ""
    assert json.loads(out) == {
        "report": "r",
        "title": "Title\x1b[31m",
        "summary": {"Open": "1"},
        "view": "some_view",
        "orgs": ["acme"],
        "as_of": "2026-05-01T09:05:59Z",
        "rows": [{"title": "=2+3\x1b", "hours": 1 / 3}, {"title": None, "hours": None}],
    }


def test_a_table_is_as_wide_as_it_needs_to_be_and_moves_no_cursor() -> None:
    out, _ = shown(report(["title", "opened"], ("x" * 300, 1), ("[red]\x1b[31m", 20)), "table")
    lines = out.splitlines()
    assert lines[:3] == ["Title [31m", "", "  Open: 1"]
    assert "\x1b" not in out
    assert [line.split() for line in lines if line.endswith(("1", "20"))][1:] == [
        ["x" * 300, "1"],
        ["[red]", "[31m", "20"],
    ]
    assert lines[-1] == "From some_view of all organisations, as of 2026-05-01T09:05:59Z."


def test_no_rows_are_said_beside_them() -> None:
    assert shown(report(["a"]), "csv") == ("a\n", "Title [31m: nothing is open\n")
    assert shown(report(["a"]), "table")[0].splitlines()[3:] == [
        "",
        "Nothing is open.",
        "",
        "From some_view of all organisations, as of 2026-05-01T09:05:59Z.",
    ]


@pytest.mark.parametrize(("text", "expected"), [("plain – é", "plain – é"), ("\x9b1m", " 1m")])
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_csv_steers_no_terminal_and_files_keep_the_data() -> None:
    table = Table("t", ["title"], [("a\x1b[2Jb\x9bc\td",)])
    terminal, file = Terminal(), io.StringIO()
    write_csv(table, terminal)
    write_csv(table, file)
    assert terminal.getvalue() == "title\na[2Jbc\td\n"
    assert file.getvalue() == "title\na\x1b[2Jb\x9bc\td\n"
