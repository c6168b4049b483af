"""Answers that no GitHub should give, through the real commands: a sentence and no mark, then the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.errors import JobFailedError
from chalicelib.models import RejectedRecord, SyncRun, Watermark, create_db_session
from sandbox.api.messages import Answer, Request
from sandbox.server.oddities import Oddity
from tests.organisation import DAY, ORG, Organisation, organisation

pytestmark = pytest.mark.slow

JOBS = ("every_30_min", "nrt_events", "daily")
BEGIN = ("--since", "2026-01-01")
NUMBERS = count()


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=20, repositories=2, people=6) as running:
        yield running


def next_link(request: Request, answer: Answer, *, query: str = "") -> Answer:
    target = f"{request.path}?{query or request.target.partition('?')[2]}"
    host = request.headers["host"]
    return replace(answer, headers={**answer.headers, "Link": f'<http://{host}{target}>; rel="next"'})


def search_in_a_circle(request: Request, answer: Answer) -> Answer:
    return next_link(request, answer) if request.path == "/search/issues" else answer


def search_without_end(request: Request, answer: Answer) -> Answer:
    if request.path != "/search/issues":
        return answer
    empty = replace(answer, data={**answer.data, "items": []})
    return next_link(request, empty, query=f"{request.target.partition('?')[2]}&cursor={next(NUMBERS)}")


def timeline_in_a_circle(request: Request, answer: Answer) -> Answer:
    return next_link(request, answer) if request.path.endswith("/timeline") else answer


def timeline_without_end(request: Request, answer: Answer) -> Answer:
    is_timeline = request.path.endswith("/timeline") and answer.status == 200
    return next_link(request, answer, query=f"after={next(NUMBERS)}") if is_timeline else answer


def members_in_a_circle(request: Request, answer: Answer) -> Answer:
    return next_link(request, answer) if request.path.endswith("/members") else answer


def negative_count(request: Request, answer: Answer) -> Answer:
    return replace(answer, data={**answer.data, "total_count": -1}) if request.path == "/search/issues" else answer


# The job, what it is told, the mark that must stay (none where true items came first), and what the ledger says.
FAILING: list[tuple[str, Oddity, str, str]] = [
    ("every_30_min", search_in_a_circle, "", "the next page is one already read"),
    ("every_30_min", search_without_end, "updated:issues", "and lists none"),
    ("every_30_min", negative_count, "updated:issues", "the answer is not a search result"),
    ("nrt_events", timeline_in_a_circle, "events", "the next page is one already read"),
    ("nrt_events", timeline_without_end, "events", "pages bring nothing new"),
    ("daily", members_in_a_circle, "members", "the next page is one already read"),
]


@pytest.mark.timeout(60)
def test_jobs_end_with_a_sentence_and_move_no_mark(org: Organisation) -> None:
    """In one organisation, one oddity after another: each could have gone on for ever, or been believed."""
    assert org.backfill(*BEGIN) == 0
    for each in JOBS:
        org.run_job(each)
    org.advance(DAY)
    for job, oddity, mark, sentence in FAILING:
        if job == "nrt_events":
            org.run_job("every_30_min")
        before = watermarks(org).get(mark)
        with org.sandbox.oddities.telling(oddity), pytest.raises(JobFailedError):
            org.run_job(job)
        assert sentence in errors(org)[-1], oddity.__name__
        assert watermarks(org).get(mark) == before, oddity.__name__
    for each in JOBS:
        org.run_job(each)
    org.assert_equal_to_truth()


def watermarks(org: Organisation) -> dict[str, Any]:
    with create_db_session(org.db_url) as session:
        return {row.name: row.value for row in session.scalars(select(Watermark))}


def errors(org: Organisation) -> list[str]:
    with create_db_session(org.db_url) as session:
        return [error for error in session.scalars(select(SyncRun.error)) if error]


def test_a_backfill_ends_with_it_too(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    for oddity in (search_in_a_circle, search_without_end, negative_count):
        with org.sandbox.oddities.telling(oddity):
            assert org.backfill(*BEGIN) == 1
        assert "error: " in capsys.readouterr().err
    assert org.backfill(*BEGIN) == 0
    org.assert_equal_to_truth()


def test_another_organisation_is_not_read(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    def other(request: Request, answer: Answer) -> Answer:
        return replace(answer, data={**answer.data, "login": "evil"}) if request.path == f"/orgs/{ORG}" else answer

    with org.sandbox.oddities.telling(other):
        assert org.backfill(*BEGIN) == 1
    assert "asked for the organisation acme, GitHub answered about evil" in capsys.readouterr().err
    assert not org.stored("issues")


def test_a_record_that_is_nested_too_deeply_is_kept_and_the_others_are_stored(org: Organisation) -> None:
    """Each step that walked through such a record could meet Python's limit, and ended in a traceback."""
    deep = json.loads('{"a": ' * 500 + "7" + "}" * 500)

    def spoil(request: Request, answer: Answer) -> Answer:
        if request.path != "/search/issues" or not answer.data["items"]:
            return answer
        first, *others = answer.data["items"]
        return replace(answer, data={**answer.data, "items": [{**first, "reactions": deep}, *others]})

    with org.sandbox.oddities.telling(spoil):
        assert org.backfill(*BEGIN, "--only", "issues") == 0
    with create_db_session(org.db_url) as session:
        rejected = session.scalars(select(RejectedRecord)).all()
        assert {record.reason for record in rejected} == {"it is nested too deeply"}
        assert all(json.loads(record.record)["title"] for record in rejected)
    assert org.stored("issues")
