"""Ratings: what share of the rules that apply is kept."""

from __future__ import annotations

import pytest

from chalicelib.security.rules.rating import Criteria, Rating, rate

RULES = tuple(f"rule{number}" for number in range(10))
CRITERIA = Criteria(RULES, (), {"bronze": 50, "gold": 90, "platinum": 100, "silver": 70})


def results(passed: int, failed: int) -> dict[str, str | None]:
    rest = len(RULES) - passed - failed
    return dict(zip(RULES, ["pass"] * passed + ["fail"] * failed + ["not_applicable"] * rest, strict=True))


@pytest.mark.parametrize(
    ("passed", "failed", "rating", "percent"),
    [
        (10, 0, "platinum", 100),
        (9, 1, "gold", 90),
        (8, 1, "silver", 800 / 9),
        (7, 3, "silver", 70),
        (6, 4, "bronze", 60),
        (1, 1, "bronze", 50),
        (1, 2, "unrated", 100 / 3),
        (3, 0, "platinum", 100),
        (0, 10, "unrated", 0),
        (0, 0, "unrated", None),
    ],
)
def test_the_share_makes_the_rating(passed: int, failed: int, rating: str, percent: float | None) -> None:
    assert rate(results(passed, failed), (), CRITERIA) == Rating(rating, passed, passed + failed, percent)


def test_without_a_required_rule_there_is_no_rating() -> None:
    criteria = Criteria(RULES, ("rule9",), CRITERIA.levels)
    assert rate(results(9, 1), (), criteria).rating == "unrated"
    assert rate(results(9, 0), (), criteria).rating == "platinum"
    assert rate(results(9, 1), ("rule9",), criteria).rating == "platinum"


def test_an_exception_is_as_good_as_keeping_the_rule() -> None:
    assert rate(results(9, 1), ("rule9",), CRITERIA) == Rating("platinum", 10, 10, 100)


def test_an_exception_does_not_make_a_rule_apply() -> None:
    """An archived repository with an exception was platinum."""
    assert rate(results(0, 0), ("rule3",), CRITERIA) == Rating("unrated", 0, 0, None)
    assert rate(results(1, 1), ("rule5",), CRITERIA) == Rating("bronze", 1, 2, 50)


def test_what_could_never_be_checked_leaves_the_rating_unknown() -> None:
    for never in ({**results(10, 0), "rule3": None}, {"rule0": "pass"}):
        assert rate(never, (), CRITERIA).rating == "unknown"
    assert rate({**results(10, 0), "rule3": None}, ("rule3",), CRITERIA).rating == "platinum"


def test_its_criteria_are_stored_beside_it() -> None:
    criteria = Criteria(("readme",), ("readme",), {"gold": 90})
    assert criteria.as_json() == {"rules": ["readme"], "required": ["readme"], "levels": {"gold": 90}}
