"""Which runs GitHub is to be asked for: those that stand open without news, and those whose jobs are not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from chalicelib.ingest.context import Context
from chalicelib.ingest.deliveries import Place
from chalicelib.store.among import among
from chalicelib.store.functions import SecondsBetween
from chalicelib.workflows.models import WorkflowJob, WorkflowRun
from chalicelib.workflows.rows import SURE, asked_or_news, begun, is_due, needs_jobs
from chalicelib.workflows.rows.told import COMPLETED, Row
from chalicelib.workflows.sync.stored import JOB, RUN, RUN_COLUMNS, open_jobs, open_runs, rows_of, stands_open

# So many runs are asked for in one go at most, and so many of them because they, or jobs of them, stand open.
MOST, MOST_OPEN = 300, 200
# After a first reading, ten thousands wait: the first of them are enough to choose from.
WINDOW = 20 * MOST
# Of older runs that ended, the jobs are not listed any more: none of them can run again.
OLDEST = timedelta(days=35)
# A run that only its jobs tell of is looked for so long.
MISSING = timedelta(days=7)
Places = Mapping[int, Place]


@dataclass(frozen=True, kw_only=True)
class Look:
    """A run to ask GitHub for: for its jobs, and with `asks_run` for itself too.

    `as_of` is its stored `updated_at`, None when it is not stored; `waited_since` when there was last news of it.
    """

    place: Place
    run_id: int
    asks_run: bool
    as_of: datetime | None
    waited_since: datetime


def find_looks(context: Context, places: Places) -> tuple[list[Look], int]:
    """Choose the runs to ask for, the longest unasked first; gives how many more are due, too."""
    urgent = _best(_urgent(context, places))
    chosen, known = urgent[:MOST_OPEN], {look.run_id for look in urgent}
    ended = [look for look in _ended(context, places) if look.run_id not in known]
    rest = ended[: MOST - len(chosen)]
    return [*chosen, *rest], len(urgent) + len(ended) - len(chosen) - len(rest)


def _best(looks: Iterable[Look]) -> list[Look]:
    """Give each run once, asked for itself if one of its looks says so, the longest unasked first."""
    best: dict[int, Look] = {}
    for look in sorted(looks, key=lambda one: (not one.asks_run, one.waited_since)):
        best.setdefault(look.run_id, look)
    return sorted(best.values(), key=lambda one: (one.waited_since, one.run_id))


def _look(
    places: Places,
    row: Row,
    run_id: int,
    *,
    asks_run: bool,
    as_of: datetime | None,
    waited_since: datetime | None = None,
) -> Look:
    since = waited_since or asked_or_news(row)
    return Look(place=places[row["repository_id"]], run_id=run_id, asks_run=asks_run, as_of=as_of, waited_since=since)


def _urgent(context: Context, places: Places) -> Iterator[Look]:
    """Find what stands open without news, and what is missing."""
    session, org, now = context.session, context.scope.org, context.now()
    unlisted = _unlisted(context)
    for run in open_runs(session, org):
        is_unlisted = run["id"] in unlisted
        if run["repository_id"] in places and is_due(run, now, is_unlisted=is_unlisted):
            since = begun(run) if is_unlisted else None
            yield _look(places, run, run["id"], asks_run=True, as_of=run["updated_at"], waited_since=since)
    stuck = [job for job in open_jobs(session, org) if job["repository_id"] in places and is_due(job, now)]
    ended = _ended_at(context, stuck)
    for job in stuck:
        as_of = ended.get(job["run_id"])
        yield _look(places, job, job["run_id"], asks_run=as_of is None, as_of=as_of)
    for job in _missing(context):
        if job["repository_id"] in places and is_due(job, now):
            yield _look(places, job, job["run_id"], asks_run=True, as_of=None)


def _unlisted(context: Context) -> set[int]:
    """Find the open runs of whose latest attempt no job is known, and that were not asked for as they are now."""
    known = exists().where(JOB.run_id == RUN.id, JOB.run_attempt == RUN.run_attempt)
    is_asked = and_(RUN.checked_at.is_not(None), RUN.checked_at >= RUN.changed_at)
    query = select(RUN.id).where(RUN.org == context.scope.org, stands_open(RUN.status), ~is_asked, ~known)
    return set(context.session.scalars(query))


def _ended_at(context: Context, jobs: Sequence[Row]) -> dict[int, datetime]:
    """Give the runs of some jobs that have ended, with their `updated_at`: of these, only the jobs are asked for."""
    ids = sorted({job["run_id"] for job in jobs})
    query = select(RUN.id, RUN.updated_at).where(among(RUN.id, ids), RUN.status == COMPLETED)
    return {row["id"]: row["updated_at"] for row in rows_of(context.session, query)}


def _missing(context: Context) -> Sequence[Row]:
    """Find runs, and attempts of runs, that only jobs tell of: a row for each, of its jobs' newest times."""
    times = (func.max(JOB[name]).label(name) for name in ("created_at", "changed_at", "checked_at", "not_found_at"))
    jobs = WorkflowJob.__table__.outerjoin(WorkflowRun.__table__, RUN.id == JOB.run_id)
    query = (
        select(JOB.run_id, JOB.repository_id, *times)
        .select_from(jobs)
        .where(JOB.org == context.scope.org, JOB.created_at >= context.now() - MISSING)
        .where(or_(RUN.id.is_(None), RUN.run_attempt < JOB.run_attempt))
        .group_by(JOB.run_id, JOB.repository_id)
    )
    return rows_of(context.session, query)


def _ended(context: Context, places: Places) -> Iterator[Look]:
    """Find runs that ended, and whose jobs were not listed since."""
    now = context.now()
    is_listed = and_(RUN.jobs_as_of.is_not(None), RUN.jobs_as_of >= RUN.updated_at)
    query = (
        select(*RUN_COLUMNS)
        .where(RUN.org == context.scope.org, RUN.created_at >= now - OLDEST, among(RUN.repository_id, places))
        .where(RUN.status == COMPLETED, ~is_listed, ~_is_gone())
        .order_by(func.coalesce(RUN.checked_at, RUN.changed_at), RUN.id)
        .limit(WINDOW)
    )
    for run in rows_of(context.session, query):
        if needs_jobs(run, now):
            yield _look(places, run, run["id"], asks_run=False, as_of=run["updated_at"])


def _is_gone() -> ColumnElement[bool]:
    """Say of runs that GitHub has said for long enough that there is no such run: they must not hide the others.

    A second is added, because each database rounds seconds in its own way.
    """
    apart = SecondsBetween(RUN.not_found_at, RUN.checked_at) >= int(SURE.total_seconds()) + 1
    return and_(RUN.not_found_at.is_not(None), RUN.checked_at.is_not(None), apart)
