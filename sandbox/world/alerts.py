"""Security alerts of repositories: what Dependabot, secret scanning and code scanning found, and what became of it."""

import copy
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, TypeVar

from sandbox.world.core import Core
from sandbox.world.founding import Plan
from sandbox.world.items import Organisation, Repository
from sandbox.world.people import Person

# Patterns that the default list leaves out; GitHub lists their alerts only when they are named.
# https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
GENERIC_SECRETS = (
    "password",
    "generic_private_key",
    "http_basic_authentication_header",
    "http_bearer_authentication_header",
    "mongodb_connection_string",
    "mysql_connection_string",
    "openssh_private_key",
    "pgp_private_key",
    "postgres_connection_string",
    "rsa_private_key",
)
RESOLUTIONS = ("false_positive", "wont_fix", "revoked", "used_in_tests", "pattern_edited", "pattern_deleted")


@dataclass(slots=True, eq=False, kw_only=True)
class Alert:
    """An alert as it is now; `number` counts per repository and kind, `id` the world's alerts. Times are epoch seconds.

    `feature` is the name of what has to be switched on for it to be listed.
    """

    feature: ClassVar[str]
    event: ClassVar[str]  # of its webhook

    id: int
    repository: Repository
    number: int
    created_at: int
    updated_at: int
    state: str = "open"
    assignees: tuple[Person, ...] = ()


@dataclass(slots=True, eq=False, kw_only=True)
class Dismissible(Alert):
    """An alert that is fixed by a change of the code, or dismissed by somebody."""

    reasons: ClassVar[tuple[str, ...]]

    fixed_at: int | None = None
    dismissed_at: int | None = None
    dismissed_by: Person | None = None
    dismissed_reason: str | None = None
    dismissed_comment: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class DependabotAlert(Dismissible):
    """A dependency with a known vulnerability; `state` is open, fixed, dismissed or auto_dismissed."""

    feature: ClassVar[str] = "dependabot"
    event: ClassVar[str] = "dependabot_alert"
    reasons: ClassVar[tuple[str, ...]] = ("fix_started", "inaccurate", "no_bandwidth", "not_used", "tolerable_risk")

    severity: str = "medium"  # low, medium, high, critical
    ecosystem: str = "npm"
    package: str = "left-pad"
    manifest_path: str = "package-lock.json"
    scope: str | None = "runtime"
    relationship: str | None = "direct"  # transitive, inconclusive, unknown
    ghsa_id: str = "GHSA-2222-3333-4444"
    cve_id: str | None = None
    summary: str = "Something can be made to wait forever"
    vulnerable_range: str = "< 1.3.1"
    patched_version: str | None = "1.3.1"
    classification: str = "general"  # malware
    epss: float | None = None
    auto_dismissed_at: int | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class CodeAlert(Dismissible):
    """A weakness that a tool found in the code on a branch; `state` is open, fixed or dismissed."""

    feature: ClassVar[str] = "code_scanning"
    event: ClassVar[str] = "code_scanning_alert"
    reasons: ClassVar[tuple[str, ...]] = ("false positive", "won't fix", "used in tests", "mitigated")

    rule: str | None = "py/unused-import"
    rule_description: str = "Unused import"
    severity: str | None = "note"  # none, note, warning, error
    security_severity: str | None = None  # low, medium, high, critical; without one it is not shown at all
    tags: tuple[str, ...] = ()
    tool: str = "CodeQL"
    branch: str = "main"
    path: str = "src/main.py"
    line: int = 1
    message: str = "Nobody uses it."


@dataclass(slots=True, eq=False, kw_only=True)
class SecretAlert(Alert):
    """A secret that somebody committed; `state` is open or resolved. Five comments are free text, or there are none."""

    feature: ClassVar[str] = "secret_scanning"
    event: ClassVar[str] = "secret_scanning_alert"

    secret_type: str = "github_personal_access_token"
    secret: str = "planted-secret"
    path: str = "config/settings.env"
    validity: str = "unknown"  # active, inactive
    publicly_leaked: bool = False
    multi_repo: bool = False
    resolution: str | None = None
    resolved_at: int | None = None
    resolved_by: Person | None = None
    resolution_comment: str | None = None
    push_protection_bypassed_at: int | None = None
    push_protection_bypassed_by: Person | None = None
    push_protection_bypass_request_reviewer: Person | None = None
    push_protection_bypass_request_comment: str | None = None
    push_protection_bypass_request_reviewer_comment: str | None = None
    closure_request_reviewer: Person | None = None
    closure_request_comment: str | None = None
    closure_request_reviewer_comment: str | None = None

    @property
    def is_generic(self) -> bool:
        """Whether only those see it on a list who name its type."""
        return self.secret_type in GENERIC_SECRETS


ALERT_KINDS = (DependabotAlert, SecretAlert, CodeAlert)
Kind = TypeVar("Kind", bound=Alert)
_UNDISMISSED = {"dismissed_at": None, "dismissed_by": None, "dismissed_reason": None, "dismissed_comment": None}
_UNRESOLVED = {"resolution": None, "resolved_at": None, "resolved_by": None, "resolution_comment": None}


class Alerts(Core):
    """The part of the state that is about alerts, and the ways to change them."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.opened_alerts: list[Alert] = []  # of repositories that are gone, too
        self._alerts: dict[Repository, list[Alert]] = {}
        self._alert_ids = Random(f"{plan.seed}/alerts")
        self._last_alert = self._alert_ids.randrange(70_000_000, 80_000_000)

    def alerts(self, kind: type[Kind], place: Organisation | Repository | None = None) -> list[Kind]:
        """Return all alerts of a kind (`Alert`: of all) in a repository or an organisation, oldest first."""
        if place is None:
            places = list(self.repositories.values())
        else:
            places = [place] if isinstance(place, Repository) else place.repositories
        found = [one for place in places for one in self._alerts.get(place, ()) if isinstance(one, kind)]
        return sorted(found, key=lambda one: one.id)

    def open_alert(self, repository: Repository, kind: type[Kind], **about: Any) -> Kind:
        """Open an alert now, with fields of its kind other than the usual ones; TypeError for one there isn't."""
        with self.lock:
            self._last_alert += self._alert_ids.randrange(1, 900)
            number = 1 + len(self.alerts(kind, repository))
            alert = kind(
                id=self._last_alert,
                repository=repository,
                number=number,
                created_at=self.now,
                updated_at=self.now,
                **about,
            )
            self.opened_alerts.append(alert)
            self._alerts.setdefault(repository, []).append(alert)
            self._tell_alert(alert, "created")
            self.version += 1
            return alert

    def edit_alert(self, alert: Alert, **about: Any) -> None:
        """Change fields of an alert: its severity, assignees, validity …; AttributeError for one there isn't."""
        with self.lock:
            for name, value in {"updated_at": self.now, **about}.items():
                setattr(alert, name, value)
            self.version += 1

    def fix_alert(self, alert: Dismissible, *, silently: bool = False) -> None:
        """Let the code be better; ValueError if it was so before.

        A dismissed alert of code scanning stays dismissed, but has `fixed_at`. Silently leaves `updated_at` still, as
        happens with code scanning alone.
        """
        code = isinstance(alert, CodeAlert)
        if silently and not code:
            raise ValueError("only code scanning fixes an alert silently")
        fixable = ("open", "dismissed") if code else ("open", "auto_dismissed")
        state = alert.state if alert.state == "dismissed" else "fixed"
        still = {"updated_at": alert.updated_at} if silently else {}
        self._move(alert, "fixed", fixable, state=state, fixed_at=self.now, **self._not_automatic(alert), **still)

    def dismiss_alert(
        self, alert: Dismissible, reason: str, *, actor: Person | None = None, comment: str | None = None
    ) -> None:
        """Dismiss an open alert for a reason of its kind; ValueError for another one, or if it isn't open."""
        if reason not in alert.reasons:
            raise ValueError(f"{reason}: one of {', '.join(alert.reasons)}")
        self._move(
            alert,
            "closed_by_user" if isinstance(alert, CodeAlert) else "dismissed",
            ("open",),
            state="dismissed",
            dismissed_at=self.now,
            dismissed_by=actor or self.first_admin(alert.repository.owner),
            dismissed_reason=reason,
            dismissed_comment=comment,
        )

    def resolve_alert(
        self, alert: SecretAlert, resolution: str, *, actor: Person | None = None, comment: str | None = None
    ) -> None:
        """Resolve the open alert of a secret; ValueError for an unknown resolution, or if it isn't open."""
        if resolution not in RESOLUTIONS:
            raise ValueError(f"{resolution}: one of {', '.join(RESOLUTIONS)}")
        self._move(
            alert,
            "resolved",
            ("open",),
            state="resolved",
            resolution=resolution,
            resolved_at=self.now,
            resolved_by=actor or self.first_admin(alert.repository.owner),
            resolution_comment=comment,
        )

    def reopen_alert(self, alert: Alert) -> None:
        """Open an alert that was fixed, dismissed or resolved: nothing tells of that any more; ValueError."""
        forgotten = _UNRESOLVED if isinstance(alert, SecretAlert) else {**_UNDISMISSED, "fixed_at": None}
        action = "reopened_by_user" if isinstance(alert, CodeAlert) else "reopened"
        self._move(alert, action, ("fixed", "dismissed", "resolved"), state="open", **forgotten)

    def auto_dismiss_alert(self, alert: DependabotAlert) -> None:
        """Let a rule dismiss an open alert; ValueError if it isn't open."""
        self._move(alert, "auto_dismissed", ("open",), state="auto_dismissed", auto_dismissed_at=self.now)

    def auto_reopen_alert(self, alert: DependabotAlert) -> None:
        """Let a rule open what one had dismissed; ValueError for others."""
        self._move(alert, "auto_reopened", ("auto_dismissed",), state="open", auto_dismissed_at=None)

    def _not_automatic(self, alert: Alert) -> dict[str, None]:
        return {"auto_dismissed_at": None} if isinstance(alert, DependabotAlert) else {}

    def _tell_alert(self, alert: Alert, action: str) -> None:
        if self.journal.watched:
            self.tell(alert.repository.owner, alert.event, action, copy.copy(alert))

    def _move(self, alert: Alert, action: str, states: tuple[str, ...], **about: Any) -> None:
        """Bring an alert that is in one of these states to another one, and tell of it."""
        if alert.state not in states:
            raise ValueError(f"the alert is {alert.state}, not {' or '.join(states)}")
        with self.lock:
            self.edit_alert(alert, **about)
            self._tell_alert(alert, action)
