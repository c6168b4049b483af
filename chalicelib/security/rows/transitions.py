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


def find_transitions(
    row: Row, stored: Mapping[str, Any] | None, *, seen_at: datetime, last: datetime | None = None
) -> Iterator[Row]:
    """Give the changes of an alert's state since it was stored; all that GitHub tells of when it was not.

    `row` and `stored` are rows of the alert's table, `last` is when its last known change was. GitHub's own times are
    used where there are any, and where they can be: a change comes after the last one, and not in the future. Any other
    time is the latest that is possible.
    """
    about = {name: row[name] for name in ("repository_id", "number", "org", "repo")}
    known = _Known(row, seen_at, last or (_closed_at(stored) if stored else min(row["created_at"], seen_at)))
    found = known.since(stored) if stored else known.from_the_start()
    return ({**about, **change} for change in found)


def moment_of(row: Mapping[str, Any]) -> datetime:
    """Tell when an alert last changed."""
    moment: datetime = row.get("updated_at") or row["created_at"]
    return moment


def is_news(row: Row, stored: Mapping[str, Any] | None) -> bool:
    """Tell whether a message that may be late is from after what is stored, or says the same of that moment.

    A fix may leave `updated_at` still, so the times at which an alert was closed count, too.
    """
    if stored is None:
        return True
    if moment_of(row) < moment_of(stored):
        return False
    now, then = _last_moment(row), _last_moment(stored)
    is_same = now == then and row["state"] == stored["state"] and stored["unlisted_at"] is None
    return now > then or is_same


def _last_moment(row: Mapping[str, Any]) -> datetime:
    closed: list[datetime] = [at for closing in CLOSINGS.values() if (at := row.get(closing.at))]
    return max([moment_of(row), *closed])


def is_changed(row: Row, stored: Mapping[str, Any]) -> bool:
    """Tell whether an alert has another state than is stored, or got into it anew."""
    if moment_of(row) < moment_of(stored):
        return False  # what GitHub said before
    now, then = _closed_at(row), _closed_at(stored)
    return row["state"] != stored["state"] or bool(now and then and now > then)


def _closed_at(row: Mapping[str, Any]) -> datetime | None:
    return row.get(CLOSINGS.get(row["state"], Closing(at="")).at)


@dataclass(frozen=True)
class _Known:
    """What is known of an alert now."""

    row: Row
    seen_at: datetime
    last: datetime | None

    def from_the_start(self) -> Iterator[Row]:
        created_at = self.row["created_at"]
        yield _change(OPENED, None, OPEN, min(created_at, self.seen_at), is_exact=created_at <= self.seen_at)
        if self.row["state"] != OPEN:
            yield from self._closed(OPEN, since=created_at)

    def since(self, stored: Mapping[str, Any]) -> Iterator[Row]:
        before, state = stored["state"], self.row["state"]
        if not is_changed(self.row, stored):
            return
        if state == OPEN:
            yield from self._reopened(stored)
        elif state == before == FIXED:
            # It was open in between, and nobody looked: a fix can't be edited.
            closing = self._closing(FIXED, FIXED)
            yield _change(REOPENED, FIXED, OPEN, closing["at"], is_exact=False)
            yield {**closing, "from_state": OPEN}
        else:
            yield from self._closed(before, since=self.last)

    def _closed(self, before: str, *, since: datetime | None) -> Iterator[Row]:
        """Describe how it came into its closed state; one that is fixed may have been dismissed before."""
        dismissed_at, fixed_at = self.row.get("dismissed_at"), self.row.get("fixed_at")
        was_dismissed = dismissed_at and fixed_at and (since or dismissed_at) <= dismissed_at < fixed_at
        if self.row["state"] == FIXED and before == OPEN and was_dismissed:
            yield self._closing(DISMISSED, before)
            before = DISMISSED
        yield self._closing(self.row["state"], before)

    def _closing(self, state: str, before: str) -> Row:
        """Describe a closing; of a state that is not known yet, only that it was seen."""
        closing = CLOSINGS.get(state, Closing(at=""))
        told, actor, reason = (self.row.get(name) for name in (closing.at, closing.actor, closing.reason))
        is_exact = told is not None and told <= self.seen_at and (self.last is None or told >= self.last)
        at = told if told is not None and is_exact else self._latest
        return _change(state, before, state, at, is_exact=is_exact, actor=actor, reason=reason)

    def _reopened(self, stored: Mapping[str, Any]) -> Iterator[Row]:
        action = AUTO_REOPENED if stored["state"] == AUTO_DISMISSED else REOPENED
        yield _change(action, stored["state"], OPEN, self._latest, is_exact=False)

    @property
    def _latest(self) -> datetime:
        """The latest time at which a change can have happened that GitHub tells no time of."""
        moment = moment_of(self.row)
        # What moved no `updated_at` happened since the last reading; other changes move it, too.
        is_possible = moment <= self.seen_at and (self.last is None or moment > self.last)
        return moment if is_possible else self.seen_at


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
