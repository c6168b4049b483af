"""Boards of an organisation: the boards, one of them, its fields and its rows, all paged by cursor."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from sandbox.api.board_forms import field_form, project_form, row_form
from sandbox.api.call import Call
from sandbox.api.errors import ApiError, not_found
from sandbox.api.messages import Answer
from sandbox.api.pages import cursor_page
from sandbox.world.boards import BoardField, Project

Row = TypeVar("Row")


def list_boards(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/projectsV2`: closed ones, too."""
    boards = sorted(call.organisation().projects, key=attrgetter("number"), reverse=True)
    return _answer(
        call, boards, "", lambda one: project_form(call.payloads, one), key=attrgetter("number"), newest=True
    )


def get_board(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/projectsV2/{number}`."""
    return Answer(project_form(call.payloads, _board(call)))


def list_fields(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/projectsV2/{number}/fields`."""
    board = _board(call)
    path = f"/{board.number}/fields"
    return _answer(call, board.fields, path, lambda one: field_form(call.payloads, board, one))


def list_rows(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/projectsV2/{number}/items`: with the title alone, unless `fields` names more."""
    board = _board(call)
    rows = sorted(call.world.board_rows(board), key=attrgetter("id"))
    fields = _fields(call, board)
    path = f"/{board.number}/items"
    return _answer(call, rows, path, lambda one: row_form(call.payloads, one, call.token, fields))


def _board(call: Call) -> Project:
    """Return the board that the path numbers; raise the API's 404."""
    boards = {one.number: one for one in call.organisation().projects}
    found = boards.get(call.path["project_number"])
    if found is None:
        raise not_found()
    return found


def _fields(call: Call, board: Project) -> list[BoardField]:
    """Return the fields that are asked for by their ids; raise the API's 422 for others."""
    said = [value for name, value in call.arguments if name in ("fields", "fields[]")]
    wanted = [one.strip() for value in said for one in value.split(",") if one.strip()]
    if not wanted:
        return [one for one in board.fields if one.data_type == "TITLE"]
    known = {str(one.id): one for one in board.fields}
    if unknown := [one for one in wanted if one not in known]:
        raise ApiError(422, f"Invalid field ids: {', '.join(unknown)}")
    return [known[one] for one in wanted]


def _answer(
    call: Call,
    rows: Sequence[Row],
    path: str,
    show: Callable[[Row], Any],
    *,
    key: Callable[[Row], int] = attrgetter("id"),
    newest: bool = False,
) -> Answer:
    url = f"{call.payloads.links}/organizations/{call.organisation().id}/projectsV2{path}"
    keys = [(key(one), 0) for one in rows]
    span, headers = cursor_page(keys, call.arguments, url, descending=newest, numbered=False)
    return Answer([show(one) for one in rows[span]], headers=headers)
