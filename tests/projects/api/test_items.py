"""Items of a board: every page and every value; what is left out is counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.errors import ForbiddenError, NotFoundError, QueryTooLargeError, UnavailableError, UnprocessableError
from chalicelib.github import QueryAnswer
from chalicelib.github.graphql import read_errors
from chalicelib.projects.api import ItemsRead, ProjectsAPI
from tests.github.local_server import LocalServer
from tests.projects.api.conftest import refused, said
from tests.projects.nodes import PVT, Node, item, value

OLD = {"board": {"fields": [{"name": "items", "args": [{"name": "first"}]}]}}
NEW = {"board": {"fields": [{"name": "id", "args": []}, {"name": "items", "args": [{"name": "archivedStates"}]}]}}


def page(*nodes: Any, after: str | None = None, total: int | None = None) -> dict[str, Any]:
    info = {"hasNextPage": after is not None, "endCursor": after}
    count = len(nodes) if total is None else total
    return {"node": {"id": PVT, "items": {"totalCount": count, "pageInfo": info, "nodes": list(nodes)}}}


def plain(node: Node) -> Node:
    return {**node, "fieldValues": {"nodes": node["fieldValues"]["nodes"]}}


@dataclass
class FakeBoard:
    """A board of many items; `refuse` raises, or gives what is answered instead, for a page of these numbers."""

    count: int
    refuse: Callable[[list[int], str, bool], Any] = lambda numbers, text, is_divisible: None
    sizes: list[int] = field(default_factory=list)

    def query(self, text: str, variables: Mapping[str, Any], *, is_divisible: bool = False) -> QueryAnswer:
        if text.startswith("query Server"):
            return QueryAnswer(json.loads(json.dumps(NEW)), (), None)
        if "ids" in variables:
            numbers = [int(key.removeprefix("PVTI_")) for key in variables["ids"]]
            data, errors = self.refuse(numbers, text, is_divisible) or ({"nodes": [item(each) for each in numbers]}, ())
        else:
            start = int(variables["after"] or 0)
            numbers = list(range(start, min(start + variables["first"], self.count)))
            self.sizes.append(variables["first"])
            end = None if start + len(numbers) >= self.count else str(start + len(numbers))
            whole = page(*(item(each) for each in numbers), after=end, total=self.count)
            data, errors = self.refuse(numbers, text, is_divisible) or (whole, ())
        return QueryAnswer(data, read_errors({"errors": list(errors)}), None)

    def read(self) -> ItemsRead:
        return ProjectsAPI(self).items(PVT)  # type: ignore[arg-type]


def numbers_of(read: ItemsRead) -> list[int]:
    return [int(each["id"].removeprefix("PVTI_")) for each in read.nodes]


def test_items_come_page_by_page(server: LocalServer, api: ProjectsAPI, asked: list[Any]) -> None:
    one, two = item(1, value("Number", "Points", number=0.5)), item(2, isArchived=True)
    server.replies = [said(OLD), said(page(one, after="c1", total=2)), said(page(two, total=2)), said(page(total=0))]
    assert api.items(PVT) == ItemsRead([plain(one), plain(two)], 2, 0)
    assert api.items("PVT_2") == ItemsRead([], 0, 0)
    assert [variables.get("after") for _, variables in asked] == [None, None, "c1", None]


@pytest.mark.parametrize(("knows", "is_named"), [(OLD, False), (NEW, True), ({"board": None}, False)])
def test_archived_items_are_asked_for_where_a_server_would_leave_them_out(
    server: LocalServer, api: ProjectsAPI, asked: list[Any], knows: Any, is_named: bool
) -> None:
    server.replies = [said(knows), said(page(item(1)))]
    assert len(api.items(PVT).nodes) == 1
    assert ("archivedStates: [ARCHIVED, NOT_ARCHIVED]" in asked[-1][0]) is is_named


def test_fewer_items_than_the_board_has_are_visible() -> None:
    board = FakeBoard(5, lambda numbers, text, is_divisible: (page(item(1), total=5), ()))
    assert (len(board.read().nodes), board.read().total, board.read().holes) == (1, 5, 0)


def test_an_item_that_moved_to_the_next_page_counts_once(server: LocalServer, api: ProjectsAPI) -> None:
    server.replies = [said(OLD), said(page(item(1), item(2), after="c", total=2)), said(page(item(2), total=2))]
    assert numbers_of(api.items(PVT)) == [1, 2]


def test_more_values_than_a_page_are_read(server: LocalServer, api: ProjectsAPI) -> None:
    one, two = value("Number", "Points", number=1), value("Text", "Deliverable", text="Lamp")
    first = item(1)
    first["fieldValues"] = {"pageInfo": {"hasNextPage": True, "endCursor": "v1"}, "nodes": [one]}
    rest = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": [two]}
    server.replies = [said(OLD), said(page(first)), said({"node": {"id": "PVTI_1", "fieldValues": rest}})]
    assert [each["fieldValues"] for each in api.items(PVT).nodes] == [{"nodes": [one, two]}]


def test_a_page_that_is_too_large_is_halved_and_grows_again() -> None:
    def refuse(numbers: list[int], text: str, is_divisible: bool) -> None:
        if 120 in numbers and len(numbers) > 10:
            raise QueryTooLargeError("too large")

    board = FakeBoard(300, refuse)
    assert numbers_of(board.read()) == list(range(300))
    assert board.sizes == [100, 100, 50, 25, 12, 24, 12, 6, 12, 6, 12, 24, 48, 96]


def test_an_item_that_can_not_be_had_even_alone_is_passed_by_and_counted() -> None:
    def refuse(numbers: list[int], text: str, is_divisible: bool) -> None:
        if 7 in numbers and "fieldValues" in text:
            raise (QueryTooLargeError if is_divisible else UnavailableError)("took too long")

    board = FakeBoard(40, refuse)
    read = board.read()
    assert numbers_of(read) == [each for each in range(40) if each != 7]
    assert (read.total, read.holes) == (40, 1)


def test_an_outage_is_no_absence() -> None:
    def refuse(numbers: list[int], text: str, is_divisible: bool) -> None:
        if "fieldValues" in text:
            raise (QueryTooLargeError if is_divisible else UnavailableError)("took too long")

    with pytest.raises(UnavailableError):
        FakeBoard(40, refuse).read()


def test_an_empty_place_is_a_hole() -> None:
    board = FakeBoard(3, lambda numbers, text, is_divisible: (page(item(0), None, item(2)), ()))
    assert (numbers_of(board.read()), board.read().total, board.read().holes) == ([0, 2], 3, 1)


BROKEN = ("node", "items", "nodes", 1)


@pytest.mark.parametrize(
    ("more", "errors"),
    [
        ({"content": None}, [refused("INTERNAL", *BROKEN, "content")]),
        ({"fieldValues": None}, []),
        ({"fieldValues": {"pageInfo": {"hasNextPage": False}, "nodes": [None]}}, []),
    ],
)
def test_an_item_with_a_gap_is_asked_for_again(more: Node, errors: list[Any]) -> None:
    def once(numbers: list[int], text: str, is_divisible: bool) -> Any:
        return None if "ids" in text else (page(item(0), {**item(1), **more}, item(2)), errors)

    read = FakeBoard(3, once).read()
    assert (sorted(numbers_of(read)), read.holes) == ([0, 1, 2], 0)
    assert all(each["content"] and each["fieldValues"] == {"nodes": []} for each in read.nodes)

    def always(numbers: list[int], text: str, is_divisible: bool) -> Any:
        odd = {**item(1), **more}
        again = [{**each, "path": ["nodes", 0, "content"]} for each in errors]
        return ({"nodes": [odd]}, again) if "ids" in text else (page(item(0), odd, item(2)), errors)

    read = FakeBoard(3, always).read()
    assert (numbers_of(read), read.total, read.holes) == ([0, 2], 3, 1)


def test_an_issue_that_the_token_may_not_see_is_no_gap() -> None:
    hidden = {**item(1), "content": None}
    errors = [refused("FORBIDDEN", *BROKEN, "content")]
    read = FakeBoard(3, lambda numbers, text, is_divisible: (page(item(0), hidden, item(2)), errors)).read()
    assert ([each["content"] and each["content"]["id"] for each in read.nodes], read.holes) == (["I_0", None, "I_2"], 0)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said({"node": None}, refused("NOT_FOUND", "node")), NotFoundError),
        (said({"node": None}), NotFoundError),
        (said({"node": {"id": PVT, "items": None}}, refused("FORBIDDEN", "node", "items")), ForbiddenError),
        (said(None, {"message": "Field 'issueType' doesn't exist on type 'Issue'"}), UnprocessableError),
    ],
)
def test_a_board_that_is_refused_is_not_an_empty_one(
    server: LocalServer, api: ProjectsAPI, answer: Any, error: type[Exception]
) -> None:
    server.replies = [said(OLD), answer]
    with pytest.raises(error):
        api.items(PVT)
