"""secret_scanning.json and dependabot.json: the alerts that are open, and for how long they may be.

The columns are named one by one. No secret is in the tables, but people quote secrets in comments, and these are left
out whatever SECRET_COMMENTS says. So are single people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from chalicelib.ingest.context import Context
from chalicelib.inventory.models import Repository
from chalicelib.security.models import DEPENDABOT, SECRET_SCANNING, AlertLimit, DependabotAlert, SecretScanningAlert
from chalicelib.security.snapshots.values import A_TIME, as_json
from chalicelib.store.among import among
from chalicelib.store.base import JsonObject
from chalicelib.store.rejected import count_open
from chalicelib.utils import in_parts

OPEN = "open"
MODELS = {SECRET_SCANNING: SecretScanningAlert, DEPENDABOT: DependabotAlert}
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
    repository: Any
    days_open: int

    def as_json(self, names: Sequence[str]) -> JsonObject:
        """Show it, with these columns of its table."""
        return {
            "repository": self.repository.name,
            "repository_url": self.repository.html_url,
            "archived": self.repository.archived,
            "url": self.alert.html_url,
            "days_open": self.days_open,
            **as_json(self.alert, names),
        }


def secret_scanning_content(context: Context, as_of: datetime) -> JsonObject:
    """Show the secrets that are open, without the secrets themselves."""
    return _content(context, as_of, SECRET_SCANNING, (*OF_EACH, *OF_SECRETS))


def dependabot_content(context: Context, as_of: datetime) -> JsonObject:
    """Show Dependabot's alerts that are open."""
    return _content(context, as_of, DEPENDABOT, (*OF_EACH, *OF_DEPENDENCIES))


def _content(context: Context, as_of: datetime, kind: str, names: Sequence[str]) -> JsonObject:
    limits = [
        {"severity": limit.severity or None, "days": limit.days, "in_working_days": limit.in_working_days}
        for limit in limits_of(context, kind)
    ]
    rejected = count_open(context.session, kind=MODELS[kind].__tablename__, org=context.scope.org)
    alerts = (each.as_json(names) for each in open_alerts(context, kind, as_of))
    return {"limits": limits, "rejected": rejected, "alerts": alerts}


def limits_of(context: Context, kind: str) -> list[AlertLimit]:
    """Read for how many days alerts of a kind may be open, by severity."""
    limits = context.session.scalars(select(AlertLimit).where(AlertLimit.kind == kind))
    return sorted(limits, key=lambda limit: limit.severity)


def open_alerts(context: Context, kind: str, as_of: datetime) -> Iterator[OpenAlert]:
    """Read the alerts that are open, by repository and number; without those that GitHub no longer lists.

    Those of archived repositories are among them.
    """
    model: Any = MODELS[kind]
    is_open = and_(model.org == context.scope.org, model.state == OPEN, model.unlisted_at.is_(None))
    for part in in_parts(_repositories(context, model, is_open), A_TIME):
        found: defaultdict[int, list[Any]] = defaultdict(list)
        numbers = [repository.id for repository in part]
        alerts = select(*model.__table__.columns).where(is_open, among(model.repository_id, numbers))
        for alert in context.session.execute(alerts.order_by(model.number)):
            found[alert.repository_id].append(alert)
        for repository in part:
            yield from (OpenAlert(alert, repository, _days(alert, as_of)) for alert in found[repository.id])


def _repositories(context: Context, model: Any, is_open: ColumnElement[bool]) -> list[Any]:
    """Read the repositories with open alerts, by name; one that the inventory doesn't know has its alerts' name."""
    known = Repository
    name = func.coalesce(known.name, func.max(model.repo)).label("name")
    with_alerts = (
        select(model.repository_id.label("id"), name, known.html_url, known.archived)
        .outerjoin(known, known.id == model.repository_id)
        .where(is_open)
        .group_by(model.repository_id, known.name, known.html_url, known.archived)
    )
    org, covers = context.scope.org, context.scope.covers
    covered = [each for each in context.session.execute(with_alerts) if covers(org, each.name)]
    return sorted(covered, key=lambda each: (each.name, each.id))


def _days(alert: Any, as_of: datetime) -> int:
    """Count the whole days; one that was opened while the list was read is from after the snapshot's moment."""
    days: int = (as_of - alert.created_at).days
    return max(days, 0)
