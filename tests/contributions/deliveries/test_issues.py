"""Issues that webhooks tell of: changed, moved, deleted, in any order."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest

from chalicelib.contributions.sync.unsure import UNSURE
from chalicelib.models import Cursor, Event, EventPoll, Issue, PullRequest, TransferCheck
from sandbox import Item, Kind, Repository
from sandbox.api.messages import Answer, Request
from tests.contributions.deliveries.told import (
    an_issue,
    another_repository,
    deliver,
    due,
    event_of,
    issue,
    moves,
    payload_of,
    rejected,
    rows,
    tell,
)
from tests.organisation import DAY, ORG, Organisation, expected, picked

pytestmark = pytest.mark.slow


def open_in(org: Organisation, repository: Repository) -> Item:
    world = org.sandbox.world
    author = world.first_admin(repository.owner)
    return world.open(repository, world.now, author, "A new one", "Its text", pull=False, rng=Random(1))


def renamed(org: Organisation, item: Item) -> Item:
    """Change an item a while later."""
    org.advance(60)
    assert org.sandbox.world.change(item, Kind.RENAMED, text=f"{item.title}, renamed")
    return item


def moved(org: Organisation, item: Item) -> Item:
    org.advance(60)
    return org.sandbox.world.transfer(item, another_repository(org, item))


def traces(org: Organisation, key: int) -> list[object]:
    """Whatever a table has of an issue."""
    return [
        *rows(org, Issue, Issue.id == key),
        *rows(org, Event, Event.issue_id == key),
        *rows(org, EventPoll, EventPoll.id == key),
        *rows(org, TransferCheck, TransferCheck.issue_id == key),
    ]


def assert_true(org: Organisation, item: Item) -> None:
    row = issue(org, item.id)
    assert row["deleted_at"] is None
    assert picked(row) == expected(org.truth("issues")[item.id])


def test_an_issue_is_stored_at_once_and_never_gets_older(org: Organisation) -> None:
    for number in range(6):
        item = renamed(org, renamed(org, open_in(org, an_issue(org).repository)))
        opened, first, second = due(org)
        deliver(org, list(permutations([opened, first, second]))[number])
        assert_true(org, item)


def test_a_state_that_is_left_out_is_known_by_the_time_of_closing(org: Organisation) -> None:
    """GitHub leaves it out of some payloads, such as `pinned`: these were rejected."""
    item = renamed(org, an_issue(org))
    [told] = due(org)
    payload = payload_of(told)
    del payload["issue"]["state"]
    tell(org, "issues", {**payload, "action": "pinned"})
    assert_true(org, item)


@pytest.mark.parametrize("is_known", [False, True])
def test_a_move_is_kept_whatever_comes_first(org: Organisation, is_known: bool) -> None:
    """It was found by its twin, at a request each, in the next run of a job."""
    numbers = range(int(is_known), 24, 2)
    for number in numbers:
        old = open_in(org, an_issue(org).repository)
        if is_known:
            deliver(org, due(org))
        due(org)
        new = renamed(org, moved(org, renamed(org, old)))
        told = due(org)
        assert [event_of(one)[1] for one in told] == ["edited", "transferred", "opened", "edited"]
        order = list(permutations(told))[number]
        deliver(org, [*order, order[0]])
        assert moves(org)[-1] == (old.id, new.id)
        assert traces(org, old.id) == []
        assert_true(org, new)
    assert len(moves(org)) == len(numbers)
    [row] = [row for row in rows(org, Issue) if row["id"] == new.id]
    assert row["repo"] == new.repository.name
    assert rejected(org) == 0
    org.run_job("every_30_min")
    org.assert_equal_to_truth()
    assert len(moves(org)) == len(numbers)


def test_a_chain_of_moves_is_kept_whatever_comes_first(org: Organisation) -> None:
    for number in range(0, 24, 3):
        first = open_in(org, an_issue(org).repository)
        deliver(org, due(org))
        second = moved(org, first)
        third = moved(org, second)
        deliver(org, list(permutations(due(org)))[number])
        assert moves(org)[-2:] == [(first.id, second.id), (second.id, third.id)]
        assert traces(org, first.id) == traces(org, second.id) == []
        assert_true(org, third)


def test_a_move_that_polling_has_found_already_changes_nothing(org: Organisation) -> None:
    second = moved(org, first := an_issue(org))
    third = moved(org, second)
    org.advance(60)
    org.run_job("nrt_events")
    told = due(org)
    before = [rows(org, Issue), rows(org, Event)]
    assert moves(org) == [(first.id, third.id)]
    for number in range(0, 24, 5):
        deliver(org, list(permutations(told))[number])
        assert [rows(org, Issue), rows(org, Event)] == before
    # The second step was not known; the first one is a part of what was found.
    assert moves(org) == [(first.id, third.id), (second.id, third.id)]


def test_an_issue_that_moves_out_of_what_is_read_stays_as_a_deleted_one(org: Organisation) -> None:
    item = an_issue(org)
    shown = [each.full_name for each in org.sandbox.world.repositories.values() if each.full_name]
    target = another_repository(org, item)
    org.environment["GH_REPOS"] = ",".join(name for name in shown if name != target.full_name)
    new = org.sandbox.world.transfer(item, target)
    for order in permutations(due(org)):
        deliver(org, order)
    assert moves(org) == [(item.id, new.id)]
    assert issue(org, item.id)["deleted_at"] == org.now()
    assert all(row["removed_at"] for row in rows(org, Event, Event.issue_id == item.id))
    assert traces(org, new.id) == []


def test_an_issue_that_moves_to_another_owner_stays_as_a_deleted_one(org: Organisation) -> None:
    item = an_issue(org)
    new = moved(org, item)
    [transferred, _] = due(org)
    payload = payload_of(transferred)
    elsewhere = payload["changes"]["new_issue"]
    elsewhere["repository_url"] = elsewhere["repository_url"].replace(f"/{ORG}/", "/somebody/")
    tell(org, "issues", payload)
    assert moves(org) == [(item.id, new.id)]
    assert issue(org, item.id)["deleted_at"] == org.now()
    assert traces(org, new.id) == []


def test_a_deleted_issue_is_marked_at_once_and_stays_so(org: Organisation) -> None:
    """A late `edited` of a deleted issue brought it back: `deleted_at` was cleared."""
    for number in range(6):
        item = renamed(org, open_in(org, an_issue(org).repository))
        org.advance(60)
        org.sandbox.world.delete(item)
        told = due(org)
        assert [event_of(one)[1] for one in told] == ["opened", "edited", "deleted"]
        deliver(org, [*list(permutations(told))[number], *told])
        assert issue(org, item.id)["deleted_at"] == org.now()


def test_a_deleted_issues_events_are_removed_and_late_comments_stay_away(org: Organisation) -> None:
    item = an_issue(org)
    org.sandbox.world.change(item, Kind.COMMENTED, text="soon gone")
    [comment] = due(org)
    org.sandbox.world.delete(item)
    deliver(org, [*due(org), comment])
    events = rows(org, Event, Event.issue_id == item.id)
    assert events
    assert all(row["removed_at"] for row in events)
    assert "soon gone" not in {row["body"] for row in events}


def test_a_moved_issue_that_was_deleted_there_is_kept_as_such(org: Organisation) -> None:
    for number in range(6):
        old = open_in(org, an_issue(org).repository)
        deliver(org, due(org))
        new = moved(org, old)
        org.sandbox.world.delete(new)
        told = due(org)
        assert [event_of(one)[1] for one in told] == ["transferred", "opened", "deleted"]
        deliver(org, list(permutations(told))[number])
        assert moves(org)[-1] == (old.id, new.id)
        assert traces(org, old.id) == []
        assert issue(org, new.id)["deleted_at"] is not None


def test_what_github_shows_again_comes_back(org: Organisation) -> None:
    """Only a delivery may not bring back what is gone."""
    item = an_issue(org)
    renamed(org, item)
    payload = payload_of(due(org)[0])
    tell(org, "issues", {**payload, "action": "deleted"})
    assert issue(org, item.id)["deleted_at"] is not None
    org.run_job("every_30_min")
    org.run_job("nrt_events")
    org.assert_equal_to_truth()
    assert not [row for row in rows(org, Event, Event.issue_id == item.id) if row["removed_at"]]


def test_an_issue_that_is_a_pull_request_by_now_does_not_become_an_issue_again(org: Organisation) -> None:
    item = an_issue(org)
    renamed(org, item)
    [told] = due(org)
    payload = payload_of(told)
    as_pull = {**payload["issue"], "pull_request": {"merged_at": None}}
    tell(org, "issue_comment", {**payload, "action": "created", "issue": as_pull, "comment": {}})
    deliver(org, [told])
    assert rows(org, Issue, Issue.id == item.id) == []
    assert [row["title"] for row in rows(org, PullRequest, PullRequest.id == item.id)] == [item.title]


def test_an_issue_is_asked_for_where_a_second_has_two_states(org: Organisation) -> None:
    """A late delivery took back what had changed in the same second, and no search shows what is so old."""
    item = renamed(org, an_issue(org))
    org.sandbox.world.change(item, Kind.RENAMED, text="The last title")
    told = due(org)
    for later in (60, 3 * DAY):
        org.advance(later)
        renamed(org, an_issue(org, but=[item]))
        org.run_job("every_30_min")
    deliver(org, told[::-1])
    assert issue(org, item.id)["title"] != "The last title"
    org.sandbox.stats.reset()
    org.run_job("nrt_events")
    assert issue(org, item.id)["title"] == "The last title"
    deliver(org, [told[1]])
    assert rows(org, Cursor, Cursor.name.startswith(UNSURE)) == []


def test_a_move_that_is_told_while_github_is_asked_for_the_issue(org: Organisation) -> None:
    """The job had read the old row, and failed when it was to mark it as deleted: it was gone by then."""
    item = an_issue(org)
    target = another_repository(org, item)
    org.sandbox.tokens.hide(org.sandbox.token, [target.full_name])
    new = moved(org, item)
    told = due(org)

    def tell_of_it(request: Request, answer: Answer) -> Answer:
        if request.path.endswith(f"/issues/{item.number}") and not moves(org):
            deliver(org, told)
        return answer

    org.advance(60)
    with org.sandbox.oddities.telling(tell_of_it):
        org.run_job("every_30_min")
    assert moves(org) == [(item.id, new.id)]
    assert traces(org, item.id) == []
    # What the token can't see is marked as deleted.
    assert rows(org, Issue, Issue.id == new.id)


def test_an_issue_that_github_deletes_while_its_timeline_is_read_stays_deleted(org: Organisation) -> None:
    """Its timeline was written after that: all of its events were there again, for good."""
    item = renamed(org, an_issue(org))
    org.sandbox.world.change(item, Kind.COMMENTED, text="still there")
    payload = payload_of(due(org)[0])

    def delete(request: Request, answer: Answer) -> Answer:
        if request.path.endswith("/timeline") and not rows(org, Issue, Issue.deleted_at.is_not(None)):
            tell(org, "issues", {**payload, "action": "deleted"})
        return answer

    org.advance(60)
    with org.sandbox.oddities.telling(delete):
        org.run_job("nrt_events")
    assert issue(org, item.id)["deleted_at"] is not None
    assert all(row["removed_at"] for row in rows(org, Event, Event.issue_id == item.id))
