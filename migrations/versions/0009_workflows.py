"""Workflows: runs, jobs, deployments, runners, GitHub's own state; and what became of each delivery of a webhook."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

# Written out here and not imported: a migration must stay what it was when the models move on.
TIME = sa.DateTime(timezone=True)
JSON_ARRAY = sa.JSON(none_as_null=True).with_variant(
    postgresql.ARRAY(postgresql.JSON(none_as_null=True), dimensions=1), "postgresql"
)


def _place() -> list[Column[Any]]:
    """Make the columns that say where something runs."""
    return [
        Column("org", sa.String(), nullable=False, comment="Owner of the repository"),
        Column("repo", sa.String(), nullable=False, comment="Repository's name, without the owner"),
        Column("repository_id", sa.BigInteger(), nullable=False, comment="repositories.id"),
    ]


def _told() -> list[Column[Any]]:
    """Make those that say how this app knows something."""
    return [
        Column("first_seen_at", TIME, nullable=False, comment="When this app first saw it"),
        Column("told_at", TIME, comment="When a webhook first told of it; NULL when only the API was asked"),
        Column("changed_at", TIME, nullable=False, comment="When this app last saw another status of it"),
        Column("checked_at", TIME, comment="When GitHub was last asked for it alone; NULL: never"),
        Column(
            "not_found_at", TIME, comment="Since when GitHub has said that there is no such thing; NULL: it has not"
        ),
        Column(
            "abandoned_at",
            TIME,
            comment="When this app gave up waiting for its end, which GitHub will never tell; NULL otherwise",
        ),
        Column("abandoned_reason", sa.String(), comment="Evidence for that, in a sentence; NULL otherwise"),
    ]


# What is named in marks and in the ledger.
KINDS = ("workflow_runs", "workflow_jobs", "runners", "github_status", "webhook_deliveries", "webhooks")
PAGES = sa.table("list_polls", sa.column("stream"))
# Of events.page_no, before and after.
PAGE_COMMENTS = (
    "Page of the timeline that it was last seen on",
    "Page of the timeline that it was last seen on; 0 while only a webhook has told of it",
)
# Each table: its comment, its columns and its indexes.
TABLES: dict[str, tuple[str, list[Column[Any]], list[tuple[str, ...]]]] = {
    "workflow_runs": (
        "Runs of workflows, each as its latest attempt is",
        [
            Column("id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="GitHub's run id"),
            Column("node_id", sa.String(), comment="GraphQL id"),
            Column("workflow_id", sa.BigInteger(), comment="GitHub's id of the workflow"),
            Column("name", sa.String(), comment="Workflow's name; its file's path when the file can't be read"),
            Column("path", sa.String(), comment="Workflow's file"),
            Column("title", sa.String(), comment="Title, such as the commit's or the pull request's"),
            Column("run_number", sa.Integer(), comment="Number; each workflow counts its own runs"),
            Column("event", sa.String(), comment="What started it, such as push or schedule"),
            Column("head_branch", sa.String(), comment="Branch or tag that it runs on"),
            Column("head_sha", sa.String(), comment="Commit that it runs on"),
            Column(
                "run_attempt",
                sa.Integer(),
                nullable=False,
                comment="Latest attempt, from 1; a re-run is another attempt",
            ),
            Column(
                "status",
                sa.String(),
                nullable=False,
                comment="queued, pending (in a concurrency group), waiting, requested, in_progress or completed",
            ),
            Column(
                "conclusion",
                sa.String(),
                comment="success, failure, cancelled, skipped, timed_out, action_required (somebody must approve it), startup_failure, neutral or stale; NULL while it is not completed",
            ),
            Column("created_at", TIME, nullable=False, comment="When its first attempt was made"),
            Column("run_started_at", TIME, comment="When its latest attempt was made"),
            Column(
                "updated_at",
                TIME,
                nullable=False,
                comment="When it last changed, according to GitHub; once completed, when it was",
            ),
            Column("actor", sa.String(), comment="Login of who started the first attempt"),
            Column("triggering_actor", sa.String(), comment="Login of who started the latest attempt"),
            Column("html_url", sa.String(), comment="Web page"),
            Column(
                "jobs_as_of",
                TIME,
                comment="updated_at of the completed run when all its jobs were listed; NULL: they were not since it ended",
            ),
            *_place(),
            *_told(),
        ],
        [("org", "created_at"), ("org", "repo", "created_at"), ("org", "status"), ("repository_id",)],
    ),
    "workflow_jobs": (
        "Jobs of workflow runs, of every attempt",
        [
            Column("id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="GitHub's job id"),
            Column("node_id", sa.String(), comment="GraphQL id"),
            Column("run_id", sa.BigInteger(), nullable=False, comment="workflow_runs.id"),
            Column(
                "run_attempt", sa.Integer(), nullable=False, comment="Attempt of the run that it belongs to, from 1"
            ),
            Column("workflow_name", sa.String(), comment="Workflow's name; NULL in old payloads"),
            Column("name", sa.String(), nullable=False, comment="Job's name, with its matrix values"),
            Column("head_branch", sa.String(), comment="Branch or tag that it runs on"),
            Column("head_sha", sa.String(), comment="Commit that it runs on"),
            Column("labels", JSON_ARRAY, comment="Labels that its runner must have (texts)"),
            Column(
                "label_set",
                sa.String(),
                nullable=False,
                comment="Labels in order, with commas between; empty when it has none",
            ),
            Column(
                "runner_id",
                sa.BigInteger(),
                comment="runners.id; a hosted runner is in no list; NULL until a runner takes the job",
            ),
            Column("runner_name", sa.String(), comment="Runner's name; NULL until one takes the job"),
            Column("runner_group_id", sa.BigInteger(), comment="Runner's group"),
            Column("runner_group_name", sa.String(), comment="Runner group's name"),
            Column(
                "status",
                sa.String(),
                nullable=False,
                comment="queued, waiting (for an approval), pending, requested, in_progress or completed",
            ),
            Column(
                "conclusion",
                sa.String(),
                comment="success, failure, cancelled, skipped, timed_out, neutral or action_required; NULL until completed",
            ),
            Column("created_at", TIME, comment="When it was made; NULL in payloads up to 2022"),
            Column(
                "started_at",
                TIME,
                comment="When a runner began with it; until then, and without a runner, it means nothing",
            ),
            Column("completed_at", TIME, comment="When it ended; NULL until then"),
            Column("steps", JSON_ARRAY, comment="Steps (objects with name, conclusion, times)"),
            Column("html_url", sa.String(), comment="Web page"),
            Column(
                "environment", sa.String(), comment="Environment that it deploys to; NULL: none that a webhook told of"
            ),
            Column(
                "deployment_id",
                sa.BigInteger(),
                comment="deployments.id; NULL when it deploys nothing, or no webhook told of it",
            ),
            Column(
                "approval_asked_at",
                TIME,
                comment="When it began to wait for an approval of its environment; NULL: it did not",
            ),
            Column("approved_at", TIME, comment="When its environment let it into the queue; NULL: not known"),
            Column(
                "waiting_as_of", TIME, comment="Deployment's updated_at when it was last said to wait for an approval"
            ),
            Column(
                "queued_as_of", TIME, comment="Deployment's updated_at when the job was last said to be in the queue"
            ),
            Column(
                "was_pending",
                sa.Boolean(),
                comment="True when it was said to wait for its concurrency group, which nothing tells the end of",
            ),
            Column(
                "queue_seconds",
                sa.BigInteger(),
                comment="Seconds that it was ready and no runner had taken it; NULL for the reason in queue_reason",
            ),
            Column(
                "queue_reason",
                sa.String(),
                comment="Why queue_seconds is NULL: not_started, no_runner (none is known), copied (from an earlier attempt), not_told (no webhook told of it, and the API doesn't tell of approvals), approval_unknown, concurrency_unknown (it waited for its concurrency group, too), created_unknown, started_unknown or out_of_order (its times contradict each other)",
            ),
            *_place(),
            *_told(),
        ],
        [
            ("org", "completed_at"),
            ("org", "created_at"),
            ("org", "repo", "created_at"),
            ("org", "status"),
            ("repository_id",),
            ("run_id", "run_attempt"),
        ],
    ),
    "deployments": (
        "Deployments, each as its newest status is; webhooks tell of them",
        [
            Column("id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="GitHub's deployment id"),
            Column("environment", sa.String(), comment="Environment, such as production"),
            Column("is_production", sa.Boolean(), comment="True when users see what is deployed there"),
            Column("is_transient", sa.Boolean(), comment="True when the environment will go again"),
            Column("task", sa.String(), comment="What is done, mostly deploy"),
            Column("ref", sa.String(), comment="Branch, tag or commit that was asked for"),
            Column("sha", sa.String(), comment="Commit"),
            Column("creator", sa.String(), comment="Login of who deployed"),
            Column("created_at", TIME, nullable=False, comment="When it was asked for"),
            Column("updated_at", TIME, nullable=False, comment="When GitHub last counted a change"),
            Column("run_id", sa.BigInteger(), comment="workflow_runs.id of the run that deploys; NULL when none does"),
            Column(
                "state",
                sa.String(),
                nullable=False,
                comment="Newest status: waiting, queued, pending, in_progress, success, failure, error or inactive",
            ),
            Column("state_at", TIME, nullable=False, comment="When it got that status"),
            Column("status_id", sa.BigInteger(), nullable=False, comment="GitHub's id of that status"),
            Column("succeeded_at", TIME, comment="When it first succeeded; NULL: it has not"),
            Column("failed_at", TIME, comment="When it first failed; NULL: it has not"),
            Column("first_seen_at", TIME, nullable=False, comment="When this app first saw it"),
            *_place(),
        ],
        [("org", "repo", "created_at"), ("org", "succeeded_at"), ("repository_id",)],
    ),
    "runners": (
        "Self-hosted runners of the organisations",
        [
            Column("id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="GitHub's runner id"),
            Column("org", sa.String(), primary_key=True, comment="Organisation"),
            Column("name", sa.String(), nullable=False, comment="Name"),
            Column("os", sa.String(), comment="Operating system, as the runner calls it"),
            Column("status", sa.String(), nullable=False, comment="online or offline, when it was last listed"),
            Column("busy", sa.Boolean(), nullable=False, comment="True when it was last listed with a job"),
            Column("ephemeral", sa.Boolean(), comment="True when it goes after one job"),
            Column("version", sa.String(), comment="Version of its software"),
            Column("runner_group_id", sa.BigInteger(), comment="Its group"),
            Column("labels", JSON_ARRAY, comment="Labels (objects with name and type)"),
            Column(
                "label_set",
                sa.String(),
                nullable=False,
                comment="Names of its labels in order, with commas between; empty when it has none",
            ),
            Column("first_seen_at", TIME, nullable=False, comment="When this app first saw it"),
            Column("removed_at", TIME, comment="When this app saw that GitHub no longer lists it; NULL while it does"),
        ],
        [("org", "label_set")],
    ),
    "runner_samples": (
        "How many self-hosted runners there were, by their labels, every ten minutes",
        [
            Column("org", sa.String(), primary_key=True, comment="Organisation"),
            Column("sampled_at", TIME, primary_key=True, comment="When they were listed"),
            Column(
                "label_set", sa.String(), primary_key=True, comment="runners.label_set; a row for each that has runners"
            ),
            Column("runners", sa.Integer(), nullable=False, comment="Runners that were listed"),
            Column("online", sa.Integer(), nullable=False, comment="Those that were online"),
            Column("busy", sa.Integer(), nullable=False, comment="Those that had a job"),
        ],
        [],
    ),
    "github_status": (
        "What GitHub's status page said: a row for each time that it changed",
        [
            Column("observed_at", TIME, primary_key=True, comment="When this app first saw it"),
            Column("last_observed_at", TIME, nullable=False, comment="When this app last saw the same"),
            Column(
                "indicator",
                sa.String(),
                nullable=False,
                comment="none (all is well), minor, major, critical, or unreachable when the page can't be read",
            ),
            Column(
                "description",
                sa.Text(),
                nullable=False,
                comment="State in GitHub's words, or why the page can't be read",
            ),
            Column("components", JSON_ARRAY, nullable=False, comment="Parts of GitHub (objects with name and status)"),
            Column(
                "incidents",
                JSON_ARRAY,
                nullable=False,
                comment="Incidents that are not resolved (objects with name, status, impact, url and times)",
            ),
            Column(
                "maintenances",
                JSON_ARRAY,
                nullable=False,
                comment="Planned maintenance (objects with name, status, url and times)",
            ),
        ],
        [],
    ),
    "webhook_deliveries": (
        "Deliveries of webhooks, each once, and what became of them; kept for 30 days",
        [
            Column("guid", sa.String(), primary_key=True, comment="X-GitHub-Delivery: a redelivery has the same"),
            Column("event", sa.String(), nullable=False, comment="X-GitHub-Event, such as workflow_job"),
            Column("action", sa.String(), comment="What happened, such as completed; NULL: there is none"),
            Column("org", sa.String(), comment="Organisation; NULL when it names none"),
            Column("repository_id", sa.BigInteger(), comment="repositories.id; NULL when it names none"),
            Column("hook_id", sa.BigInteger(), comment="GitHub's id of the webhook; NULL when not said"),
            Column(
                "target_type",
                sa.String(),
                comment="Whose webhook it is: organization, repository or integration (a GitHub App)",
            ),
            Column(
                "received_at",
                TIME,
                nullable=False,
                comment="When it last came; of one that never did, when GitHub tried",
            ),
            Column(
                "tries",
                sa.Integer(),
                nullable=False,
                comment="How often it came until it was stored; 0: GitHub's log alone tells of it",
            ),
            Column("status", sa.String(), nullable=False, comment="stored or failed"),
            Column("changed", sa.Integer(), nullable=False, comment="Rows that were new or changed by it"),
            Column(
                "rejected", sa.Integer(), nullable=False, comment="Records of it that are in rejected_records instead"
            ),
            Column("note", sa.Text(), comment="What else is to be known; why it failed"),
            Column(
                "delivery_id",
                sa.BigInteger(),
                comment="GitHub's id of the last try in its log that failed; NULL when none was found there",
            ),
            Column("asks", sa.Integer(), nullable=False, comment="How often GitHub was asked to deliver it again"),
            Column(
                "ask_at",
                TIME,
                comment="When GitHub is to be asked again, if it is not stored by then; NULL: not at all",
            ),
        ],
        [("received_at",), ("status", "received_at")],
    ),
}


def upgrade() -> None:
    """Make the tables."""
    op.add_column(
        "releases", Column("updated_at", TIME, comment="When it was last edited; NULL where GitHub doesn't tell it")
    )
    # Unchanged pages would not be sent again, and the new column would stay empty.
    op.execute(sa.delete(PAGES).where(PAGES.c.stream == "releases"))
    _comment(*PAGE_COMMENTS)
    for name, (comment, columns, indexes) in TABLES.items():
        op.create_table(name, *columns, sa.PrimaryKeyConstraint(name=f"pk_{name}"), comment=comment)
        for index in indexes:
            op.create_index(f"ix_{name}_{'_'.join(index)}", name, list(index))


def downgrade() -> None:
    """Take the tables back, and what says that they were read."""
    for name in reversed(TABLES):
        op.drop_table(name)
    op.drop_column("releases", "updated_at")
    _comment(*reversed(PAGE_COMMENTS))
    op.execute(sa.delete(PAGES).where(PAGES.c.stream.in_(KINDS)))
    for table, column in (("watermarks", "name"), ("cursors", "name"), ("sync_runs", "step")):
        marks = sa.table(table, sa.column(column))
        for kind in KINDS:
            theirs = sa.or_(
                marks.c[column] == kind, marks.c[column].like(f"{kind}.%"), marks.c[column].like(f"%:{kind}")
            )
            op.execute(sa.delete(marks).where(theirs))


def _comment(before: str, after: str) -> None:
    """Change what events.page_no says of itself; SQLite keeps no comments."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("events", "page_no", comment=after, existing_comment=before, existing_nullable=False)
