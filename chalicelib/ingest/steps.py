"""What a domain's jobs do, and the kinds of data that they keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.ingest.context import Context
from chalicelib.settings import Settings

EVERY_30_MIN, NRT_EVENTS, DAILY = "every_30_min", "nrt_events", "daily"
# How often each job runs; app.py tells AWS the same.
SCHEDULES = {EVERY_30_MIN: timedelta(minutes=30), NRT_EVENTS: timedelta(minutes=10), DAILY: timedelta(days=1)}

Time = timedelta | Callable[[Settings], timedelta]


def always(_settings: Settings) -> bool:
    """Say yes, whatever the settings are."""
    return True


def accept(_settings: Settings) -> None:
    """Find nothing wrong with the settings."""


def time_of(time: Time, settings: Settings) -> timedelta:
    """Read a time that may depend on the settings."""
    return time if isinstance(time, timedelta) else time(settings)


@dataclass(frozen=True)
class Step:
    """A step of one or several jobs, by its name in the ledger: `<kind>.<what it does>`, or the kind alone.

    With `every`, a job skips the step while it was done less than so long ago. `is_first`: other domains' steps stand
    on what it brings, so jobs do it before these. `is_last`: it stands on what all others bring; backfills end with a
    domain's own too. `enabled` says whether jobs do it at all. `check` raises SettingsError before anything is fetched,
    when the step can't be done.
    """

    name: str
    run: Callable[[Context], None]
    on: tuple[str, ...]
    every: Time | None = None
    is_first: bool = False
    is_last: bool = False
    enabled: Callable[[Settings], bool] = always
    check: Callable[[Settings], None] = accept


@dataclass(frozen=True)
class Kind:
    """A kind of data, as `health` and `--only` name it.

    `stale_after` is how old it may be; None when health doesn't judge it. `cost` is what a backfill of it costs;
    without one there is no backfill of it. `by_default`: a backfill reads it unless `--only` says otherwise.
    `counted`: `--verify` can compare it with GitHub's own counts.
    """

    name: str
    stale_after: Time | None = None
    cost: str = ""
    by_default: bool = False
    counted: bool = False
