"""A sprint's days, as people and as programs get them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from reports.commands.sprints import estimated_anew

Run = Callable[..., int]
BOARD = ("--project", "acme/1")


def test_a_burndown_for_people(boards: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert boards("sprint-burndown", *BOARD, "--unit", "points") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [" ".join(line.split()) for line in out.splitlines() if "──" not in line] == [
        "Burndown of Sprint 2 in acme/1 (Road=map) by points",
        "",
        "Sprint start date: 2026-05-04",
        "Sprint end date: 2026-05-17",
        "Total opened: 7",
        "Total closed: 1",
        "Percent closed: 14 %",
        "Percent pointed: 80 %",
        "Committed on day one: 6.5",
        "Added later: 0.5",
        "Removed: 0",
        "",
        "day day number is working open points ideal points points added points removed unpointed told by",
        "2026-05-04 1 yes 6.5 6.5 0 0 1 snapshot",
        "2026-05-05 2 yes 6 3.25 0.5 0 1 snapshot",
        "2026-05-18 15 no - 0 - - - -",
        "",
        "From sprint_burndown of acme, as of 2026-05-13T09:30:00Z.",
    ]


def test_a_burndown_for_programs(boards: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert boards("sprint-burndown", *BOARD, "--format", "csv") == 0
    assert capsys.readouterr().out.splitlines() == [
        "project,sprint,day,day_number,is_working,open_issues,ideal_issues,issues_added,issues_removed,unpointed,told_by",
        "Road=map,Sprint 2,2026-05-04,1,true,4,4,0,0,1,snapshot",
        "Road=map,Sprint 2,2026-05-05,2,true,3,2,1,0,1,snapshot",
        "Road=map,Sprint 2,2026-05-18,15,false,,0,,,,",
    ]


def test_a_burnup_for_programs(boards: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert boards("sprint-burnup", *BOARD, "--unit", "points", "--format", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["summary"]["Percent closed"] == "14 %"
    assert (answer["report"], answer["view"], answer["orgs"], answer["as_of"]) == (
        "sprint-burnup",
        "sprint_burnup",
        ["acme"],
        "2026-05-13T09:30:00Z",
    )
    assert answer["rows"][1] == {
        "project": "Road=map", "sprint": "Sprint 2", "day": "2026-05-05", "day_number": 2, "is_working": True,
        "scope_points": 7, "done_points": 1, "points_added": 0.5, "points_removed": 0, "unpointed": 1,
        "told_by": "snapshot",
    }  # fmt: skip


def test_a_sprint_without_rows_says_so(boards: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert boards("sprint-burnup", *BOARD, "--sprint", "@next") == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "  Sprint start date: 2026-05-18",
        "  Sprint end date: 2026-05-31",
        "",
        "No day of this sprint has a row yet.",
        "",
        "From sprint_burnup of acme, as of 2026-05-13T09:30:00Z.",
    ]


@pytest.mark.parametrize(
    ("unit", "rows"),
    [
        ("issues", ["Empty 0 0 0 - 75 %", "Search 4 1 3 25 % 75 %"]),
        ("points", ["Empty - - - 1 - 75 %", "Search 8 0.5 7.5 1 6 % 75 %"]),
    ],
)
def test_percent_complete(boards: Run, capsys: pytest.CaptureFixture[str], unit: str, rows: list[str]) -> None:
    assert boards("percent-complete", *BOARD, "--unit", unit) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == f"Percent complete by deliverable in acme/1 (Road=map) by {unit}"
    assert [line for line in lines if line.startswith(("Empty", "Search"))] == rows
    assert {"issues": "Percent closed: 25 %", "points": "Percent closed: 6 %"}[unit] in lines


@pytest.mark.parametrize(
    ("total", "lines"), [(7, []), (6, [("Re-estimated", "\u22121")]), (9.5, [("Re-estimated", "+2.5")])]
)
def test_new_estimates_are_told(total: float, lines: list[tuple[str, str]]) -> None:
    """Committed + added - removed was not the total, and nothing said why."""
    row = {"total_points": total, "committed_points": 6.5, "added_points": 1, "removed_points": 0.5}
    assert estimated_anew(row, "points") == lines
