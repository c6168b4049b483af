"""First tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, String
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)
# Written out here and not imported: a migration must stay what it was when the models move on.
JSON_OBJECT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
JSON_ARRAY = sa.JSON().with_variant(postgresql.ARRAY(postgresql.JSON(), dimensions=1), "postgresql")

TABLES = (
    "event_polls",
    "events",
    "issues",
    "leases",
    "members",
    "memberships",
    "pull_requests",
    "rejected_records",
    "sync_runs",
    "transfer_checks",
    "transfers",
    "watermarks",
)


def upgrade() -> None:
    """Bring the tables forward."""
    _event_polls()
    _events()
    _issues()
    _leases()
    _members()
    _memberships()
    _pull_requests()
    _rejected_records()
    _sync_runs()
    _transfer_checks()
    _transfers()
    _watermarks()


def downgrade() -> None:
    """Take the tables back."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _id(name: str, comment: str) -> Column[Any]:
    return Column(name, sa.BigInteger(), autoincrement=False, nullable=False, comment=comment)


def _text(name: str, comment: str) -> Column[Any]:
    return Column(name, String(), comment=comment)


def _time(name: str, comment: str) -> Column[Any]:
    return Column(name, TIME, comment=comment)


def _item_columns() -> list[Column[Any]]:
    """What issues and pull requests share."""
    return [
        _id("id", "GitHub's issue id (pull requests have one too)"),
        _text("active_lock_reason", "Why the conversation is locked"),
        Column("assignee", JSON_OBJECT, comment="First assignee (user object)"),
        Column("assignees", JSON_ARRAY, comment="All assignees (user objects)"),
        _text("author_association", "The author's tie to the repository: MEMBER, CONTRIBUTOR, NONE, …"),
        _text("body", "Description, Markdown"),
        _time("closed_at", "When it was last closed; NULL while open"),
        Column("comments", Integer(), comment="Number of comments"),
        _text("comments_url", "API: comments"),
        Column("created_at", TIME, nullable=False, comment="When it was opened"),
        _text("events_url", "API: events"),
        _text("html_url", "The page for people"),
        Column("labels", JSON_ARRAY, comment="Labels (label objects)"),
        _text("labels_url", "API: labels"),
        Column("locked", sa.Boolean(), comment="True when the conversation is locked"),
        Column("milestone", JSON_OBJECT, comment="Milestone object"),
        _text("node_id", "GraphQL id"),
        Column("number", Integer(), nullable=False, comment="Number within the repository"),
        Column("org", String(), nullable=False, comment="Owner of the repository"),
        _text("performed_via_github_app", "Slug of the GitHub App that opened it; NULL when a person did"),
        Column("reactions", JSON_OBJECT, comment="Reactions, counted by kind"),
        Column("repo", String(), nullable=False, comment="Repository's name, without the owner"),
        _text("repository_url", "API: the repository"),
        Column("state", String(), nullable=False, comment="open or closed"),
        _text("state_reason", "completed, not_planned, duplicate or reopened; NULL when never closed"),
        _text("timeline_url", "API: timeline"),
        Column("title", String(), nullable=False, comment="Title"),
        Column("updated_at", TIME, nullable=False, comment="When GitHub last counted a change"),
        _text("url", "API: the issue form of this item"),
        Column("user", JSON_OBJECT, comment="Author (user object); NULL for a ghost"),
        _text("username", "Author's login; NULL when the account is gone"),
        _time(
            "deleted_at",
            "When this app saw that GitHub no longer shows it here (deleted or moved), so that counts can agree with GitHub's and nothing stored is lost",
        ),
    ]


def _item_indexes(table: str) -> None:
    for columns in (
        ["org", "closed_at"],
        ["org", "created_at"],
        ["org", "repo", "number"],
        ["org", "updated_at"],
        ["username", "created_at"],
    ):
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)


def _event_polls() -> None:
    op.create_table(
        "event_polls",
        _id("id", "Issue id"),
        Column("page_no", Integer(), autoincrement=False, nullable=False, comment="Page, from 1"),
        _time("issue_updated_at", "The issue's updated_at by then"),
        _text("etag", "ETag of that page, quotes included"),
        Column(
            "events",
            Integer(),
            nullable=False,
            comment="How many events that page had: a full last page may have a successor",
        ),
        _text("next_url", "GitHub's link to the next page, which an unchanged page (304) need not repeat"),
        PrimaryKeyConstraint("id", "page_no", name=op.f("pk_event_polls")),
        comment="The last read of each page of each timeline",
    )


def _events() -> None:
    op.create_table(
        "events",
        _id(
            "id",
            "GitHub's id of the event, comment or review; for kinds that GitHub doesn't number, a negative number made from what identifies them, the same on every read",
        ),
        _id("issue_id", "issues.id or pull_requests.id"),
        Column("org", String(), nullable=False, comment="Owner of the repository"),
        Column("repo", String(), nullable=False, comment="Repository's name, without the owner"),
        Column(
            "event",
            String(),
            nullable=False,
            comment="Kind of event, such as labeled or reviewed; in the key because events, comments and reviews number themselves apart, so that two of one issue may have the same id",
        ),
        _text("body", "Text of a comment or review"),
        Column("label", JSON_OBJECT, comment="Label of a labeled or unlabeled event"),
        Column("reactions", JSON_OBJECT, comment="Reactions to a comment"),
        _text("state", "State of a review"),
        _time("created_at", "When it happened; of a review: when it was submitted, of a commit: when it was committed"),
        _time("updated_at", "When a comment was last edited"),
        _text("node_id", "GraphQL id"),
        Column("user", JSON_OBJECT, comment="Who did it (user object)"),
        _text("author_association", "The person's tie to the repository"),
        _text("username", "Login of who did it"),
        Column(
            "details",
            JSON_OBJECT,
            comment="What only this kind of event says: assignee, milestone, rename, state_reason, commit_id, source, …",
        ),
        Column(
            "page_no",
            Integer(),
            nullable=False,
            comment="Page of the timeline it was last read on: tells what has gone from a page that is read again",
        ),
        _time("removed_at", "When this app saw that GitHub no longer shows it (a deleted comment, say)"),
        PrimaryKeyConstraint("id", "issue_id", "event", name=op.f("pk_events")),
        comment="Timeline events of issues and pull requests",
    )
    op.create_index(op.f("ix_events_issue_id_created_at"), "events", ["issue_id", "created_at"])
    op.create_index(op.f("ix_events_org_repo_created_at"), "events", ["org", "repo", "created_at"])
    op.create_index(op.f("ix_events_username"), "events", ["username"])


def _issues() -> None:
    op.create_table(
        "issues",
        Column("score", sa.Float(), comment="Search score; says nothing of value"),
        *_item_columns(),
        PrimaryKeyConstraint("id", name=op.f("pk_issues")),
        comment="Issues",
    )
    _item_indexes("issues")


def _leases() -> None:
    op.create_table(
        "leases",
        Column("name", String(), nullable=False, comment="Job and organisation"),
        Column("owner", String(), nullable=False, comment="host:process:run that holds it"),
        Column("expires_at", TIME, nullable=False, comment="When another run may take it"),
        PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        comment="Which run holds which job",
    )


def _members() -> None:
    op.create_table(
        "members",
        _id("id", "GitHub's user id"),
        Column("inserted_dt", TIME, nullable=False, comment="When this app first saw the member"),
        _time("inactive_dt", "When this app saw that the member had left every organisation; NULL while active"),
        Column(
            "inactive", sa.Boolean(), nullable=False, comment="True when a member of none of the organisations any more"
        ),
        _text("avatar_url", "Picture"),
        _text("events_url", "API: events of this person"),
        _text("followers_url", "API: followers"),
        _text("following_url", "API: whom the person follows"),
        _text("gists_url", "API: gists"),
        _text("gravatar_id", "Gravatar id; mostly empty"),
        _text("html_url", "Profile page"),
        _text("login", "User name; NULL once somebody else has taken it over"),
        _text("node_id", "GraphQL id"),
        _text("organizations_url", "API: organisations of this person"),
        _text("received_events_url", "API: events received"),
        _text("repos_url", "API: repositories"),
        Column("site_admin", sa.Boolean(), comment="True for GitHub's staff"),
        _text("starred_url", "API: starred repositories"),
        _text("subscriptions_url", "API: watched repositories"),
        _text("type", "User, Bot or Mannequin"),
        _text("url", "API: this person"),
        PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("login", name=op.f("uq_members_login")),
        comment="People who are or were members of an organisation",
    )


def _memberships() -> None:
    op.create_table(
        "memberships",
        Column("org", String(), nullable=False, comment="Organisation"),
        _id("member_id", "members.id"),
        Column("role", String(), nullable=False, comment="admin (an owner) or member; the last one seen"),
        Column("inserted_dt", TIME, nullable=False, comment="When this app first saw the membership"),
        Column("inactive", sa.Boolean(), nullable=False, comment="True once the person has left this organisation"),
        _time("inactive_dt", "When this app saw that the person had left; NULL while active"),
        PrimaryKeyConstraint("org", "member_id", name=op.f("pk_memberships")),
        comment="Who belongs to which organisation: one person may be in several",
    )
    op.create_index(op.f("ix_memberships_member_id"), "memberships", ["member_id"])


def _pull_requests() -> None:
    op.create_table(
        "pull_requests",
        Column(
            "merged",
            sa.Boolean(),
            comment="True when merged_at is set, false when GitHub says that it is not, NULL when GitHub has not said",
        ),
        Column("draft", sa.Boolean(), comment="True while it is a draft"),
        Column("pull_request", JSON_OBJECT, comment="pull_request object of the search"),
        Column("score", Integer(), comment="Search score; says nothing of value"),
        _time("merged_at", "When it was merged, from pull_request.merged_at: merged alone only says whether"),
        Column(
            "pull_id",
            sa.BigInteger(),
            comment="The id that /pulls and webhooks use for the same pull request, to join the two. A row known only from there has the negative of it as its id until a search tells the issue id",
        ),
        *_item_columns(),
        PrimaryKeyConstraint("id", name=op.f("pk_pull_requests")),
        sa.UniqueConstraint("pull_id", name=op.f("uq_pull_requests_pull_id")),
        comment="Pull requests",
    )
    _item_indexes("pull_requests")


def _rejected_records() -> None:
    op.create_table(
        "rejected_records",
        Column("digest", String(), nullable=False, comment="SHA-256 of kind and record: kept once"),
        Column("kind", String(), nullable=False, comment="The table it was meant for"),
        Column("org", String(), nullable=False, comment="Organisation it was read from"),
        Column("reason", sa.Text(), nullable=False, comment="Why it was rejected"),
        Column(
            "record",
            sa.Text(),
            nullable=False,
            comment="The record as JSON text, not JSONB: it may hold what JSONB refuses, such as NUL",
        ),
        Column("rejected_at", TIME, nullable=False, comment="When it was first rejected"),
        PrimaryKeyConstraint("digest", name=op.f("pk_rejected_records")),
        comment="Records from GitHub that could not become rows",
    )
    op.create_index(op.f("ix_rejected_records_kind"), "rejected_records", ["kind"])


def _sync_runs() -> None:
    op.create_table(
        "sync_runs",
        Column(
            "id",
            sa.BigInteger().with_variant(Integer(), "sqlite"),
            nullable=False,
            comment="Counts up; a later step has a higher one",
        ),
        Column("job", String(), nullable=False, comment="every_30_min, backfill or verify"),
        Column("step", String(), nullable=False, comment="What was read, such as pull_requests.updated"),
        Column("org", String(), nullable=False, comment="Organisation"),
        _time("window_start", "Oldest moment asked for"),
        _time("window_end", "Newest moment asked for; NULL: up to now"),
        Column("expected", Integer(), comment="How many items GitHub announced; NULL: it doesn't say"),
        Column("fetched", Integer(), nullable=False, comment="How many different items GitHub listed"),
        Column("stored", Integer(), nullable=False, comment="Rows that were new or changed"),
        Column("rejected", Integer(), nullable=False, comment="Records kept in rejected_records instead"),
        Column("requests", Integer(), nullable=False, comment="Requests sent to GitHub, retries included"),
        Column("not_modified", Integer(), nullable=False, comment="Those that GitHub answered 304, free of charge"),
        Column("rate_limit_left", Integer(), comment="What the last answer left of its rate limit"),
        Column(
            "status",
            String(),
            nullable=False,
            comment="running, ok, partial (stopped or incomplete; the next run goes on) or failed",
        ),
        Column("error", sa.Text(), comment="Why it is partial or failed"),
        Column("started_at", TIME, nullable=False, comment="When the step began"),
        _time("finished_at", "When it ended; NULL while it runs"),
        PrimaryKeyConstraint("id", name=op.f("pk_sync_runs")),
        comment="The ledger: what each step did",
    )
    op.create_index(op.f("ix_sync_runs_org_step_started_at"), "sync_runs", ["org", "step", "started_at"])


def _transfer_checks() -> None:
    op.create_table(
        "transfer_checks",
        _id("issue_id", "issues.id"),
        Column(
            "newest_twin_id",
            sa.BigInteger(),
            nullable=False,
            comment="The newest issue like it at that time; a newer one is a reason to ask again",
        ),
        Column("checked_at", TIME, nullable=False, comment="When GitHub was asked"),
        PrimaryKeyConstraint("issue_id", name=op.f("pk_transfer_checks")),
        comment="Issues with a twin (same author and moment) that did not move: not to be asked for again",
    )


def _transfers() -> None:
    op.create_table(
        "transfers",
        _id("issue_id", "Id before the move"),
        _id("new_issue_id", "Id after the move"),
        _text("url", "API: before the move"),
        Column("number", Integer(), comment="Number before the move"),
        _text("repo", "Repository before the move"),
        _text("title", "Title before the move"),
        _text("body", "Description before the move"),
        _time("created_at", "When the issue was opened"),
        _time("closed_at", "When it was closed before the move"),
        _text("state", "State before the move"),
        _text("org", "Owner of both repositories"),
        Column("assignee", JSON_OBJECT, comment="First assignee before the move"),
        Column("assignees", JSON_ARRAY, comment="Assignees before the move"),
        Column("labels", JSON_ARRAY, comment="Labels before the move"),
        _text("new_repo", "Repository after the move"),
        _text("new_html_url", "The page after the move"),
        _text("new_url", "API: after the move"),
        Column("new_number", Integer(), comment="Number after the move"),
        Column("user", JSON_OBJECT, comment="Author (user object)"),
        _text("username", "Author's login"),
        Column("detected_at", TIME, nullable=False, comment="When this app saw the move"),
        PrimaryKeyConstraint("issue_id", "new_issue_id", name=op.f("pk_transfers")),
        comment="Issues that moved to another repository, as they were before",
    )
    op.create_index(op.f("ix_transfers_new_issue_id"), "transfers", ["new_issue_id"])
    op.create_index(op.f("ix_transfers_org_repo_number"), "transfers", ["org", "repo", "number"])


def _watermarks() -> None:
    op.create_table(
        "watermarks",
        Column("name", String(), nullable=False, comment="What it counts, such as updated:issues"),
        Column("org", String(), nullable=False, comment="Organisation"),
        Column(
            "scope",
            String(),
            nullable=False,
            comment="The repositories it holds for; * means all of the organisation's",
        ),
        Column("value", TIME, nullable=False, comment="Everything up to this moment is stored"),
        PrimaryKeyConstraint("name", "org", "scope", name=op.f("pk_watermarks")),
        comment="Up to when the data is complete",
    )
