"""Answers without what an organisation's single sign-on hides: they fail, move no mark and mark nothing as gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.errors import JobFailedError
from chalicelib.models import Cursor, Membership, Repository, SyncRun, Watermark, create_db_session
from sandbox.api.messages import Answer, Request
from sandbox.server.oddities import Oddity
from tests.organisation import DAY, Organisation

pytestmark = pytest.mark.slow

JOBS = ("every_30_min", "daily", "nrt_events")
PARTIAL = {"X-GitHub-SSO": "partial-results; organizations=21955855, 20582480"}
REQUIRED = {"X-GitHub-SSO": "required; url=https://github.com/orgs/acme/sso?authorization_request=SeCrEt"}


def leave_out_half(_: Request, answer: Answer) -> Answer:
    """What GitHub does without a session: a 200 with less in it."""
    data = answer.data
    if isinstance(data, dict) and "items" in data:
        items = data["items"][::2]
        data = {**data, "items": items, "total_count": len(items)}
    elif isinstance(data, list):
        data = data[::2]
    return replace(answer, data=data, headers={**answer.headers, **PARTIAL})


def hide(request: Request, answer: Answer) -> Answer:
    """Issues behind the door look as if they were not there."""
    if "/issues/" not in request.path:
        return answer
    return Answer({"message": "Not Found"}, 404, {**answer.headers, **REQUIRED})


def everything(org: Organisation) -> dict[str, Any]:
    with create_db_session(org.db_url) as session:
        marks: dict[str, datetime] = {}
        models: tuple[Any, ...] = (Watermark, Cursor)
        for model in models:
            marks |= {f"{row.name} {row.scope}": row.value for row in session.scalars(select(model))}
        current: dict[str, list[Any]] = {
            "members": [row.member_id for row in session.scalars(select(Membership)) if not row.inactive],
            "repositories": [row.id for row in session.scalars(select(Repository)) if row.deleted_at is None],
            **{kind: list(org.stored(kind)) for kind in org.kinds},
        }
        return {"marks": marks, **{name: set(keys) for name, keys in current.items()}}


def errors(org: Organisation) -> list[str]:
    with create_db_session(org.db_url) as session:
        return [error for error in session.scalars(select(SyncRun.error)) if error]


@pytest.mark.parametrize(
    ("job", "tell"),
    [("every_30_min", leave_out_half), ("daily", leave_out_half), ("nrt_events", leave_out_half), ("nrt_events", hide)],
)
def test_what_is_left_out_is_neither_gone_nor_read(org: Organisation, job: str, tell: Oddity) -> None:
    """Half of the issues were marked as deleted, and the marks moved on."""
    org.begin(*JOBS)
    org.advance(DAY)
    org.run_job("every_30_min")
    before = everything(org)

    with org.sandbox.oddities.telling(tell), pytest.raises(JobFailedError):
        org.run_job(job)
    assert everything(org) == before
    assert any("single sign-on (SSO)" in error for error in errors(org))
    assert not any("SeCrEt" in error for error in errors(org))

    for each in JOBS:
        org.run_job(each)
    org.assert_equal_to_truth()
