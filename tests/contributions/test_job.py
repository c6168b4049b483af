"""`every_30_min` against an organisation that lives on: complete after outages, and cheap when idle."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chalicelib.contributions.api import INCOMPLETE_PAUSES
from chalicelib.errors import JobFailedError
from chalicelib.github.decisions import MAX_ATTEMPTS
from chalicelib.models import (
    Issue,
    Lease,
    Membership,
    RejectedRecord,
    SyncRun,
    Watermark,
    create_db_session,
)
from chalicelib.store.leases import take_lease
from sandbox import Kind
from tests.organisation import DAY, ORG, Organisation, at, organisation

pytestmark = pytest.mark.slow


def test_an_outage_of_30_days_loses_nothing(org: Organisation) -> None:
    org.begin("every_30_min")
    org.assert_equal_to_truth()
    before = len(org.truth("issues"))

    org.advance(30 * DAY)
    org.run_job()

    assert len(org.truth("issues")) > before
    org.assert_equal_to_truth()


def test_changes_between_a_backfill_and_the_first_job_are_not_missed(org: Organisation) -> None:
    org.begin()
    oldest = min(org.sandbox.world.items.values(), key=lambda item: item.updated_at)
    org.advance(20 * DAY)
    assert org.sandbox.world.change(oldest, Kind.RENAMED, text="a new title")
    org.advance(20 * DAY)

    org.run_job()

    kind = "pull_requests" if oldest.pull_id else "issues"
    assert org.stored(kind)[oldest.id]["title"] == "a new title"


def test_a_first_run_without_changes_leaves_a_mark_so_that_the_next_outage_is_covered(db_url: str) -> None:
    with organisation(db_url, items=0) as org:
        org.run_job()
        with create_db_session(db_url) as session:
            marks = dict(session.execute(select(Watermark.name, Watermark.value)).all())
        assert marks["updated:issues"] == org.now() - timedelta(days=7)


@pytest.mark.parametrize("repositories", [10, 290])
def test_an_idle_run_costs_9_searches_and_the_list_of_repositories(db_url: str, repositories: int) -> None:
    with organisation(db_url, repositories=repositories, items=250) as org:
        assert org.backfill("--since", "2026-01-01") == 0
        org.run_job()
        org.sandbox.stats.reset()
        org.run_job()
        pages = -(-repositories // 100)
        assert org.requests()["/search/issues"] == 9
        assert sum(org.requests().values()) == 9 + pages
        assert org.sandbox.stats.summary()["not_modified"] == pages


def test_an_idle_run_with_a_long_list_of_repositories_costs_no_more(db_url: str) -> None:
    with organisation(db_url, repositories=10) as org:
        names = list(org.sandbox.world.repositories)[:9]
        org.environment["GH_REPOS"] = ",".join(names)
        org.run_job()
        org.sandbox.stats.reset()
        org.run_job()
        assert org.requests() == {"/search/issues": 7, "/orgs/<org>/repos": 1}
        rows = org.stored("issues") | org.stored("pull_requests")
        assert {row["repo"] for row in rows.values()} <= {name.split("/")[1] for name in names}


def test_a_pass_ends_at_the_first_page_that_brings_nothing_new(org: Organisation) -> None:
    org.run_job()
    newest = max(org.sandbox.world.items.values(), key=lambda item: item.updated_at)
    org.advance(60)
    assert org.sandbox.world.change(newest, Kind.COMMENTED)
    org.sandbox.stats.reset()
    org.run_job()
    assert org.requests()["/search/issues"] <= 9


def test_a_record_without_an_id_is_kept_and_the_others_are_stored(org: Organisation, monkeypatch: Any) -> None:
    spoilt = next(item for item in org.sandbox.world.items.values() if not item.pull_id)
    original = org.sandbox.app.new_payloads.issue

    def issue(item: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
        payload: dict[str, Any] = original(item, *arguments, **options)
        return {name: value for name, value in payload.items() if name != "id"} if item is spoilt else payload

    monkeypatch.setattr(org.sandbox.app.new_payloads, "issue", issue)
    assert org.backfill("--since", "2026-01-01", "--only", "issues") == 0
    with create_db_session(org.db_url) as session:
        rejected = session.scalars(select(RejectedRecord)).one()
        assert (rejected.kind, rejected.reason) == ("issues", "id is missing")
        assert f'"number": {spoilt.number}' in rejected.record
        assert session.scalar(select(func.sum(SyncRun.rejected))) == 1
        issues = sum(1 for item in org.sandbox.world.items.values() if not item.pull_id)
        assert session.scalar(select(func.count()).select_from(Issue)) == issues - 1


def last_statuses(org: Organisation) -> dict[str, str]:
    with create_db_session(org.db_url) as session:
        return {run.step: run.status for run in session.scalars(select(SyncRun).order_by(SyncRun.id))}


def test_a_step_that_fails_does_not_stop_the_others_and_the_job_raises(org: Organisation) -> None:
    org.run_job()
    org.advance(DAY)
    org.sandbox.faults.script("502", path="/search/issues", count=MAX_ATTEMPTS)
    with pytest.raises(JobFailedError, match=r"^acme pull_requests\.new: GitHub answered 502 to GET /search/issues: "):
        org.run_job()
    statuses = last_statuses(org)
    assert statuses.pop("pull_requests.new") == "failed"
    assert set(statuses.values()) == {"ok"}
    for kind in ("issues", "pull_requests"):
        assert_rows_are_current(org, kind)


def test_a_search_that_stays_incomplete_fails_and_the_others_are_done(org: Organisation) -> None:
    org.run_job()
    org.advance(DAY)
    org.sandbox.faults.script("incomplete", path="/search/issues", count=len(INCOMPLETE_PAUSES) + 1)
    with pytest.raises(JobFailedError, match="GitHub's search timed out again and again"):
        org.run_job()
    statuses = last_statuses(org)
    assert statuses.pop("pull_requests.new") == "failed"
    assert set(statuses.values()) == {"ok"}
    for kind in ("issues", "pull_requests"):
        assert_rows_are_current(org, kind)


def assert_rows_are_current(org: Organisation, kind: str) -> None:
    since = org.now() - timedelta(days=5)
    truth = {key: item for key, item in org.truth(kind).items() if at(item["updated_at"]) > since}
    rows = org.stored(kind)
    assert {key: rows[key]["updated_at"] for key in truth} == {k: at(v["updated_at"]) for k, v in truth.items()}


def test_an_incomplete_search_leaves_the_watermark_where_it_was(org: Organisation) -> None:
    org.run_job()
    with create_db_session(org.db_url) as session:
        before = session.scalar(select(Watermark.value).where(Watermark.name == "updated:issues"))
    org.advance(DAY)
    org.sandbox.faults.update(rate=1.0, kinds=["incomplete"])
    with pytest.raises(JobFailedError):
        org.run_job()
    with create_db_session(org.db_url) as session:
        assert session.scalar(select(Watermark.value).where(Watermark.name == "updated:issues")) == before


def test_a_revoked_token_fails_the_job_with_one_request_and_one_sentence(org: Organisation) -> None:
    token = org.sandbox.token
    org.sandbox.tokens.revoke(token)
    with pytest.raises(JobFailedError, match=r"access: GitHub answered 401") as caught:
        org.run_job()
    assert token not in str(caught.value)
    assert org.sandbox.stats.summary()["total"] == 1


def test_an_unknown_organisation_and_repository_are_named(org: Organisation) -> None:
    org.environment["GH_ORGS"] = "nobody"
    with pytest.raises(JobFailedError, match="there is no organisation nobody, or this token can't see it"):
        org.run_job()
    org.environment.update(GH_ORGS=ORG, GH_REPOS=f"{ORG}/nothing")
    with pytest.raises(JobFailedError, match=f"there is no repository {ORG}/nothing, or this token can't see it"):
        org.run_job()


def test_a_run_that_finds_the_job_taken_does_nothing(org: Organisation, db: Session) -> None:
    name = f"every_30_min:{ORG}"
    assert take_lease(db, name=name, owner="elsewhere:1:x", now=org.now()) is None
    org.run_job()
    assert org.sandbox.stats.summary()["total"] == 0
    org.advance(16 * 60)
    org.run_job()
    assert org.sandbox.stats.summary()["total"] > 0
    db.rollback()
    assert db.scalar(select(func.count()).select_from(Lease)) == 0


def test_a_run_out_of_time_stops_cleanly_and_the_next_goes_on(org: Organisation) -> None:
    org.run_job(deadline=0)
    with create_db_session(org.db_url) as session:
        assert {run.status for run in session.scalars(select(SyncRun))} == {"partial"}
        assert session.scalar(select(func.count()).select_from(Lease)) == 0
    org.run_job()
    for kind in ("issues", "pull_requests"):
        assert_rows_are_current(org, kind)


def test_an_interrupted_pass_goes_through_next_time(db_url: str) -> None:
    """A pass that had failed on its second page ended at its first one ever after."""
    with organisation(db_url, items=1200, days=300) as org:
        org.sandbox.faults.script("500", path="/search/issues", count=MAX_ATTEMPTS, skip=3)
        with pytest.raises(JobFailedError, match="unmerged"):
            org.run_job()
        org.run_job()
        pulls = org.truth("pull_requests").items()
        unmerged = {key for key, pull in pulls if pull["state"] == "closed" and not pull["pull_request"]["merged_at"]}
        assert len(unmerged) > 100
        assert unmerged <= org.stored("pull_requests").keys()
        org.sandbox.stats.reset()
        org.run_job()
        assert org.requests()["/search/issues"] <= 9


def test_a_backfill_of_another_scope_does_not_pass_over_what_was_not_read_yet(org: Organisation) -> None:
    """Its watermark stood at its own beginning, ahead of the organisation's, and the changes between were lost."""
    org.begin("every_30_min")
    org.advance(2 * DAY)
    changed = next(item for item in org.sandbox.world.items.values() if not item.pull_id and item.state == "open")
    assert org.sandbox.world.change(changed, Kind.RENAMED, text="a new title")
    org.advance(DAY)
    org.environment["GH_REPOS"] = changed.repository.full_name
    assert org.backfill("--since", f"{org.now():%Y-%m-%d}") == 0
    org.advance(20 * DAY)
    org.run_job()
    assert org.stored("issues")[changed.id]["title"] == "a new title"


def test_a_clock_that_is_ahead_of_github_loses_nothing(db_url: str) -> None:
    """The first watermark was taken from the local clock."""
    with organisation(db_url, now=int(time.time()), items=60) as org:
        ahead = Organisation(org.sandbox, org.db_url)
        ahead.now = lambda: org.now() + timedelta(hours=1)  # type: ignore[method-assign]
        assert ahead.backfill("--since", f"{org.now() - timedelta(days=90):%Y-%m-%d}") == 0
        oldest = min(org.sandbox.world.items.values(), key=lambda item: item.updated_at)
        org.advance(300)
        assert org.sandbox.world.change(oldest, Kind.RENAMED, text="a new title")
        org.advance(7200)
        ahead.run_job()
        kind = "pull_requests" if oldest.pull_id else "issues"
        assert org.stored(kind)[oldest.id]["title"] == "a new title"


def test_an_organisation_is_spelled_as_github_spells_it(org: Organisation) -> None:
    """Another spelling had watermarks and memberships of its own, and passed over what the first had not read."""
    org.run_job()
    org.environment["GH_ORGS"] = ORG.upper()
    org.advance(20 * DAY)
    org.run_job()
    with create_db_session(org.db_url) as session:
        for column in (SyncRun.org, Membership.org, Watermark.org):
            assert set(session.scalars(select(column))) == {ORG}
    for kind in ("issues", "pull_requests"):
        assert_rows_are_current(org, kind)


def test_thousands_of_changes_in_one_second_are_all_read(db_url: str) -> None:
    """More than GitHub shows of one search stopped the watermark for ever."""
    with organisation(db_url, items=1800) as org:
        assert org.backfill("--since", "2026-01-01") == 0
        org.run_job()
        org.advance(DAY)
        for item in org.sandbox.world.items.values():
            org.sandbox.world.change(item, Kind.RENAMED, text="touched")
        org.advance(2 * DAY)
        org.run_job()
        org.assert_equal_to_truth()


@pytest.mark.parametrize("number", [[1], {}, True, "7", None], ids=repr)
def test_a_record_with_an_odd_id_does_not_stop_the_others(org: Organisation, monkeypatch: Any, number: Any) -> None:
    """A list as an id ended the step, and true counted as the id 1."""
    spoilt = next(item for item in org.sandbox.world.items.values() if not item.pull_id)
    original = org.sandbox.app.new_payloads.issue
    monkeypatch.setattr(
        org.sandbox.app.new_payloads,
        "issue",
        lambda item, *args, **kwargs: original(item, *args, **kwargs) | ({"id": number} if item is spoilt else {}),
    )
    assert org.backfill("--since", "2026-01-01", "--only", "issues") == 0
    with create_db_session(org.db_url) as session:
        assert session.scalars(select(RejectedRecord.reason)).one() in {"id is missing", *ODD}


ODD = {f"id is {kind}, not a whole number" for kind in ("list", "dict", "bool", "str")}


@pytest.mark.parametrize("kind", ["shift", "truncated", "html", "502", "reset"])
def test_faults_on_the_way_lose_nothing(org: Organisation, kind: str) -> None:
    org.sandbox.faults.update(rate=0.3, kinds=[kind])
    assert org.backfill("--since", "2026-01-01") == 0
    org.sandbox.faults.clear()
    org.assert_equal_to_truth()
