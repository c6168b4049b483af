"""Sprints as the views tell them, against what the sandbox knows of each day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.models import create_db_session
from chalicelib.projects.domain import PROJECTS
from chalicelib.projects.models import ProjectStatus
from chalicelib.projects.views.daily import SPRINT_BURNDOWN
from chalicelib.projects.views.knowledge import SPRINT_ITEM_DAYS
from tests.deliveries import SECRET, deliver
from tests.organisation import DAY, Organisation, organisation

pytestmark = pytest.mark.slow

Key = tuple[str, str, date]  # board, sprint, day
LAST_SECOND = DAY // 2 - 1  # of the day, from the sandbox's noon


@pytest.fixture
def org(db_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organisation]:
    """An organisation with three boards at a day's last second; jobs leave the other domains out."""
    monkeypatch.setattr("chalicelib.jobs.schedules.DOMAINS", (PROJECTS,))
    with organisation(db_url, items=60, days=60, repositories=2, boards=3) as running:
        running.environment |= {"PROJECTS": "on", "WEBHOOK_SECRET": SECRET}
        running.advance(LAST_SECOND)
        yield running


def rows_of(org: Organisation, view: Any) -> list[dict[str, Any]]:
    with create_db_session(org.db_url) as session:
        return [dict(row) for row in session.execute(select(view)).mappings()]


def truth_of(org: Organisation, *, since: date, until: date) -> dict[Key, dict[str, tuple[float | None, bool]]]:
    """Points of each item in a sprint at each day's end, and whether it was done."""
    done = {(row["project_id"], row["name"]) for row in rows_of(org, ProjectStatus.__table__) if row["kind"] == "done"}
    found: dict[Key, dict[str, tuple[float | None, bool]]] = defaultdict(dict)
    for row in org.sandbox.app.truth.board_days():
        day = date.fromisoformat(row["day"])
        if row["sprint"] and since <= day <= until:
            is_done = row["closed"] or (row["project"], row["status"]) in done
            found[row["project"], row["sprint"], day][row["item"]] = row["points"], is_done
    return found


def told_of(org: Organisation, *, since: date, until: date) -> dict[Key, dict[str, tuple[float | None, bool]]]:
    """The same as the view tells it; of days within the sprint."""
    found: dict[Key, dict[str, tuple[float | None, bool]]] = defaultdict(dict)
    for row in rows_of(org, SPRINT_ITEM_DAYS.table):
        if since <= row["day"] <= until:
            found[row["project_id"], row["iteration_id"], row["day"]][row["item_id"]] = row["points"], row["is_done"]
    return found


def assert_equal(told: dict[Key, Any], true: dict[Key, Any], days: set[Key]) -> None:
    assert days
    for key in sorted(days):
        assert told.get(key, {}) == true.get(key, {}), key


def sprint_days(org: Organisation, *, since: date, until: date) -> dict[Key, dict[str, Any]]:
    rows = rows_of(org, SPRINT_BURNDOWN.table)
    return {(row["project_id"], row["iteration_id"], row["day"]): row for row in rows if since <= row["day"] <= until}


def test_with_a_snapshot_a_day_sprints_are_what_they_were(org: Organisation) -> None:
    first = org.now().date()
    for day in range(16):
        if day:
            org.advance(DAY)
        org.run_job("daily")
    until = org.now().date()
    days = sprint_days(org, since=first, until=until)
    true, told = (read(org, since=first, until=until) for read in (truth_of, told_of))
    assert_equal(told, true, set(days))
    assert {row["told_by"] for row in days.values()} == {"snapshot"}
    for key, row in days.items():
        left = [points for points, is_done in true[key].values() if not is_done]
        assert row["open_issues"] == len(left)
        assert row["open_points"] == sum(points or 0 for points in left)
        assert row["unpointed"] == sum(points is None for points, _ in true[key].values())


def test_without_snapshots_webhooks_and_timelines_tell_the_same(org: Organisation) -> None:
    org.run_job("daily")
    deliver(org)  # what was before is not told by webhooks
    first = org.now().date()
    for _ in range(10):
        org.advance(DAY)
        deliver(org, doubled=0.2, shuffled=True)
    org.run_job("daily")
    until = org.now().date()
    days = sprint_days(org, since=first, until=until)
    known = {row["item_id"] for row in rows_of(org, SPRINT_ITEM_DAYS.table)}
    true, told = (read(org, since=first, until=until) for read in (truth_of, told_of))
    # What came and went between the two readings is not known as an item.
    true = {key: {item: said for item, said in items.items() if item in known} for key, items in true.items()}
    assert_equal(told, true, set(days))
