"""Alerts of the world: numbers, states and times, what a plan brings, and that others stay as they were."""

from random import Random
from typing import Any

import pytest

from sandbox import Alert, CodeAlert, DependabotAlert, Payloads, Repository, SecretAlert, World
from sandbox.world import happenings
from sandbox.world.alerts import ALERT_KINDS, Dismissible
from tests.sandbox.conftest import NOW, ORGS, small_plan

HOUR = 3_600
DISMISSIBLE = (DependabotAlert, CodeAlert)
UNDISMISSED = dict.fromkeys(("dismissed_at", "dismissed_by", "dismissed_reason", "dismissed_comment"))


@pytest.fixture
def world() -> World:
    world = World(small_plan())
    world.stand_still()
    return world


@pytest.fixture
def repository(world: World) -> Repository:
    return next(iter(world.repositories.values()))


def later(world: World) -> int:
    world.advance(world.now + HOUR)
    return world.now


def told(alert: Alert, *names: str) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in names}


def test_numbers_count_per_repository_and_kind(world: World) -> None:
    one, other = list(world.repositories.values())[:2]
    found = [world.open_alert(place, kind) for place in (one, one, other) for kind in ALERT_KINDS]
    assert [alert.number for alert in found] == [1, 1, 1, 2, 2, 2, 1, 1, 1]
    assert len({alert.id for alert in found}) == len(found)
    assert world.alerts(Alert) == found
    assert world.alerts(CodeAlert, one) == [found[2], found[5]]
    assert world.alerts(SecretAlert, one.owner) == [found[1], found[4], found[7]]
    assert {(alert.created_at, alert.updated_at, alert.state) for alert in found} == {(NOW, NOW, "open")}


def test_fields_are_those_of_the_kind(world: World, repository: Repository) -> None:
    alert = world.open_alert(repository, DependabotAlert, severity="critical", package="axe")
    assert told(alert, "severity", "package", "ecosystem") == {
        "severity": "critical",
        "package": "axe",
        "ecosystem": "npm",
    }
    with pytest.raises(TypeError):
        world.open_alert(repository, DependabotAlert, secret="x")
    now = later(world)
    world.edit_alert(alert, severity="high")
    assert told(alert, "severity", "updated_at", "state") == {"severity": "high", "updated_at": now, "state": "open"}
    with pytest.raises(AttributeError):
        world.edit_alert(alert, secret="x")


@pytest.mark.parametrize("kind", DISMISSIBLE)
def test_fixed_and_open_again(world: World, repository: Repository, kind: type[Dismissible]) -> None:
    alert = world.open_alert(repository, kind)
    names = ("state", "fixed_at", "updated_at")
    now = later(world)
    world.fix_alert(alert)
    assert told(alert, *names) == {"state": "fixed", "fixed_at": now, "updated_at": now}
    with pytest.raises(ValueError, match="the alert is fixed, not open or"):
        world.fix_alert(alert)
    now = later(world)
    world.reopen_alert(alert)
    assert told(alert, *names) == {"state": "open", "fixed_at": None, "updated_at": now}
    with pytest.raises(ValueError, match="the alert is open"):
        world.reopen_alert(alert)


@pytest.mark.parametrize("kind", DISMISSIBLE)
def test_dismissed_and_open_again(world: World, repository: Repository, kind: type[Dismissible]) -> None:
    alert, person, now = world.open_alert(repository, kind), world.people[3], later(world)
    world.dismiss_alert(alert, kind.reasons[1], actor=person, comment="Not us")
    expected = [now, person, kind.reasons[1], "Not us"]
    assert told(alert, *UNDISMISSED) == dict(zip(UNDISMISSED, expected, strict=True))
    assert told(alert, "state", "updated_at") == {"state": "dismissed", "updated_at": now}
    world.reopen_alert(alert)
    assert told(alert, *UNDISMISSED) == UNDISMISSED
    with pytest.raises(ValueError, match="bored: one of"):
        world.dismiss_alert(alert, "bored")


def test_a_fix_of_code_may_be_silent_and_leaves_a_dismissal_alone(world: World, repository: Repository) -> None:
    silent, dismissed = world.open_alert(repository, CodeAlert), world.open_alert(repository, CodeAlert)
    world.dismiss_alert(dismissed, "used in tests")
    now = later(world)
    world.fix_alert(silent, silently=True)
    assert told(silent, "state", "fixed_at", "updated_at") == {"state": "fixed", "fixed_at": now, "updated_at": NOW}
    world.fix_alert(dismissed)
    assert told(dismissed, "state", "fixed_at") == {"state": "dismissed", "fixed_at": now}
    with pytest.raises(ValueError, match="only code scanning"):
        world.fix_alert(world.open_alert(repository, DependabotAlert), silently=True)


def test_rules_dismiss_and_reopen(world: World, repository: Repository) -> None:
    alert, names = world.open_alert(repository, DependabotAlert), ("state", "auto_dismissed_at", "updated_at")
    first = later(world)
    world.auto_dismiss_alert(alert)
    assert told(alert, *names) == {"state": "auto_dismissed", "auto_dismissed_at": first, "updated_at": first}
    with pytest.raises(ValueError, match="the alert is auto_dismissed"):
        world.reopen_alert(alert)
    second = later(world)
    world.auto_reopen_alert(alert)
    assert told(alert, *names) == {"state": "open", "auto_dismissed_at": None, "updated_at": second}
    world.auto_dismiss_alert(alert)
    world.fix_alert(alert)
    assert told(alert, "state", "auto_dismissed_at") == {"state": "fixed", "auto_dismissed_at": None}


def test_a_secret_is_resolved_and_open_again(world: World, repository: Repository) -> None:
    alert, now = world.open_alert(repository, SecretAlert), later(world)
    world.resolve_alert(alert, "revoked", comment="Gone")
    names = ("state", "resolution", "resolved_at", "resolved_by", "resolution_comment")
    admin = world.first_admin(repository.owner)
    assert told(alert, *names) == dict(zip(names, ("resolved", "revoked", now, admin, "Gone"), strict=True))
    world.reopen_alert(alert)
    assert told(alert, *names) == {"state": "open", **dict.fromkeys(names[1:])}
    with pytest.raises(ValueError, match="lost: one of"):
        world.resolve_alert(alert, "lost")


def test_alerts_go_with_their_repository(world: World) -> None:
    world = World(small_plan(organisations=ORGS))
    acme, umbrella = (world.organisations[name] for name in ORGS)
    alert = world.open_alert(acme.repositories[0], CodeAlert)
    gone = world.open_alert(acme.repositories[1], CodeAlert)
    world.move_repository(acme.repositories[0], umbrella)
    world.delete_repository(gone.repository)
    assert world.alerts(CodeAlert) == world.alerts(CodeAlert, umbrella) == [alert]
    assert world.alerts(CodeAlert, acme) == []


def shown(world: World) -> list[object]:
    payloads = Payloads(world, "http://api.test")
    return [payloads.single_issue(item) for item in world.items.values()]


def test_a_plan_brings_alerts_and_changes_nothing_else() -> None:
    without, world, again = (World(small_plan(alerts=number)) for number in (0, 8, 8))
    assert without.alerts(Alert) == []
    assert shown(without) == shown(world)
    for kind in ALERT_KINDS:
        found = world.alerts(kind)
        assert 25 < len(found) < 55
        states = {alert.state for alert in found}
        assert states == {"open", "resolved"} if kind is SecretAlert else states >= {"open", "fixed", "dismissed"}
    names = ("id", "number", "state", "created_at", "updated_at")
    assert [told(one, *names) for one in world.alerts(Alert)] == [told(one, *names) for one in again.alerts(Alert)]
    before = len(world.alerts(Alert))
    world.advance(world.now + 60 * 24 * HOUR)
    assert len(world.alerts(Alert)) > before


def test_only_worlds_with_alerts_let_them_happen_by_themselves() -> None:
    for number, expected in ((0, False), (5, True)):
        world, rng = World(small_plan(alerts=number)), Random(1)
        kinds = {one["kind"] for _ in range(300) for one in world.happen(rng)}
        assert bool(kinds & set(happenings.ALERT_KINDS)) == expected
        assert "commented" in kinds


@pytest.mark.parametrize("kind", happenings.ALERT_KINDS)
def test_each_kind_can_happen_alone(kind: str) -> None:
    world, rng = World(small_plan(alerts=4)), Random(3)
    world.happen(rng, ["alert_fixed"])
    world.happen(rng, ["alert_auto_dismissed"])
    assert {one["kind"] for _ in range(3) for one in world.happen(rng, [kind])} == {kind}
    empty = World(small_plan(repositories=0, items=0))
    assert empty.happen(rng, [kind]) == []


def test_nothing_is_found_where_a_feature_is_off(world: World) -> None:
    for repository in world.repositories.values():
        repository.security.secret_scanning = False
    assert world.happen(Random(1), ["secret_alert_opened"]) == []
    assert world.happen(Random(1), ["code_alert_opened"]) != []
