"""`app.py projects`: the boards, what their fields are taken for, and a line to paste."""

from __future__ import annotations

import shlex
from io import StringIO
from typing import Any

import pytest
from dotenv import dotenv_values

import app
from chalicelib.projects.rules import Choice
from chalicelib.projects.settings import GH_PROJECT_FIELDS
from chalicelib.settings import Settings
from tests.github.local_server import LocalServer, Reply, reply
from tests.projects.api.conftest import refused, said
from tests.projects.api.test_boards import boards, fields
from tests.projects.nodes import board, field, iteration, sprint_field

FIELDS = (
    field("Title", "TITLE"),
    field("Status", "SINGLE_SELECT", "Todo", "In Progress", "In review", "Done"),
    sprint_field([], [iteration("a", "2026-05-01")]),
    field("Story Points", "NUMBER"),
)
SHOWN = """\
acme/5  Roadmap
  Title                          TITLE
  Status                         SINGLE_SELECT
  Sprint                         ITERATION
  Story Points                   NUMBER
  by guess:
    sprint:       Sprint
    points:       Story Points
    status:       Status
    deliverable:  -
    done:         Done
    in_progress:  In Progress, In review

acme/6  Old (closed)
  Loop; hole                     ITERATION
  by setting:
    sprint:       Loop; hole
    points:       -
    status:       -
    deliverable:  parents:Epic
    done:         -
    in_progress:  -
    not in the line below, for it can't hold these signs: 'Loop; hole'
    GH_PROJECT_FIELDS names 'Votes', which the board lacks, or has in another type
    GH_PROJECT_FIELDS names 'Shipped', which the board lacks, or has in another type

GH_PROJECT_FIELDS='acme/5: sprint=Sprint; points=Story Points; status=Status; deliverable=; done=Done; \
in_progress=In Progress|In review, acme/6: points=; status=; deliverable=parents:Epic'
"""


def run(server: LocalServer, **variables: str) -> int:
    given = {"GH_TOKEN": "token", "GH_ORGS": "acme", "GH_API_URL": server.url, "DB_URL": "sqlite://", **variables}
    return app.main(["projects"], Settings(given.get))


def two_boards() -> list[Reply]:
    old = board(6, id="PVT_6", title="Old", closed=True)
    loop = sprint_field([], [], "Loop; hole")
    return [said(boards(board(5), old)), said(fields(*FIELDS)), said(fields(loop))]


def test_boards_are_shown_with_what_they_are_taken_for(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.replies = two_boards()
    assert run(server, GH_PROJECT_FIELDS="acme/6: points=Votes; deliverable=parents:Epic; done=Shipped") == 0
    assert capsys.readouterr().out == SHOWN


def test_the_line_can_be_pasted(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.replies = two_boards()[:2]
    server.replies[0] = said(boards(board(5)))
    assert run(server) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    name, _, value = shlex.split(line)[0].partition("=")
    assert dotenv_values(stream=StringIO(line)) == {name: value}
    assert Settings({name: value}.get).value(GH_PROJECT_FIELDS) == {
        "acme/5": Choice("Sprint", "Story Points", "Status", "", ("Done",), ("In Progress", "In review"))
    }


def test_only_the_boards_of_the_setting_are_shown(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.replies = two_boards()[:2]
    assert run(server, GH_PROJECTS="Acme/5") == 0
    assert "Old" not in capsys.readouterr().out


def test_a_board_that_there_is_not_is_said(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.replies = two_boards()[:2]
    assert run(server, GH_PROJECTS="acme/5,acme/9") == 2
    error = capsys.readouterr().err
    assert error == "error: GH_PROJECTS names acme/9, which the organisations of GH_ORGS do not show\n"


def test_an_organisation_without_boards_has_none(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.replies = [said(boards())]
    assert run(server) == 0
    assert capsys.readouterr().out == "no boards are shown in acme\n"


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        (reply(401, {"message": "Bad credentials"}), 1, "Bad credentials"),
        (said(None, refused("FORBIDDEN")), 1, "FORBIDDEN says GitHub"),
    ],
)
def test_a_refusal_is_one_sentence(
    server: LocalServer, capsys: pytest.CaptureFixture[str], answer: Any, code: int, sentence: str
) -> None:
    server.replies = [answer]
    assert run(server) == code
    output = capsys.readouterr()
    assert (output.out, output.err.count("\n")) == ("", 1)
    assert sentence in output.err


def test_a_malformed_setting_asks_nothing(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(server, GH_PROJECT_FIELDS="Sprint") == 2
    assert capsys.readouterr().err.startswith("error: GH_PROJECT_FIELDS is malformed: 'Sprint' must look like ")
    assert server.seen == []
