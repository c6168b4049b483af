"""Runs of workflows, their jobs, and what they deploy."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import JSON_ARRAY, Base, JsonList, UTCDateTime, from_field, ours


class _Place:
    """The columns that say where something runs."""

    org: Mapped[str] = mapped_column(String, info=ours(), comment="Owner of the repository")
    repo: Mapped[str] = mapped_column(String, info=ours(), comment="Repository's name, without the owner")
    repository_id: Mapped[int] = mapped_column(BigInteger, info=ours(), comment="repositories.id")


class _Told:
    """The columns that say how this app knows something, and what it did to find out more."""

    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, info=ours(), comment="When this app first saw it")
    told_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="When a webhook first told of it; NULL when only the API was asked"
    )
    changed_at: Mapped[datetime] = mapped_column(
        UTCDateTime, info=ours(), comment="When this app last saw another status of it"
    )
    checked_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="When GitHub was last asked for it alone; NULL: never"
    )
    not_found_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="Since when GitHub has said that there is no such thing; NULL: it has not"
    )
    abandoned_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        info=ours(),
        comment="When this app gave up waiting for its end, which GitHub will never tell; NULL otherwise",
    )
    abandoned_reason: Mapped[str | None] = mapped_column(
        String, info=ours(), comment="Evidence for that, in a sentence; NULL otherwise"
    )


class WorkflowRun(_Place, _Told, Base):
    """Runs of workflows, as their latest attempt is."""

    __tablename__ = "workflow_runs"
    __table_args__ = (
        Index(None, "org", "repo", "created_at"),
        Index(None, "repository_id"),
        Index(None, "org", "status"),
        Index(None, "org", "created_at"),
        {"comment": "Runs of workflows, each as its latest attempt is"},
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's run id")
    node_id: Mapped[str | None] = mapped_column(String, comment="GraphQL id")
    workflow_id: Mapped[int | None] = mapped_column(BigInteger, comment="GitHub's id of the workflow")
    name: Mapped[str | None] = mapped_column(
        String, comment="Workflow's name; its file's path when the file can't be read"
    )
    path: Mapped[str | None] = mapped_column(String, comment="Workflow's file")
    title: Mapped[str | None] = mapped_column(
        String, info=from_field("display_title"), comment="Title, such as the commit's or the pull request's"
    )
    run_number: Mapped[int | None] = mapped_column(comment="Number; each workflow counts its own runs")
    event: Mapped[str | None] = mapped_column(String, comment="What started it, such as push or schedule")
    head_branch: Mapped[str | None] = mapped_column(String, comment="Branch or tag that it runs on")
    head_sha: Mapped[str | None] = mapped_column(String, comment="Commit that it runs on")
    run_attempt: Mapped[int] = mapped_column(comment="Latest attempt, from 1; a re-run is another attempt")
    status: Mapped[str] = mapped_column(
        String, comment="queued, pending (in a concurrency group), waiting, requested, in_progress or completed"
    )
    conclusion: Mapped[str | None] = mapped_column(
        String,
        comment="success, failure, cancelled, skipped, timed_out, action_required (somebody must approve it), "
        "startup_failure, neutral or stale; NULL while it is not completed",
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When its first attempt was made")
    run_started_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When its latest attempt was made")
    updated_at: Mapped[datetime] = mapped_column(
        UTCDateTime, comment="When it last changed, according to GitHub; once completed, when it was"
    )
    actor: Mapped[str | None] = mapped_column(
        String, info=from_field("actor.login"), comment="Login of who started the first attempt"
    )
    triggering_actor: Mapped[str | None] = mapped_column(
        String, info=from_field("triggering_actor.login"), comment="Login of who started the latest attempt"
    )
    html_url: Mapped[str | None] = mapped_column(String, comment="Web page")
    jobs_as_of: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        info=ours(),
        comment="updated_at of the completed run when all its jobs were listed; NULL: they were not since it ended",
    )


class WorkflowJob(_Place, _Told, Base):
    """Jobs of runs, of every attempt."""

    __tablename__ = "workflow_jobs"
    __table_args__ = (
        Index(None, "run_id", "run_attempt"),
        Index(None, "org", "repo", "created_at"),
        Index(None, "repository_id"),
        Index(None, "org", "status"),
        Index(None, "org", "created_at"),
        Index(None, "org", "completed_at"),
        {"comment": "Jobs of workflow runs, of every attempt"},
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's job id")
    node_id: Mapped[str | None] = mapped_column(String, comment="GraphQL id")
    run_id: Mapped[int] = mapped_column(BigInteger, comment="workflow_runs.id")
    run_attempt: Mapped[int] = mapped_column(comment="Attempt of the run that it belongs to, from 1")
    workflow_name: Mapped[str | None] = mapped_column(String, comment="Workflow's name; NULL in old payloads")
    name: Mapped[str] = mapped_column(String, comment="Job's name, with its matrix values")
    head_branch: Mapped[str | None] = mapped_column(String, comment="Branch or tag that it runs on")
    head_sha: Mapped[str | None] = mapped_column(String, comment="Commit that it runs on")
    labels: Mapped[JsonList | None] = mapped_column(JSON_ARRAY, comment="Labels that its runner must have (texts)")
    label_set: Mapped[str] = mapped_column(
        String, info=ours(), comment="Labels in order, with commas between; empty when it has none"
    )
    runner_id: Mapped[int | None] = mapped_column(
        BigInteger, comment="runners.id; a hosted runner is in no list; NULL until a runner takes the job"
    )
    runner_name: Mapped[str | None] = mapped_column(String, comment="Runner's name; NULL until one takes the job")
    runner_group_id: Mapped[int | None] = mapped_column(BigInteger, comment="Runner's group")
    runner_group_name: Mapped[str | None] = mapped_column(String, comment="Runner group's name")
    status: Mapped[str] = mapped_column(
        String, comment="queued, waiting (for an approval), pending, requested, in_progress or completed"
    )
    conclusion: Mapped[str | None] = mapped_column(
        String,
        comment="success, failure, cancelled, skipped, timed_out, neutral or action_required; NULL until completed",
    )
    created_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When it was made; NULL in payloads up to 2022"
    )
    started_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When a runner began with it; until then, and without a runner, it means nothing"
    )
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it ended; NULL until then")
    steps: Mapped[JsonList | None] = mapped_column(JSON_ARRAY, comment="Steps (objects with name, conclusion, times)")
    html_url: Mapped[str | None] = mapped_column(String, comment="Web page")
    environment: Mapped[str | None] = mapped_column(
        String, info=ours(), comment="Environment that it deploys to; NULL: none that a webhook told of"
    )
    deployment_id: Mapped[int | None] = mapped_column(
        BigInteger, info=ours(), comment="deployments.id; NULL when it deploys nothing, or no webhook told of it"
    )
    approval_asked_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="When it began to wait for an approval of its environment; NULL: it did not"
    )
    approved_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="When its environment let it into the queue; NULL: not known"
    )
    waiting_as_of: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="Deployment's updated_at when it was last said to wait for an approval"
    )
    queued_as_of: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="Deployment's updated_at when the job was last said to be in the queue"
    )
    was_pending: Mapped[bool | None] = mapped_column(
        info=ours(), comment="True when it was said to wait for its concurrency group, which nothing tells the end of"
    )
    queue_seconds: Mapped[int | None] = mapped_column(
        BigInteger,
        info=ours(),
        comment="Seconds that it was ready and no runner had taken it; NULL for the reason in queue_reason",
    )
    queue_reason: Mapped[str | None] = mapped_column(
        String,
        info=ours(),
        comment="Why queue_seconds is NULL: not_started, no_runner (none is known), copied (from an earlier attempt), "
        "not_told (no webhook told of it, and the API doesn't tell of approvals), approval_unknown, "
        "concurrency_unknown (it waited for its concurrency group, too), created_unknown, started_unknown or "
        "out_of_order (its times contradict each other)",
    )


class Deployment(_Place, Base):
    """Deployments, as their newest status is."""

    __tablename__ = "deployments"
    __table_args__ = (
        Index(None, "org", "repo", "created_at"),
        Index(None, "repository_id"),
        Index(None, "org", "succeeded_at"),
        {"comment": "Deployments, each as its newest status is; webhooks tell of them"},
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's deployment id")
    environment: Mapped[str | None] = mapped_column(String, comment="Environment, such as production")
    is_production: Mapped[bool | None] = mapped_column(
        info=from_field("production_environment"), comment="True when users see what is deployed there"
    )
    is_transient: Mapped[bool | None] = mapped_column(
        info=from_field("transient_environment"), comment="True when the environment will go again"
    )
    task: Mapped[str | None] = mapped_column(String, comment="What is done, mostly deploy")
    ref: Mapped[str | None] = mapped_column(String, comment="Branch, tag or commit that was asked for")
    sha: Mapped[str | None] = mapped_column(String, comment="Commit")
    creator: Mapped[str | None] = mapped_column(
        String, info=from_field("creator.login"), comment="Login of who deployed"
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When it was asked for")
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When GitHub last counted a change")
    run_id: Mapped[int | None] = mapped_column(
        BigInteger, info=ours(), comment="workflow_runs.id of the run that deploys; NULL when none does"
    )
    state: Mapped[str] = mapped_column(
        String,
        info=ours(),
        comment="Newest status: waiting, queued, pending, in_progress, success, failure, error or inactive",
    )
    state_at: Mapped[datetime] = mapped_column(UTCDateTime, info=ours(), comment="When it got that status")
    status_id: Mapped[int] = mapped_column(BigInteger, info=ours(), comment="GitHub's id of that status")
    succeeded_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="When it first succeeded; NULL: it has not"
    )
    failed_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="When it first failed; NULL: it has not"
    )
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, info=ours(), comment="When this app first saw it")
