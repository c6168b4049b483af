"""Boards as REST and webhooks show them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sandbox.api.access import Token
from sandbox.api.forms import Forms
from sandbox.api.nodeids import node_id
from sandbox.api.times import moment, timestamp
from sandbox.world.board_items import BoardItem
from sandbox.world.boards import BoardField, Iteration, Option, Project, Value
from sandbox.world.items import Item

JSON = dict[str, Any]
FIELD_PREFIXES = {"SINGLE_SELECT": "PVTSSF", "ITERATION": "PVTIF"}


def project_node_id(project: Project) -> str:
    """Return a board's node id."""
    return node_id("PVT", project.owner.id, project.id)


def field_node_id(project: Project, field: BoardField) -> str:
    """Return the node id of a field."""
    return node_id(FIELD_PREFIXES.get(field.data_type, "PVTF"), project.owner.id, project.id, field.id)


def row_node_id(row: BoardItem) -> str:
    """Return the node id of a board's row."""
    return node_id("PVTI", row.project.owner.id, row.project.id, row.id)


def content_node_id(forms: Forms, row: BoardItem) -> str:
    """Return the node id of what stands in a row, also of what no token may see."""
    if row.content is not None:
        return forms.item_node_id(row.content)
    return node_id("I" if row.draft is None else "DI", row.project.owner.id, row.draft.id if row.draft else row.id)


def sees_content(row: BoardItem, token: Token) -> bool:
    """Whether a token may see what stands in a row: else the row is redacted."""
    if row.content is None:
        return row.draft is not None
    return token.reads(row.content.repository) and token.reads_kind(pulls=row.content.is_pull)


def day_of(seconds: int) -> str:
    """Return the day (UTC) that a moment is on."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def board_url(forms: Forms, project: Project) -> str:
    """Return a board's API URL."""
    return f"{forms.base}/orgs/{project.owner.login}/projectsV2/{project.number}"


def project_form(forms: Forms, project: Project) -> JSON:
    """Return a board."""
    return {
        "id": project.id,
        "node_id": project_node_id(project),
        "owner": forms.user(project.owner),
        "creator": forms.user(project.creator or project.owner),
        "title": project.title,
        "description": None,
        "public": project.public,
        "closed_at": moment(project.closed_at),
        "created_at": timestamp(project.created_at),
        "updated_at": timestamp(project.updated_at or project.created_at),
        "number": project.number,
        "short_description": project.short_description,
        "deleted_at": None,
        "deleted_by": None,
        "state": "open" if project.closed_at is None else "closed",
        "latest_status_update": None,
        "is_template": False,
    }


def _text(text: str) -> JSON:
    return {"raw": text, "html": text}


def _option(option: Option) -> JSON:
    return {"id": option.id, "name": _text(option.name), "color": option.color, "description": _text("")}


def _iteration(iteration: Iteration, now: int) -> JSON:
    return {
        "id": iteration.id,
        "title": _text(iteration.title),
        "start_date": day_of(iteration.start),
        "duration": iteration.days,
        "completed": iteration.end <= now,
    }


def field_form(forms: Forms, project: Project, field: BoardField) -> JSON:
    """Return a field of a board, with what may be chosen in it."""
    more: JSON = {}
    if field.data_type == "SINGLE_SELECT":
        more["options"] = [_option(one) for one in field.options]
    if field.data_type == "ITERATION":
        rows = [_iteration(one, forms.world.now) for one in field.iterations]
        more["configuration"] = {"duration": length_of(field), "start_day": 1, "iterations": rows}
    return {
        "id": field.id,
        "node_id": field_node_id(project, field),
        "name": field.name,
        "data_type": field.data_type.lower(),
        "project_url": board_url(forms, project),
        "created_at": timestamp(field.created_at),
        "updated_at": timestamp(field.created_at),
        **more,
    }


def length_of(field: BoardField) -> int:
    """Return how many days a field's iterations have."""
    return field.iterations[-1].days if field.iterations else 14


def row_form(forms: Forms, row: BoardItem, token: Token, fields: Iterable[BoardField]) -> JSON:
    """Return a board's row with these fields of it; what the token may not see has neither content nor title."""
    seen, project = sees_content(row, token), row.project
    url = board_url(forms, project)
    return {
        "id": row.id,
        "node_id": row_node_id(row),
        "project_url": url,
        "content": _content(forms, row) if seen else None,
        "content_type": row.content_type,
        "creator": forms.user(row.creator),
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
        "archived_at": moment(row.archived_at),
        "item_url": f"{url}/items/{row.id}",
        "fields": [
            {
                "id": one.id,
                "name": one.name,
                "data_type": one.data_type.lower(),
                "value": _value(forms, row, one, seen=seen),
            }
            for one in fields
        ],
    }


def _content(forms: Forms, row: BoardItem) -> JSON | None:
    if row.content is not None:
        return forms.pull(row.content) if row.content.is_pull else forms.issue(row.content)
    draft = row.draft
    if draft is None:
        return None
    return {
        "id": draft.id,
        "node_id": content_node_id(forms, row),
        "title": draft.title,
        "body": draft.body,
        "user": forms.user(draft.creator),
        "created_at": timestamp(draft.created_at),
        "updated_at": timestamp(draft.updated_at),
    }


def _value(forms: Forms, row: BoardItem, field: BoardField, *, seen: bool) -> Any:
    """Return a row's value in a field; that of the item's own is null where the item is not seen."""
    held = row.values.get(field)
    if held is not None:
        value = held.value
        if isinstance(value, Option):
            return _option(value)
        if isinstance(value, Iteration):
            return _iteration(value, forms.world.now)
        return _text(value) if isinstance(value, str) and field.data_type == "TEXT" else value
    if field.data_type == "TITLE":
        return _title(forms, row) if seen else None
    return _own(forms, row.content, field.data_type) if seen and row.content is not None else None


def _title(forms: Forms, row: BoardItem) -> JSON:
    item = row.content
    if item is None:
        return _text(row.draft.title if row.draft else "")
    return {
        **_text(item.title),
        "number": item.number,
        "url": forms.html_url(item),
        "issue_id": item.id,
        "state": item.state,
        "state_reason": item.state_reason,
        "is_draft": item.draft,
    }


def _own(forms: Forms, item: Item, data_type: str) -> Any:
    if data_type == "ASSIGNEES":
        return [forms.user(person) for person in item.assignees]
    if data_type == "LABELS":
        return [forms.label(label, item) for label in item.labels]
    if data_type == "MILESTONE":
        return None if item.milestone is None else forms.milestone(item.milestone, item)
    return forms.repository(item.repository) if data_type == "REPOSITORY" else None


# Webhooks


def told_row(forms: Forms, row: BoardItem) -> JSON:
    """Return a board's row as webhooks tell of it."""
    return {
        "id": row.id,
        "node_id": row_node_id(row),
        "project_node_id": project_node_id(row.project),
        "content_node_id": content_node_id(forms, row),
        "content_type": row.content_type,
        "creator": forms.user(row.creator),
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
        "archived_at": moment(row.archived_at),
    }


def told_changes(forms: Forms, row: BoardItem, action: str, about: JSON) -> JSON:
    """Return what a webhook says changed of a row, if it says so of this action."""
    if action == "edited":
        return {"field_value": _told_field(forms, row, **about)}
    if action in ("archived", "restored"):
        return {"archived_at": {"from": _offset(about.get("archived_at")), "to": _offset(row.archived_at)}}
    if action == "converted":
        return {"content_type": {"from": "DraftIssue", "to": "Issue"}}
    if action == "reordered":
        after = about["after"]
        place = None if after is None else row_node_id(after)
        return {"previous_projects_v2_item_node_id": {"from": place, "to": place}}
    return {}


def _told_field(forms: Forms, row: BoardItem, *, field: BoardField, before: Value | None, after: Value | None) -> JSON:
    return {
        "field_node_id": field_node_id(row.project, field),
        "field_type": field.data_type.lower(),
        "field_name": field.name,
        "project_number": row.project.number,
        "from": _told_value(before, field, forms.world.now),
        "to": _told_value(after, field, forms.world.now),
    }


def _told_value(value: Value | None, field: BoardField, now: int) -> Any:
    if isinstance(value, Option):
        return {"id": value.id, "name": value.name, "color": value.color, "description": ""}
    if isinstance(value, Iteration):
        return {
            "id": value.id,
            "title": value.title,
            "title_html": value.title,
            "duration": value.days,
            "start_date": day_of(value.start),
            "completed": value.end <= now,
        }
    # Dates are told as times.
    return f"{value}T00:00:00+00:00" if field.data_type == "DATE" and value is not None else value


def _offset(seconds: int | None) -> str | None:
    """Return a time with its offset, as these changes have them."""
    return None if seconds is None else timestamp(seconds).replace("Z", "+00:00")
