"""Whose an error of a query is, and what is left out because of it."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import QueryTooLargeError
from chalicelib.github import QueryAnswer
from chalicelib.github.batches import FEW, errors_by_key, nodes_by_key
from chalicelib.github.graphql import read_errors

IDS = ["R_0", "R_1", "R_2"]
PATHS = {key: ("nodes", number) for number, key in enumerate(IDS)}


def answer(*nodes: Any, errors: Any = ()) -> QueryAnswer:
    return QueryAnswer({"nodes": list(nodes)}, read_errors({"errors": list(errors)}), None)


def error(*path: str | int) -> dict[str, Any]:
    return {"type": "FORBIDDEN", "message": "no", "path": list(path)}


def test_an_error_is_the_one_s_in_whose_part_it_is() -> None:
    said = answer({}, {}, {}, errors=[error("nodes", 1, "collaborators"), error("nodes", 1)])
    found = errors_by_key(said, PATHS)
    assert {key: [each.path for each in errors] for key, errors in found.items()} == {
        "R_0": [],
        "R_1": [("nodes", 1, "collaborators"), ("nodes", 1)],
        "R_2": [],
    }


@pytest.mark.parametrize("path", [(), ("nodes",), ("nodes", 7), ("other", 1)])
def test_an_error_without_a_place_is_everybody_s(path: tuple[str | int, ...]) -> None:
    found = errors_by_key(answer({}, {}, {}, errors=[error(*path)]), PATHS)
    assert [len(errors) for errors in found.values()] == [1, 1, 1]


def test_an_error_without_a_place_is_looked_for_among_fewer() -> None:
    paths = {f"R_{number}": ("nodes", number) for number in range(FEW + 1)}
    with pytest.raises(QueryTooLargeError):
        errors_by_key(answer(errors=[error()]), paths)


def test_what_has_an_error_or_is_another_one_is_left_out() -> None:
    said = answer({"id": "R_0"}, {"id": "R_1"}, {"id": "R_9"}, errors=[error("nodes", 1, "collaborators")])
    assert nodes_by_key(said, PATHS) == {"R_0": {"id": "R_0"}, "R_1": None, "R_2": None}
