"""What each schedule does, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, TypedDict, Unpack

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chalicelib.contributions.api import ISSUES, MEMBERS, PULL_REQUESTS
from chalicelib.contributions.rows import unknown_kinds
from chalicelib.contributions.sync import items, reconcile
from chalicelib.contributions.sync.members import sync_members
from chalicelib.contributions.sync.timelines import EVENTS, poll_timelines
from chalicelib.contributions.sync.transfers import reconcile_transfers
from chalicelib.copilot.sync.days import DAYS, sync_days
from chalicelib.copilot.sync.people import PEOPLE, sync_people
from chalicelib.copilot.sync.seats import SEATS, sync_seats
from chalicelib.errors import DatabaseNotReadyError, JobFailedError
from chalicelib.github import AppAuth, Auth, Budget, GitHubAPI, InstallationAuth, TokenAuth
from chalicelib.github.scopes import Scope
from chalicelib.logs import LOG
from chalicelib.models import create_db_session
from chalicelib.runner import Runner, Step, raise_failures
from chalicelib.settings import Settings
from chalicelib.store.engine import describe
from chalicelib.utils import utc_now


def every_30_min(settings: Settings, **options: Unpack[Options]) -> None:
    """Keep pull requests, issues and members of every organisation current, and follow issues that moved.

    Raises SettingsError and DatabaseNotReadyError before anything is fetched, and JobFailedError at the end when
    steps failed; the others are done all the same. So do the other jobs.
    """
    _run_job("every_30_min", _recent_steps, settings, **options)


def nrt_events(settings: Settings, **options: Unpack[Options]) -> None:
    """Read what happened to every issue and pull request that changed, in near real time."""
    _run_job("nrt_events", _event_steps, settings, **options)


def daily(settings: Settings, **options: Unpack[Options]) -> None:
    """Reconcile what searches for changes can't see (missed merges, silent changes, deletions); read Copilot's use."""
    _run_job("daily", _daily_steps, settings, **options)


class Options(TypedDict, total=False):
    """How a job is run: for these of the organisations only, within a budget, at another time than the present."""

    orgs: Sequence[str]
    budget: Budget
    now: Callable[[], datetime]


class Planned(NamedTuple):
    """A step of a job, by its name in the ledger; `every` when it is not for each run."""

    name: str
    step: Step
    every: timedelta | None = None


Steps = Iterator[Planned]


def _run_job(
    job: str,
    steps: Callable[[Settings], Steps],
    settings: Settings,
    *,
    orgs: Sequence[str] = (),
    budget: Budget | None = None,
    now: Callable[[], datetime] = utc_now,
) -> None:
    settings.check()
    overtaken = []
    with open_database(settings) as session, open_github(settings, budget) as github:
        runners = [Runner(session, github(org), scope_of(settings, org), job, now) for org in orgs or settings.orgs]
        for runner in runners:
            try:
                _run_steps(runner, steps(settings))
            except JobFailedError as error:  # another run took this organisation over; the next one is still ours
                overtaken.append(str(error))
        raise_failures([run for runner in runners for run in runner.runs], also=overtaken)


def _run_steps(runner: Runner, steps: Steps) -> None:
    with runner.lease() as is_ours:
        if is_ours and runner.can_read():
            for name, step, every in steps:
                if every is None or runner.is_due(name, every=every):
                    runner.run(name, step)
                if runner.is_refused:
                    break


def _recent_steps(settings: Settings) -> Steps:
    for kind in (PULL_REQUESTS, ISSUES):
        yield Planned(f"{kind}.new", partial(items.register_new, kind=kind, days=settings.new_days))
        yield Planned(f"{kind}.closed", partial(items.refresh_closed, kind=kind, days=settings.closed_days))
        if kind == PULL_REQUESTS:
            yield Planned(f"{kind}.unmerged", partial(items.reconcile_unmerged, days=settings.unmerged_days))
        yield Planned(f"{kind}.updated", partial(items.follow_updates, kind=kind, first_days=settings.closed_days))
    yield Planned("issues.transfers", reconcile_transfers)
    yield Planned("issues.count", reconcile.check_count)
    yield Planned(MEMBERS, sync_members, every=timedelta(hours=settings.members_hours))


def _event_steps(settings: Settings) -> Steps:
    for name in unknown_kinds(settings.event_types):
        LOG.warning("EVENT_TYPES names %s, which is no kind of event that is known", name)
    for kind in (PULL_REQUESTS, ISSUES):
        yield Planned(f"{kind}.updated", partial(items.follow_updates, kind=kind, first_days=settings.closed_days))
    yield Planned("issues.transfers", reconcile_transfers)
    yield Planned(EVENTS, partial(poll_timelines, days=settings.event_days, types=settings.event_types))


def _daily_steps(settings: Settings) -> Steps:
    kinds = (PULL_REQUESTS, ISSUES)
    # A token's rate limit is that of all organisations, an App has one in each.
    shared_by = 2 * len(kinds) * (len(settings.orgs) if settings.app_id is None else 1)
    since = settings.reconcile_since
    for kind in kinds:
        compare = partial(reconcile.reconcile_counts, kind=kind, since=since, shared_by=shared_by)
        yield Planned(f"{kind}.reconcile", compare)
        yield Planned(f"{kind}.sweep", partial(reconcile.sweep_open, kind=kind, shared_by=shared_by))
    if settings.copilot:
        yield from _copilot_steps(settings)


def _copilot_steps(settings: Settings) -> Steps:
    keeps_people = settings.copilot_user_data
    yield Planned(DAYS, sync_days)
    yield Planned(PEOPLE, partial(sync_people, keeps_people=keeps_people))
    yield Planned(SEATS, partial(sync_seats, keeps_people=keeps_people, price=settings.copilot_seat_price))


def scope_of(settings: Settings, org: str) -> Scope:
    """The part of an organisation that the settings narrow to."""
    return Scope(org, tuple(repo for repo in settings.repos if repo.split("/")[0].casefold() == org.casefold()))


@contextmanager
def open_github(settings: Settings, budget: Budget | None = None) -> Iterator[Callable[[str], GitHubAPI]]:
    """Make the clients of organisations, for a block.

    A token has one rate limit for all, so all have one client; a GitHub App's installations have each their own.
    """
    budget = budget or Budget()
    with ExitStack() as stack:

        def client(auth: Auth) -> GitHubAPI:
            return stack.enter_context(GitHubAPI(auth=auth, api_url=settings.api_url, budget=budget))

        if settings.app_id is None:
            shared = client(TokenAuth(settings.token))
            yield lambda _org: shared
        else:
            app = client(AppAuth(settings.app_id, settings.app_private_key))
            installation = partial(InstallationAuth, app, installation_id=settings.app_installation_id)
            yield lambda org: client(installation(org))


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
