"""Whether the data is current: the view `data_health`, compared with how old each kind may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from chalicelib.domains import DOMAINS
from chalicelib.ingest.runner import ACCESS
from chalicelib.ingest.steps import time_of
from chalicelib.settings import Settings
from chalicelib.store.functions import count_if
from chalicelib.store.health import DATA_HEALTH
from chalicelib.store.ledger import FAILED, ONE_OFF
from chalicelib.store.marks import TOLERANCE
from chalicelib.store.models import SyncRun
from chalicelib.utils import utc_now

# A daily check tells whether the token may see everything.
ACCESS_STALE_AFTER = timedelta(hours=26)
# A kind that is stale so soon is read every few minutes; the lag of these kinds is the lag of the database.
FREQUENT = timedelta(hours=2)


@dataclass(frozen=True)
class Health:
    """How current one kind of an organisation's data is.

    `lag` is None when no complete read ended within 30 days. `since_first_run` is the time since a job first read the
    organisation; None when none did.
    """

    org: str
    kind: str
    stale_after: timedelta
    since_first_run: timedelta | None
    last_success_at: datetime | None = None
    lag: timedelta | None = None
    incomplete: int = 0
    failed: int = 0
    rejected: int = 0
    error: str | None = None

    @property
    def is_stale(self) -> bool:
        """Whether the data is older than `stale_after`."""
        # A new organisation becomes stale only when its first complete read is overdue.
        age = self.since_first_run if self.lag is None else self.lag
        # What is current to a time that has not come yet was written by a wrong clock, and says nothing.
        return age is None or not -TOLERANCE <= age <= self.stale_after

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to do anything."""
        return not self.is_stale and not self.failed

    @property
    def _reason(self) -> str:
        age = self.since_first_run if self.lag is None else self.lag
        if age is not None and age < -TOLERANCE:
            return "its last run was in the future"
        if self.lag is None:
            return "never read completely"
        return f"more than {self.stale_after / timedelta(hours=1):g} h"

    @property
    def state(self) -> str:
        """The state in a few words, for people to read."""
        if self.failed:
            return f"failed: {self.error}"
        if self.is_stale:
            return f"stale: {self._reason}" + (f": {self.error}" if self.error else "")
        if self.lag is None:
            return "not completely read yet"
        return "current, but the last run stopped early" if self.incomplete else "current"


def read_health(
    session: Session, settings: Settings, orgs: Sequence[str] = (), *, now: Callable[[], datetime] = utc_now
) -> list[Health]:
    """Give the health of every kind in every organisation (or in `orgs`), even of kinds that are not in the ledger."""
    # A backfill doesn't count: the scheduled jobs may not be set up yet.
    jobs = select(func.lower(SyncRun.org), func.min(SyncRun.started_at)).where(SyncRun.job.not_in(ONE_OFF))
    first = {org: now() - moment for org, moment in session.execute(jobs.group_by(func.lower(SyncRun.org)))}
    # A run that fails before it knows GitHub's spelling of a name uses the settings' spelling: the freshest row counts.
    lag = DATA_HEALTH.table.c.lag_seconds
    rows = session.execute(select(DATA_HEALTH.table).order_by(lag.is_not(None), lag.desc()))
    found = {(row.org.lower(), row.kind): row for row in rows}
    return [
        _fill(Health(org, kind, stale_after, first.get(org.lower())), found.get((org.lower(), kind)))
        for org in orgs or settings.orgs
        for kind, stale_after in kinds_with_limits(settings)
    ]


def kinds_with_limits(settings: Settings) -> Iterator[tuple[str, timedelta]]:
    """Give each kind that can grow stale, and after how long it does."""
    yield ACCESS, ACCESS_STALE_AFTER
    for domain in DOMAINS:
        for kind in domain.all_kinds if domain.enabled(settings) else ():
            if kind.stale_after is not None:
                yield kind.name, time_of(kind.stale_after, settings)


def _fill(health: Health, row: Row[Any] | None) -> Health:
    if row is None:
        return health
    return replace(
        health,
        last_success_at=row.last_success_at,
        lag=None if row.lag_seconds is None else timedelta(seconds=row.lag_seconds),
        incomplete=row.incomplete,
        failed=row.failed,
        rejected=row.rejected,
        error=row.error,
    )


def lag_of(healths: Sequence[Health]) -> timedelta | None:
    """The lag of the database: the largest lag of the kinds that are read often; None while one was never read."""
    lags = [health.lag for health in healths if health.stale_after <= FREQUENT]
    return max((lag for lag in lags if lag is not None), default=None) if None not in lags else None


@dataclass(frozen=True)
class Measures:
    """What a job did for an organisation, by the ledger."""

    stored: int
    rejected: int
    requests: int
    failed_steps: int
    rate_limit_left: int | None


def measure(session: Session, *, job: str, org: str, since: datetime) -> Measures:
    """Add up the steps of a job that began at `since` or later."""
    numbers: dict[str, ColumnElement[Any]] = {
        "stored": func.coalesce(func.sum(SyncRun.stored), 0),
        "rejected": func.coalesce(func.sum(SyncRun.rejected), 0),
        "requests": func.coalesce(func.sum(SyncRun.requests), 0),
        "failed_steps": count_if(SyncRun.status == FAILED),
        "rate_limit_left": func.min(SyncRun.rate_limit_left),
    }
    steps = (SyncRun.job == job, func.lower(SyncRun.org) == org.lower(), SyncRun.started_at >= since)
    query = select(*(number.label(name) for name, number in numbers.items())).where(*steps)
    return Measures(**session.execute(query).mappings().one())
