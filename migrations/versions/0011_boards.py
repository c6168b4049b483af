"""Boards (GitHub Projects): what is on them, their sprints, and what was when."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

# Written out here and not imported: a migration must stay what it was when the models move on.
TIME = sa.DateTime(timezone=True)
JSON_OBJECT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
JSON_ARRAY = sa.JSON(none_as_null=True).with_variant(
    postgresql.ARRAY(postgresql.JSON(none_as_null=True), dimensions=1), "postgresql"
)
# What is named in marks and in the ledger.
KINDS = ("projects",)
# Each table: its comment, its columns and its indexes.
TABLES: dict[str, tuple[str, list[Column[Any]], list[list[str]]]] = {
    "projects": (
        "Boards (GitHub Projects) of the organisations",
        [
            Column("id", sa.String(), primary_key=True, comment="GitHub's id (node id)"),
            Column("org", sa.String(), nullable=False, comment="Owner"),
            Column("number", sa.Integer(), nullable=False, comment="Number; each owner counts its own boards"),
            Column("title", sa.Text(), nullable=False, comment="Title"),
            Column("short_description", sa.Text(), comment="Description in a line"),
            Column("url", sa.String(), comment="Address of its page"),
            Column("is_public", sa.Boolean(), comment="True when everybody may see it"),
            Column("created_at", TIME, comment="When it was made"),
            Column("updated_at", TIME, comment="When it last changed, as GitHub says"),
            Column("closed_at", TIME, comment="When it was closed; NULL while it is open"),
            Column(
                "fields_chosen_by",
                sa.String(),
                comment="How this app knows which field is sprint, points, status and deliverable: setting (GH_PROJECT_FIELDS) or guess (by name and type)",
            ),
            Column(
                "deliverables_by",
                sa.String(),
                comment="How deliverables are found: field or parents (issues above); NULL: there are none",
            ),
            Column("items_read_at", TIME, comment="When all items were last read; NULL: never"),
            Column("items_read_for", TIME, comment="updated_at of the board that this reading saw"),
            Column("deleted_at", TIME, comment="When this app saw that GitHub no longer shows it; NULL while it does"),
        ],
        [["org", "number"]],
    ),
    "project_fields": (
        "Fields of boards",
        [
            Column("id", sa.String(), primary_key=True, comment="GitHub's id (node id)"),
            Column("project_id", sa.String(), nullable=False, comment="projects.id"),
            Column("name", sa.Text(), nullable=False, comment="Name"),
            Column(
                "data_type",
                sa.String(),
                nullable=False,
                comment="GitHub's type, such as TEXT, NUMBER, DATE, SINGLE_SELECT or ITERATION",
            ),
            Column("position", sa.Integer(), nullable=False, comment="Place among the board's fields, from 0"),
            Column(
                "options",
                JSON_ARRAY,
                comment="What may be chosen, in order (objects with id and name); NULL: no such list",
            ),
            Column(
                "role",
                sa.String(),
                comment="What it says: sprint, points, status or deliverable, one field each; NULL: none of these",
            ),
            Column("deleted_at", TIME, comment="When this app saw that it is gone; NULL while it is not"),
        ],
        [["project_id", "role"]],
    ),
    "project_statuses": (
        "Statuses of boards, and what they mean",
        [
            Column("project_id", sa.String(), primary_key=True, comment="projects.id"),
            Column("name", sa.Text(), primary_key=True, comment="Status, as the board calls it"),
            Column("kind", sa.String(), nullable=False, comment="todo, in_progress or done"),
            Column("position", sa.Integer(), nullable=False, comment="Place among the board's statuses, from 0"),
        ],
        [],
    ),
    "iterations": (
        "Iterations of boards, completed ones too. Those of the field with the role sprint are sprints",
        [
            Column("field_id", sa.String(), primary_key=True, comment="project_fields.id"),
            Column("id", sa.String(), primary_key=True, comment="GitHub's id, unique within the field"),
            Column("project_id", sa.String(), nullable=False, comment="projects.id"),
            Column(
                "title", sa.Text(), nullable=False, comment="Title; two boards, or two iterations, may have the same"
            ),
            Column("start_date", sa.Date(), nullable=False, comment="First day"),
            Column("end_date", sa.Date(), nullable=False, comment="Last day; it belongs to the iteration"),
            Column("days", sa.Integer(), nullable=False, comment="How many days it has"),
            Column(
                "is_completed",
                sa.Boolean(),
                nullable=False,
                comment="True when GitHub lists it among the completed ones",
            ),
            Column("deleted_at", TIME, comment="When this app saw that the field no longer has it; NULL while it has"),
        ],
        [["project_id", "start_date"]],
    ),
    "project_items": (
        "Items of boards as they are now, archived ones too",
        [
            Column("id", sa.String(), primary_key=True, comment="GitHub's id (node id)"),
            Column("project_id", sa.String(), nullable=False, comment="projects.id"),
            Column(
                "type",
                sa.String(),
                nullable=False,
                comment="issue, pull_request, draft_issue, or redacted: the token may not see what it is",
            ),
            Column("content_node_id", sa.String(), comment="issues.node_id or pull_requests.node_id"),
            Column("content_id", sa.BigInteger(), comment="issues.id; NULL for what is no issue"),
            Column("repository", sa.String(), comment="Repository of the issue, as owner/name"),
            Column("number", sa.Integer(), comment="Number within the repository"),
            Column("title", sa.Text(), comment="Title; NULL when redacted"),
            Column("url", sa.String(), comment="Address of the issue or pull request"),
            Column("state", sa.String(), comment="open, closed or merged; NULL for drafts and redacted"),
            Column("state_reason", sa.String(), comment="Why an issue was closed: completed, not_planned or duplicate"),
            Column("closed_at", TIME, comment="When it was last closed; NULL while open"),
            Column("content_created_at", TIME, comment="When the issue, pull request or draft was opened"),
            Column("content_updated_at", TIME, comment="When it last changed"),
            Column("issue_type", sa.String(), comment="Issue type, such as Bug; NULL: none"),
            Column(
                "ancestors",
                JSON_ARRAY,
                comment="Issues above it, the nearest first (objects with id, repository, number, title and type)",
            ),
            Column("status", sa.Text(), comment="Status on the board"),
            Column("points", sa.Double(), comment="Points; NULL: not pointed, which 0 is not"),
            Column("iteration_id", sa.String(), comment="iterations.id of its sprint; NULL: in none"),
            Column("deliverable", sa.Text(), comment="Deliverable that it is a part of; NULL: none"),
            Column("fields", JSON_OBJECT, nullable=False, comment="Value of each field that has one, by its name"),
            Column(
                "is_archived",
                sa.Boolean(),
                nullable=False,
                comment="True when it is archived: it still counts in its sprint",
            ),
            Column("created_at", TIME, comment="When it came onto the board"),
            Column("updated_at", TIME, comment="When the item last changed"),
            Column("first_seen_at", TIME, nullable=False, comment="When this app first saw it"),
            Column(
                "timeline_read_at",
                TIME,
                comment="When the timeline of its issue or pull request was last read whole; NULL: never, or it has none",
            ),
            Column("timeline_read_for", TIME, comment="content_updated_at of what that reading saw"),
            Column("removed_at", TIME, comment="When this app saw that it is no longer on the board; NULL while it is"),
        ],
        [["content_id"], ["content_node_id", "project_id"], ["project_id", "iteration_id"]],
    ),
    "project_item_days": (
        "Items of boards as they were when all were last read on a day (UTC); later readings change none",
        [
            Column("item_id", sa.String(), primary_key=True, comment="project_items.id"),
            Column("day", sa.Date(), primary_key=True, comment="Day, UTC"),
            Column("project_id", sa.String(), nullable=False, comment="projects.id"),
            Column("status", sa.Text(), comment="Status on the board"),
            Column("points", sa.Double(), comment="Points; NULL: not pointed"),
            Column("iteration_id", sa.String(), comment="iterations.id of its sprint; NULL: in none"),
            Column("deliverable", sa.Text(), comment="Deliverable that it is a part of"),
            Column(
                "is_closed",
                sa.Boolean(),
                nullable=False,
                comment="True when the issue or pull request was closed or merged",
            ),
            Column("is_archived", sa.Boolean(), nullable=False, comment="True when it was archived"),
        ],
        [["iteration_id", "day"], ["project_id", "day"]],
    ),
    "project_days": (
        "Calendar of each board, from its first day until its last sprint ends: what is known of each day",
        [
            Column("project_id", sa.String(), primary_key=True, comment="projects.id"),
            Column("day", sa.Date(), primary_key=True, comment="Day, UTC"),
            Column("is_working", sa.Boolean(), nullable=False, comment="True on the days of the setting WORK_DAYS"),
            Column("snapshot_at", TIME, comment="When all items were last read on that day; NULL: they were not"),
            Column("items", sa.Integer(), comment="How many items were read then"),
            Column(
                "doubted_at",
                TIME,
                comment="When GitHub last left out so many items that its answer was not believed; NULL: never",
            ),
            Column("items_missing", sa.Integer(), comment="How many items it left out then"),
        ],
        [],
    ),
    "project_item_events": (
        "What happened to items of boards: from timelines, which reach back, and from webhooks",
        [
            Column(
                "id",
                sa.String(),
                primary_key=True,
                comment="Node id of the timeline's event; of a webhook's: made from what it says",
            ),
            Column("source", sa.String(), nullable=False, comment="timeline or webhook"),
            Column(
                "kind",
                sa.String(),
                nullable=False,
                comment="added, removed, converted (from a draft), status, field (another field's value), archived, restored, closed or reopened",
            ),
            Column(
                "project_id", sa.String(), comment="projects.id; NULL for closed and reopened, which are the issue's"
            ),
            Column("item_id", sa.String(), comment="project_items.id; NULL: known by its issue only"),
            Column("content_node_id", sa.String(), comment="project_items.content_node_id"),
            Column("at", TIME, nullable=False, comment="When it happened"),
            Column(
                "turn",
                sa.Integer(),
                nullable=False,
                comment="Its place among what happened to the same in the same second, from 0",
            ),
            Column("actor", sa.String(), comment="Login of who did it; NULL: unknown, or GitHub itself"),
            Column("was_automated", sa.Boolean(), comment="True when a workflow of the board did it"),
            Column("field_id", sa.String(), comment="project_fields.id of the field that changed"),
            Column("field_name", sa.Text(), comment="Its name then"),
            Column("from_value", sa.Text(), comment="Value before, as text; of iterations, their title"),
            Column("to_value", sa.Text(), comment="Value afterwards; NULL: it was emptied"),
            Column("from_id", sa.String(), comment="Id of the option or iteration before"),
            Column("to_id", sa.String(), comment="Id of the option or iteration afterwards"),
        ],
        [["item_id", "at"], ["project_id", "content_node_id", "at"]],
    ),
}


def upgrade() -> None:
    """Make the tables."""
    for name, (comment, columns, indexes) in TABLES.items():
        op.create_table(name, *columns, sa.PrimaryKeyConstraint(name=f"pk_{name}"), comment=comment)
        for index in indexes:
            op.create_index(f"ix_{name}_{'_'.join(index)}", name, index)


def downgrade() -> None:
    """Take the tables back, and what says that they were read."""
    for name in reversed(TABLES):
        op.drop_table(name)
    for table, column in (("watermarks", "name"), ("cursors", "name"), ("sync_runs", "step")):
        marks = sa.table(table, sa.column(column))
        for kind in KINDS:
            theirs = sa.or_(
                marks.c[column] == kind, marks.c[column].like(f"{kind}.%"), marks.c[column].like(f"%:{kind}")
            )
            op.execute(sa.delete(marks).where(theirs))
