"""secret_scanning.json and dependabot.json: the alerts that are open, and for how long they may be.

The columns are named one by one. No secret is in the tables, but people quote secrets in comments, and these are left
out whatever SECRET_COMMENTS says. So are single people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from chalicelib.ingest.context import Context
from chalicelib.inventory.models import Repository
from chalicelib.security.models import DEPENDABOT, SECRET_SCANNING, AlertLimit, DependabotAlert, SecretScanningAlert
from chalicelib.security.snapshots.values import as_json
from chalicelib.store.base import JsonObject

OPEN = "open"
OF_EACH = ("number", "created_at", "updated_at")
OF_SECRETS = (
    *("secret_type", "secret_type_display_name", "provider", "validity", "publicly_leaked", "multi_repo"),
    *("is_base64_encoded", "has_more_locations", "first_location"),
    *("push_protection_bypassed", "push_protection_bypassed_at"),
)
OF_DEPENDENCIES = (
    *("severity", "ecosystem", "package", "manifest_path", "scope", "relationship", "vulnerable_version_range"),
    *("first_patched_version", "ghsa_id", "cve_id", "summary", "classification", "cvss_score", "epss_percentage"),
)


@dataclass(frozen=True)
class OpenAlert:
    """An alert that is open, with its repository as it is called now; `days_open` are whole days of 24 hours."""

    alert: Any
    repository: str
    repository_url: str | None
    archived: bool | None
    days_open: int


def secret_scanning_content(context: Context, as_of: datetime) -> JsonObject:
    """Show the secrets that are open, without the secrets themselves."""
    return _content(context, as_of, SECRET_SCANNING, SecretScanningAlert, OF_SECRETS)


def dependabot_content(context: Context, as_of: datetime) -> JsonObject:
    """Show Dependabot's alerts that are open."""
    return _content(context, as_of, DEPENDABOT, DependabotAlert, OF_DEPENDENCIES)


def _content(context: Context, as_of: datetime, kind: str, model: Any, names: Sequence[str]) -> JsonObject:
    limits = [
        {"severity": limit.severity or None, "days": limit.days, "in_working_days": limit.in_working_days}
        for limit in limits_of(context, kind)
    ]
    alerts = [_alert(each, (*OF_EACH, *names)) for each in open_alerts(context, model, as_of)]
    return {"limits": limits, "alerts": alerts}


def _alert(each: OpenAlert, names: Sequence[str]) -> JsonObject:
    return {
        "repository": each.repository,
        "repository_url": each.repository_url,
        "archived": each.archived,
        "url": each.alert.html_url,
        "days_open": each.days_open,
        **{name: as_json(getattr(each.alert, name)) for name in names},
    }


def limits_of(context: Context, kind: str) -> list[AlertLimit]:
    """Read for how many days alerts of a kind may be open, by severity."""
    limits = context.session.scalars(select(AlertLimit).where(AlertLimit.kind == kind))
    return sorted(limits, key=lambda limit: limit.severity)


def open_alerts(context: Context, model: Any, as_of: datetime) -> list[OpenAlert]:
    """Read the alerts that are open, by repository and number; without those that GitHub no longer lists.

    Those of archived repositories are among them.
    """
    org, repository = context.scope.org, Repository
    current = select(
        *model.__table__.columns,
        repository.name.label("repository_name"),
        repository.html_url.label("repository_url"),
        repository.archived.label("repository_archived"),
    ).outerjoin(repository, repository.id == model.repository_id)
    rows = context.session.execute(current.where(model.org == org, model.state == OPEN, model.unlisted_at.is_(None)))
    found = [_open_alert(row, as_of) for row in rows]
    covered = [each for each in found if context.scope.covers(org, each.repository)]
    return sorted(covered, key=lambda each: (each.repository, each.alert.repository_id, each.alert.number))


def _open_alert(row: Any, as_of: datetime) -> OpenAlert:
    return OpenAlert(
        alert=row,
        repository=row.repository_name or row.repo,
        repository_url=row.repository_url,
        archived=row.repository_archived,
        # One that was opened while the list was read is from after the moment that the snapshot is of.
        days_open=max((as_of - row.created_at).days, 0),
    )
