"""The snapshots of security: what repositories keep of the rules, and the alerts that are open."""

from __future__ import annotations

from chalicelib.ingest.snapshots import Snapshot
from chalicelib.security.snapshots import data_logger
from chalicelib.security.snapshots.alerts import dependabot_content, secret_scanning_content
from chalicelib.security.snapshots.repositories import repositories_content

__all__ = ["DEPENDENCIES", "REPOSITORIES", "SECRETS", "SNAPSHOTS"]

REPOSITORIES = Snapshot(
    "repository_checks",
    "repositories",
    repositories_content,
    data_logger.repositories,
    marks=("repositories", "repository_checks"),
)
SECRETS = Snapshot("secret_scanning_alerts", "secret_scanning", secret_scanning_content, data_logger.secret_scanning)
DEPENDENCIES = Snapshot("dependabot_alerts", "dependabot", dependabot_content, data_logger.dependabot)
SNAPSHOTS = (REPOSITORIES, SECRETS, DEPENDENCIES)
