"""Rows of security written by hand, and the snapshots that are made of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.ingest.context import Context
from chalicelib.ingest.snapshots import Snapshot, write_snapshot
from chalicelib.models import Repository
from chalicelib.security.models import (
    DEPENDABOT,
    SECRET_SCANNING,
    AlertLimit,
    DependabotAlert,
    RepositoryCheck,
    SecretScanningAlert,
)
from chalicelib.settings import Settings
from chalicelib.store.marks import WHOLE
from tests.store.expected import make_context

ORG = "acme"
AS_OF = datetime(2026, 6, 1, 5, tzinfo=UTC)
LIMITS = {"critical": 5, "high": 15, "medium": 60, "low": 90}


def ago(days: float, **more: float) -> datetime:
    return AS_OF - timedelta(days=days, **more)


def add_repository(session: Session, number: int, name: str, visibility: str | None = "public", **columns: Any) -> None:
    org = columns.pop("org", ORG)
    own = {"html_url": f"https://github.com/{org}/{name}", "created_at": ago(100), "archived": False}
    session.add(
        Repository(id=number, org=org, name=name, visibility=visibility, first_seen_at=ago(90), **{**own, **columns})
    )


def add_check(session: Session, number: int, rule: str, result: str, **evidence: Any) -> RepositoryCheck:
    known = None if result == "error" else result
    check = RepositoryCheck(repository_id=number, rule=rule, repo="-", org=ORG, known_result=known, evidence=evidence)
    check.result, check.since, check.checked_at, check.message = result, ago(9), ago(0), f"{rule}: {result}"
    session.add(check)
    return check


def add_limits(session: Session, *, in_working_days: bool = False) -> None:
    session.add(AlertLimit(kind=SECRET_SCANNING, severity="", days=5, in_working_days=in_working_days))
    for severity, days in LIMITS.items():
        session.add(AlertLimit(kind=DEPENDABOT, severity=severity, days=days, in_working_days=in_working_days))


def add_secret(session: Session, repository: int, number: int, created_at: datetime, **columns: Any) -> None:
    where = _where(repository, number, "secret-scanning")
    own = {"state": "open", "secret_type": "mailchimp_api_key", **where, **columns}
    session.add(SecretScanningAlert(created_at=created_at, first_seen_at=AS_OF, **own))


def add_dependency(
    session: Session, repository: int, number: int, severity: str, created_at: datetime, **columns: Any
) -> None:
    own = {"state": "open", **_where(repository, number, "dependabot"), **columns}
    session.add(DependabotAlert(severity=severity, created_at=created_at, first_seen_at=AS_OF, **own))


def _where(repository: int, number: int, feature: str) -> dict[str, Any]:
    url = f"https://github.com/acme/{repository}/security/{feature}/{number}"
    return {"org": ORG, "repo": f"r{repository}", "repository_id": repository, "number": number, "html_url": url}


def context_of(session: Session, **environment: str) -> Context:
    """What a step works with, ten minutes after all was read."""
    session.flush()
    context = make_context(session, org=ORG)
    return replace(
        context, settings=Settings({"GH_ORGS": ORG, **environment}.get), now=lambda: AS_OF + timedelta(minutes=10)
    )


def write(session: Session, snapshot: Snapshot, folder: Path, **environment: str) -> Context:
    """Write a snapshot of what was read at AS_OF."""
    context = context_of(session, SNAPSHOT_URL=str(folder), **environment)
    for name in snapshot.marks or (snapshot.kind,):
        context.marks.watermark(name, scope=WHOLE).advance(AS_OF)
    write_snapshot(context, snapshot)
    return context
