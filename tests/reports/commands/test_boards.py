"""Which board and which sprint is meant, and what is said when that isn't clear."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

Run = Callable[..., int]
SPRINTS = (
    "Sprint 3 (2026-05-18 to 2026-05-31), Sprint 2 (2026-05-04 to 2026-05-17), Sprint 1 (2026-04-20 to 2026-05-03), "
    "Sprint 1 (2026-04-06 to 2026-04-19)"
)
ALL = "acme/1 (Road=map), acme/2 (Twin), acme/3 (Twin), acme/4 (Old), other/9 (Theirs)"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "there are 4 boards, and name one with --project: acme/1 (Road=map), acme/2 (Twin), acme/3 (Twin), "
         "other/9 (Theirs)"),
        (["--project", "acme/7"], f"there is no board 'acme/7': choose one of {ALL}"),
        (["--project", "acme/1", "--org", "other"], "there is no board 'acme/1': choose one of other/9 (Theirs)"),
        (["--project", "acme/1", "--org", "nobody"], "there is no organisation 'nobody': choose one of acme, other"),
        (["--project", "999"], f"there is no board '999': choose one of {ALL}"),
        (["--project", "2", "--sprint", "Sprint 9"], "the board acme/2 (Twin) has no sprint 'Sprint 9': choose one of "
         "Sprint 2 (2026-04-06 to 2026-04-19)"),
        (["--project", "twin"], "there are 2 boards, and --project 'twin' may be any of them: name it as ORG/NUMBER: "
         "acme/2 (Twin), acme/3 (Twin)"),
        (["--project", "acme/1", "--sprint", "Sprint 9"],
         f"the board acme/1 (Road=map) has no sprint 'Sprint 9': choose one of {SPRINTS}"),
        (["--project", "acme/1", "--sprint", "sprint 1"], "the board acme/1 (Road=map) has 2 sprints of that name: "
         "give a day of one, of Sprint 1 (2026-04-20 to 2026-05-03), Sprint 1 (2026-04-06 to 2026-04-19)"),
        (["--project", "acme/1", "--sprint", "2025-01-01"],
         f"the board acme/1 (Road=map) has no sprint '2025-01-01': choose one of {SPRINTS}"),
        (["--project", "acme/2"], "the board acme/2 (Twin) has no current sprint today: choose one of "
         "Sprint 2 (2026-04-06 to 2026-04-19)"),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_one_sentence_with_the_choices(
    boards: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert boards("sprint-burndown", *arguments) == 2
    assert capsys.readouterr() == ("", f"error: {sentence}\n")


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        (["--project", "ACME/1"], "Sprint 2 in acme/1 (Road=map)"),
        (["--project", "road=MAP", "--sprint", "@next"], "Sprint 3 in acme/1 (Road=map)"),
        (["--project", "acme/1", "--sprint", "@previous"], "Sprint 1 in acme/1 (Road=map)"),
        (["--project", "acme/1", "--sprint", "SPRINT 3"], "Sprint 3 in acme/1 (Road=map)"),
        (["--project", "acme/1", "--sprint", "2026-04-19"], "Sprint 1 in acme/1 (Road=map)"),
        (["--project", "acme/2", "--sprint", "Sprint 2"], "Sprint 2 in acme/2 (Twin)"),
    ],
)
def test_a_board_and_a_sprint_are_found(
    boards: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], title: str
) -> None:
    assert boards("sprint-burndown", "--format", "json", *arguments) == 0
    assert json.loads(capsys.readouterr().out)["title"] == f"Burndown of {title} by issues"


def test_a_day_tells_sprints_of_one_name_apart(boards: Run, capsys: pytest.CaptureFixture[str]) -> None:
    begins = []
    for day in ("2026-04-06", "2026-05-03"):
        assert boards("sprint-burnup", "--project", "acme/1", "--sprint", day, "--format", "json") == 0
        begins.append(json.loads(capsys.readouterr().out)["summary"]["Sprint start date"])
    assert begins == ["2026-04-06", "2026-04-20"]


def test_the_only_board_needs_no_name(boards: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert boards("percent-complete", "--org", "Other", "--format", "csv") == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert err.startswith("Percent complete by deliverable in other/9 (Theirs) by issues: no item")


def test_nothing_to_show_is_a_json_document_too(boards: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing at all was written, which no program can read."""
    assert boards("sprint-burndown", "--project", "acme/3", "--format", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["report"], answer["rows"], answer["summary"]) == ("sprint-burndown", [], {})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--project", "acme/3"], "the board acme/3 (Twin) has no sprints: GH_PROJECT_FIELDS says which"),
    ],
)
def test_nothing_to_show_is_no_error(
    boards: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert boards("sprint-burndown", *arguments) == 0
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(sentence)
