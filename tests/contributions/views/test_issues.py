"""issue_cycle; hours worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.contributions.views import ISSUE_CYCLE
from tests.views.world import IDS, World, may


def some(world: World, *names: str) -> tuple[Any, ...]:
    row = world.row(ISSUE_CYCLE)
    return tuple(row[name] for name in names)


def test_a_whole_row(world: World) -> None:
    issue = world.issue(may(4, 8), "zoe", closed_at=may(6, 8), state_reason="completed", html_url="https://e.test/1")
    world.comment(issue, may(4, 9), "yan")
    world.comment(issue, may(4, 12, 15), "ada")
    world.comment(issue, may(4, 13), "bob")
    world.event(issue, "closed", may(5), "ada")
    world.event(issue, "reopened", may(5, 8), "zoe")
    world.event(issue, "closed", may(6, 8), "ada")
    assert world.row(ISSUE_CYCLE) == {
        "id": issue,
        "org": "acme",
        "repo": "r",
        "number": issue,
        "title": f"Title {issue}",
        "html_url": "https://e.test/1",
        "username": "zoe",
        "author_kind": "non-member",
        "state": "closed",
        "state_reason": "completed",
        "created_at": may(4, 8),
        "first_response_at": may(4, 9),
        "first_responder": "yan",
        "our_first_response_at": may(4, 12, 15),
        "our_first_responder": "ada",
        "hours_to_first_response": 1.0,
        "hours_to_our_first_response": 4.25,  # 08:00 to 12:15; Yan is not one of us
        "closed_at": may(6, 8),
        "hours_to_close": 48.0,
        "age_hours": None,
        "reopen_count": 1,
        "author_id": IDS["zoe"],
    }


@pytest.mark.parametrize("who", ["zoe", "yan", "hubot", "dependabot[bot]", None])
def test_whose_comment_is_no_response_of_ours(world: World, who: str | None) -> None:
    world.comment(world.issue(may(4), "zoe"), may(4, 1), who)
    assert some(world, "our_first_response_at", "hours_to_our_first_response") == (None, None)


@pytest.mark.parametrize(("who", "at"), [("zoe", None), ("hubot", None), ("yan", may(4, 1)), (None, may(4, 1))])
def test_anybodys_comment_is_a_response_but_the_authors_and_bots(world: World, who: str | None, at: Any) -> None:
    world.comment(world.issue(may(4), "zoe"), may(4, 1), who)
    assert some(world, "first_response_at", "first_responder") == (at, who if at else None)


def test_a_member_doesnt_answer_themselves(world: World) -> None:
    issue = world.issue(may(4), "ada")
    world.comment(issue, may(4, 1), "ada")
    world.comment(issue, may(4, 2), "bob")
    assert some(world, "author_kind", "first_responder", "hours_to_first_response") == ("member", "bob", 2.0)


def test_a_label_or_a_closing_is_no_response_and_a_removed_comment_neither(world: World) -> None:
    issue = world.issue(may(4), closed_at=may(4, 3))
    world.event(issue, "labeled", may(4, 1), "ada")
    world.event(issue, "closed", may(4, 3), "ada")
    world.comment(issue, may(4, 1), "ada", removed_at=may(6))
    assert some(world, "first_response_at", "hours_to_close") == (None, 3.0)


def test_an_edited_comment_counts_from_when_it_was_written(world: World) -> None:
    world.comment(world.issue(may(4)), may(4, 1), "ada", updated_at=may(9))
    assert some(world, "hours_to_first_response") == (1.0,)


def test_a_response_after_the_closing_is_one(world: World) -> None:
    world.comment(world.issue(may(4), closed_at=may(4, 1)), may(4, 5), "ada")
    assert some(world, "hours_to_first_response", "hours_to_close") == (5.0, 1.0)


def test_reopened_it_has_no_hours_to_close_and_counts_each_reopening(world: World) -> None:
    issue = world.issue(may(4))
    for day in (5, 7):
        world.event(issue, "closed", may(day), "ada")
        world.event(issue, "reopened", may(day + 1), "ada")
    world.event(issue, "reopened", may(9), "ada", removed_at=may(10))
    assert some(world, "state", "hours_to_close", "reopen_count") == ("open", None, 2)


def test_one_who_left_answered_while_a_member(world: World) -> None:
    world.member("ada", until=may(4, 12))
    issue = world.issue(may(4))
    world.comment(issue, may(4, 13), "ada")
    assert some(world, "our_first_responder") == (None,)
    world.comment(issue, may(4, 11), "ada")
    assert some(world, "our_first_responder") == ("ada",)


def test_an_issue_that_moved_counts_once_where_it_is(world: World) -> None:
    """The old row goes; the new one has the author and opening, and GitHub shows the old comments there."""
    moved = world.issue(may(4), repo="new")
    world.event(moved, "transferred", may(5), "ada")
    world.comment(moved, may(4, 2), "ada")
    world.issue(may(4), repo="old", deleted_at=may(5))
    assert some(world, "repo", "hours_to_first_response") == ("new", 2.0)
