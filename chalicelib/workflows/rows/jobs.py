"""Jobs: what deliveries and answers tell of one, put together in any order, and how long it was in the queue.

A job is ready when it was made, and not before its environment let it pass. It leaves the queue when a runner takes it:
GitHub sets `started_at` long before, so only a runner's name says that one has.
"""

from __future__ import annotations

from typing import Any

from chalicelib.workflows.rows.told import Row, bookkeeping, first, last, rank_of

WAITING, QUEUED = "waiting", "queued"
# What a runner leaves in a job; GitHub also writes 0 and "" for no runner.
RUNNER = ("runner_id", "runner_name", "runner_group_id", "runner_group_name")
# What only some payloads have: what one tells, another one's silence does not take back.
LASTING = ("created_at", "node_id", "workflow_name", "head_branch", "html_url", "environment", "deployment_id")


def label_set(labels: Any) -> str:
    """Write labels, texts or objects with a name, in order, with commas between."""
    names = (each.get("name") if isinstance(each, dict) else each for each in labels or ())
    return ",".join(sorted({name for name in names if isinstance(name, str)}))


def with_runner(row: Row) -> dict[str, Any]:
    """Give a job's row whose runner is NULL when it has none."""
    has_one = bool(row.get("runner_id") or row.get("runner_name"))
    return {**row, **({name: row.get(name) or None for name in RUNNER} if has_one else dict.fromkeys(RUNNER))}


def merge_job(stored: Row | None, new: Row) -> dict[str, Any]:
    """Put together a stored job and what is told of it now; the result has its queue time.

    The order does not matter: the status never goes back, and nothing known is lost. `told_at` of what the API tells
    is None; it tells how things are now.
    """
    if stored is None:
        return {**new, **_queue_columns(new)}
    winner, other = (new, stored) if _is_later(stored, new) else (stored, new)
    merged = {**stored, **winner, **_lasting(winner, other)}
    merged["approval_asked_at"] = first(stored.get("approval_asked_at"), new.get("approval_asked_at"))
    merged["approved_at"] = last(stored.get("approved_at"), new.get("approved_at"))
    merged["status"] = _status(merged, stored, new)
    merged |= bookkeeping(stored, new, is_changed=merged["status"] != stored["status"])
    return {**merged, **_queue_columns(merged)}


def _is_later(stored: Row, new: Row) -> bool:
    before, after = rank_of(stored["status"]), rank_of(new["status"])
    if before != after:
        return after > before
    # In progress, more steps are later; completed, it is the same told again.
    return new.get("told_at") is None or len(new.get("steps") or ()) >= len(stored.get("steps") or ())


def _lasting(winner: Row, other: Row) -> dict[str, Any]:
    """Give what either of two tells."""
    names = LASTING if winner.get("runner_name") else (*LASTING, *RUNNER)
    return {name: other.get(name) if winner.get(name) is None else winner.get(name) for name in names}


def _status(merged: Row, stored: Row, new: Row) -> str:
    """Choose the status; of those before a runner, by whether it was approved, for they come in any order."""
    status: str = merged["status"]
    if rank_of(status) > 0:
        return status
    if merged["approved_at"] is not None:
        return QUEUED
    is_of_now = new.get("told_at") is None
    return WAITING if WAITING in (stored["status"], new["status"]) and not is_of_now else status


def _queue_columns(row: Row) -> dict[str, Any]:
    seconds, reason = queue_time(row)
    return {"queue_seconds": seconds, "queue_reason": reason}


def queue_time(row: Row) -> tuple[int | None, str | None]:
    """Give how many seconds a job was in the queue, or else why nobody can say."""
    reason = _reason(row)
    if reason is not None:
        return None, reason
    ready_at = last(row["created_at"], row.get("approved_at"))
    seconds = int((row["started_at"] - ready_at).total_seconds())
    return (seconds, None) if seconds >= 0 else (None, "out_of_order")


def _reason(row: Row) -> str | None:
    """Give why a job has no queue time; None when it has one."""
    rank, has_runner = rank_of(row["status"]), bool(row.get("runner_name") or row.get("runner_id"))
    is_early = not (row.get("started_at") is None or row.get("created_at") is None) and (
        row["started_at"] < row["created_at"]
    )
    reasons = {
        "not_started": rank == 0,
        "no_runner": not has_runner,
        "started_unknown": row.get("started_at") is None,
        "created_unknown": row.get("created_at") is None,
        # Another attempt takes over what need not run again: with its old times, and a new one of its making.
        "copied": is_early and row["run_attempt"] > 1,
        "out_of_order": is_early,
        "not_told": row.get("told_at") is None,
        "approval_unknown": row.get("deployment_id") is not None and row.get("approved_at") is None,
    }
    return next((name for name, holds in reasons.items() if holds), None)
