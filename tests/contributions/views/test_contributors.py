"""contributors, contributors_monthly and absence_factor_quarterly, counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.contributions.models import ListedPerson
from chalicelib.contributions.views import (
    ABSENCE_FACTOR_QUARTERLY,
    COMMUNITY_SHARE,
    CONTRIBUTOR_ACTIVITY_DAILY,
    CONTRIBUTORS,
    CONTRIBUTORS_MONTHLY,
)
from chalicelib.utils import utc_now
from tests.views.world import IDS, World

# Each person


def on(month: int, day: int = 1, hour: int = 0, minute: int = 0) -> datetime:
    """A time in 2025, of which everything can be told by now."""
    return datetime(2025, month, day, hour, minute, tzinfo=UTC)


def test_a_whole_row(world: World) -> None:
    """Zoe's pull request is reviewed and merged by Ada; she also comments, and closes an issue."""
    pull = world.pull(on(3, 4, 8), "zoe", merged_at=on(3, 6))
    world.review(pull, on(3, 4, 9), "zoe")  # on her own: no review
    world.review(pull, on(3, 5), "ada")
    world.event(pull, "merged", on(3, 6), "ada")
    issue = world.issue(on(3, 4), "bob", closed_at=on(3, 4, 23, 59))
    world.comment(issue, on(3, 4, 23, 58), "zoe")
    world.event(issue, "closed", on(3, 4, 23, 59), "zoe")
    world.comment(pull, on(3, 5), "zoe")
    assert world.row(CONTRIBUTORS, username="zoe") == {
        "org": "acme",
        "user_id": IDS["zoe"],
        "username": "zoe",
        "person_kind": "non-member",
        "first_at": on(3, 4, 8),
        "first_what": "opened",
        "first_kind": "pull_request",
        "last_at": on(3, 5),  # that it was merged on the 6th is Ada's act
        "contributions": 4,
        "days_active": 2,
        "is_drive_by": False,
        "issues_opened": 0,
        "pull_requests_opened": 1,
        "pull_requests_merged": 1,
        "reviews": 0,
        "comments": 2,
        "merges": 0,
        "closings": 1,
    }
    ada = world.row(CONTRIBUTORS, username="ada")
    numbers = ("contributions", "days_active", "is_drive_by", "reviews", "merges", "first_what")
    assert [ada[name] for name in numbers] == [2, 2, True, 1, 1, "reviewed"]


def test_bots_and_accounts_that_are_gone_are_no_contributors(world: World) -> None:
    issue = world.issue(on(3), None)
    world.comment(issue, on(3, 2), "hubot")
    world.pull(on(3), "dependabot[bot]", merged_at=on(3, 2))
    assert world.read(CONTRIBUTORS) == []
    assert world.read(CONTRIBUTORS_MONTHLY) == []
    assert world.read(ABSENCE_FACTOR_QUARTERLY) == []


def test_a_person_has_one_row_with_the_newest_login_and_role(world: World) -> None:
    """Bob calls himself yan after he has left; what he did is his, whatever his login was."""
    world.member("bob", until=on(5))
    issue = world.issue(on(3), "bob")
    world.comment(issue, on(6), "bob", user={"login": "yan", "id": IDS["bob"], "type": "User"}, username="yan")
    row = world.row(CONTRIBUTORS)
    names = ("user_id", "username", "person_kind", "contributions", "is_drive_by")
    assert [row[name] for name in names] == [IDS["bob"], "yan", "non-member", 2, True]


def test_who_opens_and_comments_in_the_same_second_has_opened_first(world: World) -> None:
    issue = world.issue(on(3), "zoe")
    world.comment(issue, on(3), "zoe")
    row = world.row(CONTRIBUTORS)
    assert (row["first_what"], row["first_kind"], row["days_active"]) == ("opened", "issue", 1)


def test_organisations_are_counted_apart(world: World) -> None:
    world.issue(on(3), "zoe")
    world.issue(on(4), "zoe", org="other")
    rows = world.read(CONTRIBUTORS)
    assert [(row["org"], row["first_at"], row["contributions"]) for row in rows] == [
        ("acme", on(3), 1),
        ("other", on(4), 1),
    ]


# By month

COUNTS = ("active", "new", "back", "returning", "gone")


def months(world: World, who: str = "people", **where: Any) -> dict[int, tuple[int | None, ...]]:
    """COUNTS by month of 2025, of the organisation unless said otherwise."""
    names = (f"active_{who}", f"new_{who}", f"new_{who}_back", f"returning_{who}", f"gone_{who}")
    rows = world.read(CONTRIBUTORS_MONTHLY, **({"level": "organisation"} | where))
    return {row["month"].month: tuple(row[name] for name in names) for row in rows}


def test_a_whole_month(world: World) -> None:
    """Ada, a member, and Zoe begin in March; Zoe comes back in April. Each level has a row."""
    world.issue(on(3, 1), "ada")
    issue = world.issue(on(3, 31, 23, 59), "zoe")
    world.comment(issue, on(4, 1), "zoe")
    march = {
        "org": "acme",
        "month": date(2025, 3, 1),
        "active_people": 2,
        "new_people": 2,
        "new_people_back": 1,
        "returning_people": 0,
        "gone_people": 1,
        "active_non_members": 1,
        "new_non_members": 1,
        "new_non_members_back": 1,
        "returning_non_members": 0,
        "gone_non_members": 0,
    }
    assert world.read(CONTRIBUTORS_MONTHLY, month=date(2025, 3, 1)) == [
        {"level": "organisation", "repo": None} | march,
        {"level": "repository", "repo": "r"} | march,
    ]
    assert months(world)[4] == (1, 0, 0, 0, 1)


def test_returning_is_who_did_nothing_in_the_six_months_before(world: World) -> None:
    """Zoe is away from February to July, six months; Yan from February to June, five."""
    world.issue(on(1, 31, 23), "zoe")
    world.issue(on(1, 31, 23), "yan")
    world.issue(on(7, 1), "yan")
    world.issue(on(8, 31), "zoe")
    assert months(world) == {1: (2, 2, 0, 0, 1), 7: (1, 0, 0, 0, 1), 8: (1, 0, 0, 1, 1)}


def test_new_in_a_repository_is_not_new_in_the_organisation(world: World) -> None:
    world.issue(on(1), "zoe", repo="a")
    world.issue(on(2), "zoe", repo="b")
    assert months(world) == {1: (1, 1, 1, 0, 0), 2: (1, 0, 0, 0, 1)}
    assert months(world, level="repository", repo="a") == {1: (1, 1, 0, 0, 1)}
    assert months(world, level="repository", repo="b") == {2: (1, 1, 0, 0, 1)}


@pytest.mark.parametrize(("day", "back"), [(on(1, 1, 23), 0), (on(1, 2), 1), (on(4, 1, 23), 1), (on(4, 2), 0)])
def test_new_people_are_back_on_a_later_day_within_ninety_days(world: World, day: datetime, back: int) -> None:
    """The ninetieth day after the first of January is the first of April."""
    issue = world.issue(on(1, 1, 8), "zoe")
    world.comment(issue, day, "zoe")
    assert months(world)[1][COUNTS.index("back")] == back


def test_being_merged_is_nobodys_return(world: World) -> None:
    world.pull(on(1), "zoe", merged_at=on(2))
    assert months(world) == {1: (1, 1, 0, 0, 1)}


def test_what_can_not_be_told_yet_is_null(world: World) -> None:
    """Whoever is new this month has time to come back, and to go away."""
    world.issue(utc_now() - timedelta(minutes=1), "zoe")
    (counts,) = months(world).values()
    assert counts == (1, 1, None, 0, None)


def test_a_kind_is_that_of_the_first_contribution_of_the_month(world: World) -> None:
    """Zoe opens something, then merges, and is a maintainer from then on: new as a non-member, no more one in April."""
    world.issue(on(3, 1), "zoe")
    pull = world.pull(on(3, 2), "ada", merged_at=on(3, 3))
    world.event(pull, "merged", on(3, 3), "zoe")
    world.issue(on(4), "zoe")
    assert months(world, "non_members") == {3: (1, 1, 1, 0, 0), 4: (0, 0, 0, 0, 0)}
    assert months(world) == {3: (2, 2, 1, 0, 1), 4: (1, 0, 0, 0, 1)}


# Absence


def factors(world: World, **where: Any) -> dict[tuple[int, int], tuple[int | None, ...]]:
    """Authors, their merged pull requests and their factor, then reviewers, by year and quarter."""
    authors = ("authors", "merged_pull_requests", "authors_absence_factor")
    names = (*authors, "reviewers", "reviews", "reviewers_absence_factor")
    rows = world.read(ABSENCE_FACTOR_QUARTERLY, **({"level": "organisation"} | where))
    quarters = [(row["quarter"].year, (row["quarter"].month + 2) // 3) for row in rows]
    return {quarter: tuple(row[name] for name in names) for quarter, row in zip(quarters, rows, strict=True)}


def merge(world: World, by: str, count: int, at: datetime, **columns: Any) -> list[int]:
    """Merged pull requests by a person."""
    return [world.pull(at - timedelta(hours=1), by, merged_at=at, **columns) for _ in range(count)]


def test_a_whole_quarter(world: World) -> None:
    """Ada has three of six, so half; without her, Bob and Zoe would be needed. Bob reviews one, Eve two."""
    pulls = [key for who, count in (("zoe", 1), ("bob", 2), ("ada", 3)) for key in merge(world, who, count, on(2))]
    for pull, who in zip(pulls, ("eve", "eve", "eve", "bob"), strict=False):
        world.review(pull, on(1, 31), who)
    expected = {
        "org": "acme",
        "quarter": date(2025, 1, 1),
        "authors": 3,
        "merged_pull_requests": 6,
        "authors_absence_factor": 1,
        "reviewers": 2,
        "reviews": 4,
        "reviewers_absence_factor": 1,
    }
    assert world.read(ABSENCE_FACTOR_QUARTERLY, quarter=date(2025, 1, 1)) == [
        {"level": "organisation", "repo": None} | expected,
        {"level": "repository", "repo": "r"} | expected,
    ]


def test_less_than_half_is_not_enough(world: World) -> None:
    """Ada has three of seven; with either of the two who have two each, it is five."""
    for who, count in (("ada", 3), ("bob", 2), ("zoe", 2)):
        merge(world, who, count, on(2))
    assert factors(world)[2025, 1] == (3, 7, 2, 0, 0, None)


@pytest.mark.parametrize(("people", "factor"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_people_who_did_as_much(world: World, people: int, factor: int) -> None:
    for who in ("ada", "bob", "eve", "yan", "zoe")[:people]:
        merge(world, who, 1, on(2))
    assert factors(world)[2025, 1][2] == factor


def test_what_was_merged_counts_for_four_quarters(world: World) -> None:
    """Ada's of March 2024 count up to the end of 2024, Zoe's of the last second of 2024 up to September 2025."""
    merge(world, "ada", 2, datetime(2024, 3, 31, 23, 59, tzinfo=UTC))
    merge(world, "zoe", 1, datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC))
    merged = {quarter: numbers[:3] for quarter, numbers in factors(world).items()}
    assert merged == {
        (2024, 1): (1, 2, 1),
        (2024, 2): (1, 2, 1),
        (2024, 3): (1, 2, 1),
        (2024, 4): (2, 3, 1),
        (2025, 1): (1, 1, 1),
        (2025, 2): (1, 1, 1),
        (2025, 3): (1, 1, 1),
    }


def test_no_quarter_is_to_come(world: World) -> None:
    merge(world, "ada", 1, utc_now() - timedelta(minutes=1))
    assert len(factors(world)) == 1


def test_each_repository_is_counted_for_itself(world: World) -> None:
    """In each, two of three are by one; in both together, it takes two of the four."""
    for repo, first, second in (("a", "ada", "bob"), ("b", "yan", "zoe")):
        merge(world, first, 2, on(2), repo=repo)
        merge(world, second, 1, on(2), repo=repo)
    assert factors(world)[2025, 1][:3] == (4, 6, 2)
    assert factors(world, level="repository", repo="b")[2025, 1][:3] == (2, 3, 1)


def test_gone_accounts_and_bots_are_no_authors(world: World) -> None:
    merge(world, "hubot", 3, on(2))
    world.pull(on(1), None, merged_at=on(2))
    merge(world, "zoe", 1, on(2))
    assert factors(world)[2025, 1] == (1, 1, 1, 0, 0, None)


# Maintainers in the other views of people


def test_who_has_merged_is_a_maintainer_from_then_on(world: World) -> None:
    """Zoe comments before she merges, and after that; a listed maintainer always is one."""
    world.session.add(ListedPerson(login="yan", role="maintainer"))
    pull = world.pull(on(3, 2), "yan", merged_at=on(3, 4))
    world.comment(pull, on(3, 3), "zoe")
    world.event(pull, "merged", on(3, 4), "zoe")
    world.comment(pull, on(3, 4, 12), "zoe")
    daily = {(row["day"].day, row["username"]): row["is_maintainer"] for row in world.read(CONTRIBUTOR_ACTIVITY_DAILY)}
    assert daily == {(2, "yan"): True, (3, "zoe"): False, (4, "yan"): True, (4, "zoe"): True}
    names = ("kind", "total", "by_members", "by_maintainers", "by_non_members", "maintainer_share")
    assert [tuple(row[name] for name in names) for row in world.read(COMMUNITY_SHARE)] == [
        ("comment", 2, 0, 1, 1, 0.5),
        ("pull_request", 1, 0, 1, 0, 1.0),
    ]


def test_who_changed_login_has_a_row_under_each_with_the_same_id(world: World) -> None:
    issue = world.issue(on(3), "bob")
    world.comment(issue, on(3, 1, 2), "bob", user={"login": "yan", "id": IDS["bob"], "type": "User"}, username="yan")
    rows = world.read(CONTRIBUTOR_ACTIVITY_DAILY)
    assert [(row["username"], row["user_id"], row["issues_opened"], row["comments"]) for row in rows] == [
        ("bob", IDS["bob"], 1, 0),
        ("yan", IDS["bob"], 0, 1),
    ]
