"""first_responses_pending: who has the word, and since when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.contributions.views import FIRST_RESPONSES_PENDING
from chalicelib.utils import utc_now
from tests.views.world import IDS, World, may


def waiting(world: World) -> tuple[str, datetime, bool]:
    row = world.row(FIRST_RESPONSES_PENDING)
    return row["waiting_for"], row["waiting_since"], row["answered"]


def test_a_whole_row(world: World) -> None:
    opened = (utc_now() - timedelta(hours=50)).replace(microsecond=0)
    issue = world.issue(opened, "zoe", html_url="https://e.test/1")
    world.comment(issue, opened + timedelta(hours=10), "ada")
    world.comment(issue, opened + timedelta(hours=30), "zoe")
    row = world.row(FIRST_RESPONSES_PENDING)
    assert row.pop("hours_waiting") == pytest.approx(20, abs=0.1)  # 50 less 30
    assert row == {
        "id": issue,
        "kind": "issue",
        "org": "acme",
        "repo": "r",
        "number": issue,
        "title": f"Title {issue}",
        "html_url": "https://e.test/1",
        "username": "zoe",
        "author_kind": "non-member",
        "created_at": opened,
        "waiting_for": "us",
        "waiting_since": opened + timedelta(hours=30),
        "answered": True,
        "author_last_at": opened + timedelta(hours=30),
        "our_last_at": opened + timedelta(hours=10),
        "author_id": IDS["zoe"],
    }


def test_never_answered_it_waits_since_the_opening(world: World) -> None:
    issue = world.issue(may(4))
    world.comment(issue, may(5), "zoe")
    assert waiting(world) == ("us", may(4), False)


@pytest.mark.parametrize("who", ["yan", "hubot", "dependabot[bot]", None])
def test_third_parties_and_bots_dont_answer(world: World, who: str | None) -> None:
    world.comment(world.issue(may(4)), may(5), who)
    assert waiting(world) == ("us", may(4), False)


def test_answered_it_waits_for_the_author(world: World) -> None:
    issue = world.issue(may(4))
    world.comment(issue, may(5), "ada")
    world.comment(issue, may(6), "bob")
    world.comment(issue, may(7), "yan")
    assert waiting(world) == ("author", may(5), True)


def test_asking_again_doesnt_start_the_wait_anew(world: World) -> None:
    issue = world.issue(may(4))
    world.comment(issue, may(5), "ada")
    world.comment(issue, may(6), "zoe")
    world.comment(issue, may(8), "zoe")
    assert waiting(world) == ("us", may(6), True)


def test_a_members_own_issue_waits_for_another_member(world: World) -> None:
    issue = world.issue(may(4), "ada")
    world.comment(issue, may(5), "ada")
    assert waiting(world) == ("us", may(4), False)
    world.comment(issue, may(6), "bob")
    assert waiting(world) == ("author", may(6), True)


def test_an_answer_in_the_same_second_is_one(world: World) -> None:
    issue = world.issue(may(4))
    world.comment(issue, may(5), "zoe")
    world.comment(issue, may(5), "ada")
    assert waiting(world) == ("author", may(5), True)


def test_a_removed_answer_is_none(world: World) -> None:
    world.comment(world.issue(may(4)), may(5), "ada", removed_at=may(6))
    assert waiting(world) == ("us", may(4), False)


def test_a_label_is_no_answer_and_on_an_issue_a_commit_no_word(world: World) -> None:
    issue = world.issue(may(4))
    world.event(issue, "labeled", may(5), "ada")
    world.comment(issue, may(6), "ada")
    world.event(issue, "committed", may(7))
    assert waiting(world) == ("author", may(6), True)


def test_the_authors_reopening_is_a_word_and_a_members_is_none(world: World) -> None:
    issue = world.issue(may(4))
    world.comment(issue, may(5), "ada")
    world.event(issue, "reopened", may(6), "ada")
    assert waiting(world) == ("author", may(5), True)
    world.event(issue, "reopened", may(7), "zoe")
    assert waiting(world) == ("us", may(7), True)


# Pull requests


@pytest.mark.parametrize("kind", ["committed", "head_ref_force_pushed", "review_requested", "ready_for_review"])
def test_a_push_or_a_request_puts_a_pull_request_back_on_our_desk(world: World, kind: str) -> None:
    pull = world.pull(may(4))
    world.review(pull, may(5), "ada", "changes_requested")
    assert waiting(world) == ("author", may(5), True)
    world.event(pull, kind, may(6))
    assert waiting(world) == ("us", may(6), True)


def test_commits_from_before_the_opening_or_from_the_future_say_nothing(world: World) -> None:
    pull = world.pull(may(4))
    world.event(pull, "committed", may(1))
    assert waiting(world) == ("us", may(4), False)
    world.review(pull, may(5), "ada", "commented")
    world.event(pull, "committed", utc_now() + timedelta(days=1))
    assert waiting(world) == ("author", may(5), True)


def test_opened_as_a_draft_it_waits_since_it_was_ready(world: World) -> None:
    pull = world.pull(may(4))
    world.event(pull, "ready_for_review", may(6), "zoe")
    world.comment(pull, may(7), "zoe")
    assert waiting(world) == ("us", may(6), False)


def test_answered_after_it_was_ready_the_wait_is_from_the_next_word(world: World) -> None:
    pull = world.pull(may(4))
    world.event(pull, "ready_for_review", may(6), "zoe")
    world.review(pull, may(7), "ada", "commented")
    world.review(pull, may(8), "zoe", "commented")  # the author's reply in a review thread
    assert waiting(world) == ("us", may(8), True)


@pytest.mark.parametrize(
    "columns", [{"draft": True}, {"closed_at": may(5)}, {"merged_at": may(5)}, {"deleted_at": may(5)}]
)
def test_drafts_and_what_is_closed_or_gone_dont_wait(world: World, columns: dict[str, Any]) -> None:
    world.pull(may(4), **columns)
    assert world.read(FIRST_RESPONSES_PENDING) == []


def test_whether_it_is_a_draft_may_be_unknown(world: World) -> None:
    world.pull(may(4), draft=None)
    assert waiting(world) == ("us", may(4), False)
