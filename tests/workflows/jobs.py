"""Rows of jobs and runners, as tests write them: what is not given is as plain as can be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chalicelib.workflows.models import Runner, WorkflowJob

MADE = datetime(2026, 6, 15, 12, tzinfo=UTC)


def job(number: int, status: str = "completed", **columns: Any) -> dict[str, Any]:
    """A job of acme/r, told of by a webhook."""
    row: dict[str, Any] = {"id": number, "run_id": 1, "run_attempt": 1, "name": f"job {number}", "status": status}
    row |= {"org": "acme", "repo": "r", "repository_id": 1, "labels": ["linux"], "label_set": "linux"}
    row |= {"created_at": MADE, "first_seen_at": MADE, "told_at": MADE, "changed_at": MADE}
    if "label_set" in columns:
        row["labels"] = columns["label_set"].split(",")
    return row | columns


def runner(number: int, **columns: Any) -> dict[str, Any]:
    """A runner of acme that is online and has no job."""
    row: dict[str, Any] = {"id": number, "org": "acme", "name": f"runner {number}", "status": "online", "busy": False}
    row |= {"labels": [{"id": 0, "name": "linux", "type": "custom"}], "label_set": "linux", "first_seen_at": MADE}
    return row | columns


def write(session: Session, model: type[WorkflowJob | Runner], *rows: dict[str, Any]) -> None:
    """Write rows, which need not have the same columns."""
    session.execute(insert(model), list(rows))
