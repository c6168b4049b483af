"""The three kinds of alert: where each is read, which table it is kept in, and which permission it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists

from chalicelib.errors import ForbiddenError, GitHubError
from chalicelib.inventory.models import Repository
from chalicelib.security.api.alerts import CODE_SCANNING as CODE_SCANNING_FEATURE
from chalicelib.security.api.alerts import DEPENDABOT as DEPENDABOT_FEATURE
from chalicelib.security.api.alerts import SECRET_SCANNING as SECRET_SCANNING_FEATURE
from chalicelib.security.models import (
    CODE_SCANNING,
    DEPENDABOT,
    SECRET_SCANNING,
    CodeScanningAlert,
    DependabotAlert,
    RepositoryCheck,
    SecretScanningAlert,
)

# What GitHub says where a feature is off.
WORDS = ("disabled", "not enabled", "no analysis found", "must be enabled", "is archived")
ENABLED = "enabled"
# Why an alert is unlisted.
REPOSITORY_GONE, OFF, ORGANISATION_OFF = "repository_gone", "off", "organisation_off"
NOT_FOUND, NOT_LISTED = "not_found", "not_listed"


def _dependabot_is_on(alert: type[Any]) -> ColumnElement[bool]:
    """Dependabot's own switch is known by the check of that name; by an older one, nothing is known."""
    check = (RepositoryCheck.repository_id == alert.repository_id, RepositoryCheck.rule == "dependabot_alerts")
    return exists().where(*check, RepositoryCheck.result == "pass", RepositoryCheck.checked_at > alert.unlisted_at)


def _secret_scanning_is_on(alert: type[Any]) -> ColumnElement[bool]:
    same = (Repository.id == alert.repository_id, Repository.secret_scanning == ENABLED)
    return exists().where(*same).correlate(alert)


@dataclass(frozen=True)
class Source:
    """A kind of alert. `feature` is its part of GitHub's paths, `kind` its name in `alert_transitions`.

    `states` are those that GitHub has. `is_on` says of unlisted alerts that the feature is
    known to be on in their repository.
    """

    kind: str
    feature: str
    model: type[Any]
    permission: str
    data: str
    states: tuple[str, ...]
    is_on: Callable[[type[Any]], ColumnElement[bool]] | None = None
    holds_secrets: bool = False

    @property
    def name(self) -> str:
        """The table's name, which is the step's and the kind's, too."""
        name: str = self.model.__tablename__
        return name

    def with_advice(self, error: GitHubError) -> ForbiddenError:
        """Say of a refusal which permission is needed."""
        return ForbiddenError(
            f"{error.message} (the credentials need {self.permission}=read)",
            status=error.status,
            path=error.path,
            request_id=error.request_id,
        )


def is_off(error: GitHubError) -> bool:
    """Tell whether a refusal says that the feature is off, and not that the credentials lack a permission."""
    return any(words in error.message.lower() for words in WORDS)


SOURCES = (
    Source(
        DEPENDABOT,
        DEPENDABOT_FEATURE,
        DependabotAlert,
        "vulnerability_alerts",
        "Dependabot's alerts",
        ("open", "fixed", "dismissed", "auto_dismissed"),
        is_on=_dependabot_is_on,
    ),
    Source(
        SECRET_SCANNING,
        SECRET_SCANNING_FEATURE,
        SecretScanningAlert,
        "secret_scanning_alerts",
        "secret scanning's alerts",
        ("open", "resolved"),
        is_on=_secret_scanning_is_on,
        holds_secrets=True,
    ),
    # Whether code scanning is on in a repository is told nowhere: the weekly reading sees it.
    Source(
        CODE_SCANNING,
        CODE_SCANNING_FEATURE,
        CodeScanningAlert,
        "security_events",
        "code scanning's alerts",
        ("open", "fixed", "dismissed"),
    ),
)
