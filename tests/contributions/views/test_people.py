"""Who is a member, a bot or neither, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.contributions.views import ISSUE_CYCLE
from tests.views.world import FIRST_LOOK, IDS, World, may, user


def author_kind(world: World) -> str:
    return str(world.row(ISSUE_CYCLE)["author_kind"])


@pytest.mark.parametrize(
    ("login", "kind"),
    [("ada", "member"), ("zoe", "non-member"), ("hubot", "bot"), ("dependabot[bot]", "bot"), (None, "non-member")],
)
def test_kinds(world: World, login: str | None, kind: str) -> None:
    world.issue(may(4), login)
    assert author_kind(world) == kind


@pytest.mark.parametrize("login", ["robot", "bot", "[bot]x", "ot]"])
def test_a_login_that_only_resembles_a_bots(world: World, login: str) -> None:
    world.issue(may(4), user={"login": login, "id": 77, "type": "User"}, username=login)
    assert author_kind(world) == "non-member"


def test_a_bot_among_the_members_is_a_bot(world: World) -> None:
    world.member("hubot")
    world.issue(may(4), "hubot")
    assert author_kind(world) == "bot"


def test_who_was_there_at_the_first_look_has_always_been(world: World) -> None:
    world.issue(FIRST_LOOK - timedelta(days=900), "ada")
    assert author_kind(world) == "member"


def test_the_first_look_may_take_a_day(world: World) -> None:
    world.member("zoe", since=FIRST_LOOK + timedelta(hours=24))
    world.issue(may(1) - timedelta(days=900), "zoe")
    assert author_kind(world) == "member"


@pytest.mark.parametrize(("day", "kind"), [(9, "non-member"), (10, "member"), (11, "member")])
def test_who_came_later_is_a_member_from_then_on(world: World, day: int, kind: str) -> None:
    world.member("zoe", since=may(10))
    world.issue(may(day), "zoe")
    assert author_kind(world) == kind


@pytest.mark.parametrize(("day", "kind"), [(9, "member"), (10, "non-member"), (11, "non-member")])
def test_who_left_was_a_member_until_then(world: World, day: int, kind: str) -> None:
    world.member("ada", until=may(10))
    world.issue(may(day), "ada")
    assert author_kind(world) == kind


def test_a_member_of_another_organisation_is_none_here(world: World) -> None:
    world.member("zoe", org="other")
    world.issue(may(4), "zoe")
    assert author_kind(world) == "non-member"


def test_a_member_of_two_is_counted_once(world: World) -> None:
    world.member("ada", org="other")
    world.issue(may(4), "ada", org="other")
    assert author_kind(world) == "member"


def test_a_member_under_a_former_login(world: World) -> None:
    world.issue(may(4), user=(user("ada") or {}) | {"login": "ada-before"}, username="ada-before")
    assert author_kind(world) == "member"


def test_an_id_beyond_32_bits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(IDS, "zoe", 2**40)
    world.member("zoe")
    world.issue(may(4), "zoe")
    assert author_kind(world) == "member"
