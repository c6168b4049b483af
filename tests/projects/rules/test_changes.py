from __future__ import annotations

from itertools import permutations

import pytest

from chalicelib.projects.rules import Change, in_order

CHAIN = (Change("z", None, "one"), Change("a", "one", "two"), Change("m", "two", "three"))


@pytest.mark.parametrize("given", [*permutations(CHAIN)])
def test_each_change_begins_with_what_the_one_before_ended_with(given: tuple[Change, ...]) -> None:
    assert in_order(given) == [*CHAIN]


def test_of_a_circle_the_first_by_name_begins() -> None:
    circle = [Change("b", "one", "two"), Change("a", "two", "one")]
    assert in_order(circle) == in_order(circle[::-1]) == [circle[1], circle[0]]
