"""How Copilot is set up in an organisation, and the days and chances that all of it is made of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from sandbox.world.hours import DAY

DAY_FORM = re.compile(r"\d{4}-\d\d-\d\d")
# How "there is no report of this day" may be said.
NO_DATA = (200, 204, 404)


@dataclass(frozen=True, slots=True)
class Settings:
    """Copilot in an organisation: since when (a day's epoch seconds), and how its reports are published.

    `offered_days` is how far back reports are offered, `late_days` by how many days the late ones are late at most (0:
    none is) and `late` which days are late by how many; `revisions` False means that figures are final at once.
    `policy` False switches the metrics off, `links` is into how many files a report is split, `wrapped` is the form of
    the organisation's 1-day report, `no_data` the status for a day without one, `link_seconds` how long a link is good.
    So many assignees as `duplicates` says are listed twice.
    """

    since: int
    offered_days: int = 365
    late_days: int = 3
    late: Mapping[str, int] = field(default_factory=dict)
    revisions: bool = True
    policy: bool = True
    links: int = 1
    wrapped: bool = False
    no_data: int = 204
    link_seconds: int = 3600
    duplicates: int = 0

    def changed(self, wanted: Mapping[str, Any]) -> "Settings":
        """Return it with some settings changed (`since` as a day's name); TypeError, ValueError for what can't be."""
        since = parse_day(wanted["since"]) if "since" in wanted else self.since
        changed = replace(self, **{**wanted, "since": since})
        if changed.no_data not in NO_DATA or changed.links < 1:
            raise ValueError(f"no_data is one of {NO_DATA}, links are at least one")
        for day in changed.late:
            parse_day(day)
        return changed


def day_of(moment: int) -> int:
    """Return the UTC midnight at which a moment's day began."""
    return moment - moment % DAY


def day_name(day: int) -> str:
    """Return a day as reports write it."""
    return datetime.fromtimestamp(day, UTC).strftime("%Y-%m-%d")


def parse_day(text: str) -> int:
    """Return the UTC midnight of a day's name; ValueError for anything else."""
    if not DAY_FORM.fullmatch(text):
        raise ValueError(f"not a day: {text!r}")
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def next_month(moment: int) -> int:
    """Return when the month after a moment's begins, and with it the next billing cycle."""
    at = datetime.fromtimestamp(moment, UTC)
    year, month = divmod(at.year * 12 + at.month, 12)
    return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp())


def this_month(moment: int) -> int:
    """Return when a moment's month began."""
    return int(datetime.fromtimestamp(moment, UTC).replace(day=1, hour=0, minute=0, second=0).timestamp())


def draw(*parts: object) -> float:
    """Return a number in [0, 1) that is always the same for the same parts: cheaper than a generator of its own."""
    text = "/".join(map(str, parts))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64
