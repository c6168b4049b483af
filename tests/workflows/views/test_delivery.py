"""Releases, deployments and the changes in them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import insert

from chalicelib.inventory.models import Release
from chalicelib.utils import utc_now
from chalicelib.workflows.models import Deployment
from chalicelib.workflows.views import DELIVERY_MONTHLY, PULL_REQUEST_DELIVERY
from tests.views.world import FIRST_LOOK, World, may

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
IDS = count(1)


def release(world: World, tag: str, published_at: datetime | None, **columns: Any) -> None:
    row = {"id": next(IDS), "org": "acme", "repo": "r", "repository_id": 1, "tag_name": tag, "draft": False}
    row |= {"prerelease": False, "published_at": published_at, "first_seen_at": FIRST_LOOK}
    world.session.execute(insert(Release), [row | columns])


def deployment(
    world: World, *, succeeded: datetime | None = None, failed: datetime | None = None, **columns: Any
) -> None:
    at = succeeded or failed or may(1)
    row: dict[str, Any] = {"id": next(IDS), "org": "acme", "repo": "r", "repository_id": 1, "status_id": 1}
    row |= {"environment": "production", "is_production": True, "state": "inactive", "state_at": at}
    row |= {"created_at": at, "updated_at": at, "first_seen_at": at, "succeeded_at": succeeded, "failed_at": failed}
    world.session.execute(insert(Deployment), [row | columns])


def test_the_first_release_after_the_merge(world: World) -> None:
    pull = world.pull(may(4), merged_at=may(5), first_commit_authored_at=may(3))
    release(world, "before", may(4, 23))
    release(world, "draft", may(5, 1), draft=True)
    release(world, "prerelease", may(5, 1), prerelease=True)
    release(world, "gone", may(5, 1), deleted_at=may(6))
    release(world, "elsewhere", may(5, 1), repo="web")
    release(world, "namesake", may(5, 1), org="other")
    release(world, "not yet", None)
    release(world, "v2", may(8))
    release(world, "v1", may(7))
    assert world.row(PULL_REQUEST_DELIVERY) == {
        "id": pull,
        "org": "acme",
        "repo": "r",
        "number": pull,
        "author_kind": "non-member",
        "is_revert": False,
        "merged_at": may(5),
        "lead_time_hours": 48.0,
        "released_at": may(7),
        "release_tag": "v1",
        "hours_merge_to_release": 48.0,
        "lead_time_to_release_hours": 96.0,
    }


def test_of_releases_at_the_same_time_the_first_made(world: World) -> None:
    world.pull(may(4), merged_at=may(5))
    for tag in ("one", "two"):
        release(world, tag, may(5))
    row = world.row(PULL_REQUEST_DELIVERY)
    assert (row["release_tag"], row["hours_merge_to_release"]) == ("one", 0.0)
    assert (row["lead_time_hours"], row["lead_time_to_release_hours"]) == (None, None)


def test_what_is_not_merged_or_not_released(world: World) -> None:
    world.pull(may(4))
    world.pull(may(4), closed_at=may(5))
    merged = world.pull(may(4), merged_at=may(5), first_commit_authored_at=may(4))
    row = world.row(PULL_REQUEST_DELIVERY)
    assert (row["id"], row["lead_time_hours"]) == (merged, 24.0)
    assert [row[name] for name in ("released_at", "release_tag", "lead_time_to_release_hours")] == [None] * 3


@pytest.mark.parametrize(
    ("title", "is_revert"),
    [('Revert "Add x"', True), ('revert "Add x"', False), ("Revert the change", False), ("", False)],
)
def test_which_pull_requests_take_another_back(world: World, title: str, is_revert: bool) -> None:
    world.pull(may(4), merged_at=may(5), title=title)
    assert world.row(PULL_REQUEST_DELIVERY)["is_revert"] is is_revert


def months(world: World) -> dict[tuple[str | None, date], dict[str, Any]]:
    """Months by repository (None: the organisation)."""
    rows = world.read(DELIVERY_MONTHLY, org="acme")
    assert {(row["level"] == "organisation") == (row["repo"] is None) for row in rows} == {True}
    return {(row["repo"], row["month"]): row for row in rows}


def test_lead_time_by_month(world: World) -> None:
    """Three merged in May; one is released in May, two in June; one by a bot, which counts nowhere."""
    for merged, begun in ((may(5), may(4)), (may(20), may(10)), (may(21), None)):
        world.pull(may(4), merged_at=merged, first_commit_authored_at=begun)
    world.pull(may(4), "hubot", merged_at=may(5), first_commit_authored_at=may(1))
    world.pull(may(4), repo="web", merged_at=may(6), title='Revert "x"', first_commit_authored_at=may(4))
    release(world, "v1", may(6))
    release(world, "v2", datetime(2026, 6, 2, tzinfo=UTC))
    month = months(world)
    assert set(month) == {(None, MAY), (None, JUNE), ("r", MAY), ("r", JUNE), ("web", MAY)}
    unknown = dict.fromkeys(("deployments", "deployments_per_week", "failed_deployments", "change_failure_rate"))
    assert month[None, MAY] == unknown | {
        "level": "organisation",
        "org": "acme",
        "repo": None,
        "month": MAY,
        "merged": 4,
        "median_lead_time_hours": 48.0,
        "n_lead_time_hours": 3,
        "pull_requests_released": 1,
        "median_hours_merge_to_release": 24.0,
        "n_hours_merge_to_release": 1,
        "median_lead_time_to_release_hours": 48.0,
        "n_lead_time_to_release_hours": 1,
        "releases": 1,
        "reverts": 1,
        "revert_ratio": 0.25,
    }
    assert month["r", JUNE] == unknown | {
        "level": "repository",
        "org": "acme",
        "repo": "r",
        "month": JUNE,
        "merged": 0,
        "median_lead_time_hours": None,
        "n_lead_time_hours": 0,
        # 13 days and 12 days after the merges.
        "pull_requests_released": 2,
        "median_hours_merge_to_release": 300.0,
        "n_hours_merge_to_release": 2,
        "median_lead_time_to_release_hours": 23 * 24.0,
        "n_lead_time_to_release_hours": 1,
        "releases": 1,
        "reverts": 0,
        "revert_ratio": None,
    }
    assert (month["web", MAY]["releases"], month["web", MAY]["revert_ratio"]) == (0, 1.0)


def test_deployments_by_month(world: World) -> None:
    april = datetime(2026, 4, 10, tzinfo=UTC)
    for at in (april, *(may(day) for day in (4, 5, 6))):
        world.pull(at, repo="r", merged_at=at)
    for day in range(1, 32):
        deployment(world, succeeded=may(day))
    deployment(world, succeeded=may(20), failed=may(19))  # one that succeeded at last
    deployment(world, failed=may(20))
    deployment(world, failed=may(21), repo="web")
    deployment(world, succeeded=may(21), is_production=False, environment="staging")
    deployment(world, succeeded=may(21), is_production=None)
    deployment(world)  # still going on
    deployment(world, succeeded=datetime(2026, 6, 3, tzinfo=UTC))
    world.pull(april, repo="web", merged_at=datetime(2026, 7, 1, tzinfo=UTC))
    month = months(world)
    names = ("deployments", "deployments_per_week", "failed_deployments", "change_failure_rate", "releases")
    found = {key: tuple(row[name] for name in names) for key, row in month.items()}
    # Of 31 days, 32 deployments are 32 * 7 / 31 a week. Before the first one, nobody knows.
    a_week = pytest.approx(32 * 7 / 31)
    july = date(2026, 7, 1)
    assert found == {
        (None, date(2026, 4, 1)): (None, None, None, None, None),
        (None, MAY): (32, a_week, 2, 2 / 34, None),
        (None, JUNE): (1, pytest.approx(7 / 30), 0, 0.0, None),
        (None, july): (0, 0.0, 0, None, None),
        ("r", date(2026, 4, 1)): (None, None, None, None, None),
        ("r", MAY): (32, a_week, 1, 1 / 33, None),
        ("r", JUNE): (1, pytest.approx(7 / 30), 0, 0.0, None),
        ("web", MAY): (0, 0.0, 1, 1.0, None),
        ("web", july): (0, 0.0, 0, None, None),
    }


def test_the_running_month_has_no_frequency_yet(world: World) -> None:
    deployment(world, succeeded=utc_now() - timedelta(seconds=1))
    (row,) = world.read(DELIVERY_MONTHLY, level="organisation")
    assert (row["deployments"], row["deployments_per_week"]) == (1, None)
