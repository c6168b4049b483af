"""The columns of pull_request_cycle that tell how it was reviewed: rounds, empty and late reviews, reviewers."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.contributions.views import PULL_REQUEST_CYCLE
from tests.views.world import IDS, World, may, user

COUNTS = ("reviews", "empty_reviews", "reviewers", "review_rounds", "late_reviews")
PUSH = pytest.mark.parametrize("push", ["committed", "head_ref_force_pushed"])


def counts(world: World) -> tuple[int, ...]:
    """Reviews, empty ones, reviewers, rounds, late reviews."""
    row = world.row(PULL_REQUEST_CYCLE)
    return tuple(row[name] for name in COUNTS)


def rounds(world: World) -> int:
    return int(world.row(PULL_REQUEST_CYCLE)["review_rounds"])


def test_without_a_review_there_is_no_round(world: World) -> None:
    pull = world.pull(may(4))
    world.event(pull, "committed", may(5))
    world.comment(pull, may(6), "ada")
    assert counts(world) == (0, 0, 0, 0, 0)


@PUSH
def test_a_review_after_a_push_after_a_review_begins_a_round(world: World, push: str) -> None:
    pull = world.pull(may(4))
    world.event(pull, push, may(4, 1))  # before the first review
    world.review(pull, may(5), "ada", "changes_requested")
    world.event(pull, push, may(6))
    world.event(pull, push, may(6, 1))  # two pushes, and one round
    world.review(pull, may(7), "bob", "changes_requested")
    world.review(pull, may(8), "ada", "changes_requested")  # of the same push
    world.event(pull, push, may(9))
    world.review(pull, may(10), "ada")
    world.event(pull, push, may(11))  # nobody has looked at it yet
    assert counts(world) == (4, 0, 2, 3, 0)


def test_reviews_without_a_push_between_them_are_one_round(world: World) -> None:
    pull = world.pull(may(4))
    for day, who in ((5, "ada"), (6, "bob"), (7, "ada")):
        world.review(pull, may(day), who, "changes_requested")
        world.comment(pull, may(day, 1), "zoe")
    assert rounds(world) == 1


@pytest.mark.parametrize("who", ["zoe", "hubot", "dependabot[bot]"])
def test_the_authors_and_bots_reviews_begin_no_round(world: World, who: str) -> None:
    pull = world.pull(may(4), "zoe")
    world.review(pull, may(5), "ada", "changes_requested")
    world.event(pull, "committed", may(6))
    world.review(pull, may(7), who, "commented")
    assert counts(world) == (1, 0, 1, 1, 0)
    world.review(pull, may(8), "ada")  # the first one since that push that counts
    assert counts(world) == (2, 0, 1, 2, 0)


def test_a_rebase_that_took_commits_away_leaves_the_rounds(world: World) -> None:
    pull = world.pull(may(4))
    world.review(pull, may(5), "ada", "changes_requested")
    world.event(pull, "committed", may(6), removed_at=may(9))
    world.review(pull, may(7), "ada", "changes_requested")
    world.event(pull, "committed", may(8))  # the same change anew, with a new date
    world.event(pull, "head_ref_force_pushed", may(8, 1))
    world.review(pull, may(9), "ada")
    assert rounds(world) == 3  # 5th, 7th, 9th


def test_a_removed_force_push_or_review_is_none(world: World) -> None:
    pull = world.pull(may(4))
    world.review(pull, may(5), "ada")
    world.event(pull, "head_ref_force_pushed", may(6), removed_at=may(9))
    world.review(pull, may(7), "bob")
    world.event(pull, "committed", may(8))
    world.event(pull, "reviewed", may(9), "ada", state="approved", removed_at=may(10))
    assert counts(world) == (2, 0, 2, 1, 0)


def test_a_review_after_the_merge_is_late_and_begins_no_round(world: World) -> None:
    pull = world.pull(may(4), merged_at=may(6))
    world.review(pull, may(5), "ada")
    world.review(pull, may(6), "ada")  # in the second of the merge: in time
    world.event(pull, "committed", may(7))
    world.review(pull, may(8), "bob", "commented")
    assert counts(world) == (2, 0, 1, 1, 1)


def test_with_late_reviews_alone_it_was_merged_without_review(world: World) -> None:
    world.review(world.pull(may(4), merged_at=may(6)), may(7), "ada")
    assert counts(world) == (0, 0, 0, 0, 1)
    assert world.row(PULL_REQUEST_CYCLE)["merged_without_review"] is True


@pytest.mark.parametrize(
    ("state", "body", "is_empty"),
    [
        ("commented", None, 1),  # comments on lines, or an answer to one
        ("commented", "", 1),
        ("commented", " \t\r\n \n", 1),
        (None, None, 1),
        ("COMMENTED", "\nWhy?\n", 0),
        ("approved", None, 0),
        ("CHANGES_REQUESTED", None, 0),
        ("dismissed", "", 0),  # it had a verdict
    ],
)
def test_which_reviews_are_empty(world: World, state: str | None, body: str | None, is_empty: int) -> None:
    pull = world.pull(may(4))
    world.event(pull, "line-commented", may(5))
    world.event(pull, "reviewed", may(5), "ada", state=state, body=body)
    assert counts(world) == (1, is_empty, 1, 1, 0)


def test_a_reviewer_who_changed_login_is_one_person(world: World) -> None:
    pull = world.pull(may(4))
    world.review(pull, may(5), "ada")
    renamed: Any = (user("ada") or {}) | {"login": "ada-2"}
    world.event(pull, "reviewed", may(6), user=renamed, username="ada-2", user_id=IDS["ada"], state="approved")
    assert counts(world) == (2, 0, 1, 1, 0)
