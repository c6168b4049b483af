"""Tables of boards (GitHub Projects): what is on them now, what was on them each day, and what happened to it.

Ids are GraphQL's node ids, which all of GitHub's APIs and webhooks give.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Double, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import JSON_ARRAY, JSON_OBJECT, Base, JsonList, JsonObject, UTCDateTime

OF_PROJECT = "projects.id"
SPRINT = "iterations.id of its sprint; NULL: in none"


class Project(Base):
    """Boards."""

    __tablename__ = "projects"
    __table_args__ = (Index(None, "org", "number"), {"comment": "Boards (GitHub Projects) of the organisations"})

    id: Mapped[str] = mapped_column(String, primary_key=True, comment="GitHub's id (node id)")
    org: Mapped[str] = mapped_column(String, comment="Owner")
    number: Mapped[int] = mapped_column(comment="Number; each owner counts its own boards")
    title: Mapped[str] = mapped_column(Text, comment="Title")
    short_description: Mapped[str | None] = mapped_column(Text, comment="Description in a line")
    url: Mapped[str | None] = mapped_column(String, comment="Address of its page")
    is_public: Mapped[bool | None] = mapped_column(comment="True when everybody may see it")
    created_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it was made")
    updated_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it last changed, as GitHub says")
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it was closed; NULL while it is open")
    fields_chosen_by: Mapped[str | None] = mapped_column(
        String,
        comment="How this app knows which field is sprint, points, status and deliverable: setting (GH_PROJECT_FIELDS) "
        "or guess (by name and type)",
    )
    deliverables_by: Mapped[str | None] = mapped_column(
        String, comment="How deliverables are found: field or parents (issues above); NULL: there are none"
    )
    items_read_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When all items were last read; NULL: never"
    )
    items_read_for: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="updated_at of the board that this reading saw"
    )
    deleted_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When this app saw that GitHub no longer shows it; NULL while it does"
    )


class ProjectField(Base):
    """Fields of boards."""

    __tablename__ = "project_fields"
    __table_args__ = (Index(None, "project_id", "role"), {"comment": "Fields of boards"})

    id: Mapped[str] = mapped_column(String, primary_key=True, comment="GitHub's id (node id)")
    project_id: Mapped[str] = mapped_column(String, comment=OF_PROJECT)
    name: Mapped[str] = mapped_column(Text, comment="Name")
    data_type: Mapped[str] = mapped_column(
        String, comment="GitHub's type, such as TEXT, NUMBER, DATE, SINGLE_SELECT or ITERATION"
    )
    position: Mapped[int] = mapped_column(comment="Place among the board's fields, from 0")
    options: Mapped[JsonList | None] = mapped_column(
        JSON_ARRAY, comment="What may be chosen, in order (objects with id and name); NULL: no such list"
    )
    role: Mapped[str | None] = mapped_column(
        String, comment="What it says: sprint, points, status or deliverable, one field each; NULL: none of these"
    )
    deleted_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When this app saw that it is gone; NULL while it is not"
    )


class ProjectStatus(Base):
    """What the statuses of boards mean."""

    __tablename__ = "project_statuses"
    __table_args__ = ({"comment": "Statuses of boards, and what they mean"},)

    project_id: Mapped[str] = mapped_column(String, primary_key=True, comment=OF_PROJECT)
    name: Mapped[str] = mapped_column(Text, primary_key=True, comment="Status, as the board calls it")
    kind: Mapped[str] = mapped_column(String, comment="todo, in_progress or done")
    position: Mapped[int] = mapped_column(comment="Place among the board's statuses, from 0")


class Iteration(Base):
    """Sprints and other iterations."""

    __tablename__ = "iterations"
    __table_args__ = (
        Index(None, "project_id", "start_date"),
        {"comment": "Iterations of boards, completed ones too. Those of the field with the role sprint are sprints"},
    )

    field_id: Mapped[str] = mapped_column(String, primary_key=True, comment="project_fields.id")
    id: Mapped[str] = mapped_column(String, primary_key=True, comment="GitHub's id, unique within the field")
    project_id: Mapped[str] = mapped_column(String, comment=OF_PROJECT)
    title: Mapped[str] = mapped_column(Text, comment="Title; two boards, or two iterations, may have the same")
    start_date: Mapped[date] = mapped_column(Date, comment="First day")
    end_date: Mapped[date] = mapped_column(Date, comment="Last day; it belongs to the iteration")
    days: Mapped[int] = mapped_column(comment="How many days it has")
    is_completed: Mapped[bool] = mapped_column(comment="True when GitHub lists it among the completed ones")
    deleted_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When this app saw that the field no longer has it; NULL while it has"
    )


class ProjectItem(Base):
    """Items of boards, as they are now."""

    __tablename__ = "project_items"
    __table_args__ = (
        Index(None, "project_id", "iteration_id"),
        Index(None, "content_node_id", "project_id"),
        Index(None, "content_id"),
        {"comment": "Items of boards as they are now, archived ones too"},
    )

    id: Mapped[str] = mapped_column(String, primary_key=True, comment="GitHub's id (node id)")
    project_id: Mapped[str] = mapped_column(String, comment=OF_PROJECT)
    type: Mapped[str] = mapped_column(
        String, comment="issue, pull_request, draft_issue, or redacted: the token may not see what it is"
    )
    content_node_id: Mapped[str | None] = mapped_column(String, comment="issues.node_id or pull_requests.node_id")
    content_id: Mapped[int | None] = mapped_column(BigInteger, comment="issues.id; NULL for what is no issue")
    repository: Mapped[str | None] = mapped_column(String, comment="Repository of the issue, as owner/name")
    number: Mapped[int | None] = mapped_column(Integer, comment="Number within the repository")
    title: Mapped[str | None] = mapped_column(Text, comment="Title; NULL when redacted")
    url: Mapped[str | None] = mapped_column(String, comment="Address of the issue or pull request")
    state: Mapped[str | None] = mapped_column(String, comment="open, closed or merged; NULL for drafts and redacted")
    state_reason: Mapped[str | None] = mapped_column(
        String, comment="Why an issue was closed: completed, not_planned or duplicate"
    )
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it was last closed; NULL while open")
    content_created_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When the issue, pull request or draft was opened"
    )
    content_updated_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it last changed")
    issue_type: Mapped[str | None] = mapped_column(String, comment="Issue type, such as Bug; NULL: none")
    ancestors: Mapped[JsonList | None] = mapped_column(
        JSON_ARRAY,
        comment="Issues above it, the nearest first (objects with id, repository, number, title and type)",
    )
    status: Mapped[str | None] = mapped_column(Text, comment="Status on the board")
    points: Mapped[float | None] = mapped_column(Double, comment="Points; NULL: not pointed, which 0 is not")
    iteration_id: Mapped[str | None] = mapped_column(String, comment=SPRINT)
    deliverable: Mapped[str | None] = mapped_column(Text, comment="Deliverable that it is a part of; NULL: none")
    fields: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="Value of each field that has one, by its name")
    is_archived: Mapped[bool] = mapped_column(comment="True when it is archived: it still counts in its sprint")
    created_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it came onto the board")
    updated_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When the item last changed")
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When this app first saw it")
    timeline_read_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        comment="When the timeline of its issue or pull request was last read whole; NULL: never, or it has none",
    )
    timeline_read_for: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="content_updated_at of what that reading saw"
    )
    removed_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When this app saw that it is no longer on the board; NULL while it is"
    )


class ProjectItemDay(Base):
    """What each item was at the end of each day."""

    __tablename__ = "project_item_days"
    __table_args__ = (
        Index(None, "project_id", "day"),
        Index(None, "iteration_id", "day"),
        {"comment": "Items of boards as they were when all were last read on a day (UTC); later readings change none"},
    )

    item_id: Mapped[str] = mapped_column(String, primary_key=True, comment="project_items.id")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    project_id: Mapped[str] = mapped_column(String, comment=OF_PROJECT)
    status: Mapped[str | None] = mapped_column(Text, comment="Status on the board")
    points: Mapped[float | None] = mapped_column(Double, comment="Points; NULL: not pointed")
    iteration_id: Mapped[str | None] = mapped_column(String, comment=SPRINT)
    deliverable: Mapped[str | None] = mapped_column(Text, comment="Deliverable that it is a part of")
    is_closed: Mapped[bool] = mapped_column(comment="True when the issue or pull request was closed or merged")
    is_archived: Mapped[bool] = mapped_column(comment="True when it was archived")


class ProjectDay(Base):
    """The calendar of each board."""

    __tablename__ = "project_days"
    __table_args__ = (
        {"comment": "Calendar of each board, from its first day until its last sprint ends: what is known of each day"},
    )

    project_id: Mapped[str] = mapped_column(String, primary_key=True, comment=OF_PROJECT)
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    is_working: Mapped[bool] = mapped_column(comment="True on the days of the setting WORK_DAYS")
    snapshot_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When all items were last read on that day; NULL: they were not"
    )
    items: Mapped[int | None] = mapped_column(comment="How many items were read then")
    doubted_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When GitHub last left out so many items that its answer was not believed; NULL: never"
    )
    items_missing: Mapped[int | None] = mapped_column(comment="How many items it left out then")


class ProjectItemEvent(Base):
    """What happened to items."""

    __tablename__ = "project_item_events"
    __table_args__ = (
        Index(None, "item_id", "at"),
        Index(None, "project_id", "content_node_id", "at"),
        {"comment": "What happened to items of boards: from timelines, which reach back, and from webhooks"},
    )

    id: Mapped[str] = mapped_column(
        String, primary_key=True, comment="Node id of the timeline's event; of a webhook's: made from what it says"
    )
    source: Mapped[str] = mapped_column(String, comment="timeline or webhook")
    kind: Mapped[str] = mapped_column(
        String,
        comment="added, removed, converted (from a draft), status, field (another field's value), archived, restored, "
        "closed or reopened",
    )
    project_id: Mapped[str | None] = mapped_column(
        String, comment=f"{OF_PROJECT}; NULL for closed and reopened, which are the issue's"
    )
    item_id: Mapped[str | None] = mapped_column(String, comment="project_items.id; NULL: known by its issue only")
    content_node_id: Mapped[str | None] = mapped_column(String, comment="project_items.content_node_id")
    at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When it happened")
    turn: Mapped[int] = mapped_column(comment="Its place among what happened to the same in the same second, from 0")
    actor: Mapped[str | None] = mapped_column(String, comment="Login of who did it; NULL: unknown, or GitHub itself")
    was_automated: Mapped[bool | None] = mapped_column(comment="True when a workflow of the board did it")
    field_id: Mapped[str | None] = mapped_column(String, comment="project_fields.id of the field that changed")
    field_name: Mapped[str | None] = mapped_column(Text, comment="Its name then")
    from_value: Mapped[str | None] = mapped_column(Text, comment="Value before, as text; of iterations, their title")
    to_value: Mapped[str | None] = mapped_column(Text, comment="Value afterwards; NULL: it was emptied")
    from_id: Mapped[str | None] = mapped_column(String, comment="Id of the option or iteration before")
    to_id: Mapped[str | None] = mapped_column(String, comment="Id of the option or iteration afterwards")
