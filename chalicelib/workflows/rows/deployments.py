"""Deployments: what their statuses tell of one, put together in any order."""

from __future__ import annotations

from typing import Any

from chalicelib.workflows.rows.told import Row, first


def merge_deployment(stored: Row | None, new: Row) -> dict[str, Any]:
    """Put together a stored deployment and a newer or older status of it: the newest status counts."""
    if stored is None:
        return dict(new)
    winner, other = (new, stored) if _age(new) >= _age(stored) else (stored, new)
    return {
        **stored,
        **winner,
        "run_id": winner["run_id"] or other["run_id"],
        "succeeded_at": first(stored["succeeded_at"], new["succeeded_at"]),
        "failed_at": first(stored["failed_at"], new["failed_at"]),
        "first_seen_at": first(stored["first_seen_at"], new["first_seen_at"]),
    }


def _age(row: Row) -> tuple[Any, int]:
    return row["state_at"], row["status_id"]
