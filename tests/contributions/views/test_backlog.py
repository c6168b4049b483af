"""open_backlog_daily, counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.contributions.views import OPEN_BACKLOG_DAILY
from chalicelib.utils import utc_now
from tests.views.world import World, may


def days(world: World, **where: Any) -> list[tuple[int, int, int, int, int]]:
    """Per day of May with anything, and the days between: day, opened, reopened, closed, open."""
    rows = world.read(OPEN_BACKLOG_DAILY, level="repository", **where)
    found = [
        (row["day"], row["opened"], row["reopened"], row["closed"], row["open_items"])
        for row in rows
        if row["day"] < date(2026, 5, 12)
    ]
    return [(day.day, *counts) for day, *counts in found]


def test_opened_and_closed(world: World) -> None:
    world.issue(may(4, 23, 59), closed_at=may(7))
    world.issue(may(5), closed_at=may(5, 1))
    world.issue(may(5))
    assert days(world) == [
        (4, 1, 0, 0, 1),
        (5, 2, 0, 1, 2),
        (6, 0, 0, 0, 2),  # nothing happened
        (7, 0, 0, 1, 1),
        *((day, 0, 0, 0, 1) for day in range(8, 12)),
    ]


def test_it_goes_on_without_a_gap_until_today(world: World) -> None:
    world.issue(may(4), closed_at=may(5))
    rows = [row["day"] for row in world.read(OPEN_BACKLOG_DAILY, level="repository")]
    today = utc_now().date()
    assert rows in (
        [date(2026, 5, 4) + timedelta(days=n) for n in range((end - date(2026, 5, 4)).days + 1)]
        for end in (today, today - timedelta(days=1))  # midnight may pass
    )


def test_reopened_and_closed_again(world: World) -> None:
    issue = world.issue(may(4), closed_at=may(9))
    world.event(issue, "closed", may(5), "ada")
    world.event(issue, "reopened", may(7), "zoe")
    world.event(issue, "closed", may(9), "ada")
    open_items = [row[-1] for row in days(world)]
    assert open_items == [1, 0, 0, 1, 1, 0, 0, 0]  # from 4 to 11 May


def test_reopened_and_open(world: World) -> None:
    issue = world.issue(may(4))
    world.event(issue, "closed", may(5), "ada")
    world.event(issue, "reopened", may(6), "zoe")
    assert [row[-1] for row in days(world)] == [1, 0, 1, 1, 1, 1, 1, 1]


def test_closed_and_reopened_on_one_day(world: World) -> None:
    issue = world.issue(may(4))
    world.event(issue, "closed", may(5, 1), "ada")
    world.event(issue, "reopened", may(5, 2), "zoe")
    assert days(world)[1] == (5, 0, 1, 1, 1)


def test_closed_twice_is_closed_once(world: World) -> None:
    """GitHub tells of a merge, and of a closing by a commit, more than once."""
    pull = world.pull(may(4), merged_at=may(6))
    world.event(pull, "closed", may(6), "ada")
    world.event(pull, "closed", may(6), "ada")
    assert days(world)[2] == (6, 0, 0, 1, 0)


def test_closed_and_reopened_in_one_second_are_in_the_order_of_their_ids(world: World) -> None:
    issue = world.issue(may(4))
    world.event(issue, "reopened", may(5), "zoe", id=900_002)
    world.event(issue, "closed", may(5), "zoe", id=900_001)
    assert days(world)[1] == (5, 0, 1, 1, 1)


def test_events_that_dont_lead_to_the_state_are_not_believed(world: World) -> None:
    open_one = world.issue(may(4), repo="a")
    world.event(open_one, "closed", may(5), "ada")  # its reopening is not read yet
    closed_one = world.issue(may(4), repo="b", closed_at=may(8))
    world.event(closed_one, "closed", may(5), "ada")
    world.event(closed_one, "reopened", may(6), "ada")  # its closing is not read yet
    assert [row[-1] for row in days(world, repo="a")] == [1] * 8
    assert [row[-1] for row in days(world, repo="b")] == [1, 1, 1, 1, 0, 0, 0, 0]


def test_a_removed_reopening_is_none(world: World) -> None:
    issue = world.issue(may(4), closed_at=may(5))
    world.event(issue, "closed", may(5), "ada")
    world.event(issue, "reopened", may(6), "ada", removed_at=may(9))
    assert [row[-1] for row in days(world)] == [1, 0, 0, 0, 0, 0, 0, 0]


def test_kinds_repositories_and_organisations_are_apart(world: World) -> None:
    world.issue(may(9))
    world.pull(may(10))
    world.issue(may(11), repo="s")
    world.issue(may(11), org="other")
    found = {
        (row["level"], row["org"], row["repo"], row["kind"], row["day"].day, row["open_items"])
        for row in world.read(OPEN_BACKLOG_DAILY)
        if row["day"] < date(2026, 5, 12)
    }
    assert found == {
        *(("repository", "acme", "r", "issue", day, 1) for day in (9, 10, 11)),
        *(("repository", "acme", "r", "pull_request", day, 1) for day in (10, 11)),
        ("repository", "acme", "s", "issue", 11, 1),
        ("repository", "other", "r", "issue", 11, 1),
        *(("organisation", "acme", None, "issue", day, 1 + (day == 11)) for day in (9, 10, 11)),
        *(("organisation", "acme", None, "pull_request", day, 1) for day in (10, 11)),
        ("organisation", "other", None, "issue", 11, 1),
    }


def test_a_deleted_one_was_never_there(world: World) -> None:
    world.issue(may(4), deleted_at=may(9))
    assert days(world) == []


def test_a_day_ends_at_midnight_utc(world: World) -> None:
    world.issue(datetime(2026, 5, 4, 23, 59, 59, tzinfo=UTC), closed_at=datetime(2026, 5, 10, tzinfo=UTC))
    assert next((row[0], row[-1]) for row in days(world)) == (4, 1)
    assert [(row[0], row[-1]) for row in days(world)][5:7] == [(9, 1), (10, 0)]
