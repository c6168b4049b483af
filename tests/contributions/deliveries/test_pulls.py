"""Pull requests and their reviews that webhooks tell of."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete

from chalicelib.models import Event, EventPoll, PullRequest, create_db_session
from sandbox import Item, Kind
from sandbox.api.messages import Answer, Request
from tests.contributions.deliveries.told import (
    Json,
    a_pull,
    deliver,
    due,
    event_of,
    payload_of,
    pull,
    rejected,
    remarks,
    rows,
    tell,
)
from tests.organisation import Organisation

pytestmark = pytest.mark.slow
# What no webhook tells of a pull request.
UNTOLD = (
    "requested_reviewers",
    "additions",
    "first_commit_authored_at",
    "sized_at",
    "merged_by",
    "base_ref",
    "reactions",
)


def change(org: Organisation, item: Item, kind: Kind, **about: Any) -> None:
    org.advance(60)
    assert org.sandbox.world.change(item, kind, **about)


def review(org: Organisation, item: Item, state: str = "approved", text: str = "Fine") -> None:
    change(org, item, Kind.REVIEWED, state=state, text=text)


def dismiss(org: Organisation, item: Item) -> None:
    target = [one for one in item.history if one.kind is Kind.REVIEWED][-1]
    change(org, item, Kind.REVIEW_DISMISSED, target=target, text="Stale")


def test_a_pull_request_is_stored_at_once_and_knows_what_it_knew(org: Organisation) -> None:
    item = a_pull(org)
    before = pull(org, item)
    change(org, item, Kind.READY_FOR_REVIEW if item.draft else Kind.CONVERT_TO_DRAFT)
    change(org, item, Kind.COMMITTED)
    change(org, item, Kind.MERGED)
    told = due(org)
    assert {event_of(one) for one in told} > {("pull_request", "synchronize"), ("pull_request", "closed")}
    deliver(org, told)
    row = pull(org, item)
    assert (row["draft"], row["state"], row["merged"]) == (item.draft, "closed", True)
    assert (row["merged_at"], row["updated_at"]) == (org.now(), org.now())
    assert row["id"] == item.id
    assert {name: row[name] for name in UNTOLD} == {name: before[name] for name in UNTOLD}
    for order in permutations(told[:3]):
        deliver(org, order)
    assert pull(org, item) == row


def test_a_new_pull_request_has_one_row_under_one_id_after_the_other(org: Organisation) -> None:
    world = org.sandbox.world
    repository = a_pull(org).repository
    author = world.first_admin(repository.owner)
    item = world.open(repository, world.now, author, "A new one", None, pull=True, rng=Random(1))
    deliver(org, due(org))
    assert pull(org, item)["id"] == -int(item.pull_id or 0)
    review_by_others(org, item)
    assert remarks(org, item, "reviewed") == rows(org, Event, Event.issue_id < 0) == []
    org.run_job("every_30_min")
    org.run_job("nrt_events")
    assert pull(org, item)["id"] == item.id
    assert len(remarks(org, item, "reviewed")) == 1
    org.assert_equal_to_truth()


def review_by_others(org: Organisation, item: Item) -> None:
    world = org.sandbox.world
    other = next(person for person in world.people if person is not item.author)
    change(org, item, Kind.REVIEWED, state="approved", text="Fine", actor=other)
    deliver(org, due(org))


def test_a_pull_request_of_which_only_the_pull_id_is_known_can_be_asked_for(org: Organisation) -> None:
    """Shown under its issue id, it seemed to have moved: the step failed, for its row had another id by then."""
    item = a_pull(org)
    with create_db_session(org.db_url) as session:
        session.execute(delete(PullRequest).where(PullRequest.pull_id == item.pull_id))
        session.commit()
    change(org, item, Kind.RENAMED, text="one")
    org.sandbox.world.change(item, Kind.RENAMED, text="two")
    deliver(org, due(org))
    with org.sandbox.oddities.telling(without_searches):
        org.run_job("nrt_events")
    assert (pull(org, item)["id"], pull(org, item)["title"]) == (item.id, "two")


def without_searches(request: Request, answer: Answer) -> Answer:
    """Answer searches as if the index knew nothing of what is new."""
    if request.path != "/search/issues":
        return answer
    return replace(answer, data={**answer.data, "items": [], "total_count": 0})


@pytest.mark.parametrize("through", ["through_rest", "through_graphql"])
def test_a_review_is_the_same_row_whoever_tells_of_it_first(
    org: Organisation, request: pytest.FixtureRequest, through: str
) -> None:
    request.getfixturevalue(through)
    item = a_pull(org)
    review(org, item)
    review(org, item, "changes_requested", "Not fine")
    dismiss(org, item)
    told = due(org)
    deliver(org, told)
    by_webhook = remarks(org, item, "reviewed")[-2:]
    assert [row["state"] for row in by_webhook] == ["approved", "dismissed"]
    read(org)
    by_polling = remarks(org, item, "reviewed")
    assert [seen(row) for row in by_polling[-2:]] == [seen(row) for row in by_webhook]
    with create_db_session(org.db_url) as session:
        for table in (Event, EventPoll):
            session.execute(delete(table))
        session.commit()
    read(org)
    assert remarks(org, item, "reviewed") == by_polling
    deliver(org, told)
    assert remarks(org, item, "reviewed") == by_polling
    assert rejected(org) == 0


def read(org: Organisation) -> None:
    org.advance(60)
    org.run_job("nrt_events")


def seen(row: Json) -> Json:
    """A row as webhooks tell it: people's node ids are in their old form, and a review's time of change isn't told."""
    apart = {"page_no", "updated_at", "user"}
    return {**{name: value for name, value in row.items() if name not in apart}, "user": row["user"]["id"]}


def test_a_dismissed_review_stays_dismissed(org: Organisation) -> None:
    item = a_pull(org)
    for order in ([0, 1], [1, 0]):
        review(org, item, "changes_requested")
        dismiss(org, item)
        told = due(org)
        assert [event_of(one)[1] for one in told] == ["submitted", "dismissed"]
        deliver(org, [*(told[number] for number in order), *told, told[0]])
        assert remarks(org, item, "reviewed")[-1]["state"] == "dismissed"


def edit_of(payload: Json, before: str, after: str) -> Json:
    changes = {"body": {"from": before}}
    return {**payload, "action": "edited", "changes": changes, "review": {**payload["review"], "body": after}}


def test_a_reviews_text_goes_from_one_to_the_next(org: Organisation) -> None:
    """No time says which text is the newer one; each edit says which one it found."""
    item = a_pull(org)
    review(org, item, text="one")
    submitted = payload_of(due(org)[0])
    first, second = edit_of(submitted, "one", "two"), edit_of(submitted, "two", "three")
    for payload in (submitted, first, second, first, submitted, second):
        tell(org, "pull_request_review", payload)
    assert remarks(org, item, "reviewed")[-1]["body"] == "three"
    review(org, item, text="one")
    other = payload_of(due(org)[0])
    tell(org, "pull_request_review", other)
    tell(org, "pull_request_review", edit_of(other, "two", "three"))
    assert remarks(org, item, "reviewed")[-1]["body"] == "one"


def test_a_draft_of_a_review_is_never_stored(org: Organisation) -> None:
    item = a_pull(org)
    review(org, item)
    payload = payload_of(due(org)[0])
    before = remarks(org, item, "reviewed")
    for action in ("submitted", "edited"):
        draft = {**payload["review"], "state": "pending", "submitted_at": None}
        tell(org, "pull_request_review", {**payload, "action": action, "review": draft})
    assert remarks(org, item, "reviewed") == before
    assert rejected(org) == 0


def test_the_form_within_a_review_makes_nothing_unknown(org: Organisation) -> None:
    item = a_pull(org)
    before = pull(org, item)
    review(org, item)
    deliver(org, due(org))
    row = pull(org, item)
    assert row["updated_at"] == org.now() > before["updated_at"]
    # These are the same, with node ids in their old form.
    objects = {"node_id", "user", "labels", "assignees", "assignee", "milestone"}
    assert {name for name in before if before[name] != row[name]} <= {"updated_at", *objects}
    assert {name for name in objects if row[name] is None} == {name for name in objects if before[name] is None}


def test_a_review_without_a_text_or_a_state_is_no_error(org: Organisation) -> None:
    item = a_pull(org)
    review(org, item)
    payload = payload_of(due(org)[0])
    bare = {name: value for name, value in payload["review"].items() if name not in ("body", "state")}
    for action in ("submitted", "edited", "dismissed", "unheard_of"):
        tell(org, "pull_request_review", {**payload, "action": action})
        tell(org, "pull_request_review", {**payload, "action": action, "review": bare})
    assert remarks(org, item, "reviewed")[-1]["body"] == "Fine"
