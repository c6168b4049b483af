"""An organisation's alerts and checks, row by row."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from chalicelib.inventory.models import Repository
from chalicelib.models import (
    AlertLimit,
    AlertTransition,
    CodeScanningAlert,
    DependabotAlert,
    Member,
    Membership,
    RepositoryCheck,
    RepositoryCheckChange,
    RepositoryRating,
    SecretScanningAlert,
    SecurityFeatureDay,
    Team,
    TeamMember,
)
from chalicelib.security.sync.limits import SEVERITIES
from chalicelib.utils import utc_now
from tests.views.world import FIRST_LOOK, World

MODELS: dict[str, Any] = {
    "dependabot": DependabotAlert,
    "secret_scanning": SecretScanningAlert,
    "code_scanning": CodeScanningAlert,
}
PARTICULAR: dict[str, dict[str, Any]] = {
    "dependabot": {"severity": "high", "package": "lodash"},
    "secret_scanning": {"secret_type": "aws_access_key_id", "secret_type_display_name": "AWS key"},
    "code_scanning": {"severity": "error", "rule_id": "js/unused", "rule_name": "Unused variable"},
}


def ago(days: float) -> datetime:
    """The time so many days ago."""
    return utc_now().replace(microsecond=0) - timedelta(days=days)


class Audit:
    """Writes what the views of security read; a repository's name is `r` and its id."""

    def __init__(self, world: World) -> None:
        self.world = world

    def write(self, model: Any, row: dict[str, Any], columns: dict[str, Any]) -> None:
        self.world.session.execute(insert(model), [row | columns])

    def limits(self, *, working: bool = False, kinds: tuple[str, ...] = ("dependabot", "code_scanning")) -> None:
        """The limits as they are without settings."""
        days = dict(zip(SEVERITIES, (5, 15, 60, 90), strict=True))
        limits = [(kind, severity, days[severity]) for kind in kinds for severity in SEVERITIES]
        for kind, severity, limit in (*limits, ("secret_scanning", "", 5)):
            row = {"kind": kind, "severity": severity, "days": limit, "in_working_days": working}
            self.write(AlertLimit, row, {})

    def repository(self, key: int, **columns: Any) -> None:
        row = {"id": key, "org": "acme", "name": f"r{key}", "first_seen_at": FIRST_LOOK, "archived": False}
        self.write(Repository, row | {"visibility": "private"}, columns)

    def alert(self, kind: str, number: int, created_at: datetime, *, repository: int = 1, **columns: Any) -> None:
        """An alert that is open unless another state is given."""
        row = {"repository_id": repository, "number": number, "org": "acme", "repo": f"r{repository}", "state": "open"}
        row |= {"created_at": created_at, "first_seen_at": created_at, "html_url": f"https://example.com/{number}"}
        self.write(MODELS[kind], row | PARTICULAR[kind], columns)

    def change(self, kind: str, number: int, at: datetime, action: str, *states: str | None, **columns: Any) -> None:
        """A change of an alert's state, from one of the two states to the other."""
        row: dict[str, Any] = {"kind": kind, "repository_id": 1, "number": number, "at": at, "action": action}
        row |= {"org": "acme", "repo": "r1", "from_state": states[0], "to_state": states[1], "is_exact": True}
        self.write(AlertTransition, row, columns)

    def check(self, rule: str, result: str, *, repository: int = 1, **columns: Any) -> None:
        row = {"repository_id": repository, "rule": rule, "org": "acme", "repo": f"r{repository}", "result": result}
        row |= {"since": FIRST_LOOK, "checked_at": FIRST_LOOK, "message": f"{rule}: {result}", "evidence": {}}
        known = None if result == "error" else result
        self.write(RepositoryCheck, row | {"known_result": known}, columns)

    def check_change(
        self, rule: str, at: datetime, before: str | None, after: str, *, repository: int = 1, **columns: Any
    ) -> None:
        row: dict[str, Any] = {"repository_id": repository, "rule": rule, "org": "acme", "repo": f"r{repository}"}
        self.write(RepositoryCheckChange, row | {"changed_at": at, "before": before, "after": after}, columns)

    def rating(self, rating: str, *, repository: int = 1, **columns: Any) -> None:
        row: dict[str, Any] = {"repository_id": repository, "org": "acme", "repo": f"r{repository}", "rating": rating}
        row |= {"since": FIRST_LOOK, "rated_at": FIRST_LOOK, "passed": 1, "counted": 1, "criteria": {}}
        self.write(RepositoryRating, row, columns)

    def feature_day(self, day: date, feature: str, *counts: int, org: str = "acme") -> None:
        """How many have it, don't have it, and are not known to."""
        row = dict(zip(("enabled", "disabled", "unknown"), counts, strict=True))
        self.write(SecurityFeatureDay, {"org": org, "day": day, "feature": feature}, row)

    def team(self, key: int, slug: str, **columns: Any) -> None:
        row = {"id": key, "org": "acme", "slug": slug, "name": slug, "first_seen_at": FIRST_LOOK}
        self.write(Team, row, columns)

    def stay(self, team: int, login: str, role: str = "maintainer", **columns: Any) -> None:
        key = next(self.world.ids)
        row = {"team_id": team, "member_id": key, "org": "acme", "login": login, "role": role}
        self.write(TeamMember, row | {"first_seen_at": FIRST_LOOK}, columns)

    def member(self, login: str | None, role: str = "admin", **columns: Any) -> None:
        key = 10**8 + next(self.world.ids)
        self.write(Member, {"id": key, "login": login, "inserted_dt": FIRST_LOOK, "inactive": False}, {})
        row = {"org": "acme", "member_id": key, "role": role, "inserted_dt": FIRST_LOOK, "inactive": False}
        self.write(Membership, row, columns)
