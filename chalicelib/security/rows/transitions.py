"""Which changes of state an alert has gone through, by what GitHub says of it now and what is stored of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.ingest.fields import Row

OPEN, FIXED, DISMISSED, AUTO_DISMISSED, RESOLVED = "open", "fixed", "dismissed", "auto_dismissed", "resolved"
OPENED, REOPENED, AUTO_REOPENED = "opened", "reopened", "auto_reopened"


@dataclass(frozen=True)
class Closing:
    """The columns that tell of a closed state: when it began, who closed the alert, and why."""

    at: str
    actor: str = ""
    reason: str = ""


# Each is its own action, too.
CLOSINGS = {
    FIXED: Closing("fixed_at"),
    DISMISSED: Closing("dismissed_at", "dismissed_by", "dismissed_reason"),
    AUTO_DISMISSED: Closing("auto_dismissed_at"),
    RESOLVED: Closing("resolved_at", "resolved_by", "resolution"),
}


def find_transitions(row: Row, stored: Mapping[str, Any] | None, *, seen_at: datetime) -> Iterator[Row]:
    """Give the changes of an alert's state since it was stored; all that GitHub tells of when it was not.

    `row` and `stored` are rows of the alert's table. GitHub's own times are used where there are any; a time that it
    does not tell is the latest that is possible.
    """
    about = {name: row[name] for name in ("repository_id", "number", "org", "repo")}
    found = _since_stored(row, stored, seen_at) if stored else _from_the_start(row, seen_at)
    return ({**about, **change} for change in found)


def _from_the_start(row: Row, seen_at: datetime) -> Iterator[Row]:
    yield _change(OPENED, None, OPEN, row["created_at"])
    state, before = row["state"], OPEN
    if state == OPEN:
        return
    dismissed_at, fixed_at = row.get("dismissed_at"), row.get("fixed_at")
    if state == FIXED and dismissed_at and fixed_at and dismissed_at < fixed_at:
        yield _closed(row, DISMISSED, before, seen_at)
        before = DISMISSED
    yield _closed(row, state, before, seen_at)


def _since_stored(row: Row, stored: Mapping[str, Any], seen_at: datetime) -> Iterator[Row]:
    if _moment(row) < _moment(stored):
        return  # what GitHub said before
    before, state = stored["state"], row["state"]
    if state == OPEN and before != OPEN:
        yield _reopened(row, stored, seen_at)
    elif state != OPEN and state == before and _is_closed_anew(row, stored):
        # It was open in between, and nobody looked.
        yield _change(_reopening_of(before), before, OPEN, row[CLOSINGS[state].at], is_exact=False)
        yield _closed(row, state, OPEN, seen_at)
    elif state not in (OPEN, before):
        yield _closed(row, state, before, seen_at)


def _is_closed_anew(row: Row, stored: Mapping[str, Any]) -> bool:
    closing = CLOSINGS.get(row["state"])
    now, then = (each.get(closing.at) if closing else None for each in (row, stored))
    return bool(now and then and now > then)


def _moment(row: Mapping[str, Any]) -> datetime:
    moment: datetime = row.get("updated_at") or row["created_at"]
    return moment


def _reopened(row: Row, stored: Mapping[str, Any], seen_at: datetime) -> Row:
    closing = CLOSINGS.get(stored["state"])
    closed_at = (stored.get(closing.at) if closing else None) or _moment(stored)
    # Other changes move `updated_at`, too; and what did not move it happened since the last reading.
    at = _moment(row) if closed_at < _moment(row) <= seen_at else seen_at
    return _change(_reopening_of(stored["state"]), stored["state"], OPEN, at, is_exact=False)


def _reopening_of(state: str) -> str:
    return AUTO_REOPENED if state == AUTO_DISMISSED else REOPENED


def _closed(row: Row, state: str, before: str, seen_at: datetime) -> Row:
    """Describe a closing; of a state that is not known yet, only that it was seen."""
    closing = CLOSINGS.get(state, Closing(at=""))
    at, actor, reason = (row.get(name) for name in (closing.at, closing.actor, closing.reason))
    latest = min(row.get("updated_at") or seen_at, seen_at)
    return _change(state, before, state, at or latest, is_exact=at is not None, actor=actor, reason=reason)


def _change(
    action: str,
    before: str | None,
    after: str,
    at: datetime,
    *,
    is_exact: bool = True,
    actor: str | None = None,
    reason: str | None = None,
) -> Row:
    return {
        "action": action,
        "from_state": before,
        "to_state": after,
        "at": at,
        "is_exact": is_exact,
        "actor": actor,
        "reason": reason,
    }
