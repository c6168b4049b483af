"""The half-hourly counts of both kinds: what is missing is found, and exit 0 vouches for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, select

from chalicelib.errors import JobFailedError
from chalicelib.models import Issue, PullRequest, RejectedRecord, SyncRun, create_db_session
from tests.contributions.oddities import everywhere, ghosts, nothing
from tests.organisation import DAY, Organisation, at, organisation

pytestmark = pytest.mark.slow
SINCE = "2026-04-01"
IDLE = {"/search/issues": 9, "/orgs/<org>/repos": 1}


@pytest.fixture
def org(db_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organisation]:
    for module in ("api.search", "sync.reconcile", "sync.counts"):
        monkeypatch.setattr(f"chalicelib.contributions.{module}.PER_PAGE", 10)
    with organisation(db_url, items=70, repositories=2, people=8) as running:
        running.begin("every_30_min", since=SINCE, key="pages of 10")
        running.sandbox.stats.reset()
        yield running


def forget(org: Organisation, model: Any, *, every: int) -> None:
    """Delete each so manieth row of a table, as if it had never been read."""
    with create_db_session(org.db_url) as session:
        ids = session.scalars(select(model.id).order_by(model.created_at)).all()[::every]
        session.execute(delete(model).where(model.id.in_(ids)))
        session.commit()


def last(org: Organisation, step: str) -> SyncRun:
    with create_db_session(org.db_url) as session:
        return session.scalars(select(SyncRun).where(SyncRun.step == step).order_by(SyncRun.id.desc()).limit(1)).one()


def test_an_idle_run_counts_both_kinds(org: Organisation) -> None:
    org.run_job()
    assert org.requests() == IDLE
    for kind in ("issues", "pull_requests"):
        run = last(org, f"{kind}.count")
        assert (run.status, run.expected, run.requests, run.note) == ("ok", len(org.truth(kind)), 1, None)


@pytest.mark.parametrize("every", [1, 7], ids=["all", "some"])
@pytest.mark.parametrize("model", [Issue, PullRequest], ids=["issues", "pull_requests"])
def test_what_is_missing_of_either_kind_is_found(org: Organisation, model: Any, every: int) -> None:
    """Pull requests were not counted: 1,720 stayed missing while every run exited 0."""
    forget(org, model, every=every)
    org.run_job()
    org.assert_equal_to_truth()


def test_a_run_whose_requests_are_spent_fails_and_the_next_goes_on(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It exited 0 though it had not come to an end."""
    monkeypatch.setattr("chalicelib.contributions.sync.counts.MAX_REQUESTS", 4)
    monkeypatch.setattr("chalicelib.contributions.sync.counts.FEW_PAGES", 1)
    forget(org, PullRequest, every=8)
    with pytest.raises(
        JobFailedError, match=r"pull_requests\.count: GitHub counts . pull requests? more than the table"
    ):
        org.run_job()
    assert "the requests of this run are spent" in (last(org, "pull_requests.count").error or "")
    for _ in range(5):
        try:
            org.run_job()
        except JobFailedError:
            continue
        break
    org.assert_equal_to_truth()


def test_a_known_gap_costs_no_more_until_the_next_day(org: Organisation) -> None:
    """An item that is counted and never listed cost 60 requests each half hour, for ever."""
    created = sorted(at(item["created_at"]) for item in org.truth("pull_requests").values())
    org.sandbox.oddities.tell(ghosts("pull_requests", created[7]))
    org.run_job()
    first = last(org, "pull_requests.count")
    assert first.status == "ok"
    assert "GitHub counts 1 pull request more than the table: 1 counted and never listed" in (first.note or "")
    assert first.requests > 1
    for hours, is_new in ((12, False), (11, False), (2, True), (12, False)):
        org.advance(hours * 3600)
        org.run_job()
        run = last(org, "pull_requests.count")
        assert (run.status, run.requests > 1) == ("ok", is_new)
        assert "GitHub counts 1 pull request more than the table" in (run.note or "")
    org.assert_equal_to_truth()


def test_another_difference_than_the_known_one_is_looked_into(org: Organisation) -> None:
    org.sandbox.oddities.tell(everywhere("issues", more=1))
    org.run_job()
    assert "1 counted and never listed" in (last(org, "issues.count").note or "")
    forget(org, Issue, every=9)
    org.run_job()
    org.assert_equal_to_truth()


def test_an_item_that_searches_leave_out_fails_no_run(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = next(item for item in org.sandbox.world.items.values() if not item.pull_id)
    find = org.sandbox.app.index.find
    monkeypatch.setattr(
        org.sandbox.app.index, "find", lambda *args, **kwargs: [i for i in find(*args, **kwargs) if i is not hidden]
    )
    org.run_job()
    assert (last(org, "issues.count").note or "").endswith(
        "GitHub counts 1 issue fewer than the table: 1 shown and left out of searches"
    )
    org.sandbox.stats.reset()
    org.run_job()
    assert org.requests() == IDLE
    assert hidden.id in org.stored("issues")


def test_a_rejected_record_is_a_reason(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt = next(item for item in org.sandbox.world.items.values() if not item.pull_id)
    original = org.sandbox.app.new_payloads.issue
    monkeypatch.setattr(
        org.sandbox.app.new_payloads,
        "issue",
        lambda item, *args, **kwargs: original(item, *args, **kwargs) | ({"title": 7} if item is spoilt else {}),
    )
    with create_db_session(org.db_url) as session:
        session.execute(delete(Issue).where(Issue.id == spoilt.id))
        session.commit()
    org.run_job()
    assert "1 listed and not stored, because rejected or moved" in (last(org, "issues.count").note or "")
    with create_db_session(org.db_url) as session:
        assert session.scalars(select(RejectedRecord.kind)).all() == ["issues"]


def test_a_count_of_nothing_is_not_believed(org: Organisation) -> None:
    """A search that answered 0 led to a request for each row."""
    with (
        org.sandbox.oddities.telling(nothing("issues", when=lambda query: ".." in query)),
        pytest.raises(JobFailedError, match=r"issues\.count: GitHub's search finds no issues for created:"),
    ):
        org.run_job()
    assert not [route for route in org.requests() if "<int:number>" in route]
    org.run_job()
    org.assert_equal_to_truth()


def test_the_daily_count_goes_past_what_is_never_listed(org: Organisation) -> None:
    """It failed each day: the counts of that month never agree."""
    created = sorted(at(item["created_at"]) for item in org.truth("issues").values())
    org.sandbox.oddities.tell(ghosts("issues", created[3], created[-2]))
    org.advance(DAY)
    org.run_job()
    org.run_job("daily")
    run = last(org, "issues.reconcile")
    assert run.status == "ok"
    assert (run.note or "").count("GitHub counts 1 issue more than it lists for created:") >= 2
    org.assert_equal_to_truth()
