"""What each schedule does, in order: a lease, the steps, each in the ledger, and a failure at the end if any failed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chalicelib.contributions.api import ISSUES, MEMBERS, PULL_REQUESTS, Scope, ScopeAPI
from chalicelib.contributions.sync import items, reconcile
from chalicelib.contributions.sync.context import Context
from chalicelib.contributions.sync.members import sync_members
from chalicelib.contributions.sync.timelines import EVENTS, poll_timelines
from chalicelib.contributions.sync.transfers import reconcile_transfers
from chalicelib.errors import (
    ContributorMetricsError,
    DatabaseNotReadyError,
    IncompleteReadError,
    JobFailedError,
    OutOfTimeError,
    UnauthorizedError,
)
from chalicelib.github import Budget, GitHubAPI, RateLimit
from chalicelib.models import SyncRun, create_db_session
from chalicelib.settings import Settings
from chalicelib.store.engine import describe, explain
from chalicelib.store.leases import lease, new_owner, take_lease
from chalicelib.store.ledger import FAILED, OK, PARTIAL, close_run, open_run
from chalicelib.store.watermarks import raise_watermark, read_watermark
from chalicelib.utils import format_utc, utc_now

LOG = logging.getLogger("contributor_metrics")
ACCESS = "access"

Step = Callable[[Context], None]


@dataclass
class Runner:
    """Runs steps for one organisation and writes each into the ledger."""

    session: Session
    github: GitHubAPI
    scope: Scope
    job: str
    now: Callable[[], datetime] = utc_now
    owner: str = field(default_factory=new_owner)
    on_page: Callable[[int], None] = field(default=lambda fetched: None)  # noqa: ARG005 - a hook that does nothing
    runs: list[SyncRun] = field(default_factory=list)
    is_refused: bool = False

    @property
    def lease_name(self) -> str:
        """Name the lease of this job for this organisation."""
        return f"{self.job}:{self.scope.org.casefold()}"

    @contextmanager
    def lease(self) -> Iterator[bool]:
        """Hold the job's lease for a block; yields False, having said who holds it, when another run does."""
        with lease(self.session, name=self.lease_name, owner=self.owner, now=self.now()) as other:
            if other is not None:
                until = format_utc(other.expires_at)
                LOG.warning("%s: %s is at it already, until %s", self.lease_name, other.owner, until)
            yield other is None

    def run(
        self, name: str, step: Step, *, window_start: datetime | None = None, window_end: datetime | None = None
    ) -> SyncRun:
        """Run one step; its row in the ledger says how it ended.

        Raises the database's own failures, and JobFailedError when another run has taken the job over meanwhile.
        """
        self._renew_lease()
        run = open_run(
            self.session,
            job=self.job,
            step=name,
            org=self.scope.org,
            now=self.now(),
            window_start=window_start,
            window_end=window_end,
        )
        before = Spent.of(self.github)
        status, error = self._outcome(run, step)
        before.charge(run, self.github)
        close_run(self.session, run, status=status, error=error, now=self.now())
        self.runs.append(run)
        LOG.info(
            "%s %s: %s, %d fetched, %d new or changed, %d rejected, %d requests%s",
            run.org,
            run.step,
            run.status,
            run.fetched,
            run.stored,
            run.rejected,
            run.requests,
            f": {error}" if error else "",
        )
        return run

    def _renew_lease(self) -> None:
        other = take_lease(self.session, name=self.lease_name, owner=self.owner, now=self.now())
        if other is not None:
            raise JobFailedError(f"{self.lease_name}: {other.owner} took over while this run waited")

    def _outcome(self, run: SyncRun, step: Step) -> tuple[str, str | None]:
        try:
            self.github.budget.check()
            step(Context(self.session, self.github, self.scope, self.now, run, self.on_page))
            self.session.commit()
        except Exception as error:  # noqa: BLE001 - whatever a step meets, the others go on, and the job fails at the end
            self.session.rollback()
            self.is_refused = isinstance(error, UnauthorizedError)
            return self._explain(error)
        return OK, None

    def _explain(self, error: Exception) -> tuple[str, str]:
        if isinstance(error, (OutOfTimeError, IncompleteReadError)):
            return PARTIAL, str(error)
        if isinstance(error, ContributorMetricsError):
            return FAILED, str(error)
        if isinstance(error, SQLAlchemyError):
            return FAILED, explain(error)
        LOG.error("%s: a bug", self.lease_name, exc_info=error)
        return FAILED, f"{type(error).__name__}: {error}"


@dataclass(frozen=True)
class Spent:
    """What a client had spent when a step began."""

    requests: int
    not_modified: int
    rate_limits: Mapping[str, RateLimit]

    @classmethod
    def of(cls, github: GitHubAPI) -> Spent:
        """Take the client's account."""
        return cls(github.requests_sent, github.not_modified, dict(github.rate_limits))

    def charge(self, run: SyncRun, github: GitHubAPI) -> None:
        """Write into the ledger what was spent since."""
        run.requests = github.requests_sent - self.requests
        run.not_modified = github.not_modified - self.not_modified
        used = [limit.remaining for name, limit in github.rate_limits.items() if self.rate_limits.get(name) != limit]
        run.rate_limit_left = min(used, default=None)


def every_30_min(settings: Settings, *, budget: Budget | None = None, now: Callable[[], datetime] = utc_now) -> None:
    """Keep pull requests, issues and members of every organisation current, and follow issues that moved.

    Raises SettingsError and DatabaseNotReadyError before anything is fetched, and JobFailedError at the end when
    steps failed; the others are done all the same. So do the other jobs.
    """
    _run_job("every_30_min", _recent_steps, settings, budget=budget, now=now)


def nrt_events(settings: Settings, *, budget: Budget | None = None, now: Callable[[], datetime] = utc_now) -> None:
    """Read what happened to every issue and pull request that changed, in near real time."""
    _run_job("nrt_events", _event_steps, settings, budget=budget, now=now)


def daily(settings: Settings, *, budget: Budget | None = None, now: Callable[[], datetime] = utc_now) -> None:
    """Reconcile what searches for changes can't see: missed merges, silent changes, deletions."""
    _run_job("daily", _daily_steps, settings, budget=budget, now=now)


Steps = Iterator[tuple[str, Step]]


def _run_job(
    job: str,
    steps: Callable[[Runner, Settings], Steps],
    settings: Settings,
    *,
    budget: Budget | None,
    now: Callable[[], datetime],
) -> None:
    settings.check()
    with open_database(settings) as session, open_github(settings, budget) as github:
        runners = [Runner(session, github, scope_of(settings, org), job, now) for org in settings.orgs]
        for runner in runners:
            _run_steps(runner, steps(runner, settings))
        raise_failures([run for runner in runners for run in runner.runs])


def _run_steps(runner: Runner, steps: Steps) -> None:
    with runner.lease() as is_ours:
        if is_ours and _can_read(runner):
            for name, step in steps:
                if runner.run(name, step).status == FAILED and runner.is_refused:
                    break


def _recent_steps(runner: Runner, settings: Settings) -> Steps:
    for kind in (PULL_REQUESTS, ISSUES):
        yield f"{kind}.new", partial(items.register_new, kind=kind, days=settings.new_days)
        yield f"{kind}.closed", partial(items.refresh_closed, kind=kind, days=settings.closed_days)
        if kind == PULL_REQUESTS:
            yield f"{kind}.unmerged", partial(items.reconcile_unmerged, days=settings.unmerged_days)
        yield f"{kind}.updated", partial(items.follow_updates, kind=kind, first_days=settings.closed_days)
    yield "issues.transfers", reconcile_transfers
    yield "issues.count", reconcile.check_count
    if is_due(runner, MEMBERS, hours=settings.members_hours):
        yield MEMBERS, sync_members


def _event_steps(runner: Runner, settings: Settings) -> Steps:  # noqa: ARG001 - as the others
    for kind in (PULL_REQUESTS, ISSUES):
        yield f"{kind}.updated", partial(items.follow_updates, kind=kind, first_days=settings.closed_days)
    yield "issues.transfers", reconcile_transfers
    yield EVENTS, partial(poll_timelines, days=settings.event_days, types=settings.event_types)


def _daily_steps(runner: Runner, settings: Settings) -> Steps:  # noqa: ARG001 - as the others
    for kind in (PULL_REQUESTS, ISSUES):
        yield f"{kind}.reconcile", partial(reconcile.reconcile_counts, kind=kind, since=settings.reconcile_since)
        yield f"{kind}.sweep", partial(reconcile.sweep_open, kind=kind)


def _can_read(runner: Runner) -> bool:
    """Check once a day that the organisation and the repositories are there: a search drops unknown ones silently."""
    if not is_due(runner, ACCESS, hours=24):
        return True
    return runner.run(ACCESS, check_access).status == OK


def check_access(context: Context) -> None:
    """Step: raise NotFoundError naming what the token can't see, else remember that it was checked."""
    ScopeAPI(context.github).check_scope(context.scope)
    mark = {"name": ACCESS, "org": context.scope.org, "scope": context.scope.name}
    raise_watermark(context.session, **mark, value=context.now())


def is_due(runner: Runner, name: str, *, hours: int) -> bool:
    """Tell whether something that is done every so many hours is to be done now."""
    scope = runner.scope.name if name == ACCESS else "*"
    last = read_watermark(runner.session, name=name, org=runner.scope.org, scope=scope)
    # Runs come every 30 minutes: one that comes a little early must not put it off by half an hour each day.
    return last is None or runner.now() - last >= timedelta(hours=hours) - timedelta(minutes=15)


def scope_of(settings: Settings, org: str) -> Scope:
    """The part of an organisation that the settings narrow to."""
    return Scope(org, tuple(repo for repo in settings.repos if repo.split("/")[0].casefold() == org.casefold()))


def open_github(settings: Settings, budget: Budget | None = None) -> GitHubAPI:
    """Make the client that the settings describe."""
    return GitHubAPI(settings.token, api_url=settings.api_url, budget=budget or Budget())


@contextmanager
def open_database(settings: Settings) -> Iterator[Session]:
    """Open a session for a block; what the database does wrong meanwhile becomes one sentence."""
    session = create_db_session(settings.db_url)
    try:
        yield session
    except SQLAlchemyError as error:
        raise DatabaseNotReadyError(describe(error, settings.db_url)) from error
    finally:
        session.close()


def raise_failures(runs: Sequence[SyncRun], *, statuses: Sequence[str] = (FAILED,)) -> None:
    """Raise JobFailedError naming every step that ended with one of these statuses, each once."""
    failures = dict.fromkeys(f"{run.org} {run.step}: {run.error}" for run in runs if run.status in statuses)
    if failures:
        raise JobFailedError("; ".join(failures))
