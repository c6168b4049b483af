"""pull_request_cycle; hours worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.contributions.views import PULL_REQUEST_CYCLE
from chalicelib.utils import utc_now
from tests.views.world import IDS, World, may, user

HOURS = ("hours_to_first_review", "hours_to_approval", "hours_to_merge", "hours_to_close")


def hours(world: World) -> tuple[float | None, ...]:
    """To review, approval, merge and closing; then as a draft."""
    row = world.row(PULL_REQUEST_CYCLE)
    return (*(row[name] for name in HOURS), row["draft_hours"])


def some(world: World, *names: str) -> tuple[Any, ...]:
    row = world.row(PULL_REQUEST_CYCLE)
    return tuple(row[name] for name in names)


def test_a_whole_row(world: World) -> None:
    size = {"additions": 3, "deletions": 4, "changed_files": 2, "merged_by": "bob", "base_ref": "main"}
    authored = {"first_commit_authored_at": may(4, 2)}
    url = "https://example.test/1"
    pull = world.pull(may(4, 8), "zoe", merged_at=may(5, 8), html_url=url, **size, **authored)
    world.review(pull, may(4, 9, 30), "ada", "changes_requested")
    world.review(pull, may(4, 20), "bob", "approved")
    world.review(pull, may(4, 22), "ada", "approved")
    assert world.row(PULL_REQUEST_CYCLE) == {
        "id": pull,
        "org": "acme",
        "repo": "r",
        "number": pull,
        "title": f"Title {pull}",
        "html_url": "https://example.test/1",
        "username": "zoe",
        "author_kind": "non-member",
        "outcome": "merged",
        "is_draft": False,
        "created_at": may(4, 8),
        "ready_at": may(4, 8),
        "first_response_at": may(4, 9, 30),
        "first_responder": "ada",
        "our_first_response_at": may(4, 9, 30),
        "our_first_responder": "ada",
        "hours_to_first_response": 1.5,
        "hours_to_our_first_response": 1.5,
        "first_review_at": may(4, 9, 30),
        "first_reviewer": "ada",
        "first_approval_at": may(4, 20),
        "merged_at": may(5, 8),
        "closed_at": may(5, 8),
        "draft_hours": 0.0,
        "hours_to_first_review": 1.5,  # 08:00 to 09:30
        "hours_to_approval": 12.0,  # 08:00 to 20:00
        "hours_to_merge": 24.0,
        "hours_to_close": 24.0,
        "age_hours": None,
        "lead_time_hours": 30.0,  # the first commit was written at 02:00 on the day before the merge
        "reviews": 3,
        "empty_reviews": 0,
        "reviewers": 2,
        "review_rounds": 1,
        "late_reviews": 0,
        "merged_without_review": False,
        "merged_by": "bob",
        "base_ref": "main",
        "additions": 3,
        "deletions": 4,
        "changed_lines": 7,
        "changed_files": 2,
        "author_id": IDS["zoe"],
    }


# Whose review counts


@pytest.mark.parametrize("who", ["zoe", "hubot", "dependabot[bot]"])
def test_the_authors_and_bots_reviews_dont_count(world: World, who: str) -> None:
    pull = world.pull(may(4, 8), "zoe")
    world.review(pull, may(4, 9), who)
    assert some(world, "first_review_at", "first_approval_at", "reviews", "reviewers") == (None, None, 0, 0)
    world.review(pull, may(4, 11), "yan")
    assert some(world, "first_reviewer", "hours_to_first_review", "reviews") == ("yan", 3.0, 1)


def test_an_author_is_known_by_id_also_under_another_login(world: World) -> None:
    pull = world.pull(may(4, 8), "zoe")
    renamed = (user("zoe") or {}) | {"login": "zoe-2"}
    world.event(pull, "reviewed", may(4, 9), user=renamed, username="zoe-2", state="commented")
    assert some(world, "reviews", "first_reviewer") == (0, None)


def test_a_reviewer_whose_account_is_gone_counts_without_a_name(world: World) -> None:
    pull = world.pull(may(4, 8), "zoe")
    world.review(pull, may(4, 9), None)
    assert some(world, "first_reviewer", "hours_to_first_review", "reviews", "reviewers") == (None, 1.0, 1, 0)


def test_an_author_whose_account_is_gone(world: World) -> None:
    pull = world.pull(may(4, 8), None)
    world.review(pull, may(4, 9), "ada")
    assert some(world, "username", "author_kind", "hours_to_first_review") == (None, "non-member", 1.0)


def test_a_comment_is_no_review(world: World) -> None:
    world.comment(world.pull(may(4, 8)), may(4, 9), "ada")
    assert some(world, "first_review_at", "reviews") == (None, 0)


# Which review counts


def test_a_dismissed_approval_is_a_review_and_no_approval(world: World) -> None:
    pull = world.pull(may(4, 8))
    world.review(pull, may(4, 10), "ada", "dismissed")
    world.review(pull, may(4, 12), "ada", "APPROVED")  # GraphQL's and webhooks' spelling
    assert hours(world)[:2] == (2.0, 4.0)


def test_a_review_not_submitted_or_removed_or_without_a_time_is_none(world: World) -> None:
    pull = world.pull(may(4, 8))
    world.review(pull, may(4, 9), "ada", "PENDING")
    world.event(pull, "reviewed", may(4, 9), "ada", state="approved", removed_at=may(5))
    world.event(pull, "reviewed", None, "ada", state="approved")
    assert some(world, "first_review_at", "reviews") == (None, 0)


def test_a_review_after_the_merge_held_nothing_up(world: World) -> None:
    pull = world.pull(may(4, 8), merged_at=may(4, 10))
    world.review(pull, may(4, 12), "ada")
    assert hours(world) == (None, None, 2.0, 2.0, 0.0)
    assert some(world, "first_reviewer", "first_approval_at", "reviews", "late_reviews") == (None, None, 0, 1)


def test_an_approval_after_the_merge_of_a_reviewed_one(world: World) -> None:
    pull = world.pull(may(4, 8), merged_at=may(4, 10))
    world.review(pull, may(4, 9), "ada", "commented")
    world.review(pull, may(4, 12), "bob")
    assert hours(world)[:2] == (1.0, None)
    assert some(world, "reviews", "reviewers", "late_reviews") == (1, 1, 1)


def test_two_reviews_in_the_same_second_are_in_the_order_of_their_ids(world: World) -> None:
    pull = world.pull(may(4, 8))
    world.event(pull, "reviewed", may(4, 9), "bob", id=900_002, state="approved")
    world.event(pull, "reviewed", may(4, 9), "ada", id=900_001, state="commented")
    assert some(world, "first_reviewer", "reviews") == ("ada", 2)


# Drafts


def test_opened_as_a_draft_it_counts_from_ready(world: World) -> None:
    # 08 draft … 18 ready … 20 reviewed … 23 merged
    pull = world.pull(may(4, 8), merged_at=may(4, 23))
    world.event(pull, "ready_for_review", may(4, 18), "zoe")
    world.review(pull, may(4, 20), "ada")
    assert hours(world) == (2.0, 2.0, 5.0, 5.0, 10.0)


def test_the_last_ready_before_the_first_review_counts(world: World) -> None:
    # 08 opened … 09 draft … 12 ready … 13 reviewed … 14 draft … 18 ready … 20 merged
    pull = world.pull(may(4, 8), merged_at=may(4, 20))
    world.event(pull, "convert_to_draft", may(4, 9), "zoe")
    world.event(pull, "ready_for_review", may(4, 12), "zoe")
    world.review(pull, may(4, 13), "ada", "commented")
    world.event(pull, "convert_to_draft", may(4, 14), "zoe")
    world.event(pull, "ready_for_review", may(4, 18), "zoe")
    # Merged after 12 → 20 = 8 hours, 4 of them (14 → 18) as a draft again; 3 + 4 hours as a draft in all.
    assert hours(world) == (1.0, None, 4.0, 4.0, 7.0)


def test_reviewed_while_a_draft_it_took_no_time(world: World) -> None:
    # 08 draft … 10 reviewed … 12 ready … 15 approved and merged
    pull = world.pull(may(4, 8), merged_at=may(4, 15))
    world.review(pull, may(4, 10), "ada", "commented")
    world.event(pull, "ready_for_review", may(4, 12), "zoe")
    world.review(pull, may(4, 15), "ada")
    assert hours(world) == (0.0, 3.0, 3.0, 3.0, 4.0)


def test_reviewed_while_a_draft_again(world: World) -> None:
    # 08 opened … 10 draft … 11 reviewed … 14 ready … 15 merged: 2 hours ready before the review, 3 before the merge
    pull = world.pull(may(4, 8), merged_at=may(4, 15))
    world.event(pull, "convert_to_draft", may(4, 10), "zoe")
    world.review(pull, may(4, 11), "ada")
    world.event(pull, "ready_for_review", may(4, 14), "zoe")
    assert hours(world) == (2.0, 2.0, 3.0, 3.0, 4.0)


def test_closed_as_a_draft_that_never_was_ready(world: World) -> None:
    pull = world.pull(may(4, 8), closed_at=may(4, 18), draft=True)
    world.comment(pull, may(4, 9), "ada")
    assert hours(world) == (None, None, None, None, 10.0)
    assert some(world, "ready_at", "outcome", "is_draft") == (None, "unmerged", True)


def test_drafted_twice_without_ready_between(world: World) -> None:
    # 08 opened … 10 draft … 11 draft … 12 closed: 2 hours as a draft, 2 before it
    pull = world.pull(may(4, 8), closed_at=may(4, 12), draft=True)
    world.event(pull, "convert_to_draft", may(4, 10), "zoe")
    world.event(pull, "convert_to_draft", may(4, 11), "zoe")
    assert hours(world) == (None, None, None, 2.0, 2.0)


def test_made_ready_twice_without_a_draft_between(world: World) -> None:
    # 08 opened as a draft … 10 ready … 12 ready … 13 reviewed: only 2 hours as a draft
    pull = world.pull(may(4, 8), closed_at=may(4, 14))
    world.event(pull, "ready_for_review", may(4, 10), "zoe")
    world.event(pull, "ready_for_review", may(4, 12), "zoe")
    world.review(pull, may(4, 13), "ada")
    assert hours(world) == (1.0, 1.0, None, 2.0, 2.0)


def test_reviewed_in_the_second_in_which_it_was_ready_again(world: World) -> None:
    # 08 opened … 09 draft … 12 ready and reviewed … 13 merged
    pull = world.pull(may(4, 8), merged_at=may(4, 13))
    world.event(pull, "convert_to_draft", may(4, 9), "zoe")
    world.event(pull, "ready_for_review", may(4, 12), "zoe")
    world.review(pull, may(4, 12), "ada")
    assert hours(world) == (0.0, 0.0, 1.0, 1.0, 3.0)


def test_what_became_of_a_draft_after_the_merge_doesnt_count(world: World) -> None:
    pull = world.pull(may(4, 8), merged_at=may(4, 10))
    world.event(pull, "convert_to_draft", may(4, 12), "zoe")
    assert hours(world) == (None, None, 2.0, 2.0, 0.0)


def test_an_open_draft_counts_until_now(world: World) -> None:
    world.pull(utc_now() - timedelta(hours=30), draft=True)
    assert hours(world)[:4] == (None, None, None, None)
    assert hours(world)[4] == pytest.approx(30, abs=0.1)


def test_a_removed_ready_for_review_is_none(world: World) -> None:
    pull = world.pull(may(4, 8), closed_at=may(4, 10))
    world.event(pull, "ready_for_review", may(4, 9), "zoe", removed_at=may(6))
    assert hours(world) == (None, None, None, 2.0, 0.0)


# What became of it


@pytest.mark.parametrize(
    ("columns", "outcome", "to_merge"),
    [
        ({}, "open", None),
        ({"merged": None}, "open", None),
        ({"closed_at": may(4, 10)}, "unmerged", None),
        ({"closed_at": may(4, 10), "merged": None}, "unknown", None),
        ({"closed_at": may(4, 10), "merged": True}, "merged", 2.0),  # GitHub said that, not when
        ({"merged_at": may(4, 10)}, "merged", 2.0),
        ({"merged_at": may(4, 10), "merged": None}, "merged", 2.0),
    ],
)
def test_outcomes(world: World, columns: dict[str, Any], outcome: str, to_merge: float | None) -> None:
    world.pull(may(4, 8), **columns)
    assert some(world, "outcome", "hours_to_merge") == (outcome, to_merge)


def test_reopened_it_is_open_again_and_its_reviews_count(world: World) -> None:
    pull = world.pull(may(4, 8))
    world.event(pull, "closed", may(4, 9), "ada")
    world.event(pull, "reopened", may(4, 10), "ada")
    world.review(pull, may(4, 11), "ada")
    assert some(world, "outcome", "hours_to_first_review", "hours_to_close") == ("open", 3.0, None)


def test_what_github_no_longer_shows_is_left_out(world: World) -> None:
    world.pull(may(4, 8), deleted_at=may(6))
    assert world.read(PULL_REQUEST_CYCLE) == []
