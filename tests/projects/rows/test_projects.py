"""Boards, fields and iterations, row by row."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.errors import RejectedError
from chalicelib.projects.rows import field_row, iteration_rows, project_row
from tests.organisation import at
from tests.projects.nodes import PVT, board, field, iteration, sprint_field


def test_a_board_becomes_a_row() -> None:
    assert project_row(board(), org="acme") == {
        "id": PVT,
        "org": "acme",
        "number": 5,
        "title": "Roadmap",
        "short_description": "What comes next",
        "url": "https://github.com/orgs/acme/projects/5",
        "is_public": False,
        "created_at": at("2026-01-02T03:04:05Z"),
        "updated_at": at("2026-05-01T00:00:00Z"),
        "closed_at": None,
        "deleted_at": None,
    }


@pytest.mark.parametrize(
    ("node", "closed_at"),
    [
        (board(closed=True, closedAt="2026-06-01T00:00:00Z"), "2026-06-01T00:00:00Z"),
        (board(closed=True), "2026-05-01T00:00:00Z"),
        (board(closed=False, closedAt="2026-06-01T00:00:00Z"), None),  # it was opened again
    ],
)
def test_a_closed_board_says_since_when(node: dict[str, Any], closed_at: str | None) -> None:
    assert project_row(node, org="acme")["closed_at"] == (closed_at and at(closed_at))


@pytest.mark.parametrize("more", [{"id": None}, {"number": 0}, {"title": 5}, {"createdAt": "soon"}])
def test_a_board_that_is_none_is_rejected(more: dict[str, Any]) -> None:
    with pytest.raises(RejectedError):
        project_row(board(**more), org="acme")


def test_a_field_becomes_a_row() -> None:
    assert field_row(field("Status", "SINGLE_SELECT", "Todo", "Done"), project_id=PVT, position=2) == {
        "id": "F_Status",
        "project_id": PVT,
        "name": "Status",
        "data_type": "SINGLE_SELECT",
        "position": 2,
        "options": [{"id": "o_Todo", "name": "Todo"}, {"id": "o_Done", "name": "Done"}],
        "deleted_at": None,
    }
    assert field_row(field("Points", "NUMBER"), project_id=PVT, position=3)["options"] is None


def test_iterations_become_rows_completed_ones_too() -> None:
    node = sprint_field([iteration("b", "2026-05-15")], [iteration("a", "2026-05-01", 7, "Sprint 1")])
    common = {"field_id": "F_Sprint", "project_id": PVT, "deleted_at": None}
    assert iteration_rows(node, project_id=PVT) == [
        {
            **common,
            "id": "b",
            "title": "Sprint b",
            "start_date": date(2026, 5, 15),
            "end_date": date(2026, 5, 28),
            "days": 14,
            "is_completed": False,
        },
        {
            **common,
            "id": "a",
            "title": "Sprint 1",
            "start_date": date(2026, 5, 1),
            "end_date": date(2026, 5, 7),
            "days": 7,
            "is_completed": True,
        },
    ]


def test_all_iterations_can_be_completed() -> None:
    rows = iteration_rows(sprint_field([], [iteration("a", "2026-05-01", 1)]), project_id=PVT)
    assert [(row["start_date"], row["end_date"], row["is_completed"]) for row in rows] == [
        (date(2026, 5, 1), date(2026, 5, 1), True)
    ]


def test_a_field_without_iterations_has_none() -> None:
    assert iteration_rows(sprint_field([], []), project_id=PVT) == []
    assert iteration_rows(field("Points", "NUMBER"), project_id=PVT) == []


@pytest.mark.parametrize(
    "odd",
    [
        iteration("a", "2026-05-01", 0),
        iteration("a", "2026-05-01", 100_000),
        iteration("a", "9999-12-31"),
        iteration("a", "May"),
        {"title": "no id", "startDate": "2026-05-01", "duration": 7},
        None,
    ],
)
def test_an_iteration_that_is_none_is_rejected(odd: Any) -> None:
    with pytest.raises(RejectedError):
        iteration_rows(sprint_field([iteration("b", "2026-05-15"), odd], []), project_id=PVT)
