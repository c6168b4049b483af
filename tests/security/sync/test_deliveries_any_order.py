"""Alerts of an organisation that lives on, told of by webhooks in order, and doubled, shuffled and lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pytest

from sandbox import CodeAlert, DependabotAlert, SecretAlert
from tests.deliveries import Payload, deliver
from tests.organisation import ORG, Organisation, at
from tests.security.sync.test_alerts import KINDS, assert_chained, assert_equal, changes, run

pytestmark = pytest.mark.slow
Key = tuple[int, int]
States = dict[tuple[str, Key], list[tuple[str, Any]]]
CLOSED_AT = {
    "fixed": "fixed_at",
    "dismissed": "dismissed_at",
    "auto_dismissed": "auto_dismissed_at",
    "resolved": "resolved_at",
}


def state_of(alert: Payload) -> str:
    return str(alert.get("state") or ("resolved" if alert["resolution"] else "open"))


def expected(payloads: list[tuple[str, Payload]]) -> States:
    """The states that each alert had since, each with its time."""
    found: States = {}
    for event, payload in payloads:
        alert, kind = payload["alert"], event.removesuffix("_alert")
        if kind not in KINDS or (alert.get("most_recent_instance") or {}).get("ref") == "refs/heads/next":
            continue
        state = state_of(alert)
        seen = found.setdefault((kind, (payload["repository"]["id"], alert["number"])), [])
        when = at(alert.get(CLOSED_AT.get(state, "")) or alert["updated_at"])
        # Fixed code leaves an alert that was dismissed as it is.
        if not seen or seen[-1][0] != state:
            seen.append((state, when))
    return found


def live(org: Organisation) -> None:
    """Let five days pass in which much happens to alerts."""
    world = org.sandbox.world
    for number in range(60):
        org.advance(7_000)
        repository = world.organisations[ORG].repositories[number % 2]
        world.open_alert(
            repository,
            [there for _, there in KINDS.values()][number % 3],
            **({"branch": "next"} if number == 2 else {}),
        )
        for step in range(2):
            org.advance(100)
            change(world, Random(f"{number}/{step}"))


def change(world: Any, rng: Random) -> None:
    """Let something happen to an alert, if it can happen to it."""
    alert = rng.choice(world.opened_alerts)
    by_state: dict[str, list[Callable[[], None]]] = {
        "open": [partial(world.resolve_alert, alert, "revoked")]
        if isinstance(alert, SecretAlert)
        else [
            partial(world.dismiss_alert, alert, alert.reasons[0]),
            partial(world.fix_alert, alert, silently=isinstance(alert, CodeAlert)),
        ],
        "auto_dismissed": [partial(world.auto_reopen_alert, alert)],
    }
    if isinstance(alert, DependabotAlert):
        by_state["open"].append(partial(world.auto_dismiss_alert, alert))
    rng.choice(by_state.get(alert.state, [partial(world.reopen_alert, alert)]))()


def assert_states(org: Organisation, truth: States) -> None:
    found = {(kind, key): rows for kind in KINDS for key, rows in changes(org, kind).items()}
    assert {key: [(row["to_state"], row["at"]) for row in rows] for key, rows in found.items()} == truth


def test_in_order_each_change_of_state_is_kept_with_its_time(quiet: Organisation) -> None:
    org = quiet
    live(org)
    payloads = deliver(org, doubled=0.3, shuffled=False)
    truth = expected(payloads)
    assert sum(len(found) > 2 for found in truth.values()) > 5
    assert_states(org, truth)
    assert_equal(org)
    run(org)
    assert_equal(org)
    assert_states(org, truth)


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_and_doubled_only_what_came_too_late_is_missing(quiet: Organisation, seed: int) -> None:
    org = quiet
    live(org)
    payloads = deliver(org, doubled=0.3, shuffled=True, seed=seed)
    truth = expected(sorted(payloads, key=lambda one: last_moment(one[1]["alert"])))
    for _ in range(2):
        assert_equal(org)
        assert_chained(org)
        for kind in KINDS:
            for key, rows in changes(org, kind).items():
                exact = [(row["to_state"], row["at"]) for row in rows if row["is_exact"]]
                assert set(exact) <= set(truth[kind, key])
                assert len(rows) <= len(truth[kind, key])
        run(org)


def test_what_was_lost_is_read_the_next_day(quiet: Organisation) -> None:
    org = quiet
    live(org)
    deliver(org, lost=0.3, doubled=0.3, shuffled=True, seed=1)
    run(org)
    assert_equal(org)
    assert_chained(org)


def last_moment(alert: Payload) -> str:
    return max(alert.get(name) or "" for name in ("updated_at", *CLOSED_AT.values()))
