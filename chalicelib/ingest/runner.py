"""Runs the steps of a job for one organisation: holds its lease, and writes each step into the ledger."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chalicelib.errors import ContributorMetricsError, JobFailedError, OutOfTimeError, UnauthorizedError
from chalicelib.github import GitHubAPI, RateLimit
from chalicelib.ingest.context import Context, ignore_progress
from chalicelib.ingest.scopes import Scope, ScopeAPI
from chalicelib.runtime.logs import LOG, bound
from chalicelib.settings import Settings
from chalicelib.store.engine import explain
from chalicelib.store.leases import LAMBDA_LEASE, SHELL_LEASE, lease, new_owner, take_lease
from chalicelib.store.ledger import FAILED, OK, PARTIAL, close_run, open_run
from chalicelib.store.marks import Mark, Marks
from chalicelib.store.models import Cursor, SyncRun, Watermark
from chalicelib.store.organisations import know_organisation
from chalicelib.store.transactions import end_reading
from chalicelib.utils import format_utc, utc_now

ACCESS = "access"
RENEWAL = timedelta(minutes=1)
# A clock that is further ahead of GitHub's is wrong; a proxy may keep answers with their `Date` for less.
AHEAD = timedelta(hours=1)

Step = Callable[[Context], None]


@dataclass
class Runner:
    """Runs steps for one organisation and writes each into the ledger."""

    session: Session
    github: GitHubAPI
    scope: Scope
    settings: Settings
    job: str
    now: Callable[[], datetime] = utc_now
    owner: str = field(default_factory=new_owner)
    on_page: Callable[[int], None] = ignore_progress
    runs: list[SyncRun] = field(default_factory=list)
    gone: Counter[str] = field(default_factory=Counter)
    is_refused: bool = False
    renewed_at: datetime | None = None
    lease_name: str = field(init=False)

    def __post_init__(self) -> None:
        """Spell the organisation as it was spelled before: GitHub's names ignore case, our tables don't."""
        # The lease keeps this name, also when GitHub answers that the organisation has another one now.
        self.lease_name = f"{self.job}:{self.scope.org.casefold()}"
        for table in (Watermark, Cursor, SyncRun):
            known = select(table.org).where(func.lower(table.org) == self.scope.org.lower()).limit(1)
            if spelled := self.session.scalar(known):
                self.scope = replace(self.scope, org=spelled)
                return

    @property
    def marks(self) -> Marks:
        """The watermarks and cursors of what is read."""
        return Marks(self.session, self.scope.org, self.scope.name, self.clock)

    def clock(self) -> datetime:
        """Tell the time: GitHub's where this machine's clock is ahead of it, for nothing has happened after that."""
        local, github = self.now(), self.github.time
        return github if github is not None and local - github > AHEAD else local

    @property
    def failed(self) -> list[SyncRun]:
        """The steps that did not come to their end."""
        return [run for run in self.runs if run.status != OK]

    @property
    def lease_time(self) -> timedelta:
        """How long the lease holds without renewal: a shell may wait an hour for a rate limit, a Lambda may not."""
        return SHELL_LEASE if self.github.budget.deadline is None else LAMBDA_LEASE

    @contextmanager
    def lease(self) -> Iterator[bool]:
        """Hold the job's lease for a block; yields False, having said who holds it, when another run does."""
        holding = {"name": self.lease_name, "owner": self.owner}
        with lease(self.session, **holding, now=self.now(), time=self.lease_time) as other:
            if other is not None:
                until = format_utc(other.expires_at)
                LOG.warning("%s: %s is running it already; its lease ends at %s", self.lease_name, other.owner, until)
            yield other is None

    def can_read(self, *, every: timedelta = timedelta(hours=24)) -> bool:
        """Check, now and then, that all that is to be read is there: a search drops unknown repositories silently."""
        if not self.is_due(self.marks.cursor(ACCESS), every=every):
            return True
        return self.run(ACCESS, self._check_access).status == OK

    def _check_access(self, context: Context) -> None:
        found = ScopeAPI(context.github).resolve(context.scope)
        self.scope = found.scope
        context.run.org = self.scope.org
        number = found.organisation_id
        if number is not None and (renamed := know_organisation(self.session, number, self.scope.org)):
            context.note(renamed)
        self.marks.cursor(ACCESS).advance(context.now())

    def is_due(self, mark: Mark, *, every: timedelta) -> bool:
        """Tell whether something that is done every so often, and leaves a mark, is to be done now."""
        last = mark.read()
        # Runs come every 30 minutes: one that comes a little early must not put it off by half an hour each day.
        return last is None or self.clock() - last >= every - timedelta(minutes=15)

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
            now=self.clock(),
            window_start=window_start,
            window_end=window_end,
        )
        before = Spent.of(self.github)
        with bound(organisation=run.org, step=name):
            status, error = self._outcome(run, step)
        before.charge(run, self.github)
        close_run(self.session, run, status=status, error=error, now=self.clock())
        self.runs.append(run)
        self._say(run)
        return run

    def _say(self, run: SyncRun) -> None:
        counts = {name: getattr(run, name) for name in ("fetched", "stored", "rejected", "requests")}
        done = "{fetched} fetched, {stored} new or changed, {rejected} rejected, {requests} requests".format(**counts)
        words = run.error or run.note
        sentence = f"{run.org} {run.step}: {run.status}, {done}" + (f": {words}" if words else "")
        with bound(organisation=run.org, step=run.step):
            LOG.info(sentence, extra={**counts, "status": run.status})

    def _renew_lease(self) -> None:
        now = self.now()
        other = take_lease(self.session, name=self.lease_name, owner=self.owner, now=now, time=self.lease_time)
        self.renewed_at = now
        if other is not None:
            raise JobFailedError(f"{self.lease_name}: {other.owner} took over while this run waited")

    def _keep_lease(self) -> None:
        if self.renewed_at is None or self.now() - self.renewed_at >= RENEWAL:
            self._renew_lease()

    def _outcome(self, run: SyncRun, step: Step) -> tuple[str, str | None]:
        context = Context(
            session=self.session,
            github=self.github,
            scope=self.scope,
            settings=self.settings,
            now=self.clock,
            run=run,
            gone=self.gone,
            keep_lease=self._keep_lease,
            on_page=self.on_page,
        )
        for client in _clients(self.github):
            client.before_request = partial(self._end_reading, threading.get_ident())
        try:
            self.github.budget.check()
            step(context)
            self.session.commit()
        except KeyboardInterrupt:
            self.session.rollback()
            close_run(self.session, run, status=PARTIAL, error="stopped", now=self.clock())
            raise
        except Exception as error:  # noqa: BLE001 - whatever a step meets, the others go on, and the job fails at the end
            self.session.rollback()
            self.is_refused = isinstance(error, UnauthorizedError)
            return self._explain(error)
        return OK, None

    def _end_reading(self, thread: int) -> None:
        """Leave no transaction open while GitHub is asked; a session belongs to the thread that runs the step."""
        if threading.get_ident() == thread:
            end_reading(self.session)

    def _explain(self, error: Exception) -> tuple[str, str]:
        if isinstance(error, OutOfTimeError):
            return PARTIAL, str(error)
        if isinstance(error, ContributorMetricsError):
            return FAILED, str(error)
        if isinstance(error, SQLAlchemyError):
            return FAILED, explain(error)
        LOG.error("%s: a bug", self.lease_name, exc_info=error)
        return FAILED, f"{type(error).__name__}: {error}"


def _clients(github: GitHubAPI) -> list[GitHubAPI]:
    """Give a client, and that of its App."""
    return [client for client in (github, github.app) if client is not None]


def _sent(github: GitHubAPI) -> int:
    return sum(client.requests_sent for client in _clients(github))


@dataclass(frozen=True)
class Spent:
    """What a client had spent when a step began."""

    requests: int
    not_modified: int
    rate_limits: Mapping[str, RateLimit]

    @classmethod
    def of(cls, github: GitHubAPI) -> Spent:
        """Take the client's account."""
        return cls(_sent(github), github.not_modified, dict(github.rate_limits))

    def charge(self, run: SyncRun, github: GitHubAPI) -> None:
        """Write into the ledger what was spent since."""
        run.requests = _sent(github) - self.requests
        run.not_modified = github.not_modified - self.not_modified
        # Searches are limited by the minute: what a minute has left says nothing of the hour.
        used = [
            limit.remaining
            for name, limit in github.rate_limits.items()
            if name != "search" and self.rate_limits.get(name) != limit
        ]
        run.rate_limit_left = min(used, default=None)


def raise_failures(runs: Sequence[SyncRun], *, statuses: Sequence[str] = (FAILED,), also: Sequence[str] = ()) -> None:
    """Raise JobFailedError naming every step that ended with one of these statuses, each once."""
    failures = [f"{run.org} {run.step}: {run.error}" for run in runs if run.status in statuses]
    if failures or also:
        raise JobFailedError("; ".join(dict.fromkeys([*failures, *also])))
