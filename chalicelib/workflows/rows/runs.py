"""Runs: what deliveries and answers tell of one, put together in any order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.workflows.rows.told import COMPLETED, RANKS, Row, bookkeeping, first, last, rank_of

# Completed in name only: somebody must approve it, and then it begins.
ACTION_REQUIRED = "action_required"
LASTING = ("node_id", "workflow_id", "name", "path", "title", "actor", "html_url")


def rank(row: Row) -> int:
    """Give how far a run is: 0 before it began, 1 in progress, 2 completed."""
    return 0 if row.get("conclusion") == ACTION_REQUIRED else rank_of(row["status"])


def is_open(row: Row) -> bool:
    """Tell whether GitHub has not told of a run's or a job's end."""
    return bool(row["status"] != COMPLETED)


def merge_run(stored: Row | None, new: Row) -> dict[str, Any]:
    """Put together a stored run and what is told of it now: the latest attempt, as far as it came.

    The order does not matter. What is told of an earlier attempt changes nothing but when the run was made. A run that
    is in progress may have to wait again, until another job of it is approved.
    """
    if stored is None:
        return dict(new)
    winner, other = (new, stored) if _is_later(stored, new) else (stored, new)
    merged = {**stored, **winner}
    merged |= {name: other.get(name) if winner.get(name) is None else winner[name] for name in LASTING}
    merged["created_at"] = first(stored["created_at"], new["created_at"])
    merged["updated_at"] = last(stored["updated_at"], new["updated_at"])
    merged["jobs_as_of"] = stored.get("jobs_as_of") if merged["run_attempt"] == stored["run_attempt"] else None
    is_changed = any(merged[name] != stored.get(name) for name in ("run_attempt", "status", "conclusion"))
    return merged | bookkeeping(stored, new, is_changed=is_changed)


def _is_later(stored: Row, new: Row) -> bool:
    before, after = _age(stored), _age(new)
    # Of two that are of the same second, what GitHub's API shows is how it is now.
    is_of_now = new.get("told_at") is None and before[:3] == after[:3]
    return is_of_now or after >= before


def _age(row: Row) -> tuple[int, bool, datetime, int, str]:
    far = rank(row)
    return row["run_attempt"], far == RANKS[COMPLETED], row["updated_at"], far, row["status"]
