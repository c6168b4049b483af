"""How current the data is, by the ledger: the view `data_health`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, and_, case, cast, func, not_, or_, select

from chalicelib.store.functions import DaysAgo, FirstWord, SecondsBetween, constant, count_if, now
from chalicelib.store.ledger import FAILED, OK, ONE_OFF, PARTIAL, RUNNING, writes
from chalicelib.store.marks import TOLERANCE
from chalicelib.store.models import RejectedRecord, SyncRun
from chalicelib.store.views import View, ViewColumn

# The ledger grows by a thousand rows a day for each organisation. What was not read for so long is stale anyway.
DAYS = 30
# The daily job's comparisons are a kind of their own: they run once a day, while the same data is read often.
RECONCILIATION = "reconciliation"
RECONCILING = ("%.reconcile", "%.sweep", "%.late", "%.again")
# What shows the data to others reads nothing, so no data is older because it was not written. It is written once a day:
# one that was not written for longer is switched off, and its last failure is nobody's business any more.
WRITING_DAYS = 2
# The first job that runs when the check is due makes it for all jobs, even a backfill.
ACCESS = "access"

_run = SyncRun.__table__.c

_reconciles = or_(*(_run.step.like(pattern) for pattern in RECONCILING))
_kind = case((_reconciles, constant(RECONCILIATION)), else_=FirstWord(_run.step))
_runs = (
    select(
        _run.org,
        _kind.label("kind"),
        _run.step,
        _run.status,
        _run.error,
        _run.note,
        _run.started_at,
        _run.finished_at,
        func.row_number().over(partition_by=[_run.org, _kind, _run.step], order_by=_run.id.desc()).label("age"),
    )
    .where(_run.started_at >= DaysAgo(DAYS), _run.status != RUNNING)
    .where(or_(_run.job.not_in(ONE_OFF), _run.step == ACCESS))
    .where(or_(not_(writes(_run.step)), _run.started_at >= DaysAgo(WRITING_DAYS)))
    .subquery("runs")
    .c
)
_has_come = SecondsBetween(now(), _runs.started_at) <= int(TOLERANCE.total_seconds())
_reads = not_(writes(_runs.step))
_steps = (
    select(
        _runs.org,
        _runs.kind,
        _runs.step,
        func.max(case((and_(_runs.status == OK, _reads), _runs.finished_at))).label("last_success_at"),
        # A step may have missed what changed on GitHub while it ran, so the data is complete only up to its start. A
        # start that has not come yet is a wrong clock's.
        func.max(case((and_(_runs.status == OK, _reads, _has_come), _runs.started_at))).label("complete_until"),
        count_if(and_(_runs.age == 1, _runs.status == PARTIAL)).label("incomplete"),
        count_if(and_(_runs.age == 1, _runs.status == FAILED)).label("failed"),
        func.max(case((and_(_runs.age == 1, _runs.status != OK), _runs.error))).label("error"),
        func.max(case((_runs.age == 1, _runs.note))).label("note"),
    )
    .group_by(_runs.org, _runs.kind, _runs.step)
    .subquery("steps")
    .c
)
_every_step_succeeded = func.count(_steps.complete_until) == count_if(not_(writes(_steps.step)))
_rejected = (
    select(func.count(type_=BigInteger()))
    .where(RejectedRecord.org == _steps.org, RejectedRecord.kind == _steps.kind, RejectedRecord.stored_at.is_(None))
    .correlate_except(RejectedRecord)
    .scalar_subquery()
)

DATA_HEALTH = View(
    "data_health",
    "How current each kind of data is, by the ledger of the last 30 days; a kind that is missing was not read at all",
    [
        ViewColumn("org", _steps.org, "Organisation"),
        ViewColumn(
            "kind",
            _steps.kind,
            "What is kept current, such as pull_requests or members; access says whether the token may see everything, "
            "reconciliation is the daily comparison with GitHub",
        ),
        ViewColumn(
            "last_success_at",
            case((_every_step_succeeded, func.min(_steps.last_success_at))),
            "When its least recently successful step last succeeded; NULL when one of its steps never did",
        ),
        ViewColumn(
            "lag_seconds",
            case((_every_step_succeeded, SecondsBetween(func.min(_steps.complete_until), now()))),
            "For how many seconds a change on GitHub may have gone unseen; NULL when a step of it never succeeded",
        ),
        ViewColumn(
            "incomplete",
            cast(func.sum(_steps.incomplete), Integer),
            "How many of its steps stopped early when they last ran (no time, no rate limit): the next run goes on",
        ),
        ViewColumn("failed", cast(func.sum(_steps.failed), Integer), "How many of its steps failed when they last ran"),
        ViewColumn(
            "error",
            func.coalesce(func.max(case((_steps.failed > 0, _steps.error))), func.max(_steps.error)),
            "The error of one of those steps; of a failed one, if there is one",
        ),
        ViewColumn("note", func.max(_steps.note), "What else one of its steps reported when it last ran"),
        ViewColumn(
            "rejected",
            _rejected,
            "How many records of this kind are in rejected_records only",
        ),
    ],
    group_by=[_steps.org, _steps.kind],
)
