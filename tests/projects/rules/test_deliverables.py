"""Which issue above is the deliverable."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.projects.rules import deliverable_of


def above(*parts: tuple[str, str | None]) -> list[dict[str, Any]]:
    return [{"id": f"I_{title}", "title": title, "type": kind} for title, kind in parts]


CHAIN = above(("task", None), ("near", "Epic"), ("far", "Epic"), ("top", "Deliverable"))


@pytest.mark.parametrize(
    ("kind", "title"), [("Epic", "near"), ("epic", "near"), ("Deliverable", "top"), (None, "top"), ("Bug", None)]
)
def test_the_nearest_of_a_type_or_the_topmost(kind: str | None, title: str | None) -> None:
    assert deliverable_of(CHAIN, kind) == title


@pytest.mark.parametrize("kind", ["Epic", None])
def test_an_issue_below_nothing_has_none(kind: str | None) -> None:
    assert deliverable_of(None, kind) is None
    assert deliverable_of([], kind) is None


def test_a_circle_ends() -> None:
    one, two = above(("one", None), ("two", None))
    assert deliverable_of([one, two, one, two], None) == "two"
    assert deliverable_of([one, two, one], "Epic") is None
