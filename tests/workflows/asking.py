"""What the tests of repair share: what happens, what is stored, and what GitHub was asked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from chalicelib.models import MODELS, SyncRun, create_db_session
from tests.deliveries import SECRET, post_to
from tests.organisation import Organisation
from tests.workflows.conftest import rows_of

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def hear(org: Organisation, *, lost: bool = False) -> None:
    """Deliver what happened, or lose all of it."""
    org.sandbox.deliver(post_to(org), SECRET, lost=1.0 if lost else 0.0)


def repair(org: Organisation, times: int = 1, *, every: float = 10 * MINUTE) -> None:
    """Let time pass, and repair."""
    for _ in range(times):
        org.advance(every)
        org.run_job("nrt_events")


def runs(org: Organisation) -> dict[int, dict[str, Any]]:
    return rows_of(org, MODELS["WorkflowRun"])


def jobs(org: Organisation) -> dict[int, dict[str, Any]]:
    return rows_of(org, MODELS["WorkflowJob"])


def ledger(org: Organisation, step: str) -> SyncRun:
    """What the ledger says of the last time that a step was done."""
    with create_db_session(org.db_url) as session:
        found = session.scalars(select(SyncRun).where(SyncRun.step == step).order_by(SyncRun.id.desc())).first()
    assert found is not None
    return found
