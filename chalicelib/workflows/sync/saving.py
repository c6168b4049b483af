"""Writes runs, jobs and deployments: what is stored and what is told now are put together in one transaction.

Of two that write about the same run at once, one waits for the other: neither overwrites what the other one told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from chalicelib.errors import RejectedError
from chalicelib.ingest.columns import list_row
from chalicelib.ingest.context import Saving
from chalicelib.ingest.deliveries import Place
from chalicelib.ingest.fields import identity, json_object, moment, ordinal, positive, text
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.inventory.models import Repository
from chalicelib.inventory.sync.belongings import rename
from chalicelib.store.among import among
from chalicelib.store.locks import take_turn
from chalicelib.store.upsert import Row
from chalicelib.workflows.models import Deployment, WorkflowJob, WorkflowRun
from chalicelib.workflows.rows import label_set, merge_deployment, merge_job, merge_run, with_runner

RUNS, JOBS, DEPLOYMENTS = (model.__tablename__ for model in (WorkflowRun, WorkflowJob, Deployment))
SUCCESS, FAILURES = "success", {"failure", "error"}
WAITING, QUEUED, PENDING = "waiting", "queued", "pending"
PLACE = ("repository_id", "org", "repo")
# Built once: it is asked for each job that is new.
NAMES = select(Repository.__table__.c.org, Repository.__table__.c.name).where(
    Repository.__table__.c.id == bindparam("number")
)
Merge = Callable[[Mapping[str, Any] | None, Row], Row]


def save_jobs(
    saving: Saving, place: Place, jobs: Sequence[Any], *, told: bool, gate: Mapping[str, Any] | None = None
) -> bool:
    """Store jobs of a repository, in the session's transaction; tells whether each could be mapped.

    `told`: by a webhook, with the deployment that they are to make (`gate`), if any. Otherwise GitHub's API shows them
    as they are now.
    """
    mapped = list(map_records(saving, JOBS, jobs, lambda record: job_row(record, place, saving.now(), told, gate)))
    _save(saving, JOBS, WorkflowJob, mapped, merge_job, turn=lambda row: turn_of(row["run_id"]))
    return len(mapped) == len(jobs)


def save_runs(saving: Saving, place: Place, runs: Sequence[Any], *, told: bool) -> bool:
    """Store runs of a repository, in the session's transaction; `told`: by a webhook.

    Tells whether each could be mapped.
    """
    mapped = list(map_records(saving, RUNS, runs, lambda record: run_row(record, place, saving.now(), told)))
    _save(saving, RUNS, WorkflowRun, mapped, merge_run, turn=lambda row: turn_of(row["id"]))
    return len(mapped) == len(runs)


def turn_of(run_id: int) -> str:
    """Name the turn to write a run and its jobs."""
    return f"workflow run {run_id}"


def save_deployment(saving: Saving, place: Place, payload: Any) -> None:
    """Store a deployment with a status of it, as the event `deployment_status` tells, in the session's transaction."""
    mapped = list(map_records(saving, DEPLOYMENTS, [payload], lambda told: deployment_row(told, place, saving.now())))
    _save(saving, DEPLOYMENTS, Deployment, mapped, merge_deployment, turn=lambda row: f"deployment {row['id']}")


def _save(
    saving: Saving,
    kind: str,
    model: type[Any],
    mapped: Sequence[Mapped[Row]],
    merge: Merge,
    *,
    turn: Callable[[Row], str],
) -> None:
    if not mapped:
        return
    saving.run.fetched += len(mapped)
    for name in sorted({turn(each.row) for each in mapped}):
        take_turn(saving.session.connection(), name)
    table = model.__table__
    there = select(table).where(among(table.c.id, {each.row["id"] for each in mapped}))
    stored = {row["id"]: dict(row) for row in saving.session.execute(there).mappings()}
    rows, records = dict(stored), {}
    for each in mapped:
        key = each.row["id"]
        rows[key] = _in_place(merge(rows.get(key), each.row), stored.get(key))
        records[key] = each.record
    save_rows(saving, kind, model, [Mapped(rows[key], record) for key, record in records.items()])
    for place in {Place(*(row[name] for name in PLACE)) for key, row in rows.items() if key not in stored}:
        _follow_name(saving, place)


def _in_place(row: Row, stored: Row | None) -> Row:
    """Give a row with the repository's name that is stored, which follows its renames: a delivery may come late."""
    if (
        stored is None
        or stored["repository_id"] != row["repository_id"]
        or all(stored[name] == row[name] for name in PLACE)
    ):
        return row
    links = {name: stored[name] for name in row if name.endswith("url")}
    return {**row, **{name: stored[name] for name in PLACE}, **links}


def _follow_name(saving: Saving, place: Place) -> None:
    """Call a repository, of which something is new, as it is called now: a late delivery has a former name."""
    found = saving.session.connection().execute(NAMES, {"number": place.repository_id}).first()
    if found is not None and (found.org, found.name) != (place.org, place.repo):
        rename(saving.session, place.repository_id, found.org, found.name)


def _new(now: datetime, *, told: bool) -> Row:
    told_at = now if told else None
    return {
        "first_seen_at": now,
        "changed_at": now,
        "told_at": told_at,
        **dict.fromkeys(("checked_at", "not_found_at")),
    }


def run_row(record: Any, place: Place, now: datetime, told: bool) -> Row:  # noqa: FBT001 - the order of `job_row`
    """Map a run to a row of `workflow_runs`; raises RejectedError.

    https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run
    """
    attempt = {"run_attempt": 1, **record} if isinstance(record, dict) else record
    row = list_row(WorkflowRun, attempt)
    positive("id", row["id"])
    ordinal("run_attempt", row["run_attempt"])
    return {**row, **place.columns, **_new(now, told=told), "abandoned_at": None, "abandoned_reason": None}


def job_row(
    record: Any,
    place: Place,
    now: datetime,
    told: bool,  # noqa: FBT001 - as above
    gate: Mapping[str, Any] | None,
) -> Row:
    """Map a job, and the deployment that it is to make, to a row of `workflow_jobs`; raises RejectedError.

    https://docs.github.com/en/rest/actions/workflow-jobs#get-a-job-for-a-workflow-run
    """
    attempt = {"run_attempt": 1, **record} if isinstance(record, dict) else record
    row = with_runner(list_row(WorkflowJob, attempt))
    positive("id", row["id"])
    ordinal("run_attempt", row["run_attempt"])
    made = {"label_set": label_set(row.get("labels")), **_wait_columns(gate or {}, row)}
    return {
        **dict.fromkeys(("created_at", "started_at", "completed_at", "conclusion", "steps")),
        **row,
        **made,
        **place.columns,
        **_new(now, told=told),
        "abandoned_at": None,
        "abandoned_reason": None,
    }


def _wait_columns(gate: Mapping[str, Any], row: Row) -> Row:
    """Say what a job waits for besides a runner, and as of when it does, or doesn't."""
    status, as_of = row["status"], moment("deployment.updated_at", gate.get("updated_at"))
    asked_at = moment("deployment.created_at", gate.get("created_at")) or row.get("created_at")
    return {
        "environment": text("deployment.environment", gate.get("environment")),
        "deployment_id": identity("deployment.id", gate.get("id")),
        "approval_asked_at": asked_at if status == WAITING else None,
        "waiting_as_of": as_of if status == WAITING else None,
        "queued_as_of": as_of if status == QUEUED else None,
        "was_pending": True if status == PENDING else None,
    }


def deployment_row(payload: Any, place: Place, now: datetime) -> Row:
    """Map the payload of a `deployment_status` to a row of `deployments`; raises RejectedError.

    https://docs.github.com/en/webhooks/webhook-events-and-payloads#deployment_status
    """
    status = json_object("deployment_status", payload.get("deployment_status"))
    deployment = json_object("deployment", payload.get("deployment"))
    if status is None or deployment is None:
        raise RejectedError("deployment or deployment_status is missing")
    run = json_object("workflow_run", payload.get("workflow_run")) or {}
    state, state_at = text("state", status.get("state")), moment("created_at", status.get("created_at"))
    status_id = positive("deployment_status.id", status.get("id"))
    if state is None or state_at is None or status_id is None:
        raise RejectedError("deployment_status has no id, no state or no time")
    return {
        **list_row(Deployment, deployment),
        **place.columns,
        "run_id": identity("workflow_run.id", run.get("id")),
        "state": state,
        "state_at": state_at,
        "status_id": status_id,
        "succeeded_at": state_at if state == SUCCESS else None,
        "failed_at": state_at if state in FAILURES else None,
        "first_seen_at": now,
    }
