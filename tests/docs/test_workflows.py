"""The page about workflows explains each status of a job, and each reason for which one has no queue time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.models import WorkflowJob
from chalicelib.workflows.views.times import MINIMUM
from tests.docs.pages import section, squeezed


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "workflows.md").read_text(encoding="utf-8")


def values(column: str) -> set[str]:
    """What a column may hold, as its comment lists it."""
    listed = re.sub(r" ?\(.*?\)", "", str(WorkflowJob.__table__.c[column].comment)).removeprefix(
        "Why queue_seconds is NULL: "
    )
    return set(re.split(r", | or ", listed))


@pytest.mark.parametrize(("title", "column"), [("States", "status"), ("Queue time", "queue_reason")])
def test_it_explains_what_a_column_may_hold(page: str, title: str, column: str) -> None:
    cells = [line.split(" | ")[0] for line in section(page, title).splitlines() if line.startswith("| `")]
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert named - {column} == values(column)


def test_it_says_how_few_values_say_nothing(page: str) -> None:
    assert f"With fewer than {MINIMUM} values they are NULL" in squeezed(page)
