"""What the messages of boards say of sprints, from the tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib.ingest.context import Context
from chalicelib.ingest.messages import Post
from chalicelib.models import Iteration, Project, ProjectDay, ProjectField, ProjectItem
from chalicelib.projects.messages import MESSAGES
from chalicelib.settings import Settings
from chalicelib.utils import utc_now
from tests.store.expected import make_context

DAY = timedelta(days=1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ITEMS: tuple[Mapping[str, Any], ...] = (
    {"points": 2.0, "state": "closed", "closed_at": LONG_AGO},
    {"points": 0.5, "state": "open"},
    {"points": None, "state": "open"},
)


def context_of(session: Session, **variables: str) -> Context:
    context = make_context(session, org="acme")
    context.now, context.settings = utc_now, Settings(variables.get)
    return context


def add_board(
    session: Session,
    number: int,
    *,
    title: str = "Sprint 2",
    starts_in: int = -3,
    items: tuple[Mapping[str, Any], ...] = (),
    **columns: Any,
) -> None:
    """A board whose sprint has a week, by the database's own clock, which the views go by."""
    today, key = utc_now().date(), f"P_{number}"
    about = {"org": "acme", "title": "Roadmap", "items_read_at": utc_now()}
    session.add(Project(id=key, number=number, **(about | columns)))
    field = {"name": "Sprint", "data_type": "ITERATION", "position": 0, "role": "sprint"}
    session.add(ProjectField(id=f"F_{number}", project_id=key, **field))
    start = today + DAY * starts_in
    dates = {"start_date": start, "end_date": start + 6 * DAY, "days": 7, "is_completed": False}
    session.add(Iteration(field_id=f"F_{number}", id="s2", project_id=key, title=title, **dates))
    session.add_all(ProjectDay(project_id=key, day=start + DAY * each, is_working=True) for each in range(7))
    own = {"type": "issue", "fields": {}, "is_archived": False, "created_at": LONG_AGO, "first_seen_at": LONG_AGO}
    session.add_all(
        ProjectItem(id=f"I_{number}_{place}", project_id=key, iteration_id="s2", **own, **item)
        for place, item in enumerate(items)
    )
    session.flush()


def posts(session: Session, *, name: str = "sprints", **variables: str) -> list[Post]:
    (message,) = [each for each in MESSAGES if each.name == name]
    return list(message.posts(context_of(session, **variables)))


@pytest.mark.parametrize(
    ("name", "unit", "opened", "closed", "percent"),
    [("sprints", "issues", "3", "1", "33 %"), ("sprints-by-points", "points", "2.5", "2", "80 %")],
)
def test_a_sprint_is_told_by_issues_or_points(
    shared: Session, name: str, unit: str, opened: str, closed: str, percent: str
) -> None:
    add_board(shared, 5, items=ITEMS)
    start = utc_now().date() - 3 * DAY
    assert posts(shared, name=name) == [
        Post(
            "P_5",
            "acme/5",
            f"*:github: Burndown summary for Sprint 2 in project acme/5 by {unit}*\n"
            f"• *Sprint start date:* {start}\n"
            f"• *Sprint end date:* {start + 6 * DAY}\n"
            f"• *Total opened:* {opened}\n"
            f"• *Total closed:* {closed}\n"
            f"• *Percent closed:* {percent}\n"
            "• *Percent pointed:* 67 %",
        )
    ]


def test_an_empty_sprint_has_no_percentages(shared: Session) -> None:
    add_board(shared, 5)
    [post] = posts(shared)
    assert post.text.splitlines()[3:] == [
        "• *Total opened:* 0",
        "• *Total closed:* 0",
        "• *Percent closed:* -",
        "• *Percent pointed:* -",
    ]


def test_a_title_calls_nobody(shared: Session) -> None:
    add_board(shared, 5, title="<!channel> R&D @here")
    [post] = posts(shared)
    assert post.text.startswith("*:github: Burndown summary for &lt;!channel&gt; R&amp;D @\u200bhere in project acme/5")


def test_only_current_sprints_of_open_boards_that_are_read_are_told(shared: Session) -> None:
    add_board(shared, 1)
    add_board(shared, 2, starts_in=1)
    add_board(shared, 3, starts_in=-7)
    add_board(shared, 4, closed_at=LONG_AGO)
    add_board(shared, 5, deleted_at=LONG_AGO)
    add_board(shared, 6, org="other")
    add_board(shared, 7)
    assert [post.about for post in posts(shared)] == ["acme/1", "acme/7"]
    assert [post.about for post in posts(shared, GH_PROJECTS="acme/7")] == ["acme/7"]


@pytest.mark.parametrize(
    ("read_at", "words"), [(LONG_AGO, "• *As of:* 2026-01-01T00:00:00Z"), (None, "• *As of:* never read whole")]
)
def test_a_board_that_was_not_read_today_says_so(shared: Session, read_at: datetime | None, words: str) -> None:
    add_board(shared, 5, items_read_at=read_at)
    [post] = posts(shared)
    assert post.text.splitlines()[-1] == words
