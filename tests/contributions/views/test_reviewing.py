"""pull_request_sizes_monthly, review_quality_monthly and stale_pull_requests, worked out by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.contributions.views import PULL_REQUEST_SIZES_MONTHLY, REVIEW_QUALITY_MONTHLY, STALE_PULL_REQUESTS
from chalicelib.utils import utc_now
from tests.views.world import IDS, World, may

MAY = date(2026, 5, 1)


def merged(world: World, lines: int | None, hours: int = 1, by: str = "zoe", **columns: Any) -> int:
    """A pull request opened on the 4th and merged after so many hours."""
    size = {} if lines is None else {"additions": lines - lines // 2, "deletions": lines // 2}
    return world.pull(may(4), by, merged_at=may(4) + timedelta(hours=hours), **size, **columns)


@pytest.mark.parametrize(
    ("lines", "size"),
    [
        *((0, "XS"), (10, "XS"), (11, "S"), (50, "S"), (51, "M"), (250, "M"), (251, "L"), (1000, "L"), (1001, "XL")),
        (None, "unknown"),
    ],
)
def test_size_classes(world: World, lines: int | None, size: str) -> None:
    merged(world, lines)
    rows = world.read(PULL_REQUEST_SIZES_MONTHLY)
    assert [(row["level"], row["size"], row["median_changed_lines"]) for row in rows] == [
        ("organisation", size, lines),
        ("repository", size, lines),
    ]


def test_a_whole_row_of_sizes(world: World) -> None:
    first = merged(world, 20, 10)
    world.review(first, may(4, 2), "ada", "changes_requested")
    world.event(first, "committed", may(4, 3))
    world.review(first, may(4, 5), "ada")
    second = merged(world, 30, 20)
    world.review(second, may(4, 6), "bob")
    merged(world, 40, 60)  # without a review
    merged(world, 50, 1, "hubot")  # a bot's
    world.pull(may(4), additions=20, deletions=0)  # open
    world.pull(may(4), additions=20, deletions=0, closed_at=may(5))  # not merged
    assert world.row(PULL_REQUEST_SIZES_MONTHLY, level="repository") == {
        "level": "repository",
        "org": "acme",
        "repo": "r",
        "month": MAY,
        "size": "S",
        "merged": 3,
        "median_changed_lines": 30.0,
        "n_hours_to_first_review": 2,
        "median_hours_to_first_review": 4.0,  # of 2 and 6
        "n_hours_to_merge": 3,
        "median_hours_to_merge": 20.0,  # of 10, 20 and 60
        "p90_hours_to_merge": pytest.approx(52.0),  # 20 + 0.8 * 40
        "reviewed": 2,
        "median_review_rounds": 1.5,  # of 2 and 1
        "merged_without_review": 1,
        "share_without_review": 1 / 3,
    }


def test_an_organisation_has_medians_of_its_own(world: World) -> None:
    for hours, repo in ((1, "a"), (2, "a"), (3, "a"), (100, "b")):
        merged(world, 5, hours, repo=repo)
    rows = world.read(PULL_REQUEST_SIZES_MONTHLY)
    assert [(row["level"], row["repo"], row["merged"], row["median_hours_to_merge"]) for row in rows] == [
        ("organisation", None, 4, 2.5),  # of 1, 2, 3, 100
        ("repository", "a", 3, 2.0),
        ("repository", "b", 1, 100.0),
    ]


def test_a_month_is_the_merges_and_the_never_ready_have_no_hours(world: World) -> None:
    world.pull(may(4), merged_at=datetime.fromisoformat("2026-06-01T00:00Z"), additions=1, deletions=0, draft=True)
    row = world.row(PULL_REQUEST_SIZES_MONTHLY, level="repository")
    assert (row["month"], row["merged"], row["n_hours_to_merge"]) == (date(2026, 6, 1), 1, 0)
    assert row["median_hours_to_merge"] is None


def test_a_whole_row_of_quality(world: World) -> None:
    first = merged(world, None, 48)
    world.review(first, may(4, 1), "ada", "commented")  # empty
    world.event(first, "reviewed", may(4, 2), "bob", state="commented", body="Why?")
    world.event(first, "head_ref_force_pushed", may(4, 3), "zoe")
    world.review(first, may(5), "ada")
    world.review(first, may(9), "bob", "commented")  # late
    second = merged(world, None, 48)
    world.review(second, may(5), "ada")
    third = merged(world, None, 48)
    world.review(third, may(5), "zoe", "commented")  # the author's
    world.review(third, may(5), "hubot")
    world.review(third, may(9), "ada")  # late
    merged(world, None, 48)
    world.review(merged(world, None, 48, "dependabot[bot]"), may(5), "ada")  # a bot's
    expected = {
        "org": "acme",
        "month": MAY,
        "merged": 4,
        "merged_without_review": 2,
        "share_without_review": 0.5,
        "reviewed": 2,
        "median_review_rounds": 1.5,  # of 2 and 1
        "reviews": 4,
        "reviews_per_pull_request": 1.0,  # 4 / 4
        "empty_reviews": 1,
        "share_empty": 0.25,
        "late_reviews": 2,
    }
    assert world.read(REVIEW_QUALITY_MONTHLY) == [
        {"level": "organisation", "repo": None, **expected},
        {"level": "repository", "repo": "r", **expected},
    ]


def test_a_month_without_reviews(world: World) -> None:
    merged(world, None)
    row = world.row(REVIEW_QUALITY_MONTHLY, level="organisation")
    assert (row["reviews"], row["reviews_per_pull_request"], row["share_empty"]) == (0, 0.0, None)
    assert (row["reviewed"], row["median_review_rounds"]) == (0, None)


# Stale pull requests


def days_ago(days: int) -> datetime:
    return (utc_now() - timedelta(days=days, hours=1)).replace(microsecond=0)


def test_a_whole_row_of_a_stale_one(world: World) -> None:
    opened, reviewed, touched = days_ago(90), days_ago(40), days_ago(2)
    pull = world.pull(opened, html_url="https://e.test/1", updated_at=touched)
    world.review(pull, reviewed, "ada", "changes_requested")
    world.event(pull, "labeled", touched, "bob")
    world.comment(pull, touched, "hubot")
    assert world.row(STALE_PULL_REQUESTS) == {
        "id": pull,
        "org": "acme",
        "repo": "r",
        "number": pull,
        "title": f"Title {pull}",
        "html_url": "https://e.test/1",
        "username": "zoe",
        "author_id": IDS["zoe"],
        "author_kind": "non-member",
        "is_draft": False,
        "created_at": opened,
        "last_activity_at": reviewed,
        "updated_at": touched,
        "days_idle": 40,
        "days_open": 90,
        "waiting_for": "author",
        "waiting_since": reviewed,
    }


def last_activity(world: World) -> datetime:
    at = world.row(STALE_PULL_REQUESTS)["last_activity_at"]
    assert isinstance(at, datetime)
    return at


@pytest.mark.parametrize(
    "kind",
    [
        *("commented", "reviewed", "committed", "head_ref_force_pushed", "review_requested", "reopened"),
        *("ready_for_review", "convert_to_draft"),
    ],
)
def test_what_moves_it(world: World, kind: str) -> None:
    pull = world.pull(may(4))
    assert last_activity(world) == may(4)
    world.event(pull, kind, may(5), "yan")
    assert last_activity(world) == may(5)
    world.event(pull, kind, may(6), "hubot")  # a bot
    world.event(pull, kind, may(7), "yan", removed_at=may(8))
    world.event(pull, kind, may(3), "yan")  # a commit before the opening
    assert last_activity(world) == may(5)


@pytest.mark.parametrize("kind", ["labeled", "assigned", "mentioned", "cross-referenced", "milestoned", "renamed"])
def test_what_does_not_move_it(world: World, kind: str) -> None:
    world.event(world.pull(may(4)), kind, may(5), "ada")
    assert last_activity(world) == may(4)


def test_a_draft_is_told_apart_and_waits_for_nobody(world: World) -> None:
    world.pull(may(4), draft=True)
    row = world.row(STALE_PULL_REQUESTS)
    assert (row["is_draft"], row["waiting_for"], row["waiting_since"]) == (True, None, None)


def test_what_is_closed_or_gone_is_not_stale(world: World) -> None:
    world.pull(may(4), closed_at=may(5))
    world.pull(may(4), merged_at=may(5))
    world.pull(may(4), deleted_at=may(5))
    world.issue(may(4))
    assert world.read(STALE_PULL_REQUESTS) == []


def test_never_answered_it_waits_for_us(world: World) -> None:
    world.pull(may(4), "dependabot[bot]")
    row = world.row(STALE_PULL_REQUESTS)
    assert (row["author_kind"], row["waiting_for"], row["waiting_since"]) == ("bot", "us", may(4))
