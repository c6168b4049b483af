"""Percentiles between two values, on each of the two databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import quantiles

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Double, String, Subquery, cast, literal, select, union_all

from chalicelib.store.percentiles import MEDIAN, P90, P99, Nearest, Ranked
from tests.percentiles import percentile
from tests.views.world import World

HUNDREDTHS = 100
# Whole seconds as hours, as the views have them.
HOURS = st.integers(0, 10**8).map(lambda seconds: seconds / 3600)


def rows_of(groups: Mapping[str, Sequence[float | None]]) -> Subquery:
    """A row for each group's value; `what` is the group, too."""
    rows = [(group, number) for group, numbers in groups.items() for number in numbers]
    return union_all(
        *(
            select(
                literal(group, String).label("name"),
                literal(group, String).label("what"),
                cast(literal(number, Double), Double).label("value"),
            )
            for group, number in rows
        )
    ).subquery()


def percentiles(
    world: World, groups: Mapping[str, Sequence[float | None]], *shares: float
) -> dict[str, tuple[float, ...]]:
    rows = Ranked(rows_of(groups), by=("name",), values=("value",))
    found = select(rows.c.name, *(rows.percentile("value", share) for share in shares)).group_by(rows.c.name)
    return {name: tuple(numbers) for name, *numbers in world.session.execute(found)}


@pytest.mark.parametrize(
    ("numbers", "median", "p90"),
    [
        ([None], None, None),
        ([5], 5, 5),
        ([1, 3], 2, 2.8),  # at 0.5, at 0.9
        ([3, 1, 2], 2, 2.8),  # at 1, at 1.8
        ([None, 1, None, 2, 3, None], 2, 2.8),  # those without a value don't count
        ([4, 1, 2, 10], 3, 8.2),  # at 1.5, at 2.7: 4 and 0.7 of 6
        ([2, 2, 2, 9], 2, 6.9),
        ([-4, -2], -3, -2.2),
        ([3] * 7, 3, 3),
        ([0.1] * 8, 0.1, 0.1),  # not 0.09999999999999999
        ([*range(1, 11)], 5.5, 9.1),
        ([*range(11)], 5, 9),
    ],
)
def test_percentiles(world: World, numbers: list[float | None], median: float | None, p90: float | None) -> None:
    """The median of 1 and 3 was 1, where other tools say 2."""
    found = percentiles(world, {"these": numbers, "others": [1000, None, 2000]}, MEDIAN, P90)
    assert found == {"these": (median, pytest.approx(p90, rel=1e-12)), "others": (1500, 1900)}
    assert found["these"][0] == median  # to the last digit


def test_the_ends(world: World) -> None:
    assert percentiles(world, {"g": [7, 1, 4]}, 0, 1) == {"g": (1, 7)}


def test_no_rows(world: World) -> None:
    rows = Ranked(rows_of({"g": [None]}), by=("name",), values=("value",))
    found = select(rows.percentile("value", MEDIAN)).where(rows.c.name == "another")
    assert world.session.execute(found).scalar_one() is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.dictionaries(st.sampled_from("abc"), st.lists(HOURS | st.none(), min_size=1), min_size=1))
def test_both_databases_say_what_others_say(world: World, groups: dict[str, list[float | None]]) -> None:
    known = {name: [number for number in numbers if number is not None] for name, numbers in groups.items()}
    shares = (MEDIAN, P90, P99, 0.05)
    for name, found in percentiles(world, groups, *shares).items():
        if not known[name]:
            assert found == (None,) * len(shares)
            continue
        assert found == tuple(percentile(known[name], share) for share in shares)
        if len(known[name]) > 1:
            inclusive = quantiles(known[name], n=HUNDREDTHS, method="inclusive")
            expected = [inclusive[round(share * HUNDREDTHS) - 1] for share in shares]
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_one_kind_of_a_groups_rows(world: World) -> None:
    """The rank is among the rows of the kind, though the group has those of others, too."""
    rows = Ranked(rows_of({"a": [1, 3, None], "b": [10, 20, 40, 50]}), by=("what",), values=("value",))
    found = [rows.percentile("value", share, what=kind) for kind in ("a", "b", "c") for share in (MEDIAN, 1)]
    assert world.session.execute(select(*found)).one() == (2, 3, 30, 50, None, None)


def test_several_values_of_the_same_rows(world: World) -> None:
    each = rows_of({"g": [1, 2, 4, None]})
    both = select(each, (each.c.value * -10).label("other")).subquery()
    rows = Ranked(both, by=("name",), values=("value", "other"))
    found = select(rows.percentile("value", MEDIAN), rows.percentile("other", MEDIAN)).group_by(rows.c.name)
    assert world.session.execute(found).one() == (2, -20)


def test_rows_that_are_not_ranked_by_a_column_cant_be_picked_by_it() -> None:
    rows = Ranked(rows_of({"g": [1]}), by=("name",), values=("value",))
    with pytest.raises(ValueError, match=r"rows are not ranked by \['what'\]"):
        rows.percentile("value", MEDIAN, what="g")


@pytest.mark.parametrize(
    ("number", "whole"),
    [
        (0, 0),
        (2.4, 2),
        (2.5, 3),
        (3.5, 4),
        (2.6, 3),
        (7, 7),
        (-2.4, -2),
        (-2.5, -2),
        (-2.6, -3),
        (-3, -3),
        (None, None),
    ],
)
def test_the_nearest_whole_number(world: World, number: float | None, whole: int | None) -> None:
    """PostgreSQL rounds 2.5 to 2 by itself, and SQLite cuts 2.6 to 2."""
    assert world.session.execute(select(Nearest(literal(number, Double)))).scalar_one() == whole
