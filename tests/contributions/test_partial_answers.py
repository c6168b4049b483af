"""Answers that leave things out: nothing is called gone because one of them doesn't show it."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import func, select

from chalicelib.errors import JobFailedError
from chalicelib.models import Event, PullRequest, create_db_session
from sandbox import Item, Kind
from sandbox.api.messages import Answer, Request
from sandbox.server.oddities import Oddity
from tests.oddities import left_out, of_nodes
from tests.organisation import DAY, Organisation, organisation

pytestmark = pytest.mark.slow


def nothing_found(request: Request, answer: Answer) -> Answer:
    """Let every search find nothing, completely."""
    if request.path != "/search/issues" or answer.status != 200:
        return answer
    return replace(answer, data={**answer.data, "total_count": 0, "items": []}, headers={})


def stored(org: Organisation) -> set[int]:
    return {key for kind in org.kinds for key in org.stored(kind)}


def gone(org: Organisation) -> int:
    with create_db_session(org.db_url) as session:
        marked = select(func.count()).select_from(PullRequest).where(PullRequest.deleted_at.is_not(None))
        return session.scalar(marked) or 0


@pytest.mark.parametrize("job", ["daily", "every_30_min"])
def test_a_search_that_finds_nothing_deletes_nothing(org: Organisation, job: str) -> None:
    """A search that answered 0 of 2,000 marked all of them, after 2,009 requests."""
    org.begin(only="issues,pull_requests")
    org.sandbox.stats.reset()
    sentence = "GitHub no longer shows|GitHub's search finds no"
    with org.sandbox.oddities.telling(nothing_found), pytest.raises(JobFailedError, match=sentence):
        org.run_job(job)
    org.assert_equal_to_truth()
    assert org.requests().get("/repos/{owner}/{repo}/issues/{number}", 0) == 0
    org.run_job(job)


def of_timelines(status: int) -> Oddity:
    """Refuse every timeline."""
    refusal = Answer({"message": "Not Found"}, status)
    return lambda request, answer: refusal if request.path.endswith("/timeline") else answer


def without_pulls(request: Request, answer: Answer) -> Answer:
    """Let a token see no pull request any more: searches, lists and single items leave them out."""
    if re.search(r"/pulls(/|$)", request.path):
        return Answer({"message": "Not Found"}, 404)
    if answer.status != 200 or (request.path == "/search/issues" and "is:pr" not in dict(request.arguments)["q"]):
        return answer
    if request.path == "/search/issues":
        return nothing_found(request, answer)
    is_item = re.fullmatch(r"/repos(itories)?/.*/issues/\d+", request.path) and "pull_request" in answer.data
    return Answer({"message": "Not Found"}, 404) if is_item else answer


@pytest.mark.parametrize("job", ["daily", "nrt_events"])
def test_a_token_that_suddenly_sees_less_deletes_little(db_url: str, job: str) -> None:
    """A permission was taken away, and everything that it had shown was asked for and marked."""
    with organisation(db_url, items=70, days=40, repositories=2) as org:
        org.begin(only="issues,pull_requests")
        org.environment["EVENT_DAYS"] = "365"
        org.sandbox.stats.reset()
        no_timelines = of_timelines(404)
        with (
            org.sandbox.oddities.telling(without_pulls),
            org.sandbox.oddities.telling(no_timelines),
            org.sandbox.oddities.telling(of_nodes(left_out)),
            pytest.raises(JobFailedError, match=r"GitHub no longer shows|GitHub's search finds no"),
        ):
            org.run_job(job)
        assert sum(org.requests().values()) < 150
        assert gone(org) <= 10
        for _ in range(2):  # the first one goes on where the one that stopped was
            org.run_job("daily")
        org.assert_equal_to_truth()


def test_a_repository_that_is_hidden_keeps_its_items(db_url: str) -> None:
    with organisation(db_url, items=70, days=40, repositories=2) as org:
        org.begin(only="issues,pull_requests")
        biggest = max(org.sandbox.world.repositories.values(), key=lambda one: len(one.items))
        org.sandbox.tokens.hide(org.sandbox.token, [biggest.full_name])
        org.environment["EVENT_DAYS"] = "365"
        for job in ("nrt_events", "every_30_min", "daily"):
            org.run_job(job)
        assert stored(org) == org.sandbox.world.items.keys()
        org.sandbox.tokens.hide(org.sandbox.token, [])
        org.run_job("daily")
        org.assert_equal_to_truth()


def test_what_is_really_gone_is_marked_when_the_repository_agrees(db_url: str) -> None:
    with organisation(db_url, items=70, days=40, repositories=2) as org:
        org.begin(only="issues,pull_requests")
        for item in [item for item in org.sandbox.world.items.values() if item.is_pull][:30]:
            org.sandbox.world.delete(item)
        org.run_job("daily")
        assert gone(org) == 30
        org.assert_equal_to_truth()


def test_the_share_is_a_setting(db_url: str) -> None:
    with organisation(db_url, items=70, days=40, repositories=2) as org:
        org.begin(only="issues,pull_requests")
        org.environment["GONE_PERCENT"] = "100"
        with org.sandbox.oddities.telling(without_pulls):
            org.run_job("daily")
        assert stored(org) == {item.id for item in org.sandbox.world.items.values() if not item.is_pull}


def without(item: Item) -> Oddity:
    """Let no search find an item: the index doesn't know of it yet."""

    def odd(request: Request, answer: Answer) -> Answer:
        if request.path != "/search/issues" or answer.status != 200:
            return answer
        items = [found for found in answer.data["items"] if found["id"] != item.id]
        left_out = len(answer.data["items"]) - len(items)
        return replace(
            answer, data={**answer.data, "items": items, "total_count": answer.data["total_count"] - left_out}
        )

    return odd


@pytest.mark.parametrize("is_new", [False, True])
def test_a_change_that_is_indexed_hours_late_is_read(org: Organisation, is_new: bool) -> None:
    """The watermark had passed it, and it was closed: nothing ever read it."""
    world = org.sandbox.world
    org.begin(only="issues,pull_requests,events")
    closed = [item for item in world.items.values() if item.state == "closed" and not item.is_pull]
    late, other = closed[0], closed[1]
    org.advance(600)
    if is_new:
        late = world.open(late.repository, world.now, late.author, "Late", None, pull=False, rng=Random(1))
        world.change(late, Kind.CLOSED)
    else:
        world.change(late, Kind.LOCKED)
    with org.sandbox.oddities.telling(without(late)):
        for _ in range(3):
            org.advance(1800)
            world.change(other, Kind.COMMENTED, text="In the meantime")
            org.run_job("nrt_events")
            org.run_job("every_30_min")
    org.advance(8 * 3600)
    org.run_job("daily")
    org.run_job("nrt_events")
    org.assert_equal_to_truth()
    with create_db_session(org.db_url) as session:
        events = session.scalars(select(Event.id).where(Event.issue_id == late.id)).all()
    assert len(events) == len(org.timelines()[late.id])


def test_what_changed_while_a_repository_was_hidden_is_read_when_it_is_back(org: Organisation) -> None:
    """The watermark had passed the changes, since those of other repositories were seen: nothing ever read them."""
    world = org.sandbox.world
    org.begin(only="issues,pull_requests")
    closed = [item for item in world.items.values() if item.state == "closed"]
    changed = closed[0]
    other = next(item for item in closed if item.repository is not changed.repository)
    org.sandbox.tokens.hide(org.sandbox.token, [changed.repository.full_name])
    org.run_job("every_30_min")
    org.advance(DAY)
    world.change(changed, Kind.LOCKED)
    org.advance(10 * DAY)
    world.change(other, Kind.LOCKED)
    org.run_job("every_30_min")
    org.sandbox.tokens.hide(org.sandbox.token, [])
    org.run_job("every_30_min")
    org.assert_equal_to_truth()
