"""The three kinds of alert: where each is read, which table it is kept in, and which permission it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.errors import ForbiddenError, GitHubError
from chalicelib.security.api.alerts import CODE_SCANNING as CODE_SCANNING_FEATURE
from chalicelib.security.api.alerts import DEPENDABOT as DEPENDABOT_FEATURE
from chalicelib.security.api.alerts import SECRET_SCANNING as SECRET_SCANNING_FEATURE
from chalicelib.security.models import (
    CODE_SCANNING,
    DEPENDABOT,
    SECRET_SCANNING,
    CodeScanningAlert,
    DependabotAlert,
    SecretScanningAlert,
)

OFF = ("disabled", "not enabled", "no analysis found", "must be enabled", "is archived")


@dataclass(frozen=True)
class Source:
    """A kind of alert. `feature` is its part of GitHub's paths, `kind` its name in `alert_transitions`."""

    kind: str
    feature: str
    model: type[Any]
    permission: str
    data: str
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
    return any(words in error.message.lower() for words in OFF)


SOURCES = (
    Source(DEPENDABOT, DEPENDABOT_FEATURE, DependabotAlert, "vulnerability_alerts", "Dependabot's alerts"),
    Source(
        SECRET_SCANNING,
        SECRET_SCANNING_FEATURE,
        SecretScanningAlert,
        "secret_scanning_alerts",
        "secret scanning's alerts",
        holds_secrets=True,
    ),
    Source(CODE_SCANNING, CODE_SCANNING_FEATURE, CodeScanningAlert, "security_events", "code scanning's alerts"),
)
