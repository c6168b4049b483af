"""Hours that people work. The first of May 2026 was a Friday."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from chalicelib.contributions.models import WorkingDay
from chalicelib.contributions.views import (
    ISSUE_BUSINESS_HOURS,
    ISSUE_BUSINESS_HOURS_MONTHLY,
    PULL_REQUEST_BUSINESS_HOURS,
    PULL_REQUEST_BUSINESS_HOURS_MONTHLY,
)
from tests.views.working import work
from tests.views.world import World, may

TO_RESPONSE, TO_REVIEW, TO_MERGE, TO_CLOSE = (
    f"business_hours_to_{what}" for what in ("first_response", "first_review", "merge", "close")
)
HOURS = (TO_RESPONSE, TO_REVIEW, TO_MERGE)


def pull_over_a_weekend(world: World) -> int:
    """Opened on Friday at 16:00, answered on Monday at 10:30, reviewed at 12:00, merged on Tuesday at 9:00."""
    pull = world.pull(may(1, 16), merged_at=may(5, 9))
    world.comment(pull, may(4, 10, 30), "ada")
    world.review(pull, may(4, 12), "ada")
    return pull


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("UTC", (2.5, 4.0, 9.0)),
        ("Europe/Berlin", (3.5, 5.0, 10.0)),  # opened at 18:00 there; Monday begins at 7:00 UTC
        ("Pacific/Auckland", (8.0, 8.0, 16.0)),  # opened on Saturday there; Monday is from Sunday, 21:00 UTC, to 5:00
        ("America/Los_Angeles", (8.0, 8.0, 16.0)),  # opened at 9:00 there; Friday ends at midnight UTC
    ],
)
def test_only_working_hours_count(world: World, zone: str, hours: tuple[float, ...]) -> None:
    pull = pull_over_a_weekend(world)
    work(world, zone)
    assert world.row(PULL_REQUEST_BUSINESS_HOURS) == {
        "id": pull,
        "org": "acme",
        "repo": "r",
        "number": pull,
        "author_kind": "non-member",
        "created_at": may(1, 16),
        "ready_at": may(1, 16),
        "merged_at": may(5, 9),
        **dict(zip(HOURS, hours, strict=True)),
    }


@pytest.mark.parametrize(
    ("days", "hours", "expected"),
    [
        ("mon", "09:00-17:00", (1.5, 3.0, 8.0)),
        ("mon,tue,wed,thu,fri,sat,sun", "00:00-24:00", (66.5, 68.0, 89.0)),  # as in pull_request_cycle
        ("sat", "12:00-12:30", (0.5, 0.5, 0.5)),
    ],
)
def test_days_and_hours_are_settings(world: World, days: str, hours: str, expected: tuple[float, ...]) -> None:
    pull_over_a_weekend(world)
    work(world, "UTC", days, hours)
    row = world.row(PULL_REQUEST_BUSINESS_HOURS)
    assert tuple(row[name] for name in HOURS) == expected


def test_what_has_not_happened_has_no_hours(world: World) -> None:
    world.pull(may(4, 9))
    draft = world.pull(may(4, 9), draft=True)
    world.comment(draft, may(4, 10), "ada")
    work(world)
    assert [[row[name] for name in HOURS] for row in world.read(PULL_REQUEST_BUSINESS_HOURS)] == [[None] * 3] * 2


def test_hours_begin_when_it_is_ready_and_are_never_below_zero(world: World) -> None:
    pull = world.pull(may(4, 9), merged_at=may(5, 10))
    world.comment(pull, may(4, 10), "ada")
    world.event(pull, "ready_for_review", may(4, 15), "zoe")
    work(world)
    row = world.row(PULL_REQUEST_BUSINESS_HOURS)
    assert [row["ready_at"], *(row[name] for name in HOURS)] == [may(4, 15), 0.0, None, 3.0]


def test_issues_across_the_change_to_summer_time(world: World) -> None:
    """From Friday, 16:00 in Berlin, to Monday, 10:00, which is 8:00 UTC there since Sunday."""
    opened, closed = datetime(2026, 3, 27, 15, tzinfo=UTC), datetime(2026, 3, 30, 8, tzinfo=UTC)
    issue = world.issue(opened, closed_at=closed)
    world.comment(issue, closed - timedelta(minutes=30), "ada")
    work(world, "Europe/Berlin")
    assert world.row(ISSUE_BUSINESS_HOURS) == {
        "id": issue,
        "org": "acme",
        "repo": "r",
        "number": issue,
        "author_kind": "non-member",
        "created_at": opened,
        "closed_at": closed,
        TO_RESPONSE: 1.5,
        TO_CLOSE: 2.0,
    }


def test_without_a_calendar_nothing_is_known(world: World) -> None:
    pull_over_a_weekend(world)
    world.issue(may(4), closed_at=may(5))
    assert world.row(PULL_REQUEST_BUSINESS_HOURS)[TO_MERGE] is None
    assert world.row(ISSUE_BUSINESS_HOURS)[TO_CLOSE] is None
    assert {row[f"n_{TO_CLOSE}"] for row in world.read(ISSUE_BUSINESS_HOURS_MONTHLY)} == {0}


def test_the_calendar_begins_before_the_first_item_and_goes_on_until_the_end_of_next_year(world: World) -> None:
    work(world)
    day, days = WorkingDay.day, select(func.min(WorkingDay.day), func.max(WorkingDay.day), func.count())
    assert tuple(world.session.execute(days).one()) == (None, None, 0)  # no items
    world.issue(may(4))
    world.pull(datetime(2025, 7, 1, tzinfo=UTC), org="other")
    work(world)
    assert tuple(world.session.execute(days).one()) == (date(2025, 1, 1), date(2027, 12, 31), 3 * 365)
    world.session.execute(delete(WorkingDay).where(day == date(2026, 1, 1)))
    work(world, today=date(2027, 1, 1))
    assert tuple(world.session.execute(days).one()) == (date(2025, 1, 1), date(2028, 12, 31), 3 * 365 + 366)


def test_months_of_pull_requests_by_repository_and_organisation(world: World) -> None:
    pull_over_a_weekend(world)  # 2.5, 4 and 9 hours
    quick = world.pull(may(4, 9), repo="web", merged_at=may(4, 10))
    world.review(quick, may(4, 9, 30), "ada")
    world.pull(may(4, 9), "hubot", repo="web", merged_at=may(6, 9))
    late = world.pull(may(29, 9), merged_at=datetime(2026, 6, 1, 9, tzinfo=UTC))  # Friday, a day of 8 hours
    world.review(late, may(29, 15), "ada")
    work(world)
    rows = [tuple(row.values()) for row in world.read(PULL_REQUEST_BUSINESS_HOURS_MONTHLY)]
    may_, june = date(2026, 5, 1), date(2026, 6, 1)
    assert sorted(rows, key=repr) == [
        ("organisation", "acme", None, may_, 2.5, 3, 4.0, 3, 5.0, 2),
        ("organisation", "acme", None, june, None, 0, None, 0, 8.0, 1),
        ("repository", "acme", "r", may_, 4.25, 2, 5.0, 2, 9.0, 1),
        ("repository", "acme", "r", june, None, 0, None, 0, 8.0, 1),
        ("repository", "acme", "web", may_, 0.5, 1, 0.5, 1, 1.0, 1),
    ]


def test_months_of_issues_by_repository_and_organisation(world: World) -> None:
    for repo, closed in (("r", may(4, 10)), ("r", may(4, 12)), ("web", may(5, 9))):
        world.issue(may(4, 9), repo=repo, closed_at=closed)
    answered = world.issue(may(4, 9), repo="web")
    world.comment(answered, may(4, 9, 15), "yan")
    world.issue(may(4, 9), "hubot", closed_at=may(8))
    work(world)
    rows = [tuple(row.values()) for row in world.read(ISSUE_BUSINESS_HOURS_MONTHLY)]
    assert sorted(rows, key=repr) == [
        ("organisation", "acme", None, date(2026, 5, 1), 0.25, 1, 3.0, 3),
        ("repository", "acme", "r", date(2026, 5, 1), None, 0, 2.0, 2),
        ("repository", "acme", "web", date(2026, 5, 1), 0.25, 1, 8.0, 1),
    ]
