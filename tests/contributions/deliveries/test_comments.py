"""Comments that webhooks tell of: rows of timelines, before these are read."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import delete

from chalicelib.contributions.sync.events import AGAIN
from chalicelib.models import Cursor, Event, EventPoll, Issue, PullRequest, create_db_session
from chalicelib.utils import format_utc
from sandbox import Item, Kind
from tests.contributions.deliveries.told import (
    Json,
    a_pull,
    an_issue,
    deliver,
    due,
    event_of,
    issue,
    payload_of,
    rejected,
    remarks,
    rows,
    tell,
)
from tests.organisation import Organisation

pytestmark = pytest.mark.slow


def comment_on(org: Organisation, item: Item, text: str = "Hello") -> None:
    org.advance(60)
    assert org.sandbox.world.change(item, Kind.COMMENTED, text=text)


def change_last(org: Organisation, item: Item, kind: Kind, **about: Any) -> None:
    org.advance(60)
    last = [change for change in item.history if change.kind is Kind.COMMENTED][-1]
    assert org.sandbox.world.change(item, kind, target=last, **about)


def forget_events(org: Organisation) -> None:
    with create_db_session(org.db_url) as session:
        for table in (Event, EventPoll):
            session.execute(delete(table))
        session.commit()


def read_anew(org: Organisation) -> None:
    org.advance(60)
    org.run_job("nrt_events")


def again(org: Organisation) -> list[str]:
    return [row["name"] for row in rows(org, Cursor, Cursor.name.startswith(AGAIN))]


@pytest.mark.parametrize("through", ["through_rest", "through_graphql"])
def test_a_comment_is_the_same_row_whoever_tells_of_it_first(
    org: Organisation, request: pytest.FixtureRequest, through: str
) -> None:
    request.getfixturevalue(through)
    for item in (an_issue(org), a_pull(org)):
        comment_on(org, item)
        told = due(org)
        deliver(org, told)
        [*_, by_webhook] = remarks(org, item)
        assert by_webhook["page_no"] == 0
        read_anew(org)
        [*_, row] = remarks(org, item)
        # Webhooks write people's node ids in their old form.
        person = {**by_webhook["user"], "node_id": row["user"]["node_id"]}
        assert row == {**by_webhook, "user": person, "page_no": 1}
        before = remarks(org, item)
        forget_events(org)
        read_anew(org)
        assert remarks(org, item) == before
        deliver(org, told)
        assert remarks(org, item) == before
    assert rejected(org) == 0


def test_a_comment_never_gets_older_and_never_comes_back(org: Organisation) -> None:
    item = an_issue(org)
    for number in range(0, 24, 2):
        comment_on(org, item)
        change_last(org, item, Kind.COMMENT_EDITED, text="Hello again")
        change_last(org, item, Kind.COMMENT_EDITED, text="Goodbye")
        change_last(org, item, Kind.COMMENT_DELETED)
        told = due(org)
        assert [event_of(one)[1] for one in told] == ["created", "edited", "edited", "deleted"]
        order = list(permutations(told))[number]
        if number % 4 == 0:
            deliver(org, list(permutations(told[:3]))[number // 4])
            assert remarks(org, item)[-1]["body"] == "Goodbye"
            assert remarks(org, item)[-1]["removed_at"] is None
        deliver(org, [*order, *told])
        assert remarks(org, item)[-1]["removed_at"] == org.now()
    org.run_job("every_30_min")
    org.run_job("nrt_events")
    org.assert_equal_to_truth()
    assert not [row for row in remarks(org, item)[-12:] if row["removed_at"] is None]


def test_an_edit_within_the_same_second_is_known_by_the_text_before(org: Organisation) -> None:
    item = an_issue(org)
    comment_on(org, item, "one")
    last = [change for change in item.history if change.kind is Kind.COMMENTED][-1]
    org.sandbox.world.change(item, Kind.COMMENT_EDITED, target=last, text="two")
    created, edited = due(org)
    deliver(org, [created, edited, created])
    assert remarks(org, item)[-1]["body"] == "two"


def test_a_late_edit_does_not_bring_back_what_polling_saw_go(org: Organisation) -> None:
    item = an_issue(org)
    comment_on(org, item)
    read_anew(org)
    change_last(org, item, Kind.COMMENT_EDITED, text="Hello again")
    change_last(org, item, Kind.COMMENT_DELETED)
    _, edited, _ = due(org)
    read_anew(org)
    [*_, before] = remarks(org, item)
    assert before["removed_at"] == org.now()
    deliver(org, [edited])
    assert remarks(org, item)[-1] == before


def ghost_of(org: Organisation, item: Item) -> Json:
    """The payload of a comment that was deleted again, of which nobody has told; its item changed meanwhile."""
    comment_on(org, item)
    change_last(org, item, Kind.COMMENT_DELETED)
    created, _ = due(org)
    return payload_of(created)


def test_a_comment_on_no_page_is_gone_when_all_pages_were_read_anew(org: Organisation, through_rest: None) -> None:
    item = an_issue(org)
    payload = ghost_of(org, item)
    assert org.sandbox.world.change(item, Kind.RENAMED, text="Another title")
    tell(org, "issue_comment", payload)
    [*_, row] = remarks(org, item)
    assert (row["page_no"], row["removed_at"]) == (0, None)
    read_anew(org)
    assert remarks(org, item)[-1]["removed_at"] == org.now()


def test_a_comment_on_no_page_is_asked_for_when_pages_are_unchanged(org: Organisation, through_rest: None) -> None:
    """Nothing is concluded of an unchanged page; a day later all of it is read anew."""
    item = an_issue(org)
    payload = ghost_of(org, item)
    read_anew(org)
    payload["issue"]["updated_at"] = format_utc(org.now())
    tell(org, "issue_comment", payload)
    read_anew(org)
    assert remarks(org, item)[-1]["removed_at"] is None
    assert again(org) == [f"{AGAIN}issues:{item.id}"]
    org.advance(60)
    org.run_job("daily")
    assert remarks(org, item)[-1]["removed_at"] == org.now()


def test_a_comment_that_comes_after_its_timeline_was_read_is_asked_for(org: Organisation, through_rest: None) -> None:
    """The timeline was not read again, for its item had not changed since."""
    item = an_issue(org)
    payload = ghost_of(org, item)
    read_anew(org)
    tell(org, "issue_comment", payload)
    assert again(org) == [f"{AGAIN}issues:{item.id}"]
    org.advance(60)
    org.run_job("daily")
    assert remarks(org, item)[-1]["removed_at"] == org.now()


def test_only_the_kinds_of_event_that_are_kept(org: Organisation) -> None:
    item = an_issue(org)
    comment_on(org, item)
    before = remarks(org, item)
    org.environment["EVENT_TYPES"] = "closed,reopened"
    deliver(org, due(org))
    assert remarks(org, item) == before
    assert issue(org, item.id)["comments"] == item.comments


def test_a_comment_on_an_issue_of_another_owner_is_not_stored(org: Organisation) -> None:
    item = an_issue(org)
    comment_on(org, item)
    [told] = due(org)
    payload, before = payload_of(told), [rows(org, Event), rows(org, Issue)]
    payload["issue"] |= {"repository_url": "https://api.github.com/repos/somebody/else", "id": 5}
    tell(org, "issue_comment", payload)
    assert [rows(org, Event), rows(org, Issue)] == before


def test_a_comment_on_a_pull_request_gives_it_its_issue_id(org: Organisation) -> None:
    org.advance(60)
    pull = a_pull(org)
    with create_db_session(org.db_url) as session:
        session.execute(delete(PullRequest).where(PullRequest.pull_id == pull.pull_id))
        session.commit()
    assert org.sandbox.world.change(pull, Kind.RENAMED, text="Another title")
    comment_on(org, pull)
    renamed, commented = due(org)
    deliver(org, [renamed])
    assert [row["id"] for row in rows(org, PullRequest, PullRequest.pull_id == pull.pull_id)] == [
        -int(pull.pull_id or 0)
    ]
    deliver(org, [commented, renamed])
    [row] = rows(org, PullRequest, PullRequest.pull_id == pull.pull_id)
    assert (row["id"], row["title"], row["comments"]) == (pull.id, "Another title", pull.comments)
