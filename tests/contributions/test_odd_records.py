"""Records that can't be stored, or must not be: what is kept of them, and for how long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.models import Event, RejectedRecord, create_db_session
from sandbox.api.messages import Answer, Request
from sandbox.server.oddities import Oddity
from tests.oddities import DRAFT, of_lists
from tests.organisation import Organisation

pytestmark = pytest.mark.slow


def rejected(org: Organisation) -> list[RejectedRecord]:
    with create_db_session(org.db_url) as session:
        return list(session.scalars(select(RejectedRecord)))


def test_a_pending_review_is_neither_stored_nor_kept(org: Organisation) -> None:
    """It was kept among the rejected, whole: a text that nobody but its author may see."""
    with org.sandbox.oddities.telling(of_lists(".*/timeline", lambda events: [*events, DRAFT])):
        assert org.backfill("--since", "2026-01-01", "--only", "issues,pull_requests,events") == 0
    assert rejected(org) == []
    with create_db_session(org.db_url) as session:
        assert session.scalars(select(Event.id).where(Event.id == DRAFT["id"])).all() == []


def without_title(number: int) -> Oddity:
    """Leave out an item's title wherever a search shows it."""

    def spoilt(item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "title": None} if item["id"] == number else item

    def odd(request: Request, answer: Answer) -> Answer:
        if request.path != "/search/issues" or answer.status != 200:
            return answer
        return replace(answer, data={**answer.data, "items": [spoilt(item) for item in answer.data["items"]]})

    return odd


def test_a_rejected_record_that_is_stored_later_is_no_longer_counted(org: Organisation) -> None:
    number = max(org.truth("issues"))
    with org.sandbox.oddities.telling(without_title(number)):
        org.run_job()
    (kept,) = rejected(org)
    assert (kept.identity, kept.stored_at, kept.reason) == (f"id={number}", None, "title is missing")
    assert number not in org.stored("issues")
    org.run_job()
    assert number in org.stored("issues")
    (kept,) = rejected(org)
    assert kept.stored_at == org.now()
