"""The tables of security."""

from chalicelib.security.models.alerts import (
    CODE_SCANNING,
    DEPENDABOT,
    SECRET_SCANNING,
    AlertTransition,
    CodeScanningAlert,
    DependabotAlert,
    SecretScanningAlert,
)
from chalicelib.security.models.checks import (
    AlertLimit,
    RepositoryCheck,
    RepositoryCheckChange,
    RepositoryRating,
    SecurityFeatureDay,
    TeamCheck,
)

__all__ = [
    "CODE_SCANNING",
    "DEPENDABOT",
    "SECRET_SCANNING",
    "AlertLimit",
    "AlertTransition",
    "CodeScanningAlert",
    "DependabotAlert",
    "RepositoryCheck",
    "RepositoryCheckChange",
    "RepositoryRating",
    "SecretScanningAlert",
    "SecurityFeatureDay",
    "TeamCheck",
]
