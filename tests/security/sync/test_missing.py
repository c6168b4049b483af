"""What becomes of alerts that a list does not show: proof is asked for, and what is back is shown at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from sandbox import DependabotAlert
from tests.organisation import DAY, ORG, Organisation, organisation
from tests.security.conftest import rows_of
from tests.security.sync.test_alerts import KINDS, PATHS, run, stored
from tests.security.sync.test_failures import marks

Make = Callable[..., Organisation]


@pytest.fixture
def make(db_url: str) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(*, each: int = 6, **plan: Any) -> Organisation:
            """An organisation in which each repository has so many open alerts of Dependabot."""
            sizes = {"items": 10, "days": 30, "repositories": 3}
            made = stack.enter_context(organisation(db_url, **{**sizes, **plan}))
            made.environment["SECURITY"] = "on"
            world = made.sandbox.world
            world.stand_still()
            for repository in world.repositories.values():
                for _ in range(each):
                    world.open_alert(repository, DependabotAlert)
            made.run_job("every_30_min")
            assert check(made).status == "ok"
            return made

        yield make


def check(org: Organisation) -> Any:
    return run(org, "dependabot_alerts")["dependabot_alerts"]


def unlisted(org: Organisation) -> dict[str, int]:
    """How many alerts are unlisted, by the reason."""
    found: dict[str, int] = {}
    for row in stored(org, "dependabot").values():
        if row["unlisted_at"] is not None:
            found[row["unlisted_reason"]] = found.get(row["unlisted_reason"], 0) + 1
    return found


def hiding(org: Organisation, *repositories: Any, status: int = 404, message: str = "Not Found") -> Any:
    """Let GitHub not show the alerts of some repositories, neither on lists nor alone."""
    ids = {repository.id for repository in repositories}

    def told(request: Any, answer: Any) -> Any:
        if request.path.startswith("/org") and request.path.endswith("/dependabot/alerts"):
            kept = [one for one in answer.data if one["repository"]["id"] not in ids]
            return replace(answer, data=kept)
        if any(request.path.startswith(f"/repositories/{number}/dependabot/") for number in ids):
            return replace(answer, data={"message": message}, status=status)
        return answer

    return org.sandbox.oddities.telling(told)


@pytest.mark.parametrize("each", [6, 1])
def test_what_is_not_found_is_believed_to_be_gone_a_day_later_only(make: Make, each: int) -> None:
    """A token that suddenly saw less emptied the view of open alerts at once, without a note."""
    org = make(each=each)
    there = list(org.sandbox.world.repositories.values())
    org.advance(8 * DAY)
    with hiding(org, *there):
        first = check(org)
        assert (first.status, unlisted(org)) == ("ok", {})
        assert "GitHub has some of Dependabot's alerts no more: only a reading 20 hours later is believed" in first.note
        org.advance(3600)
        assert check(org).requests == 1
        org.advance(DAY)
        check(org)
    assert unlisted(org) == {"not_found": 3 * each}


def test_a_doubt_is_about_an_alert_and_forgotten_when_it_is_shown(make: Make) -> None:
    """An old doubt about other alerts was believed of these."""
    org = make()
    first, second, _ = org.sandbox.world.repositories.values()
    org.advance(8 * DAY)
    with hiding(org, first):
        check(org)
    org.advance(8 * DAY)
    with hiding(org, second):
        check(org)
    assert unlisted(org) == {}
    org.advance(DAY)
    check(org)
    org.advance(8 * DAY)
    with hiding(org, first):
        check(org)
    assert unlisted(org) == {}


@pytest.mark.parametrize(("status", "message"), [(451, "Repository access blocked"), (422, "Odd"), (500, "Oops")])
def test_a_repository_that_cannot_be_asked_holds_up_no_other_one(make: Make, status: int, message: str) -> None:
    org = make()
    first, _, third = sorted(org.sandbox.world.repositories.values(), key=lambda one: one.id)
    third.security.dependabot = False
    org.advance(8 * DAY)
    with hiding(org, first, status=status, message=message):
        assert check(org).status == "failed"
    assert unlisted(org) == {"off": 6}


@pytest.mark.parametrize("stays", ["rejected", "older", "forbidden"])
def test_alerts_that_can_never_be_settled_starve_no_others(
    make: Make, monkeypatch: pytest.MonkeyPatch, stays: str
) -> None:
    """The same ones were asked for in each run, for ever."""
    monkeypatch.setattr("chalicelib.security.sync.missing.MOST_ASKED", 3)
    org = make(each=3)
    first, _, third = sorted(org.sandbox.world.repositories.values(), key=lambda one: one.id)
    third.security.dependabot = False
    changed = {"rejected": {"state": "deferred"}, "older": {"updated_at": "2020-01-01T00:00:00Z"}}.get(stays, {})

    def told(request: Any, answer: Any) -> Any:
        if request.path.startswith("/org") and request.path.endswith("/dependabot/alerts"):
            return replace(answer, data=[one for one in answer.data if one["repository"]["id"] != first.id])
        if f"/repositories/{first.id}/dependabot/" in request.path:
            if stays == "forbidden":
                return replace(answer, data={"message": "Not for you"}, status=403)
            return replace(answer, data={**answer.data, **changed})
        return answer

    org.advance(8 * DAY)
    with org.sandbox.oddities.telling(told):
        for _ in range(3):
            check(org)
            org.advance(DAY)
    assert unlisted(org) == {"off": 3}


def test_a_page_that_always_fails_does_not_hold_up_what_is_new(make: Make) -> None:
    org = make(each=80)
    world = org.sandbox.world
    org.advance(8 * DAY)
    new = world.open_alert(next(iter(world.repositories.values())), DependabotAlert)

    def told(request: Any, answer: Any) -> Any:
        is_whole = ("direction", "asc") in request.arguments and request.path.endswith("/dependabot/alerts")
        return replace(answer, data={"message": "Oops"}, status=500) if is_whole else answer

    with org.sandbox.oddities.telling(told):
        assert check(org).status == "failed"
    assert (new.repository.id, new.number) in stored(org, "dependabot")


def test_a_feature_that_goes_off_while_a_whole_reading_is_under_way_comes_back_whole(make: Make) -> None:
    """The reading went on behind its last page: what that page had stayed unlisted for a week."""
    org = make(each=80)
    security = org.sandbox.world.organisations[ORG].security
    org.advance(8 * DAY)
    pages = 0

    def told(request: Any, answer: Any) -> Any:
        nonlocal pages
        if ("direction", "asc") in request.arguments and request.path.endswith("/dependabot/alerts"):
            pages += 1
        return replace(answer, data={"message": "Oops"}, status=500) if pages > 1 else answer

    with org.sandbox.oddities.telling(told):
        check(org)
    security.dependabot = False
    for hours in (1, 23):
        org.advance(hours * 3600)
        check(org)
    assert unlisted(org) == {"organisation_off": 240}
    security.dependabot = True
    org.advance(3600)
    check(org)
    assert unlisted(org) == {}


def test_a_day_on_which_the_list_was_readable_ends_the_belief_that_it_is_off(make: Make) -> None:
    org = make()
    security = org.sandbox.world.organisations[ORG].security
    # Also when the list is as it was (304).
    for is_on in (True, False, True, False):
        security.dependabot = is_on
        org.advance(DAY)
        check(org)
    assert unlisted(org) == {}


def test_one_repository_that_is_forbidden_holds_up_nothing_else(make: Make) -> None:
    """The watermark stood still, and new alerts of the others came a day late, each second day."""
    org = make()
    first, second, *_ = org.sandbox.world.repositories.values()
    org.advance(8 * DAY)
    alert = org.sandbox.world.open_alert(second, DependabotAlert)
    with hiding(org, first, status=403, message="Resource not accessible by integration"):
        failed = check(org)
        assert failed.status == "failed"
        assert failed.error.count("(the credentials need vulnerability_alerts=read)") == 1
        assert (second.id, alert.number) in stored(org, "dependabot")
        assert marks(org)["dependabot_alerts"] == org.now()
        # Asked once for its repository, and the lists are read as on any day.
        org.advance(DAY)
        new = org.sandbox.world.open_alert(second, DependabotAlert)
        assert check(org).status == "failed"
        assert (second.id, new.number) in stored(org, "dependabot")
    assert unlisted(org) == {}
    assert check(org).status == "ok"


def test_those_beyond_the_limit_of_a_run_are_asked_for_in_the_next_ones(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same hundred were asked for each week, and the others never."""
    monkeypatch.setattr("chalicelib.security.sync.missing.MOST_ASKED", 5)
    org = make()
    hidden, gone, _ = org.sandbox.world.repositories.values()
    org.advance(8 * DAY)
    asked = list[str]()

    def told(request: Any, answer: Any) -> Any:
        if request.path.startswith("/org") and request.path.endswith("/dependabot/alerts"):
            return replace(
                answer, data=[one for one in answer.data if one["repository"]["id"] not in (hidden.id, gone.id)]
            )
        if "/dependabot/alerts/" in request.path:
            asked.append(request.path)
            if f"/repositories/{gone.id}/" in request.path:
                message = "Dependabot alerts are disabled for this repository."
                return replace(answer, data={"message": message}, status=403)
        return answer

    with org.sandbox.oddities.telling(told):
        assert "and 5 were asked for: the next runs ask for the others" in check(org).note
        for _ in range(2):
            org.advance(3600)
            check(org)
    assert len(asked) == len(set(asked)) == 7
    assert unlisted(org) == {"off": 6}


def hide_for_a_week(org: Organisation, repository: Any) -> None:
    """Let the token not see a repository, until that is believed, and its alerts are unlisted."""
    org.sandbox.tokens.hide(org.sandbox.token, [repository.full_name])
    org.run_job("every_30_min")
    org.advance(DAY)
    org.run_job("every_30_min")
    org.advance(8 * DAY)
    check(org)


def test_alerts_of_a_repository_that_is_back_are_back_the_same_day(make: Make) -> None:
    """They stayed hidden for up to a week, while snapshots said that they were current."""
    org = make()
    first = next(iter(org.sandbox.world.repositories.values()))
    hide_for_a_week(org, first)
    assert unlisted(org) == {"repository_gone": 6}
    org.sandbox.tokens.hide(org.sandbox.token, [])
    org.advance(DAY)
    org.run_job("every_30_min")
    check(org)
    assert unlisted(org) == {}
    org.advance(DAY)
    assert check(org).requests == 1


def test_alerts_of_a_feature_that_is_switched_on_again_are_back_the_same_day(make: Make) -> None:
    org = make()
    first = next(iter(org.sandbox.world.repositories.values()))
    first.security.dependabot = False
    org.advance(8 * DAY)
    check(org)
    assert unlisted(org) == {"off": 6}
    first.security.dependabot = True
    org.advance(DAY)
    run(org, "repository_checks")
    check(org)
    assert unlisted(org) == {}


def test_a_list_that_is_behind_is_read_whole_again_the_next_day(make: Make) -> None:
    """One reading too early made the alerts wait for a week."""
    org = make(each=60)
    first = next(iter(org.sandbox.world.repositories.values()))
    hide_for_a_week(org, first)
    assert unlisted(org) == {"repository_gone": 60}
    org.sandbox.tokens.hide(org.sandbox.token, [])
    org.advance(DAY)
    org.run_job("every_30_min")
    with hiding(org, first):
        check(org)
    assert unlisted(org) == {"repository_gone": 60}
    org.advance(DAY)
    check(org)
    assert unlisted(org) == {}


def test_an_old_check_does_not_say_that_a_feature_is_on_again(make: Make) -> None:
    org = make(each=60)
    first = next(iter(org.sandbox.world.repositories.values()))
    run(org, "repository_checks")
    first.security.dependabot = False
    org.advance(8 * DAY)
    check(org)
    assert unlisted(org) == {"off": 60}
    org.advance(DAY)
    assert check(org).requests <= 2
    first.security.dependabot = True
    org.advance(DAY)
    run(org, "repository_checks")
    check(org)
    assert unlisted(org) == {}


def test_a_run_for_one_repository_leaves_what_is_unlisted_of_the_others(make: Make) -> None:
    org = make(each=60)
    first, second, _ = org.sandbox.world.repositories.values()
    first.security.dependabot = False
    org.advance(8 * DAY)
    check(org)
    first.security.dependabot = True
    org.advance(DAY)
    run(org, "repository_checks")
    org.environment["GH_REPOS"] = second.full_name
    check(org)
    assert unlisted(org) == {"off": 60}
    del org.environment["GH_REPOS"]
    check(org)
    assert unlisted(org) == {}


def test_a_feature_that_is_off_everywhere_leaves_nothing_open(make: Make) -> None:
    """Its alerts stayed open, and grew older for ever; but GitHub is not believed at once."""
    org = make()
    security = org.sandbox.world.organisations[ORG].security
    security.dependabot = False
    org.advance(DAY)
    check(org)
    assert unlisted(org) == {}
    org.advance(DAY)
    check(org)
    assert unlisted(org) == {"organisation_off": 18}
    assert "dependabot_alerts" not in marks(org)
    security.dependabot = True
    org.advance(DAY)
    check(org)
    assert unlisted(org) == {}


def test_another_repository_under_the_same_name_is_not_asked(make: Make) -> None:
    """The alerts of a repository that took the name were stored under the old one's id."""
    org = make(each=2)
    world = org.sandbox.world
    old = next(iter(world.repositories.values()))
    name = old.name
    before = {key: row["package"] for key, row in stored(org, "dependabot").items()}
    world.delete_repository(old)
    new = world.create_repository(world.organisations[ORG], name)
    for _ in range(2):
        world.fix_alert(world.open_alert(new, DependabotAlert, package="a-strangers"))
    org.advance(8 * DAY)
    check(org)
    after = {key: row["package"] for key, row in stored(org, "dependabot").items() if key in before}
    assert after == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_or_number_that_there_is_not_is_kept_aside(make: Make, kind: str) -> None:
    org = make(alerts=3)

    def told(request: Any, answer: Any) -> Any:
        if not (request.path.startswith("/org") and request.path.endswith(f"/{PATHS[kind]}/alerts")):
            return answer
        odd = [{**one, "state": word} for one, word in zip(answer.data, ("", "OPEN", "quarantined"), strict=False)]
        return replace(answer, data=[*odd, *({**one, "number": 0} for one in answer.data[3:])])

    run(org)
    before = stored(org, kind)
    org.advance(8 * DAY)
    with org.sandbox.oddities.telling(told):
        ran = run(org)[KINDS[kind][0].__tablename__]
    assert ran.rejected > 0
    assert "some alerts could not be understood" in ran.note
    assert {key: row["state"] for key, row in stored(org, kind).items()} == {
        key: row["state"] for key, row in before.items()
    }
    assert all(row["unlisted_at"] is None for row in rows_of(org.db_url, KINDS[kind][0]))
