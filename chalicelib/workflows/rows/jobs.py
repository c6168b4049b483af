"""Jobs: what deliveries and answers tell of one, put together in any order, and how long it was in the queue.

A job is ready when it was made, and not before its environment let it pass. It leaves the queue when a runner takes it:
GitHub sets `started_at` long before, so only a runner's name says that one has.

A job that needs an approval is told as queued, waiting, and queued again, in any order. When its deployment last
changed says which came last: it is approved when it was said to be queued as of a later change.
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
        only = {**new, "approved_at": _approved_at(new)}
        return {**only, **_queue_columns(only)}
    winner, other = (new, stored) if _is_later(stored, new) else (stored, new)
    merged = {**stored, **winner, **_lasting(winner, other)}
    merged["approval_asked_at"] = first(stored.get("approval_asked_at"), new.get("approval_asked_at"))
    merged |= {name: last(stored.get(name), new.get(name)) for name in ("waiting_as_of", "queued_as_of")}
    merged["was_pending"] = stored.get("was_pending") or new.get("was_pending")
    merged["approved_at"] = _approved_at(merged)
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
    if new.get("told_at") is None:
        return status  # GitHub's API shows how it is now
    if merged["approved_at"] is not None:
        return QUEUED
    return WAITING if WAITING in (stored["status"], new["status"]) else status


def _approved_at(row: Row) -> Any:
    """Give when a job was let into the queue, if that is after it was last said to wait."""
    queued, waiting = row.get("queued_as_of"), row.get("waiting_as_of")
    return queued if queued is not None and (waiting is None or queued > waiting) else None


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
    created_at, started_at, completed_at = (row.get(name) for name in ("created_at", "started_at", "completed_at"))
    is_early = created_at is not None and started_at is not None and started_at < created_at
    is_over = created_at is not None and completed_at is not None and completed_at <= created_at
    reasons = {
        "not_started": rank == 0,
        "no_runner": not has_runner,
        "started_unknown": started_at is None,
        "created_unknown": created_at is None,
        # Another attempt takes over what need not run again: it had ended before it was made.
        "copied": is_early and is_over and row["run_attempt"] > 1,
        "out_of_order": is_early,
        "not_told": row.get("told_at") is None,
        "approval_unknown": _may_have_waited(row) and row.get("approved_at") is None,
        "concurrency_unknown": bool(row.get("was_pending")),
    }
    return next((name for name, holds in reasons.items() if holds), None)


def _may_have_waited(row: Row) -> bool:
    """Tell whether a job waited for an approval, or has an environment that may have asked for one."""
    return row.get("deployment_id") is not None or row.get("approval_asked_at") is not None
