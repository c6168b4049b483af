"""contributor_activity_daily, community_share and trending_issues, counted by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chalicelib.contributions.views import COMMUNITY_SHARE, CONTRIBUTOR_ACTIVITY_DAILY, TRENDING_ISSUES
from chalicelib.utils import utc_now
from tests.views.world import IDS, World, may

# Activity


def activity(world: World) -> dict[tuple[int, str], dict[str, int | bool]]:
    """What is not 0 or false, by day of May and login."""
    rows = world.read(CONTRIBUTOR_ACTIVITY_DAILY)
    keys = ("org", "day", "username", "user_id")
    return {
        (row["day"].day, row["username"]): {name: value for name, value in row.items() if value and name not in keys}
        for row in rows
    }


def test_a_whole_row(world: World) -> None:
    world.issue(may(4, 8), "zoe")
    assert world.row(CONTRIBUTOR_ACTIVITY_DAILY) == {
        "org": "acme",
        "day": date(2026, 5, 4),
        "username": "zoe",
        "user_id": IDS["zoe"],
        "is_member": False,
        "is_maintainer": False,
        "is_bot": False,
        "issues_opened": 1,
        "issues_closed": 0,
        "pull_requests_opened": 0,
        "pull_requests_merged": 0,
        "pull_requests_closed": 0,
        "merges": 0,
        "reviews": 0,
        "comments": 0,
    }


def test_a_busy_day(world: World) -> None:
    """Zoe's pull request is reviewed twice and merged by Ada, who also closes an issue; a bot and a ghost look on."""
    pull = world.pull(may(4, 8), "zoe", merged_at=may(5, 9))
    world.review(pull, may(4, 9), "ada", "changes_requested")
    world.review(pull, may(4, 10), "zoe", "commented")  # on her own: no review
    world.review(pull, may(5, 8), "ada")
    world.event(pull, "merged", may(5, 9), "ada")
    world.event(pull, "closed", may(5, 9), "ada")  # by the merge
    issue = world.issue(may(5, 7), "ada", closed_at=may(5, 12))
    world.comment(issue, may(5, 10), "zoe")
    world.comment(issue, may(5, 11), "hubot")
    world.comment(issue, may(5, 11), None)
    world.event(issue, "closed", may(5, 12), "ada")
    assert activity(world) == {
        (4, "zoe"): {"pull_requests_opened": 1},
        (4, "ada"): {"is_member": True, "reviews": 1},
        (5, "ada"): {"is_member": True, "issues_opened": 1, "issues_closed": 1, "merges": 1, "reviews": 1},
        (5, "zoe"): {"pull_requests_merged": 1, "comments": 1},
        (5, "hubot"): {"is_bot": True, "comments": 1},
    }


def test_closing_a_pull_request_without_a_merge(world: World) -> None:
    pull = world.pull(may(4), "zoe", merged_at=may(7))
    world.event(pull, "closed", may(5), "ada")
    world.event(pull, "reopened", may(6), "ada")
    world.event(pull, "closed", may(7), "ada")  # by the merge
    assert activity(world)[5, "ada"] == {"is_member": True, "pull_requests_closed": 1}
    assert (7, "ada") not in activity(world)


def test_a_member_is_one_at_that_time(world: World) -> None:
    world.member("ada", until=may(5))
    world.issue(may(4), "ada")
    world.issue(may(6), "ada")
    assert {day: "is_member" in row for (day, _), row in activity(world).items()} == {4: True, 6: False}


def test_what_is_gone_or_not_submitted_or_about_nothing_known_is_no_activity(world: World) -> None:
    gone = world.issue(may(4), "zoe", deleted_at=may(6))
    world.comment(gone, may(4), "ada")
    world.comment(12345, may(4), "ada")
    there = world.pull(may(4), None)
    world.comment(there, may(4), "ada", removed_at=may(6))
    world.review(there, may(4), "ada", "pending")
    assert activity(world) == {}


# Shares


def test_shares_by_hand(world: World) -> None:
    """Issues in May: 1 by a member, 2 by others, 1 by a bot; comments: 2 by members, 1 by a ghost."""
    for who in ("ada", "zoe", "yan", "dependabot[bot]"):
        issue = world.issue(may(4), who)
    for comment_by in ("ada", "bob", None):
        world.comment(issue, may(31, 23, 59), comment_by)
    pull = world.pull(may(6), "hubot")
    world.review(pull, may(31) + timedelta(days=9), "eve")  # 9 June
    names = ["month", "kind", "total", "by_members", "by_non_members", "by_bots"]
    names += ["member_share", "non_member_share", "bot_share"]
    assert [tuple(row[name] for name in names) for row in world.read(COMMUNITY_SHARE)] == [
        (date(2026, 5, 1), "comment", 3, 2, 1, 0, 2 / 3, 1 / 3, 0.0),
        (date(2026, 5, 1), "issue", 4, 1, 2, 1, 0.25, 0.5, 0.25),
        (date(2026, 5, 1), "pull_request", 1, 0, 0, 1, 0.0, 0.0, 1.0),
        (date(2026, 6, 1), "review", 1, 1, 0, 0, 1.0, 0.0, 0.0),
    ]


def test_merges_and_closings_are_nothing_said(world: World) -> None:
    pull = world.pull(may(4), merged_at=may(5))
    world.event(pull, "merged", may(5), "ada")
    world.event(pull, "closed", may(5), "ada")
    assert [row["kind"] for row in world.read(COMMUNITY_SHARE)] == ["pull_request"]


# Trending


def test_most_talked_of_first(world: World) -> None:
    now = utc_now().replace(microsecond=0)
    hour = timedelta(hours=1)
    quiet, loud, lively = (world.issue(now - 900 * hour, "zoe", updated_at=now) for _ in range(3))
    world.comment(quiet, now - 3 * hour, "yan")
    for hours_ago in (5, 4):
        world.comment(loud, now - hours_ago * hour, "yan")
    for who in ("zoe", "yan"):
        world.comment(lively, now - 6 * hour, who)
    names = ("id", "rank", "comments", "commenters", "last_comment_at")
    assert sorted(tuple(row[name] for name in names) for row in world.read(TRENDING_ISSUES)) == [
        (quiet, 3, 1, 1, now - 3 * hour),
        (loud, 2, 2, 1, now - 4 * hour),
        (lively, 1, 2, 2, now - 6 * hour),  # as many comments, by more people
    ]


def test_a_whole_trending_row(world: World) -> None:
    now = utc_now().replace(microsecond=0)
    issue = world.issue(may(4), "zoe", updated_at=now, closed_at=may(5), html_url="https://e.test/1")
    world.comment(issue, now, None)
    assert world.row(TRENDING_ISSUES) == {
        "id": issue,
        "org": "acme",
        "repo": "r",
        "number": issue,
        "title": f"Title {issue}",
        "html_url": "https://e.test/1",
        "state": "closed",
        "username": "zoe",
        "rank": 1,
        "comments": 1,
        "commenters": 0,  # the account is gone
        "last_comment_at": now,
        "author_id": IDS["zoe"],
    }


@pytest.mark.parametrize("who", ["ada", "hubot", "dependabot[bot]"])
def test_members_and_bots_make_no_trend(world: World, who: str) -> None:
    world.comment(world.issue(may(4), updated_at=utc_now()), utc_now(), who)
    assert world.read(TRENDING_ISSUES) == []


def test_seven_days_are_168_hours(world: World) -> None:
    now = utc_now()
    issue = world.issue(may(4), updated_at=now)
    world.comment(issue, now - timedelta(hours=168, minutes=1), "zoe")
    assert world.read(TRENDING_ISSUES) == []
    world.comment(issue, now - timedelta(hours=167, minutes=59), "zoe")
    assert world.row(TRENDING_ISSUES)["comments"] == 1


def test_pull_requests_and_what_is_gone_dont_trend(world: World) -> None:
    now = utc_now()
    world.comment(world.pull(may(4), updated_at=now), now, "zoe")
    world.comment(world.issue(may(4), updated_at=now, deleted_at=now), now, "zoe")
    world.comment(world.issue(may(4), updated_at=now), now, "zoe", removed_at=now)
    assert world.read(TRENDING_ISSUES) == []
