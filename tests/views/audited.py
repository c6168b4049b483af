"""Alerts and checks of any number, generated: the same rows for the same size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert

from chalicelib.inventory.models import Repository
from chalicelib.models import (
    AlertTransition,
    CodeScanningAlert,
    DependabotAlert,
    RepositoryCheck,
    RepositoryCheckChange,
    RepositoryRating,
    SecretScanningAlert,
    SecurityFeatureDay,
)
from tests.security.views.rows import PARTICULAR, Audit
from tests.views.world import World

ORGS = ("acme", "other")
SEVERITIES = ("critical", "high", "medium", "low")
RULES = ("readme", "license", "codeowners", "point_of_contact")
RESULTS = ("pass", "fail", "error", "not_applicable")
REASONS = ("tolerable_risk", "no_bandwidth", None)
KINDS: tuple[tuple[str, Any], ...] = (
    ("dependabot", DependabotAlert),
    ("secret_scanning", SecretScanningAlert),
    ("code_scanning", CodeScanningAlert),
)
TEAMS = (1, 2, 3)  # of tests.views.generated: t1 and so on, each in one of the organisations
OWNERS = ("@ada", "@Bob", "dev@example.com", *(f"@{org}/t{team}" for org in ORGS for team in TEAMS))


def audit(world: World, *, repositories: int, today: datetime) -> None:
    """Write repositories, each with three alerts of each kind, all rules and what changed, and the features' days."""
    made = _Generator(today)
    written = Audit(world)
    written.limits()
    for number, login in enumerate(("ann", "zed")):
        written.member(login, org=ORGS[number])
    for team in TEAMS:
        written.stay(team, "max")
        written.stay(team, f"lead-{team}")
    keys = range(1, repositories + 1)
    world.session.execute(insert(Repository), [made.repository(key) for key in keys])
    for kind, model in KINDS:
        alerts = [made.alert(kind, key, number) for key in keys for number in range(3)]
        world.session.execute(insert(model), alerts)
        world.session.execute(insert(AlertTransition), [row for alert in alerts for row in made.changes(kind, alert)])
    checks = [made.check(key, rule) for key in keys for rule in RULES]
    world.session.execute(insert(RepositoryCheck), checks)
    changes = [row for check in checks for row in made.check_changes(check)]
    world.session.execute(insert(RepositoryCheckChange), changes)
    world.session.execute(insert(RepositoryRating), [made.rating(key) for key in keys])
    world.session.execute(insert(SecurityFeatureDay), [made.day(ago) for ago in keys])


class _Generator:
    def __init__(self, today: datetime) -> None:
        self.rng, self.today = Random(13), today

    def moment(self) -> datetime:
        """A time that is no whole number of days ago, now and for a while."""
        return self.today - timedelta(days=self.rng.randrange(400), hours=self.rng.randrange(1, 23))

    def place(self, key: int) -> dict[str, Any]:
        return {"org": ORGS[key % 2], "repo": f"r{key}", "repository_id": key}

    def repository(self, key: int) -> dict[str, Any]:
        return {
            "id": key,
            "org": ORGS[key % 2],
            "name": f"r{key}",
            "archived": self.rng.choice((True, False, False, None)),
            "visibility": self.rng.choice(("public", "private")),
            "first_seen_at": self.today,
            "deleted_at": self.moment() if self.rng.random() < 0.1 else None,
        }

    def alert(self, kind: str, key: int, number: int) -> dict[str, Any]:
        opened, row = self.moment(), PARTICULAR[kind] | self.place(key)
        row |= {"number": number, "created_at": opened, "first_seen_at": opened}
        row |= {"unlisted_at": self.today if self.rng.random() < 0.1 else None}
        if kind == "secret_scanning":
            return row | {"state": self.rng.choice(("open", "resolved")), "resolution": self.rng.choice(REASONS)}
        state = self.rng.choice(("open", "fixed", "dismissed"))
        return row | {"state": state, "severity": self.rng.choice(SEVERITIES), "dismissed_reason": REASONS[number]}

    def changes(self, kind: str, alert: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Opened, and half of them closed and reopened before they came to their state."""
        at, before, closed = alert["created_at"], None, "resolved" if kind == "secret_scanning" else "fixed"
        states = ["open", *((closed, "open") if self.rng.random() < 0.5 else ())]
        states += [alert["state"]] if alert["state"] != "open" else []
        for state in states:
            action = state if state != "open" else "reopened" if before else "opened"
            row = {name: alert[name] for name in ("org", "repo", "repository_id", "number")}
            yield (
                row
                | {"kind": kind, "at": at, "action": action, "from_state": before, "to_state": state}
                | {"is_exact": self.rng.random() < 0.5}
            )
            at, before = at + timedelta(hours=self.rng.randrange(1, 900)), state

    def check(self, key: int, rule: str) -> dict[str, Any]:
        result, since = self.rng.choice(RESULTS), self.moment()
        excepted = self.rng.random() < 0.1
        evidence: dict[str, Any] = {}
        if rule == "codeowners":
            evidence = {"owners": self.rng.sample(OWNERS, self.rng.randrange(3))}
        elif rule == "point_of_contact" and self.rng.random() < 0.3:
            evidence = {"contact": f"r{key}@example.com", "source": self.rng.choice(("custom_property", "owner"))}
        return self.place(key) | {
            "rule": rule,
            "result": result,
            "known_result": self.rng.choice(("pass", "fail", None)) if result == "error" else result,
            "since": since,
            "checked_at": self.today,
            "message": f"{rule}: {result}",
            "evidence": evidence,
            "exception_reason": "agreed" if excepted else None,
            "exception_until": self.today.date() + timedelta(days=self.rng.choice((-9, 9))) if excepted else None,
        }

    def check_changes(self, check: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """From one result to the other and back, up to the one that is known."""
        if check["known_result"] is None:
            return
        at, before = check["since"], None
        for after in [check["known_result"], "pass", "fail"][self.rng.randrange(3) :: -1]:
            if after != before:
                row = {name: check[name] for name in ("org", "repo", "repository_id", "rule")}
                yield row | {"changed_at": at, "before": before, "after": after}
            at, before = at + timedelta(hours=self.rng.randrange(1, 900)), after

    def rating(self, key: int) -> dict[str, Any]:
        row = self.place(key) | {"rating": self.rng.choice(("gold", "bronze", "unrated")), "since": self.today}
        return row | {"passed": 1, "counted": 2, "criteria": {}, "rated_at": self.today}

    def day(self, ago: int) -> dict[str, Any]:
        enabled, disabled, unknown = (self.rng.randrange(9) for _ in range(3))
        row = {"org": ORGS[ago % 2], "day": self.today.date() - timedelta(days=ago), "feature": "secret_scanning"}
        return row | {"enabled": enabled, "disabled": disabled, "unknown": unknown}
