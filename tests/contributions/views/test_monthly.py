"""The cycles by month and week, for each repository, team and organisation; hours worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from chalicelib.contributions.views import (
    ISSUE_CYCLE_MONTHLY,
    ISSUE_CYCLE_WEEKLY,
    PULL_REQUEST_CYCLE,
    PULL_REQUEST_CYCLE_MONTHLY,
    PULL_REQUEST_CYCLE_WEEKLY,
)
from chalicelib.inventory.models import Team, TeamMember
from chalicelib.models import PullRequest
from chalicelib.store.views import View
from chalicelib.utils import utc_now
from tests.views.world import FIRST_LOOK, IDS, World, may

pytestmark = pytest.mark.slow

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
BY_MONTH = (PULL_REQUEST_CYCLE_MONTHLY, ISSUE_CYCLE_MONTHLY)


def team(world: World, number: int, **columns: Any) -> None:
    row: dict[str, Any] = {"id": number, "org": "acme", "slug": f"t{number}", "name": f"T {number}"}
    world.session.execute(insert(Team), [row | {"first_seen_at": FIRST_LOOK} | columns])


def stay(world: World, number: int, login: str, since: datetime = FIRST_LOOK, until: datetime | None = None) -> None:
    row = {"team_id": number, "member_id": IDS[login], "org": "acme", "login": login, "role": "member"}
    world.session.execute(insert(TeamMember), [row | {"first_seen_at": since, "left_at": until}])


def level(world: World, view: View, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in world.read(view, level=name)]


def three(name: str, n: int, median: float | None, p90: Any = None) -> dict[str, Any]:
    """The three columns of some hours."""
    return {f"n_{name}": n, f"median_{name}": median, f"p90_{name}": median if p90 is None else p90}


# Every column


def five_pull_requests(world: World) -> None:
    """Opened from 4 to 8 May by Ada, who is in a team: in a whole world, what each column is made of."""
    team(world, 1)
    stay(world, 1, "ada")
    # Hours after the opening: somebody's comment, Bob's review, what it is, and the merge.
    of_each = [(1, 2, "approved", 4), (2, 4, "commented", 20), (None, 6, "approved", 24 * 29), (8, None, "", None)]
    for day, (comment, review, state, merge) in enumerate(of_each, 4):
        opened = may(day)
        pull = world.pull(opened, "ada", merged_at=merge and opened + timedelta(hours=merge))
        if comment:
            world.comment(pull, opened + timedelta(hours=comment), "zoe")
        if review:
            world.review(pull, opened + timedelta(hours=review), "bob", state)
    world.pull(may(8), "ada", closed_at=may(8, 12))
    world.pull(may(8), "dependabot[bot]", merged_at=may(8, 1))
    # The first was begun six hours before its opening, the last one after its merge: somebody's clock was wrong.
    for number, written in ((1, may(3, 18)), (3, may(4) + timedelta(days=60))):
        chosen = update(PullRequest).where(PullRequest.number == number)
        world.session.execute(chosen.values(first_commit_authored_at=written))


@pytest.mark.parametrize(
    ("about", "repo", "slug"), [("repository", "r", None), ("team", None, "t1"), ("organisation", None, None)]
)
def test_each_column_of_a_month_of_pull_requests(world: World, about: str, repo: str | None, slug: str | None) -> None:
    five_pull_requests(world)
    first, second = world.read(PULL_REQUEST_CYCLE_MONTHLY, level=about)
    keys = {"level": about, "org": "acme", "repo": repo, "team": slug}
    age = first.pop("median_age_hours_open")
    assert age == pytest.approx((utc_now() - may(7)).total_seconds() / 3600, abs=0.1)
    assert first == {
        **(keys | {"month": MAY, "opened": 5, "answered": 4, "answered_by_us": 3, "reviewed": 3, "approved": 2}),
        "still_open": 1,
        **three("hours_to_first_response", 4, 4.0, pytest.approx(7.4)),  # 1 2 6 8: at 2.7, 0.7 of the way from 6 to 8
        **three("hours_to_our_first_response", 3, 4.0, pytest.approx(5.6)),  # 2 4 6
        **three("hours_to_first_review", 3, 4.0, pytest.approx(5.6)),
        **three("hours_to_approval", 2, 4.0, pytest.approx(5.6)),  # 2 6
        "merged": 2,
        **three("hours_to_merge", 2, 12.0, pytest.approx(18.4)),  # 4 20
        **three("lead_time_hours", 1, 10.0),  # 3 May 18:00 to 4 May 04:00
        "closed": 3,
        **three("hours_to_close", 3, 12.0, pytest.approx(18.4)),  # 4 12 20
    }
    # The one of 6 May was merged 29 days later, on 4 June; nothing was opened in June.
    assert second == {
        **(keys | {"month": JUNE, "opened": 0, "answered": 0, "answered_by_us": 0, "reviewed": 0, "approved": 0}),
        "still_open": 0,
        "median_age_hours_open": None,
        **three("hours_to_first_response", 0, None),
        **three("hours_to_our_first_response", 0, None),
        **three("hours_to_first_review", 0, None),
        **three("hours_to_approval", 0, None),
        "merged": 1,
        **three("hours_to_merge", 1, 696.0),
        **three("lead_time_hours", 0, None),
        "closed": 1,
        **three("hours_to_close", 1, 696.0),
    }


@pytest.mark.parametrize(
    ("about", "repo", "slug"), [("repository", "r", None), ("team", None, "t1"), ("organisation", None, None)]
)
def test_each_column_of_a_month_of_issues(world: World, about: str, repo: str | None, slug: str | None) -> None:
    """Four opened in May; answered after 1 (by Zoe; 2 by Bob) and 6 hours; closed after 10, and 720 hours in June."""
    team(world, 1)
    stay(world, 1, "ada")
    for day, ours, close in ((4, 2, 10), (5, 6, 720), (6, None, None), (8, None, None)):
        issue = world.issue(may(day), "ada", closed_at=close and may(day) + timedelta(hours=close))
        if ours:
            world.comment(issue, may(day, ours), "bob")
        if day == 4:
            world.comment(issue, may(day, 1), "zoe")
    world.issue(may(7), "hubot", closed_at=may(8))
    first, second = world.read(ISSUE_CYCLE_MONTHLY, level=about)
    keys = {"level": about, "org": "acme", "repo": repo, "team": slug}
    age = first.pop("median_age_hours_open")
    assert age == pytest.approx((utc_now() - may(7)).total_seconds() / 3600, abs=0.1)  # between 6 and 8 May
    assert first == {
        **(keys | {"month": MAY, "opened": 4, "answered": 2, "answered_by_us": 2, "still_open": 2}),
        **three("hours_to_first_response", 2, 3.5, pytest.approx(5.5)),  # 1 6
        **three("hours_to_our_first_response", 2, 4.0, pytest.approx(5.6)),  # 2 6
        "closed": 1,
        **three("hours_to_close", 1, 10.0),
    }
    assert second == {
        **(keys | {"month": JUNE, "opened": 0, "answered": 0, "answered_by_us": 0, "still_open": 0}),
        "median_age_hours_open": None,
        **three("hours_to_first_response", 0, None),
        **three("hours_to_our_first_response", 0, None),
        "closed": 1,
        **three("hours_to_close", 1, 720.0),  # 5 May + 30 days
    }


# Levels


def test_the_organisations_median_is_no_mean_of_its_repositories_medians(world: World) -> None:
    """Averages of medians said 942 hours where the median was 115."""
    for hour in (1, 2, 3, 4):
        world.pull(may(4), repo="large", merged_at=may(4, hour))
    world.pull(may(4), repo="small", merged_at=may(9, 4))
    columns = ("repo", "merged", "n_hours_to_merge", "median_hours_to_merge")
    view = PULL_REQUEST_CYCLE_MONTHLY
    assert level(world, view, "repository", *columns) == [("large", 4, 4, 2.5), ("small", 1, 1, 124.0)]
    assert level(world, view, "organisation", *columns) == [(None, 5, 5, 3.0)]  # and not 63.25
    assert level(world, view, "team", *columns) == []


def test_organisations_are_apart(world: World) -> None:
    world.issue(may(4))
    world.issue(may(4), org="other")
    for name in ("repository", "organisation"):
        rows = level(world, ISSUE_CYCLE_MONTHLY, name, "org", "opened")
        assert rows == [("acme", 1), ("other", 1)]


@pytest.mark.parametrize("view", BY_MONTH, ids=lambda view: view.name)
def test_an_item_counts_for_the_teams_its_author_was_in_when_opening_it(world: World, view: View) -> None:
    """Also when it was closed after that; and for nobody when the author was in no team."""
    make = world.pull if view is PULL_REQUEST_CYCLE_MONTHLY else world.issue
    team(world, 1)
    team(world, 2)
    stay(world, 1, "ada", until=may(10))
    stay(world, 2, "ada", since=may(10))
    make(may(9), "ada", closed_at=may(12))
    for hours in (2, 4):
        make(may(10), "ada", closed_at=may(10, hours))
    make(may(13), "ada")
    make(may(13), "zoe", closed_at=may(14))
    make(may(13), None)
    columns = ("team", "opened", "closed", "median_hours_to_close", "still_open")
    assert level(world, view, "team", *columns) == [("t1", 1, 1, 72.0, 0), ("t2", 3, 2, 3.0, 1)]
    assert level(world, view, "organisation", *columns) == [(None, 6, 4, 14.0, 2)]  # of 2 4 24 72


def test_who_was_there_at_the_first_look_was_there_before(world: World) -> None:
    team(world, 1)
    stay(world, 1, "ada")
    stay(world, 1, "bob", since=may(20))
    before = datetime(2026, 3, 1, tzinfo=UTC)
    world.pull(before, "ada")
    world.pull(before, "bob")
    assert level(world, PULL_REQUEST_CYCLE_MONTHLY, "team", "team", "opened") == [("t1", 1)]


def test_one_in_two_teams_counts_for_each(world: World) -> None:
    for number in (1, 2):
        team(world, number)
        stay(world, number, "ada")
    world.pull(may(9), "ada")
    assert level(world, PULL_REQUEST_CYCLE_MONTHLY, "team", "team", "opened") == [("t1", 1), ("t2", 1)]
    assert level(world, PULL_REQUEST_CYCLE_MONTHLY, "organisation", "opened") == [(1,)]


def test_a_rejoined_person_counts_once(world: World) -> None:
    team(world, 1)
    stay(world, 1, "ada", until=may(3))
    stay(world, 1, "ada", since=may(3))
    world.pull(may(9), "ada")
    world.pull(may(2), "ada")
    assert level(world, PULL_REQUEST_CYCLE_MONTHLY, "team", "team", "opened") == [("t1", 2)]


def test_a_team_made_anew_under_the_same_name_counts_nobody_twice(world: World) -> None:
    """Who is in the new team when it is first seen was not in it before: its namesake was there."""
    team(world, 1, slug="core", deleted_at=may(10))
    team(world, 2, slug="core", first_seen_at=may(11))
    stay(world, 1, "ada")
    stay(world, 2, "ada", since=may(11))
    for day in (9, 10, 12):
        world.pull(may(day), "ada")
    assert level(world, PULL_REQUEST_CYCLE_MONTHLY, "team", "team", "opened") == [("core", 2)]


def test_people_are_known_by_id_also_under_another_login(world: World) -> None:
    """Teams were matched by login: pull requests from before a new name were in no team."""
    team(world, 1)
    stay(world, 1, "ada")
    world.pull(may(9), "ada", username="ada-before", merged_at=may(9, 1))
    world.pull(may(9), "zoe", username="ada")  # who took the login that she gave up
    assert level(world, PULL_REQUEST_CYCLE_MONTHLY, "team", "opened", "merged") == [(1, 1)]


# Who counts, and how


def test_percentiles_lie_between_two_of_ten_values(world: World) -> None:
    """They were the fifth and the ninth, where other tools say 5.5 and 9.1."""
    for hour in range(1, 11):
        world.review(world.pull(may(4)), may(4, hour), "ada")
    row = world.row(PULL_REQUEST_CYCLE_MONTHLY, level="repository")
    assert (row["median_hours_to_first_review"], row["p90_hours_to_first_review"]) == (5.5, pytest.approx(9.1))


def test_bots_pull_requests_are_in_no_month(world: World) -> None:
    team(world, 1)
    for bot in ("dependabot[bot]", "hubot"):
        stay(world, 1, bot)
        world.pull(may(4), bot, merged_at=may(5))
    assert world.read(PULL_REQUEST_CYCLE_MONTHLY) == []
    assert {row["author_kind"] for row in world.read(PULL_REQUEST_CYCLE)} == {"bot"}


def test_a_review_of_what_still_is_a_draft_counts_though_it_took_no_hours(world: World) -> None:
    """It was left out of `reviewed`, which counted hours; so n says that there are none."""
    pull = world.pull(may(4), draft=True)
    world.review(pull, may(5), "ada")
    columns = ("opened", "reviewed", "approved", "n_hours_to_first_review", "median_hours_to_first_review")
    assert level(world, PULL_REQUEST_CYCLE_MONTHLY, "repository", *columns) == [(1, 1, 1, 0, None)]


# Months and weeks


def test_months_are_utc(world: World) -> None:
    world.pull(datetime(2026, 4, 30, 23, 59, 59, tzinfo=UTC))
    world.pull(may(1), repo="s")
    rows = level(world, PULL_REQUEST_CYCLE_MONTHLY, "repository", "repo", "month", "opened")
    assert rows == [("r", date(2026, 4, 1), 1), ("s", MAY, 1)]
    rows = level(world, PULL_REQUEST_CYCLE_MONTHLY, "organisation", "month", "opened")
    assert rows == [(date(2026, 4, 1), 1), (MAY, 1)]


@pytest.mark.parametrize(
    ("view", "finished"), [(PULL_REQUEST_CYCLE_WEEKLY, "merged_at"), (ISSUE_CYCLE_WEEKLY, "closed_at")]
)
def test_a_week_across_a_years_end_is_one(world: World, view: View, finished: str) -> None:
    """The week of Monday, 29 December 2025 is the first one of 2026 by ISO 8601."""
    make: Any = world.pull if finished == "merged_at" else world.issue
    sunday = datetime(2025, 12, 28, 23, 59, 59, tzinfo=UTC)
    monday = datetime(2025, 12, 29, tzinfo=UTC)
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    make(sunday, **{finished: sunday + timedelta(hours=2)})
    make(monday, **{finished: monday + timedelta(hours=4)})
    make(new_year)
    make(datetime(2026, 1, 4, 23, 59, 59, tzinfo=UTC))
    make(datetime(2026, 1, 5, tzinfo=UTC))
    columns = ("week", "opened", "closed", "median_hours_to_close")
    expected = [
        (date(2025, 12, 22), 1, 0, None),
        (date(2025, 12, 29), 3, 2, 3.0),  # 2 4
        (date(2026, 1, 5), 1, 0, None),
    ]
    for name in ("repository", "organisation"):
        assert level(world, view, name, *columns) == expected


@pytest.mark.parametrize(
    ("weekly", "monthly"), [(PULL_REQUEST_CYCLE_WEEKLY, BY_MONTH[0]), (ISSUE_CYCLE_WEEKLY, BY_MONTH[1])]
)
def test_weeks_have_the_columns_of_months(weekly: View, monthly: View) -> None:
    names = [column.name for column in monthly.table.c]
    assert [column.name for column in weekly.table.c] == ["week" if name == "month" else name for name in names]
