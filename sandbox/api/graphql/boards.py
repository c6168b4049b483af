"""Boards as GraphQL shows them: their fields, their rows and the values in these."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from sandbox.api.board_forms import (
    content_node_id,
    day_of,
    field_node_id,
    length_of,
    project_node_id,
    row_node_id,
    sees_content,
)
from sandbox.api.graphql.accounts import JSON, Field
from sandbox.api.graphql.items import Items
from sandbox.api.graphql.pages import Connection
from sandbox.api.nodeids import node_id
from sandbox.api.times import moment, timestamp
from sandbox.world.board_items import BoardItem, Draft, Held
from sandbox.world.boards import BoardField, Iteration, Option, Project
from sandbox.world.items import Item
from sandbox.world.people import Person

PERMISSION = "organization_projects"
VALUES = {
    "SINGLE_SELECT": ("ProjectV2ItemFieldSingleSelectValue", "PVTFSV"),
    "ITERATION": ("ProjectV2ItemFieldIterationValue", "PVTFIV"),
    "NUMBER": ("ProjectV2ItemFieldNumberValue", "PVTFNV"),
    "DATE": ("ProjectV2ItemFieldDateValue", "PVTFDV"),
    "TEXT": ("ProjectV2ItemFieldTextValue", "PVTFTV"),
    "TITLE": ("ProjectV2ItemFieldTextValue", "PVTFTV"),
}
ORDERS: dict[str, Callable[[Project], Any]] = {
    "NUMBER": lambda board: board.number,
    "TITLE": lambda board: board.title,
    "CREATED_AT": lambda board: board.created_at,
    "UPDATED_AT": lambda board: board.updated_at,
}
FIELD_TYPES = {"SINGLE_SELECT": "ProjectV2SingleSelectField", "ITERATION": "ProjectV2IterationField"}


class Boards(Items):
    """Builds boards; `board_page` is told how many rows a page of a board shows, and may refuse that."""

    board_page: Callable[[int], None]

    def board_lists(self, account: Person) -> JSON:
        """Return an organisation's fields that lead to its boards."""

        def boards(_: Any, **arguments: Any) -> JSON:
            order = arguments.pop("orderBy")
            found = sorted(self._boards(account), key=ORDERS[order["field"]], reverse=order["direction"] == "DESC")
            return Connection(found, self.project, arguments, spend=self.spend).answer()

        def board(_: Any, *, number: int) -> JSON | None:
            found = next((one for one in self._boards(account) if one.number == number), None)
            if found is None:
                message = f"Could not resolve to a ProjectV2 with the number {number}."
                raise GraphQLError(message, extensions={"type": "NOT_FOUND"})
            return self.project(found)

        return {"projectsV2": boards, "projectV2": board}

    def _boards(self, account: Person) -> list[Project]:
        """Return an organisation's boards; raise the API's error without the permission to read them."""
        self.demand_boards()
        return next((one.projects for one in self.world.organisations.values() if one.account is account), [])

    def demand_boards(self) -> None:
        """Raise the API's error unless the token may read boards."""
        if not self.token.permits(PERMISSION):
            message = str(self.token.refusal().body["message"])
            raise GraphQLError(message, extensions={"type": "FORBIDDEN"})

    def board_parts(self, project: Project) -> JSON:
        """Return a board's fields that lead on."""

        def rows(_: Any, **arguments: Any) -> JSON:
            self.demand_boards()
            found = self.world.board_items(project)
            page: Connection[BoardItem] = Connection(
                found,
                self.row_of,
                arguments,
                key=lambda _, row: f"{row.position}:{row.id}",
                place=lambda key: _place(found, key),
                spend=self.spend,
            )
            self.board_page(len(page.page))
            return page.answer()

        return {
            "id": project_node_id(project),
            "shortDescription": project.short_description,
            "closed": project.closed_at is not None,
            "closedAt": moment(project.closed_at),
            "public": project.public,
            "creator": self.person(project.creator),
            "updatedAt": timestamp(project.updated_at or project.created_at),
            "items": rows,
            "fields": self.rows(project.fields, lambda one: self.board_field(project, one)),
            "field": lambda _, *, name: self._named(project, name),
        }

    def _named(self, project: Project, name: str) -> JSON | None:
        found = next((one for one in project.fields if one.name.lower() == name.lower()), None)
        return None if found is None else self.board_field(project, found)

    def board_field(self, project: Project, field: BoardField) -> JSON:
        """Return a field of a board."""
        at = timestamp(field.created_at)
        return {
            "__typename": FIELD_TYPES.get(field.data_type, "ProjectV2Field"),
            "id": field_node_id(project, field),
            "databaseId": field.id,
            "name": field.name,
            "dataType": field.data_type,
            "createdAt": at,
            "updatedAt": at,
            "project": lambda _: self.project(project),
            "options": [_option(one) for one in field.options],
            "configuration": lambda _: self._configuration(field),
        }

    def _configuration(self, field: BoardField) -> JSON:
        """Return a field's iterations: what is past, latest first, apart from what is not."""
        now = self.world.now
        return {
            "duration": length_of(field),
            "startDay": 1,
            "iterations": [_iteration(one) for one in field.iterations if one.end > now],
            "completedIterations": [_iteration(one) for one in reversed(field.iterations) if one.end <= now],
        }

    def row_of(self, row: BoardItem) -> JSON:
        """Return a board's row; what the token may not see is redacted."""
        seen = sees_content(row, self.token)
        kind = {"DraftIssue": "DRAFT_ISSUE", "PullRequest": "PULL_REQUEST"}.get(row.content_type, "ISSUE")
        return {
            "__typename": "ProjectV2Item",
            "id": row_node_id(row),
            "databaseId": row.id,
            "fullDatabaseId": str(row.id),
            "type": kind if seen else "REDACTED",
            "isArchived": row.archived_at is not None,
            "createdAt": timestamp(row.created_at),
            "updatedAt": timestamp(row.updated_at),
            "creator": self.person(row.creator),
            "project": lambda _: self.project(row.project),
            "content": lambda _: self._content(row) if seen else None,
            "fieldValues": self._values(row, seen=seen),
            "fieldValueByName": lambda _, *, name: self._value_named(row, name, seen=seen),
        }

    def _content(self, row: BoardItem) -> JSON | None:
        if row.content is not None:
            return self.item(row.content)
        return None if row.draft is None else self._draft(row, row.draft)

    def _draft(self, row: BoardItem, draft: Draft) -> JSON:
        return {
            "__typename": "DraftIssue",
            "id": content_node_id(self.forms, row),
            "title": draft.title,
            "body": draft.body,
            "bodyText": draft.body,
            "creator": self.person(draft.creator),
            "createdAt": timestamp(draft.created_at),
            "updatedAt": timestamp(draft.updated_at),
            "assignees": self.rows([], self.person),
        }

    def _filled(self, row: BoardItem, *, seen: bool) -> list[BoardField]:
        """Return the fields of a row that have a value, in the board's order; empty ones are left out."""
        own = {"TITLE"} if seen else set()
        if seen and (item := row.content) is not None:
            has = {"ASSIGNEES": item.assignees, "LABELS": item.labels, "MILESTONE": item.milestone, "REPOSITORY": True}
            own |= {name for name, value in has.items() if value}
        return [one for one in row.project.fields if one in row.values or one.data_type in own]

    def _values(self, row: BoardItem, *, seen: bool) -> Field:
        return self.rows(self._filled(row, seen=seen), lambda field: self._value(row, field))

    def _value_named(self, row: BoardItem, name: str, *, seen: bool) -> JSON | None:
        found = (one for one in self._filled(row, seen=seen) if one.name.lower() == name.lower())
        return next((self._value(row, one) for one in found), None)

    def _value(self, row: BoardItem, field: BoardField) -> JSON:
        """Return the value in a field of a row."""
        shown = {"field": lambda _: self.board_field(row.project, field)}
        if field.data_type not in VALUES:
            return {**shown, **self._own(row, field.data_type)}
        name, prefix = VALUES[field.data_type]
        title = row.content.title if row.content is not None else row.draft.title if row.draft is not None else ""
        held = row.values.get(field) or Held(title, row.creator, row.created_at, row.created_at)
        number = row.id * 100 + row.project.fields.index(field)
        return {
            **shown,
            "__typename": name,
            "id": node_id(prefix, row.project.owner.id, row.project.id, number),
            "databaseId": number,
            "creator": self.person(held.creator),
            "createdAt": timestamp(held.created_at),
            "updatedAt": timestamp(held.updated_at),
            "item": lambda _: self.row_of(row),
            **_said(held),
        }

    def _own(self, row: BoardItem, data_type: str) -> JSON:
        """Return a value that is the issue's own."""
        item = row.content
        if item is None:
            raise ValueError("what is no issue has no values of its own")
        if data_type == "ASSIGNEES":
            people = [one for one in item.assignees if one.type == "User"]
            return {"__typename": "ProjectV2ItemFieldUserValue", "users": self.rows(people, self.person)}
        if data_type == "LABELS":
            labels = self.rows(item.labels, lambda label: self.label(label, item))
            return {"__typename": "ProjectV2ItemFieldLabelValue", "labels": labels}
        if data_type == "MILESTONE":
            milestone = None if item.milestone is None else self.milestone(item.milestone, item)
            return {"__typename": "ProjectV2ItemFieldMilestoneValue", "milestone": milestone}
        return {"__typename": "ProjectV2ItemFieldRepositoryValue", "repository": self.repository(item.repository)}

    def board_rows(self, item: Item) -> Field:
        """Return the field of the rows that an item has on boards; none without the permission to read them."""

        def field(_: Any, *, includeArchived: bool = True, **arguments: Any) -> JSON:  # noqa: N803 - GitHub's name
            rows = self.world.boards_of(item) if self.token.permits(PERMISSION) else []
            found = [row for row in rows if includeArchived or row.archived_at is None]
            return Connection(found, self.row_of, arguments, spend=self.spend).answer()

        return field


def _place(rows: list[BoardItem], key: str) -> int:
    """Return where a cursor's row is; if it is gone, where the last one before it is."""
    position, _, number = key.partition(":")
    place = float(position), int(number)
    return sum((row.position, row.id) <= place for row in rows) - 1


def _option(option: Option) -> JSON:
    return {"id": option.id, "name": option.name, "nameHTML": option.name, "color": option.color, "description": ""}


def _iteration(iteration: Iteration) -> JSON:
    return {
        "id": iteration.id,
        "title": iteration.title,
        "titleHTML": iteration.title,
        "startDate": day_of(iteration.start),
        "duration": iteration.days,
    }


def _said(held: Held) -> JSON:
    """Return what a value says, in the words of its type."""
    value = held.value
    if isinstance(value, Option):
        words = {"name": value.name, "nameHTML": value.name, "color": value.color, "description": ""}
        return {**words, "optionId": value.id}
    if isinstance(value, Iteration):
        return {**{name: said for name, said in _iteration(value).items() if name != "id"}, "iterationId": value.id}
    return {"text": value, "date": value, "number": value}
