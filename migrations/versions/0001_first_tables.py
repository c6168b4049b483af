"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out here and not imported: a migration must stay what it was when the models move on.
JSON_OBJECT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
JSON_ARRAY = sa.JSON().with_variant(postgresql.ARRAY(postgresql.JSON(), dimensions=1), "postgresql")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "event_polls",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Issue id"),
        sa.Column("page_no", sa.Integer(), autoincrement=False, nullable=False, comment="Page, from 1"),
        sa.Column(
            "issue_updated_at", sa.DateTime(timezone=True), nullable=True, comment="The issue's updated_at by then"
        ),
        sa.Column("etag", sa.String(), nullable=True, comment="ETag of that page, quotes included"),
        sa.Column(
            "events",
            sa.Integer(),
            nullable=False,
            comment="How many events that page had: a full last page may have a successor",
        ),
        sa.Column(
            "next_url",
            sa.String(),
            nullable=True,
            comment="GitHub's link to the next page, which an unchanged page (304) need not repeat",
        ),
        sa.PrimaryKeyConstraint("id", "page_no", name=op.f("pk_event_polls")),
        comment="The last read of each page of each timeline",
    )
    op.create_table(
        "events",
        sa.Column(
            "id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="GitHub's id of the event, comment or review; for kinds that GitHub doesn't number, a negative number made from what identifies them, the same on every read",
        ),
        sa.Column(
            "issue_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="issues.id or pull_requests.id"
        ),
        sa.Column("org", sa.String(), nullable=False, comment="Owner of the repository"),
        sa.Column("repo", sa.String(), nullable=False, comment="Repository's name, without the owner"),
        sa.Column(
            "event",
            sa.String(),
            nullable=False,
            comment="Kind of event, such as labeled or reviewed; in the key because events, comments and reviews number themselves apart, so that two of one issue may have the same id",
        ),
        sa.Column("body", sa.String(), nullable=True, comment="Text of a comment or review"),
        sa.Column("label", JSON_OBJECT, nullable=True, comment="Label of a labeled or unlabeled event"),
        sa.Column("reactions", JSON_OBJECT, nullable=True, comment="Reactions to a comment"),
        sa.Column("state", sa.String(), nullable=True, comment="State of a review"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it happened; of a review: when it was submitted, of a commit: when it was committed",
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True, comment="When a comment was last edited"),
        sa.Column("node_id", sa.String(), nullable=True, comment="GraphQL id"),
        sa.Column("user", JSON_OBJECT, nullable=True, comment="Who did it (user object)"),
        sa.Column("author_association", sa.String(), nullable=True, comment="The person's tie to the repository"),
        sa.Column("username", sa.String(), nullable=True, comment="Login of who did it"),
        sa.Column(
            "details",
            JSON_OBJECT,
            nullable=True,
            comment="What only this kind of event says: assignee, milestone, rename, state_reason, commit_id, source, …",
        ),
        sa.Column(
            "page_no",
            sa.Integer(),
            nullable=False,
            comment="Page of the timeline it was last read on: tells what has gone from a page that is read again",
        ),
        sa.Column(
            "removed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When this app saw that GitHub no longer shows it (a deleted comment, say)",
        ),
        sa.PrimaryKeyConstraint("id", "issue_id", "event", name=op.f("pk_events")),
        comment="Timeline events of issues and pull requests",
    )
    op.create_index(op.f("ix_events_issue_id_created_at"), "events", ["issue_id", "created_at"], unique=False)
    op.create_index(op.f("ix_events_org_repo_created_at"), "events", ["org", "repo", "created_at"], unique=False)
    op.create_index(op.f("ix_events_username"), "events", ["username"], unique=False)
    op.create_table(
        "issues",
        sa.Column("score", sa.Float(), nullable=True, comment="Search score; says nothing of value"),
        sa.Column(
            "id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="GitHub's issue id (pull requests have one too)",
        ),
        sa.Column("active_lock_reason", sa.String(), nullable=True, comment="Why the conversation is locked"),
        sa.Column("assignee", JSON_OBJECT, nullable=True, comment="First assignee (user object)"),
        sa.Column("assignees", JSON_ARRAY, nullable=True, comment="All assignees (user objects)"),
        sa.Column(
            "author_association",
            sa.String(),
            nullable=True,
            comment="The author's tie to the repository: MEMBER, CONTRIBUTOR, NONE, …",
        ),
        sa.Column("body", sa.String(), nullable=True, comment="Description, Markdown"),
        sa.Column(
            "closed_at", sa.DateTime(timezone=True), nullable=True, comment="When it was last closed; NULL while open"
        ),
        sa.Column("comments", sa.Integer(), nullable=True, comment="Number of comments"),
        sa.Column("comments_url", sa.String(), nullable=True, comment="API: comments"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="When it was opened"),
        sa.Column("events_url", sa.String(), nullable=True, comment="API: events"),
        sa.Column("html_url", sa.String(), nullable=True, comment="The page for people"),
        sa.Column("labels", JSON_ARRAY, nullable=True, comment="Labels (label objects)"),
        sa.Column("labels_url", sa.String(), nullable=True, comment="API: labels"),
        sa.Column("locked", sa.Boolean(), nullable=True, comment="True when the conversation is locked"),
        sa.Column("milestone", JSON_OBJECT, nullable=True, comment="Milestone object"),
        sa.Column("node_id", sa.String(), nullable=True, comment="GraphQL id"),
        sa.Column("number", sa.Integer(), nullable=False, comment="Number within the repository"),
        sa.Column("org", sa.String(), nullable=False, comment="Owner of the repository"),
        sa.Column(
            "performed_via_github_app",
            sa.String(),
            nullable=True,
            comment="Slug of the GitHub App that opened it; NULL when a person did",
        ),
        sa.Column("reactions", JSON_OBJECT, nullable=True, comment="Reactions, counted by kind"),
        sa.Column("repo", sa.String(), nullable=False, comment="Repository's name, without the owner"),
        sa.Column("repository_url", sa.String(), nullable=True, comment="API: the repository"),
        sa.Column("state", sa.String(), nullable=False, comment="open or closed"),
        sa.Column(
            "state_reason",
            sa.String(),
            nullable=True,
            comment="completed, not_planned, duplicate or reopened; NULL when never closed",
        ),
        sa.Column("timeline_url", sa.String(), nullable=True, comment="API: timeline"),
        sa.Column("title", sa.String(), nullable=False, comment="Title"),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), nullable=False, comment="When GitHub last counted a change"
        ),
        sa.Column("url", sa.String(), nullable=True, comment="API: the issue form of this item"),
        sa.Column("user", JSON_OBJECT, nullable=True, comment="Author (user object); NULL for a ghost"),
        sa.Column("username", sa.String(), nullable=True, comment="Author's login; NULL when the account is gone"),
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When this app saw that GitHub no longer shows it here (deleted or moved), so that counts can agree with GitHub's and nothing stored is lost",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
        comment="Issues",
    )
    op.create_index(op.f("ix_issues_org_closed_at"), "issues", ["org", "closed_at"], unique=False)
    op.create_index(op.f("ix_issues_org_created_at"), "issues", ["org", "created_at"], unique=False)
    op.create_index(op.f("ix_issues_org_repo_number"), "issues", ["org", "repo", "number"], unique=False)
    op.create_index(op.f("ix_issues_org_updated_at"), "issues", ["org", "updated_at"], unique=False)
    op.create_index(op.f("ix_issues_username_created_at"), "issues", ["username", "created_at"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False, comment="Job and organisation"),
        sa.Column("owner", sa.String(), nullable=False, comment="host:process:run that holds it"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="When another run may take it"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        comment="Which run holds which job",
    )
    op.create_table(
        "members",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="GitHub's user id"),
        sa.Column(
            "inserted_dt", sa.DateTime(timezone=True), nullable=False, comment="When this app first saw the member"
        ),
        sa.Column(
            "inactive_dt",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When this app saw that the member had left every organisation; NULL while active",
        ),
        sa.Column(
            "inactive", sa.Boolean(), nullable=False, comment="True when a member of none of the organisations any more"
        ),
        sa.Column("avatar_url", sa.String(), nullable=True, comment="Picture"),
        sa.Column("events_url", sa.String(), nullable=True, comment="API: events of this person"),
        sa.Column("followers_url", sa.String(), nullable=True, comment="API: followers"),
        sa.Column("following_url", sa.String(), nullable=True, comment="API: whom the person follows"),
        sa.Column("gists_url", sa.String(), nullable=True, comment="API: gists"),
        sa.Column("gravatar_id", sa.String(), nullable=True, comment="Gravatar id; mostly empty"),
        sa.Column("html_url", sa.String(), nullable=True, comment="Profile page"),
        sa.Column("login", sa.String(), nullable=True, comment="User name; NULL once somebody else has taken it over"),
        sa.Column("node_id", sa.String(), nullable=True, comment="GraphQL id"),
        sa.Column("organizations_url", sa.String(), nullable=True, comment="API: organisations of this person"),
        sa.Column("received_events_url", sa.String(), nullable=True, comment="API: events received"),
        sa.Column("repos_url", sa.String(), nullable=True, comment="API: repositories"),
        sa.Column("site_admin", sa.Boolean(), nullable=True, comment="True for GitHub's staff"),
        sa.Column("starred_url", sa.String(), nullable=True, comment="API: starred repositories"),
        sa.Column("subscriptions_url", sa.String(), nullable=True, comment="API: watched repositories"),
        sa.Column("type", sa.String(), nullable=True, comment="User, Bot or Mannequin"),
        sa.Column("url", sa.String(), nullable=True, comment="API: this person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("login", name=op.f("uq_members_login")),
        comment="People who are or were members of an organisation",
    )
    op.create_table(
        "memberships",
        sa.Column("org", sa.String(), nullable=False, comment="Organisation"),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="members.id"),
        sa.Column("role", sa.String(), nullable=False, comment="admin (an owner) or member; the last one seen"),
        sa.Column(
            "inserted_dt", sa.DateTime(timezone=True), nullable=False, comment="When this app first saw the membership"
        ),
        sa.Column("inactive", sa.Boolean(), nullable=False, comment="True once the person has left this organisation"),
        sa.Column(
            "inactive_dt",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When this app saw that the person had left; NULL while active",
        ),
        sa.PrimaryKeyConstraint("org", "member_id", name=op.f("pk_memberships")),
        comment="Who belongs to which organisation: one person may be in several",
    )
    op.create_index(op.f("ix_memberships_member_id"), "memberships", ["member_id"], unique=False)
    op.create_table(
        "pull_requests",
        sa.Column(
            "merged",
            sa.Boolean(),
            nullable=True,
            comment="True when merged_at is set, false when GitHub says that it is not, NULL when GitHub has not said",
        ),
        sa.Column("draft", sa.Boolean(), nullable=True, comment="True while it is a draft"),
        sa.Column("pull_request", JSON_OBJECT, nullable=True, comment="pull_request object of the search"),
        sa.Column("score", sa.Integer(), nullable=True, comment="Search score; says nothing of value"),
        sa.Column(
            "merged_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was merged, from pull_request.merged_at: merged alone only says whether",
        ),
        sa.Column(
            "pull_id",
            sa.BigInteger(),
            nullable=True,
            comment="The id that /pulls and webhooks use for the same pull request, to join the two. A row known only from there has the negative of it as its id until a search tells the issue id",
        ),
        sa.Column(
            "id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="GitHub's issue id (pull requests have one too)",
        ),
        sa.Column("active_lock_reason", sa.String(), nullable=True, comment="Why the conversation is locked"),
        sa.Column("assignee", JSON_OBJECT, nullable=True, comment="First assignee (user object)"),
        sa.Column("assignees", JSON_ARRAY, nullable=True, comment="All assignees (user objects)"),
        sa.Column(
            "author_association",
            sa.String(),
            nullable=True,
            comment="The author's tie to the repository: MEMBER, CONTRIBUTOR, NONE, …",
        ),
        sa.Column("body", sa.String(), nullable=True, comment="Description, Markdown"),
        sa.Column(
            "closed_at", sa.DateTime(timezone=True), nullable=True, comment="When it was last closed; NULL while open"
        ),
        sa.Column("comments", sa.Integer(), nullable=True, comment="Number of comments"),
        sa.Column("comments_url", sa.String(), nullable=True, comment="API: comments"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="When it was opened"),
        sa.Column("events_url", sa.String(), nullable=True, comment="API: events"),
        sa.Column("html_url", sa.String(), nullable=True, comment="The page for people"),
        sa.Column("labels", JSON_ARRAY, nullable=True, comment="Labels (label objects)"),
        sa.Column("labels_url", sa.String(), nullable=True, comment="API: labels"),
        sa.Column("locked", sa.Boolean(), nullable=True, comment="True when the conversation is locked"),
        sa.Column("milestone", JSON_OBJECT, nullable=True, comment="Milestone object"),
        sa.Column("node_id", sa.String(), nullable=True, comment="GraphQL id"),
        sa.Column("number", sa.Integer(), nullable=False, comment="Number within the repository"),
        sa.Column("org", sa.String(), nullable=False, comment="Owner of the repository"),
        sa.Column(
            "performed_via_github_app",
            sa.String(),
            nullable=True,
            comment="Slug of the GitHub App that opened it; NULL when a person did",
        ),
        sa.Column("reactions", JSON_OBJECT, nullable=True, comment="Reactions, counted by kind"),
        sa.Column("repo", sa.String(), nullable=False, comment="Repository's name, without the owner"),
        sa.Column("repository_url", sa.String(), nullable=True, comment="API: the repository"),
        sa.Column("state", sa.String(), nullable=False, comment="open or closed"),
        sa.Column(
            "state_reason",
            sa.String(),
            nullable=True,
            comment="completed, not_planned, duplicate or reopened; NULL when never closed",
        ),
        sa.Column("timeline_url", sa.String(), nullable=True, comment="API: timeline"),
        sa.Column("title", sa.String(), nullable=False, comment="Title"),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), nullable=False, comment="When GitHub last counted a change"
        ),
        sa.Column("url", sa.String(), nullable=True, comment="API: the issue form of this item"),
        sa.Column("user", JSON_OBJECT, nullable=True, comment="Author (user object); NULL for a ghost"),
        sa.Column("username", sa.String(), nullable=True, comment="Author's login; NULL when the account is gone"),
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When this app saw that GitHub no longer shows it here (deleted or moved), so that counts can agree with GitHub's and nothing stored is lost",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pull_requests")),
        sa.UniqueConstraint("pull_id", name=op.f("uq_pull_requests_pull_id")),
        comment="Pull requests",
    )
    op.create_index(op.f("ix_pull_requests_org_closed_at"), "pull_requests", ["org", "closed_at"], unique=False)
    op.create_index(op.f("ix_pull_requests_org_created_at"), "pull_requests", ["org", "created_at"], unique=False)
    op.create_index(op.f("ix_pull_requests_org_repo_number"), "pull_requests", ["org", "repo", "number"], unique=False)
    op.create_index(op.f("ix_pull_requests_org_updated_at"), "pull_requests", ["org", "updated_at"], unique=False)
    op.create_index(
        op.f("ix_pull_requests_username_created_at"), "pull_requests", ["username", "created_at"], unique=False
    )
    op.create_table(
        "rejected_records",
        sa.Column("digest", sa.String(), nullable=False, comment="SHA-256 of kind and record: kept once"),
        sa.Column("kind", sa.String(), nullable=False, comment="The table it was meant for"),
        sa.Column("org", sa.String(), nullable=False, comment="Organisation it was read from"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why it was rejected"),
        sa.Column(
            "record",
            sa.Text(),
            nullable=False,
            comment="The record as JSON text, not JSONB: it may hold what JSONB refuses, such as NUL",
        ),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=False, comment="When it was first rejected"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_rejected_records")),
        comment="Records from GitHub that could not become rows",
    )
    op.create_index(op.f("ix_rejected_records_kind"), "rejected_records", ["kind"], unique=False)
    op.create_table(
        "sync_runs",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="Counts up; a later step has a higher one",
        ),
        sa.Column("job", sa.String(), nullable=False, comment="every_30_min, backfill or verify"),
        sa.Column("step", sa.String(), nullable=False, comment="What was read, such as pull_requests.updated"),
        sa.Column("org", sa.String(), nullable=False, comment="Organisation"),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=True, comment="Oldest moment asked for"),
        sa.Column(
            "window_end", sa.DateTime(timezone=True), nullable=True, comment="Newest moment asked for; NULL: up to now"
        ),
        sa.Column(
            "expected", sa.Integer(), nullable=True, comment="How many items GitHub announced; NULL: it doesn't say"
        ),
        sa.Column("fetched", sa.Integer(), nullable=False, comment="How many different items GitHub listed"),
        sa.Column("stored", sa.Integer(), nullable=False, comment="Rows that were new or changed"),
        sa.Column("rejected", sa.Integer(), nullable=False, comment="Records kept in rejected_records instead"),
        sa.Column("requests", sa.Integer(), nullable=False, comment="Requests sent to GitHub, retries included"),
        sa.Column(
            "not_modified", sa.Integer(), nullable=False, comment="Those that GitHub answered 304, free of charge"
        ),
        sa.Column(
            "rate_limit_left", sa.Integer(), nullable=True, comment="What the last answer left of its rate limit"
        ),
        sa.Column(
            "status",
            sa.String(),
            nullable=False,
            comment="running, ok, partial (stopped or incomplete; the next run goes on) or failed",
        ),
        sa.Column("error", sa.Text(), nullable=True, comment="Why it is partial or failed"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="When the step began"),
        sa.Column(
            "finished_at", sa.DateTime(timezone=True), nullable=True, comment="When it ended; NULL while it runs"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_runs")),
        comment="The ledger: what each step did",
    )
    op.create_index(op.f("ix_sync_runs_org_step_started_at"), "sync_runs", ["org", "step", "started_at"], unique=False)
    op.create_table(
        "transfer_checks",
        sa.Column("issue_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="issues.id"),
        sa.Column(
            "newest_twin_id",
            sa.BigInteger(),
            nullable=False,
            comment="The newest issue like it at that time; a newer one is a reason to ask again",
        ),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False, comment="When GitHub was asked"),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_transfer_checks")),
        comment="Issues with a twin (same author and moment) that did not move: not to be asked for again",
    )
    op.create_table(
        "transfers",
        sa.Column("issue_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Id before the move"),
        sa.Column("new_issue_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Id after the move"),
        sa.Column("url", sa.String(), nullable=True, comment="API: before the move"),
        sa.Column("number", sa.Integer(), nullable=True, comment="Number before the move"),
        sa.Column("repo", sa.String(), nullable=True, comment="Repository before the move"),
        sa.Column("title", sa.String(), nullable=True, comment="Title before the move"),
        sa.Column("body", sa.String(), nullable=True, comment="Description before the move"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True, comment="When the issue was opened"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True, comment="When it was closed before the move"),
        sa.Column("state", sa.String(), nullable=True, comment="State before the move"),
        sa.Column("org", sa.String(), nullable=True, comment="Owner of both repositories"),
        sa.Column("assignee", JSON_OBJECT, nullable=True, comment="First assignee before the move"),
        sa.Column("assignees", JSON_ARRAY, nullable=True, comment="Assignees before the move"),
        sa.Column("labels", JSON_ARRAY, nullable=True, comment="Labels before the move"),
        sa.Column("new_repo", sa.String(), nullable=True, comment="Repository after the move"),
        sa.Column("new_html_url", sa.String(), nullable=True, comment="The page after the move"),
        sa.Column("new_url", sa.String(), nullable=True, comment="API: after the move"),
        sa.Column("new_number", sa.Integer(), nullable=True, comment="Number after the move"),
        sa.Column("user", JSON_OBJECT, nullable=True, comment="Author (user object)"),
        sa.Column("username", sa.String(), nullable=True, comment="Author's login"),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False, comment="When this app saw the move"),
        sa.PrimaryKeyConstraint("issue_id", "new_issue_id", name=op.f("pk_transfers")),
        comment="Issues that moved to another repository, as they were before",
    )
    op.create_index(op.f("ix_transfers_new_issue_id"), "transfers", ["new_issue_id"], unique=False)
    op.create_index(op.f("ix_transfers_org_repo_number"), "transfers", ["org", "repo", "number"], unique=False)
    op.create_table(
        "watermarks",
        sa.Column("name", sa.String(), nullable=False, comment="What it counts, such as updated:issues"),
        sa.Column("org", sa.String(), nullable=False, comment="Organisation"),
        sa.Column(
            "scope",
            sa.String(),
            nullable=False,
            comment="The repositories it holds for; * means all of the organisation's",
        ),
        sa.Column(
            "value", sa.DateTime(timezone=True), nullable=False, comment="Everything up to this moment is stored"
        ),
        sa.PrimaryKeyConstraint("name", "org", "scope", name=op.f("pk_watermarks")),
        comment="Up to when the data is complete",
    )


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("watermarks")
    op.drop_index(op.f("ix_transfers_org_repo_number"), table_name="transfers")
    op.drop_index(op.f("ix_transfers_new_issue_id"), table_name="transfers")
    op.drop_table("transfers")
    op.drop_table("transfer_checks")
    op.drop_index(op.f("ix_sync_runs_org_step_started_at"), table_name="sync_runs")
    op.drop_table("sync_runs")
    op.drop_index(op.f("ix_rejected_records_kind"), table_name="rejected_records")
    op.drop_table("rejected_records")
    op.drop_index(op.f("ix_pull_requests_username_created_at"), table_name="pull_requests")
    op.drop_index(op.f("ix_pull_requests_org_updated_at"), table_name="pull_requests")
    op.drop_index(op.f("ix_pull_requests_org_repo_number"), table_name="pull_requests")
    op.drop_index(op.f("ix_pull_requests_org_created_at"), table_name="pull_requests")
    op.drop_index(op.f("ix_pull_requests_org_closed_at"), table_name="pull_requests")
    op.drop_table("pull_requests")
    op.drop_index(op.f("ix_memberships_member_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_table("members")
    op.drop_table("leases")
    op.drop_index(op.f("ix_issues_username_created_at"), table_name="issues")
    op.drop_index(op.f("ix_issues_org_updated_at"), table_name="issues")
    op.drop_index(op.f("ix_issues_org_repo_number"), table_name="issues")
    op.drop_index(op.f("ix_issues_org_created_at"), table_name="issues")
    op.drop_index(op.f("ix_issues_org_closed_at"), table_name="issues")
    op.drop_table("issues")
    op.drop_index(op.f("ix_events_username"), table_name="events")
    op.drop_index(op.f("ix_events_org_repo_created_at"), table_name="events")
    op.drop_index(op.f("ix_events_issue_id_created_at"), table_name="events")
    op.drop_table("events")
    op.drop_table("event_polls")
