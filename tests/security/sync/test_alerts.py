"""Alerts of a sandbox organisation that lives on: the tables are what GitHub shows, at a cost that follows changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.github import Budget
from chalicelib.security.models import AlertTransition, CodeScanningAlert, DependabotAlert, SecretScanningAlert
from sandbox import CodeAlert as CodeThere
from sandbox import DependabotAlert as DependabotThere
from sandbox import SecretAlert as SecretThere
from tests.organisation import DAY, ORG, Organisation, at, organisation
from tests.security.conftest import rows_of, run_steps

KINDS: dict[str, tuple[Any, Any]] = {
    "dependabot": (DependabotAlert, DependabotThere),
    "secret_scanning": (SecretScanningAlert, SecretThere),
    "code_scanning": (CodeScanningAlert, CodeThere),
}
PATHS = {"dependabot": "dependabot", "secret_scanning": "secret-scanning", "code_scanning": "code-scanning"}
Alerts = dict[tuple[int, int], Any]
Make = Callable[..., Organisation]


@pytest.fixture
def make(db_url: str) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(**plan: Any) -> Organisation:
            sizes = {"items": 10, "days": 60, "repositories": 4, "alerts": 8}
            made = stack.enter_context(organisation(db_url, **{**sizes, **plan}))
            made.environment["SECURITY"] = "on"
            return made

        yield make


@pytest.fixture
def org(make: Make) -> Organisation:
    return make()


def run(org: Organisation, *names: str, **options: Any) -> dict[str, SimpleNamespace]:
    return run_steps(org.settings, ORG, org.now(), names, **options)


def stored(org: Organisation, kind: str) -> Alerts:
    rows = rows_of(org.db_url, KINDS[kind][0])
    return {(row["repository_id"], row["number"]): row for row in rows}


def truth(org: Organisation, kind: str) -> Alerts:
    """What the lists show, by repository and number."""
    world, shown = org.sandbox.world, org.sandbox.truth.alerts(KINDS[kind][1], org=ORG)
    listed = {
        (alert.repository.id, alert.number)
        for alert in world.alerts(KINDS[kind][1])
        if getattr(alert, "branch", None) in (None, alert.repository.default_branch)
    }
    records = {(record["repository"]["id"], record["number"]): record for record in shown}
    return {key: record for key, record in records.items() if key in listed}


def changes(org: Organisation, kind: str) -> dict[tuple[int, int], list[dict[str, Any]]]:
    """The changes of each alert, each after the one that led to its first state."""
    found: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in rows_of(org.db_url, AlertTransition, "at", "is_exact"):
        if row["kind"] == kind:
            found.setdefault((row["repository_id"], row["number"]), []).append(row)
    return found


def assert_equal(org: Organisation) -> None:
    for kind in KINDS:
        rows, shown = stored(org, kind), truth(org, kind)
        assert rows.keys() == shown.keys()
        for key, record in shown.items():
            row = rows[key]
            assert (row["state"], row["created_at"]) == (record["state"], at(record["created_at"]))
            assert row["updated_at"] == at(record["updated_at"])
            assert row["unlisted_at"] is None
            for name in ("fixed_at", "dismissed_at", "auto_dismissed_at", "resolved_at"):
                assert row.get(name) == (record.get(name) and at(record[name])), (key, name)


def assert_chained(org: Organisation) -> None:
    """Each alert was opened, and each change begins with the state that the one before ended with."""
    for kind in KINDS:
        told = changes(org, kind)
        rows = stored(org, kind)
        assert told.keys() == rows.keys()
        for key, found in told.items():
            state: str | None = None
            for change in found:
                assert change["from_state"] == state, found
                state = change["to_state"]
            assert state == rows[key]["state"]


def test_the_tables_follow_for_three_weeks(org: Organisation) -> None:
    run(org)
    assert_equal(org)
    world = org.sandbox.world
    before = {kind: {key: row["state"] for key, row in stored(org, kind).items()} for kind in KINDS}
    for _ in range(22):
        org.advance(DAY)
        assert {run.status for run in run(org).values()} == {"ok"}
    # What happened since the last whole reading, and moved no updated_at.
    org.advance(7 * DAY)
    world.stand_still()
    run(org)
    assert_equal(org)
    assert_chained(org)
    assert any(stored(org, kind)[key]["state"] != state for kind, old in before.items() for key, state in old.items())


def test_every_change_of_state_gets_its_time(org: Organisation) -> None:
    world = org.sandbox.world
    world.stand_still()
    repository = next(iter(world.repositories.values()))
    one, two = (world.open_alert(repository, DependabotThere) for _ in range(2))
    secret, code = world.open_alert(repository, SecretThere), world.open_alert(repository, CodeThere)
    begun = org.now()
    steps: list[list[Callable[[], object]]] = [
        [partial(world.dismiss_alert, one, "not_used")],
        [partial(world.reopen_alert, one)],
        [partial(world.fix_alert, one)],
        [partial(world.auto_dismiss_alert, two), partial(world.resolve_alert, secret, "revoked")],
        [partial(world.auto_reopen_alert, two), partial(world.reopen_alert, secret), partial(world.fix_alert, code)],
        [partial(world.reopen_alert, code)],
    ]
    run(org)
    times = [begun]
    for happen in steps:
        org.advance(3600)
        times.append(org.now())
        for step in happen:
            step()
        org.advance(DAY)
        run(org)

    def told(kind: str, alert: Any) -> list[tuple[str, Any]]:
        return [(row["action"], row["at"]) for row in changes(org, kind)[repository.id, alert.number]]

    assert told("dependabot", one) == [
        ("opened", times[0]),
        ("dismissed", times[1]),
        ("reopened", times[2]),
        ("fixed", times[3]),
    ]
    assert told("dependabot", two) == [
        ("opened", times[0]),
        ("auto_dismissed", times[4]),
        ("auto_reopened", times[5]),
    ]
    assert told("secret_scanning", secret) == [
        ("opened", times[0]),
        ("resolved", times[4]),
        ("reopened", times[5]),
    ]
    assert told("code_scanning", code) == [("opened", times[0]), ("fixed", times[5]), ("reopened", times[6])]
    dismissed = changes(org, "dependabot")[repository.id, one.number][1]
    assert (dismissed["actor"], dismissed["reason"]) == (world.first_admin(repository.owner).login, "not_used")


def test_a_first_load_costs_a_request_for_100_alerts_and_a_quiet_day_one_a_list(make: Make) -> None:
    org = make(alerts=0)
    world = org.sandbox.world
    repository = next(iter(world.repositories.values()))
    for kind in (DependabotThere, SecretThere, CodeThere):
        for _ in range(300):
            world.open_alert(repository, kind)
    first = run(org)
    # The fourth request of the secrets is for those that GitHub lists only by name: there are none.
    assert {step: ran.requests for step, ran in first.items()} == {
        "dependabot_alerts": 3,
        "secret_scanning_alerts": 4,
        "code_scanning_alerts": 3,
    }
    org.advance(DAY)
    world.stand_still()
    run(org)
    org.advance(DAY)
    quiet = run(org)
    assert sum(ran.requests for ran in quiet.values()) <= 6
    assert sum(ran.stored for ran in quiet.values()) == 0


def test_a_reading_that_was_stopped_goes_on_where_it_was(make: Make) -> None:
    org = make(alerts=0)
    world = org.sandbox.world
    repository = next(iter(world.repositories.values()))
    for _ in range(450):
        world.open_alert(repository, DependabotThere)
    answered = 0

    def is_over() -> bool:
        return answered >= 2

    def count(request: Any, answer: Any) -> Any:
        nonlocal answered
        answered += request.path.endswith("/dependabot/alerts")
        return answer

    class Ending(Budget):
        def check(self) -> None:
            if is_over():
                self.cancel()
            super().check()

    with org.sandbox.oddities.telling(count):
        stopped = run(org, "dependabot_alerts", budget=Ending(sleep=lambda seconds: None))
    assert (stopped["dependabot_alerts"].status, len(stored(org, "dependabot"))) == ("partial", 200)
    again = run(org, "dependabot_alerts")["dependabot_alerts"]
    assert (again.status, again.requests, again.fetched) == ("ok", 3, 250)
    assert len(stored(org, "dependabot")) == 450


def test_alerts_of_a_repository_that_is_gone_or_has_the_feature_off_are_unlisted_and_nothing_else(
    org: Organisation,
) -> None:
    world = org.sandbox.world
    world.stand_still()
    off, gone, kept, *_ = world.repositories.values()
    run(org)
    before = {kind: stored(org, kind) for kind in KINDS}
    off.security.dependabot = off.security.secret_scanning = off.security.code_scanning = False
    org.advance(3600)
    org.run_job("every_30_min")
    world.delete_repository(gone)
    org.run_job("every_30_min")
    org.advance(8 * DAY)
    assert {ran.status for ran in run(org).values()} == {"ok"}
    for kind, rows in before.items():
        after = stored(org, kind)
        assert after.keys() == rows.keys()
        for key, row in after.items():
            assert row["state"] == rows[key]["state"]
            assert (row["unlisted_at"] is not None) == (key[0] in (off.id, gone.id)), (kind, key)
    assert kept.id in {key[0] for key in before["dependabot"]}
    assert_chained(org)
    # It is switched on again.
    off.security.dependabot = off.security.secret_scanning = off.security.code_scanning = True
    org.advance(8 * DAY)
    run(org)
    for kind in KINDS:
        assert {key[0] for key, row in stored(org, kind).items() if row["unlisted_at"]} <= {gone.id}


def test_an_alert_that_a_list_leaves_out_is_asked_for(org: Organisation) -> None:
    """A list that shifts, or a part of GitHub that is behind, is no proof."""
    org.sandbox.world.stand_still()
    run(org)
    before = {kind: stored(org, kind) for kind in KINDS}

    def shorten(request: Any, answer: Any) -> Any:
        is_list = request.path.startswith("/org") and request.path.endswith("/alerts")
        from dataclasses import replace

        return replace(answer, data=answer.data[1:]) if is_list and isinstance(answer.data, list) else answer

    org.advance(8 * DAY)
    with org.sandbox.oddities.telling(shorten):
        run(org)
    for kind, rows in before.items():
        after = stored(org, kind)
        assert {key: row["unlisted_at"] for key, row in after.items()} == dict.fromkeys(rows)


def test_only_the_chosen_repositories_alerts_are_stored(org: Organisation) -> None:
    chosen = next(iter(org.sandbox.world.repositories.values()))
    org.environment["GH_REPOS"] = chosen.full_name
    run(org)
    assert {key[0] for kind in KINDS for key in stored(org, kind)} == {chosen.id}


def test_a_renamed_repositorys_alerts_follow(org: Organisation) -> None:
    world = org.sandbox.world
    run(org)
    org.run_job("every_30_min")
    renamed = next(iter(world.repositories.values()))
    world.rename_repository(renamed, "shelf")
    org.run_job("every_30_min")
    for kind in KINDS:
        names = {row["repo"] for key, row in stored(org, kind).items() if key[0] == renamed.id}
        assert names == {"shelf"}
    links = [row["html_url"] for key, row in stored(org, "dependabot").items() if key[0] == renamed.id]
    assert all("/acme/shelf/" in link for link in links)
    assert {row["repo"] for row in rows_of(org.db_url, AlertTransition) if row["repository_id"] == renamed.id} == {
        "shelf"
    }
