"""What is going on now: jobs, runs, and how GitHub itself is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Subquery, and_, case, func, literal, or_, select, union_all

from chalicelib.store.functions import SecondsAgo, constant, minutes, seconds_since, true_if
from chalicelib.store.views import View, ViewColumn
from chalicelib.workflows.models import GitHubStatus, WorkflowJob, WorkflowRun
from chalicelib.workflows.views.columns import (
    COMPLETED,
    IN_PROGRESS,
    WAITING,
    described,
    is_open,
    is_self_hosted,
    queue_wait_seconds,
    ready_at,
)

_run, _status = WorkflowRun, GitHubStatus
HOUR = 3600  # seconds for which what ended is still shown
CURRENT = 30 * 60  # seconds: the job that reads the status page runs every ten minutes
ABANDONED = "abandoned"


def _jobs() -> Subquery:
    """Jobs that are open, ended lately, or were given up lately."""
    job, lately = WorkflowJob, SecondsAgo(literal(HOUR))
    columns = [column for name, column in WorkflowJob.__table__.columns.items() if name not in {"steps", "labels"}]
    # Two selects, each by an index of its own.
    still = select(*columns).where(is_open(job), or_(job.abandoned_at.is_(None), job.abandoned_at >= lately))
    ended = select(*columns).where(job.status == COMPLETED, job.completed_at >= lately)
    return union_all(still, ended).subquery("job")


_chosen = _jobs()
_job = _chosen.c


def _state_since() -> Any:
    since = case(
        (_job.status == COMPLETED, _job.completed_at),
        (_job.abandoned_at.is_not(None), _job.abandoned_at),
        (_job.status == IN_PROGRESS, _job.started_at),
        (_job.status == WAITING, func.coalesce(_job.approval_asked_at, _job.created_at)),
        else_=ready_at(_job),
    )
    return func.coalesce(since, _job.changed_at)


def _with_states() -> Subquery:
    is_abandoned = and_(_job.status != COMPLETED, _job.abandoned_at.is_not(None))
    return (
        select(
            *_job,
            case((is_abandoned, constant(ABANDONED)), else_=_job.status).label("state"),
            _state_since().label("state_since"),
            *(_run.html_url.label("run_url"), _run.event),
        )
        .select_from(_chosen.outerjoin(_run, _run.id == _job.run_id))
        .subquery("with_state")
    )


_now = _with_states().c

JOBS_NOW = View(
    "jobs_now",
    "A row per job that is not completed, or was completed within the last hour. Jobs that this app gave up waiting "
    "for are shown for an hour, as abandoned",
    [
        *described(_now, ["org"]),
        ViewColumn(
            "state",
            _now.state,
            "queued (for a runner), waiting (for an approval), pending or requested (for something else), in_progress, "
            "completed or abandoned",
        ),
        *described(_now, ["repo"]),
        ViewColumn("id", _now.id, "workflow_jobs.id"),
        ViewColumn("state_since", _now.state_since, "When it came into that state; as far as this app knows"),
        ViewColumn("state_seconds", seconds_since(_now.state_since), "Seconds since then"),
        ViewColumn(
            "queue_wait_seconds",
            queue_wait_seconds(_now),
            "Seconds for which it has been ready and no runner has taken it. NULL when it is not queued, or when it "
            "is not known whether it waited for an approval",
        ),
        ViewColumn(
            "queue_seconds", _now.queue_seconds, "Seconds that it was in the queue; NULL until a runner took it"
        ),
        *described(_now, ["workflow_name", "name"]),
        ViewColumn("run_id", _now.run_id, "workflow_runs.id"),
        ViewColumn("run_attempt", _now.run_attempt, "Attempt of the run, from 1"),
        ViewColumn("event", _now.event, "What started the run, such as push; NULL when the run is not known yet"),
        ViewColumn("head_branch", _now.head_branch, "Branch or tag that it runs on"),
        *described(_now, ["label_set"]),
        ViewColumn("is_self_hosted", is_self_hosted(_now), "True when it asks for the label self-hosted"),
        ViewColumn("runner_name", _now.runner_name, "Runner that has it; NULL until one takes it"),
        ViewColumn("runner_group_name", _now.runner_group_name, "That runner's group"),
        ViewColumn("environment", _now.environment, "Environment that it deploys to; NULL: none that is known"),
        ViewColumn("conclusion", _now.conclusion, "How it ended; NULL until completed"),
        ViewColumn("created_at", _now.created_at, "When it was made"),
        ViewColumn("started_at", _now.started_at, "When a runner began with it; means nothing until then"),
        ViewColumn("completed_at", _now.completed_at, "When it ended; NULL until then"),
        ViewColumn("abandoned_reason", _now.abandoned_reason, "Why this app gave up waiting; NULL: it did not"),
        ViewColumn("html_url", _now.html_url, "Web page of the job"),
        ViewColumn("run_url", _now.run_url, "Web page of the run"),
    ],
)


def _open_runs() -> Subquery:
    """Runs that are not completed, with how many jobs their latest attempt has."""
    job = WorkflowJob
    columns = [column for name, column in _run.__table__.columns.items() if name != "jobs_as_of"]
    theirs = and_(job.run_id == _run.id, job.run_attempt == _run.run_attempt)
    return (
        select(*columns, func.count(job.id, type_=BigInteger()).label("jobs"))
        .outerjoin(job, theirs)
        .where(is_open(_run))
        .group_by(*columns)
        .subquery("open_run")
    )


_open = _open_runs().c

OPEN_RUNS = View(
    "open_runs",
    "A row per run whose end GitHub has not told, those that this app gave up waiting for too. Runs of conclusion "
    "action_required are completed to GitHub, and left out",
    [
        *described(_open, ["org", "repo"]),
        ViewColumn("id", _open.id, "workflow_runs.id"),
        ViewColumn("workflow_id", _open.workflow_id, "GitHub's id of the workflow"),
        ViewColumn("workflow_name", _open.name, "Workflow's name; its file's path when the file can't be read"),
        ViewColumn("title", _open.title, "Title, such as the commit's or the pull request's"),
        ViewColumn("event", _open.event, "What started it, such as push or schedule"),
        ViewColumn("head_branch", _open.head_branch, "Branch or tag that it runs on"),
        ViewColumn("run_attempt", _open.run_attempt, "Latest attempt, from 1"),
        ViewColumn(
            "status", _open.status, "queued, pending (in a concurrency group), waiting, requested or in_progress"
        ),
        ViewColumn("run_started_at", _open.run_started_at, "When its latest attempt was made"),
        ViewColumn(
            "age_seconds",
            seconds_since(func.coalesce(_open.run_started_at, _open.created_at)),
            "Seconds since its latest attempt was made",
        ),
        ViewColumn("jobs", _open.jobs, "Jobs of that attempt that are known; none after days: it will never run"),
        ViewColumn("is_abandoned", true_if(_open.abandoned_at.is_not(None)), "True when this app gave up waiting"),
        ViewColumn("abandoned_at", _open.abandoned_at, "When it gave up; NULL: it did not"),
        ViewColumn("abandoned_reason", _open.abandoned_reason, "Evidence for that, in a sentence; NULL: it did not"),
        ViewColumn("html_url", _open.html_url, "Web page"),
    ],
)


def _last_status() -> Subquery:
    turn = func.row_number(type_=BigInteger()).over(order_by=_status.observed_at.desc()).label("turn")
    each = select(*_status.__table__.columns, turn).subquery("each_status")
    return select(each).where(each.c.turn == 1).subquery("last_status")


_last = _last_status().c

GITHUB_STATUS_NOW = View(
    "github_status_now",
    "What GitHub's status page said last: one row, none before it was first read",
    [
        ViewColumn("indicator", _last.indicator, "none (all is well), minor, major, critical or unreachable"),
        ViewColumn("description", _last.description, "State in GitHub's words, or why the page can't be read"),
        ViewColumn("observed_at", _last.observed_at, "Since when it has said so, as this app saw it"),
        ViewColumn("last_observed_at", _last.last_observed_at, "When this app last saw it"),
        ViewColumn("age_minutes", minutes(seconds_since(_last.last_observed_at)), "Minutes since then"),
        ViewColumn(
            "is_current",
            true_if(_last.last_observed_at >= SecondsAgo(literal(CURRENT))),
            "True when that was within 30 minutes; otherwise nobody knows how GitHub is",
        ),
        ViewColumn("components", _last.components, "Parts of GitHub (objects with name and status)"),
        ViewColumn("incidents", _last.incidents, "Incidents that are not resolved (objects with name, impact, url, …)"),
        ViewColumn("maintenances", _last.maintenances, "Planned maintenance (objects with name, status, url, …)"),
    ],
)
