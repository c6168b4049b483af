"""review_requests and review_load_weekly: who was asked, who answered, and how much each reviews."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from chalicelib.contributions.models import Event
from chalicelib.contributions.rows.events import event_row
from chalicelib.contributions.views import REVIEW_LOAD_WEEKLY, REVIEW_REQUESTS
from chalicelib.inventory.models import Team, TeamMember
from chalicelib.utils import utc_now
from tests.views.world import FIRST_LOOK, IDS, World, may, user

CORE = 4
LATER = FIRST_LOOK + timedelta(days=2)
END = ("reviewer", "team", "requested_at", "removed_at", "reviewed_at", "is_open")


def asked(world: World, pull: int, at: datetime, who: str | None, *, event: str = "review_requested") -> None:
    """Somebody is asked by the author; an upper case name is a team's."""
    told = {"requested_team": {"id": CORE, "name": "Core", "slug": "core"}}
    details: Any = told if who == "CORE" else {"requested_reviewer": user(who)}
    world.event(pull, event, at, "zoe", details=details)


def withdrawn(world: World, pull: int, at: datetime, who: str) -> None:
    asked(world, pull, at, who, event="review_request_removed")


def team(world: World, *logins: str, since: datetime = FIRST_LOOK) -> None:
    """Who is in the team core; since the first look is since always."""
    world.session.merge(Team(id=CORE, org="acme", slug="core", name="Core", first_seen_at=FIRST_LOOK))
    world.session.flush()
    rows = [{"org": "acme", "team_id": CORE, "member_id": IDS[login], "login": login} for login in logins]
    world.session.execute(insert(TeamMember), [row | {"role": "member", "first_seen_at": since} for row in rows])


def ends(world: World) -> list[tuple[Any, ...]]:
    """Of each request: whom, when, withdrawn when, reviewed when, and whether it is open."""
    return [tuple(row[name] for name in END) for row in world.read(REVIEW_REQUESTS)]


def test_a_whole_row(world: World) -> None:
    pull = world.pull(may(4, 8), html_url="https://e.test/1")
    asked(world, pull, may(4, 9), "ada")
    world.review(pull, may(5, 12, 30), "ada", "commented")
    assert world.row(REVIEW_REQUESTS) == {
        "id": pull,
        "turn": 1,
        "org": "acme",
        "repo": "r",
        "number": pull,
        "title": f"Title {pull}",
        "html_url": "https://e.test/1",
        "username": "zoe",
        "author_id": IDS["zoe"],
        "author_kind": "non-member",
        "asked": "person",
        "reviewer_id": IDS["ada"],
        "reviewer": "ada",
        "team_id": None,
        "team": None,
        "requested_at": may(4, 9),
        "requested_by": "zoe",
        "removed_at": None,
        "reviewed_at": may(5, 12, 30),
        "reviewed_by_id": IDS["ada"],
        "reviewed_by": "ada",
        "hours_to_review": 27.5,  # 09:00 to 12:30 on the next day
        "is_open": False,
        "hours_waiting": None,
    }


def test_an_open_request_waits_until_now(world: World) -> None:
    pull = world.pull(may(4))
    at = (utc_now() - timedelta(hours=30)).replace(microsecond=0)
    asked(world, pull, at, "ada")
    world.review(pull, at - timedelta(hours=1), "ada")  # before she was asked
    world.review(pull, at + timedelta(hours=1), "bob")  # not asked
    world.comment(pull, at + timedelta(hours=2), "ada")  # no review
    assert ends(world) == [("ada", None, at, None, None, True)]
    assert world.row(REVIEW_REQUESTS)["hours_waiting"] == pytest.approx(30, abs=0.1)


@pytest.mark.parametrize("columns", [{"closed_at": may(9)}, {"merged_at": may(9)}])
def test_nobody_waits_for_a_review_of_what_is_closed(world: World, columns: dict[str, Any]) -> None:
    asked(world, world.pull(may(4), **columns), may(5), "ada")
    assert ends(world) == [("ada", None, may(5), None, None, False)]
    assert world.row(REVIEW_REQUESTS)["hours_waiting"] is None


def test_a_late_review_answers_too(world: World) -> None:
    pull = world.pull(may(4), merged_at=may(6))
    asked(world, pull, may(5), "ada")
    world.review(pull, may(7), "ada")
    assert ends(world) == [("ada", None, may(5), None, may(7), False)]


def test_asked_again_after_a_review_is_a_new_request(world: World) -> None:
    pull = world.pull(may(4))
    asked(world, pull, may(5), "ada")
    world.review(pull, may(6), "ada", "changes_requested")
    world.review(pull, may(7), "ada", "commented")  # unasked
    asked(world, pull, may(8), "ada")
    world.review(pull, may(9), "ada")
    asked(world, pull, may(10), "ada")
    assert ends(world) == [
        ("ada", None, may(5), None, may(6), False),
        ("ada", None, may(8), None, may(9), False),
        ("ada", None, may(10), None, None, True),
    ]
    assert [row["turn"] for row in world.read(REVIEW_REQUESTS)] == [1, 2, 3]


def test_asked_twice_before_an_answer_is_asked_once(world: World) -> None:
    pull = world.pull(may(4))
    for day in (5, 6, 7):
        asked(world, pull, may(day), "ada")
    asked(world, pull, may(7), "ada")  # in the same second
    world.review(pull, may(8), "ada")
    assert ends(world) == [("ada", None, may(5), None, may(8), False)]


def test_a_withdrawn_request_ends_unanswered_and_may_be_made_again(world: World) -> None:
    pull = world.pull(may(4))
    asked(world, pull, may(5), "ada")
    withdrawn(world, pull, may(6), "ada")
    world.review(pull, may(7), "ada")  # unasked
    asked(world, pull, may(8), "ada")
    withdrawn(world, pull, may(9), "bob")  # was not asked
    assert ends(world) == [("ada", None, may(5), may(6), None, False), ("ada", None, may(8), None, None, True)]


def test_in_the_same_second_the_order_of_the_events_decides_and_a_review_comes_last(world: World) -> None:
    pull = world.pull(may(4))
    asked(world, pull, may(5), "ada")
    asked(world, pull, may(5), "bob")
    withdrawn(world, pull, may(5), "ada")
    asked(world, pull, may(5), "ada")
    world.event(pull, "reviewed", may(5), "ada", state="approved", id=-1)  # ids of reviews are others
    assert ends(world) == [
        ("ada", None, may(5), may(5), None, False),
        ("bob", None, may(5), None, None, True),
        ("ada", None, may(5), None, may(5), False),
    ]


def test_what_is_removed_or_not_submitted_is_nothing(world: World) -> None:
    pull = world.pull(may(4))
    world.event(pull, "review_requested", may(5), removed_at=may(6), details={"requested_reviewer": user("bob")})
    asked(world, pull, may(5), "ada")
    world.review(pull, may(6), "ada", "pending")
    world.event(pull, "reviewed", may(6), "ada", state="approved", removed_at=may(7))
    assert ends(world) == [("ada", None, may(5), None, None, True)]
    world.pull(may(4), deleted_at=may(6))
    asked(world, pull + 100, may(5), "ada")
    assert len(ends(world)) == 1


@pytest.mark.parametrize(
    "details",
    [
        None,
        {"review_requester": {"id": 9, "login": "zoe"}},  # GraphQL: null, for an account that is gone
        {"requested_reviewer": {"login": "ghost", "id": 10137, "type": "User"}},
        {"requested_reviewer": {"login": "odd", "id": "x7"}},
        {"requested_reviewer": {"login": "odd", "id": 10**30}},
        {"requested_reviewer": "ada"},
        {"requested_team": {"slug": "core"}},
    ],
)
def test_a_request_that_does_not_say_of_whom_is_left_out(world: World, details: Any) -> None:
    world.event(world.pull(may(4)), "review_requested", may(5), details=details)
    assert ends(world) == []


def test_a_bot_is_asked_and_answers(world: World) -> None:
    pull = world.pull(may(4))
    asked(world, pull, may(5), "hubot")
    world.review(pull, may(6), "hubot", "commented")
    assert ends(world) == [("hubot", None, may(5), None, may(6), False)]
    assert world.row(REVIEW_REQUESTS)["asked"] == "bot"
    assert world.read(REVIEW_LOAD_WEEKLY) == []


def test_a_reviewer_who_changed_login_answers(world: World) -> None:
    pull = world.pull(may(4))
    asked(world, pull, may(5), "ada")
    world.event(pull, "reviewed", may(6), username="ada-2", user_id=IDS["ada"], state="approved")
    row = world.row(REVIEW_REQUESTS)
    assert (row["reviewer"], row["reviewed_by"], row["reviewed_by_id"]) == ("ada", "ada-2", IDS["ada"])


def test_requests_as_both_apis_tell_them(world: World) -> None:
    """REST tells more of a team and a person than GraphQL; both become the same details."""
    pull = world.pull(may(4))
    ada = {**(user("ada") or {}), "node_id": "U_1", "url": "https://e.test/ada"}
    core = {"id": CORE, "slug": "core", "name": "Core", "privacy": "closed", "members_url": "https://e.test/m"}
    told = ({"requested_reviewer": ada}, {"requested_team": core})
    for number, asks in enumerate(told):
        record = {"id": 900 + number, "event": "review_requested", "created_at": "2026-05-05T00:00:00Z", "actor": ada}
        row = event_row(record | asks | {"review_requester": ada}, issue_id=pull, org="acme", repo="r")
        world.session.execute(insert(Event), [row | {"page_no": 1}])
    assert ends(world) == [("ada", None, may(5), None, None, True), (None, "core", may(5), None, None, True)]


# Teams


def test_anybody_who_is_in_the_team_answers_for_it(world: World) -> None:
    team(world, "ada", "bob", "zoe")
    pull = world.pull(may(4))
    asked(world, pull, may(5), "CORE")
    world.review(pull, may(6), "eve")  # not in it
    world.review(pull, may(6, 1), "zoe", "commented")  # the author
    assert ends(world) == [(None, "core", may(5), None, None, True)]
    world.review(pull, may(7), "bob")
    world.review(pull, may(8), "ada")
    row = world.row(REVIEW_REQUESTS)
    assert (row["asked"], row["team_id"], row["reviewer_id"]) == ("team", CORE, None)
    assert (row["reviewed_at"], row["reviewed_by"], row["hours_to_review"]) == (may(7), "bob", 48.0)


def test_who_joins_later_or_has_left_does_not_answer(world: World) -> None:
    team(world, "ada", "bob")
    team(world, "eve", since=may(8))
    world.session.execute(update(TeamMember).where(TeamMember.login == "bob").values(left_at=may(5)))
    pull = world.pull(may(4))
    asked(world, pull, may(5), "CORE")
    world.review(pull, may(6), "bob")
    world.review(pull, may(7), "eve")
    assert ends(world) == [(None, "core", may(5), None, None, True)]
    world.review(pull, may(9), "eve")
    assert ends(world) == [(None, "core", may(5), None, may(9), False)]


def test_a_team_that_is_read_later_is_followed(world: World) -> None:
    pull = world.pull(may(4))
    asked(world, pull, may(5), "CORE")
    world.review(pull, may(6), "ada")
    assert ends(world) == [(None, "core", may(5), None, None, True)]
    team(world, "ada")
    assert ends(world) == [(None, "core", may(5), None, may(6), False)]


def test_a_review_answers_for_the_person_and_for_the_team(world: World) -> None:
    team(world, "ada")
    pull = world.pull(may(4))
    asked(world, pull, may(5), "ada")
    asked(world, pull, may(5, 1), "CORE")
    withdrawn(world, pull, may(5, 2), "CORE")
    asked(world, pull, may(5, 3), "CORE")
    world.review(pull, may(6), "ada")
    assert ends(world) == [
        ("ada", None, may(5), None, may(6), False),
        (None, "core", may(5, 1), may(5, 2), None, False),
        (None, "core", may(5, 3), None, may(6), False),
    ]


# Who reviews how much; the 4th of May 2026 is a Monday


def test_the_weeks_of_reviewers(world: World) -> None:
    one, two, three = (world.pull(may(4)) for _ in range(3))
    asked(world, one, may(4, 6), "ada")
    asked(world, two, may(4, 6), "ada")
    asked(world, three, may(4, 6), "ada")
    world.review(one, may(4, 8), "ada", "commented")  # first; 2 hours
    world.review(one, may(4, 9), "ada")
    world.review(one, may(4, 10), "bob")
    world.review(two, may(4, 10), "ada")  # first; 4 hours
    world.review(three, may(4, 11), "hubot", "commented")
    world.review(three, may(10, 23), None, "commented")  # first, by an account that is gone, on a Sunday
    world.review(three, may(11), "ada")  # in the next week; 162 hours
    world.review(three, may(12), "zoe", "commented")  # the author
    rows = world.read(REVIEW_LOAD_WEEKLY)
    names = ("reviews", "pull_requests", "first_reviews", "asked_reviews", "median_hours_from_request", "share")
    assert [(row["week"], row["username"], *(row[name] for name in names)) for row in rows] == [
        (date(2026, 5, 4), "ada", 3, 2, 2, 2, 3.0, 3 / 5),
        (date(2026, 5, 4), "bob", 1, 1, 0, 0, None, 1 / 5),
        (date(2026, 5, 11), "ada", 1, 1, 0, 1, 162.0, 1.0),
    ]
    assert [row["reviews_of_all"] for row in rows] == [5, 5, 1]
    assert [row["user_id"] for row in rows] == [IDS["ada"], IDS["bob"], IDS["ada"]]


def test_a_late_review_is_a_review_and_no_first_one_and_a_team_is_nobody_in_person(world: World) -> None:
    team(world, "ada")
    pull = world.pull(may(4), merged_at=may(5))
    asked(world, pull, may(4), "CORE")
    world.review(pull, may(6), "ada")
    row = world.row(REVIEW_LOAD_WEEKLY)
    assert (row["reviews"], row["first_reviews"], row["asked_reviews"]) == (1, 0, 0)


def test_each_organisation_for_itself(world: World) -> None:
    world.review(world.pull(may(4)), may(5), "ada")
    world.review(world.pull(may(4), org="other"), may(5), "ada")
    assert [(row["org"], row["share"]) for row in world.read(REVIEW_LOAD_WEEKLY)] == [("acme", 1.0), ("other", 1.0)]
