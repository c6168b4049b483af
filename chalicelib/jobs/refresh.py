"""Brings some kinds of data up to date at once, for a person who waits, and only while enough rate limit is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from chalicelib.domains import DOMAINS, check_settings
from chalicelib.errors import JobFailedError, NotNowError, OutOfTimeError, SettingsError
from chalicelib.github import Budget, RateLimit, fetch_hourly_limits
from chalicelib.ingest.messages import MESSAGES
from chalicelib.ingest.steps import SCHEDULES
from chalicelib.jobs.connections import open_github
from chalicelib.jobs.schedules import Left, run_job, steps_of
from chalicelib.runtime.logs import LOG
from chalicelib.settings import Settings
from chalicelib.store.health import RECONCILIATION, RECONCILING
from chalicelib.utils import utc_now

# The time of a Lambda's run: a person doesn't wait an hour for a rate limit.
SECONDS = 14 * 60
# Of an hour's requests. The scheduled jobs come first: `daily` may take a tenth, and the others come several times
# before the limit's reset.
SPARED = 0.2
UNITS = {"core": "requests", "graphql": "points of GraphQL"}


def refresh(
    kinds: Sequence[str], settings: Settings, *, budget: Budget | None = None, now: Callable[[], datetime] = utc_now
) -> None:
    """Run the jobs that keep these kinds current; without kinds, all jobs.

    Raises SettingsError or NotNowError before anything is read; NotNowError too when another run holds a job, and
    JobFailedError or OutOfTimeError when steps failed or stopped early. All jobs are run before that.
    """
    check_settings(settings)
    settings = without_messages(settings)
    jobs = jobs_for(kinds, settings)
    check_limits(settings, budget)
    failures: list[str] = []
    left: list[Left] = []
    for job in jobs:
        LOG.info("the job %s:", job)
        try:
            left += run_job(job, settings, budget=budget, now=now)
        except JobFailedError as error:
            failures.append(str(error))
    _raise_left(failures, left)


def without_messages(settings: Settings) -> Settings:
    """Give the same settings, but nothing to post: who looks at a page tells nobody else."""
    return Settings(lambda name: None if name == MESSAGES.name else settings.lookup(name), settings.folder)


def _raise_left(failures: Sequence[str], left: Sequence[Left]) -> None:
    if failures:
        raise JobFailedError("; ".join(dict.fromkeys(failures)))
    if held := [each.sentence for each in left if each.is_held]:
        raise NotNowError("; ".join(held))
    if early := [each.sentence for each in left]:
        raise OutOfTimeError(f"stopped early, and the next run goes on: {'; '.join(early)}")


def jobs_for(kinds: Sequence[str], settings: Settings) -> list[str]:
    """Name the jobs that keep some kinds current, those that run most often first; of none, all jobs.

    Where several jobs read a kind, the one that runs most often has the least to read. Raises SettingsError for a kind
    that there is not, or when all are switched off.
    """
    jobs = sorted(SCHEDULES, key=SCHEDULES.__getitem__)
    if not kinds:
        return jobs
    known = [kind.name for domain in DOMAINS for kind in domain.all_kinds]
    for kind in kinds:
        if kind not in known:
            raise SettingsError(f"there is no kind of data {kind!r}: choose from {', '.join(known)}")
    read = {job: set(_kinds_of(job, settings)) for job in jobs}
    chosen = {next((job for job in jobs if kind in read[job]), None) for kind in kinds}
    if chosen == {None}:
        raise SettingsError(f"no job reads {', '.join(kinds)}: the settings switch that off")
    return [job for job in jobs if job in chosen]


def _kinds_of(job: str, settings: Settings) -> Iterator[str]:
    """Name the kinds that a job's steps read, as the ledger and health do."""
    for step in steps_of(job, settings):
        yield step.name.partition(".")[0]
        if any(step.name.endswith(pattern.removeprefix("%")) for pattern in RECONCILING):
            yield RECONCILIATION


def check_limits(settings: Settings, budget: Budget | None = None) -> None:
    """Raise NotNowError, with the time of the reset, when little is left of a rate limit that the jobs will use."""
    with open_github(settings, budget) as github:
        clients = {id(client): client for client in map(github, settings.orgs)}
        limits = [limit for client in clients.values() for limit in fetch_hourly_limits(client)]
    if low := [limit for limit in limits if limit.remaining < limit.limit * SPARED]:
        raise NotNowError(_refusal(max(low, key=lambda limit: limit.reset)))


def _refusal(low: RateLimit) -> str:
    reset = datetime.fromtimestamp(low.reset, tz=UTC)
    return (
        f"GitHub's rate limit is low: {low.remaining:,} of {low.limit:,} {UNITS[low.resource]} are left "
        f"until {reset:%Y-%m-%d %H:%M:%S} UTC, and the scheduled jobs need these; nothing was read"
    )
