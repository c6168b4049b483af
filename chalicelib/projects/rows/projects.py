"""Boards, their fields and their iterations, as GraphQL gives them, to rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from chalicelib.errors import RejectedError
from chalicelib.ingest.fields import (
    Converter,
    Record,
    Row,
    cleaned,
    converted,
    day,
    flag,
    json_array,
    json_object,
    moment,
    ordinal,
    required,
    text,
)

MOST_DAYS = 3650
PROJECT_REQUIRED: dict[str, Converter] = {"id": text, "number": ordinal, "title": text}
PROJECT_OPTIONAL: dict[str, Converter] = {
    "shortDescription": text,
    "url": text,
    "public": flag,
    "closed": flag,
    "createdAt": moment,
    "updatedAt": moment,
    "closedAt": moment,
}
FIELD: dict[str, Converter] = {"id": text, "name": text, "dataType": text}
ITERATION: dict[str, Converter] = {"id": text, "title": text, "startDate": day, "duration": ordinal}
OPTION: dict[str, Converter] = {"id": text, "name": text}


def project_row(node: Any, *, org: str) -> Row:
    """Map a board to a row of `projects`; RejectedError when it has no id, number or title.

    https://docs.github.com/en/graphql/reference/objects#projectv2
    """
    board = cleaned(node)
    row = required(board, PROJECT_REQUIRED)
    told = converted(board, PROJECT_OPTIONAL)
    closed_at = told.get("closedAt") or told.get("updatedAt")
    return row | {
        "org": org,
        "short_description": told.get("shortDescription"),
        "url": told.get("url"),
        "is_public": told.get("public"),
        "created_at": told.get("createdAt"),
        "updated_at": told.get("updatedAt"),
        "closed_at": closed_at if told.get("closed", told.get("closedAt") is not None) else None,
        "deleted_at": None,  # GitHub shows it, so it is not, or not any more
    }


def field_row(node: Any, *, project_id: str, position: int) -> Row:
    """Map a field to a row of `project_fields`, but for its role; RejectedError when it has no id, name or type."""
    field = cleaned(node)
    row = required(field, FIELD)
    options = json_array("options", field.get("options"))
    return {
        "id": row["id"],
        "project_id": project_id,
        "name": row["name"],
        "data_type": row["dataType"],
        "position": position,
        "options": None if options is None else [required(cleaned(each), OPTION) for each in options],
        "deleted_at": None,
    }


def iteration_rows(node: Any, *, project_id: str) -> list[Row]:
    """Map the iterations of a field to rows of `iterations`, completed ones too; of a field without any: none.

    Raises RejectedError when one of them can't be mapped: without it, the others would be taken for all.
    """
    field = cleaned(node)
    configuration = json_object("configuration", field.get("configuration"))
    if configuration is None:
        return []
    field_id = required(field, {"id": text})["id"]
    rows: dict[str, Row] = {}
    for name, is_completed in (("iterations", False), ("completedIterations", True)):
        for row in _iterations(configuration, name):
            rows.setdefault(row["id"], row | {"is_completed": is_completed})
    return [{"field_id": field_id, "project_id": project_id, **row, "deleted_at": None} for row in rows.values()]


def _iterations(configuration: Record, name: str) -> Iterator[Row]:
    for each in json_array(name, configuration.get(name)) or ():
        row = required(cleaned(each), ITERATION)
        if row["duration"] > MOST_DAYS:
            raise RejectedError("duration is out of range")
        try:
            end = row["startDate"] + timedelta(days=row["duration"] - 1)
        except OverflowError as error:
            raise RejectedError("startDate is out of range") from error
        yield {
            "id": row["id"],
            "title": row["title"],
            "start_date": row["startDate"],
            "end_date": end,
            "days": row["duration"],
        }
