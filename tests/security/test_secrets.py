"""A planted secret appears nowhere: tables, logs, errors, snapshots."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.errors import JobFailedError
from chalicelib.models import Base, RejectedRecord, create_db_session
from chalicelib.security.models import SecretScanningAlert
from chalicelib.security.rows import COMMENTS
from sandbox import SecretAlert
from tests.organisation import DAY, Organisation, organisation
from tests.security.conftest import rows_of
from tests.security.sync.test_alerts import run

PLANTED = "hunter2-planted-secret"
LIST = "/secret-scanning/alerts"


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """An organisation with an alert whose secret stands in its field, and in each comment."""
    with organisation(db_url, items=10, days=30, repositories=2) as running:
        running.environment["SECURITY"] = "on"
        world = running.sandbox.world
        repository = next(iter(world.repositories.values()))
        comments = dict.fromkeys(COMMENTS, f"we still need {PLANTED} for a while")
        alert = world.open_alert(repository, SecretAlert, secret=PLANTED, **comments)
        world.resolve_alert(alert, "wont_fix", comment=f"{PLANTED} is harmless")
        yield running


def stored_text(org: Organisation) -> str:
    """Everything in every table."""
    with create_db_session(org.db_url) as session:
        return "\n".join(
            str(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(select(table))
        )


def shown(answer: Any) -> Any:
    """What a GitHub says that ignores hide_secret, and quotes the secret in a field that nobody knows yet."""
    return replace(answer, data=[{**alert, "secret": PLANTED, "excerpt": PLANTED} for alert in answer.data])


LIES: dict[str, Any] = {
    "ignores hide_secret": shown,
    "says text": lambda answer: replace(answer, data=[PLANTED, {"number": PLANTED}, [PLANTED]]),
    "says it in odd places": lambda answer: replace(
        shown(answer), data=[{**alert, "validity": {"of": PLANTED}, "resolved_by": PLANTED} for alert in answer.data]
    ),
    "is cut off": lambda answer: replace(answer, data=None, text=f'[{{"secret": "{PLANTED}'.encode()),
    "is no list": lambda answer: replace(answer, data={"secret": PLANTED}),
    "quotes it in an error": lambda answer: replace(answer, data={"message": f"{PLANTED} is odd"}, status=500),
    "quotes it in a refusal": lambda answer: replace(answer, data={"message": f"no access to {PLANTED}"}, status=403),
    "without number": lambda answer: replace(shown(answer), data=[{**alert, "number": None} for alert in answer.data]),
}


@pytest.mark.parametrize("lie", LIES)
def test_it_is_in_no_table_log_or_error(
    org: Organisation, lie: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)

    def told(request: Any, answer: Any) -> Any:
        return LIES[lie](answer) if request.path.endswith(LIST) and isinstance(answer.data, list) else answer

    said = ""
    with org.sandbox.oddities.telling(told):
        for _ in range(2):
            try:
                org.run_job("daily")
            except JobFailedError as error:
                said += str(error)
            org.advance(8 * DAY)
    texts = {"tables": stored_text(org), "errors": said, "logs": caplog.text, "output": str(capfd.readouterr())}
    assert [place for place, text in texts.items() if PLANTED in text] == []
    assert "secret_scanning_alerts" in texts["tables"]


def test_pages_are_asked_for_without_it_also_when_github_s_link_forgets_that(org: Organisation) -> None:
    world = org.sandbox.world
    repository = next(iter(world.repositories.values()))
    for _ in range(150):
        world.open_alert(repository, SecretAlert)
    asked = []

    def forget(request: Any, answer: Any) -> Any:
        if LIST not in request.path:
            return answer
        asked.append(dict(request.arguments).get("hide_secret"))
        links = {name: text.replace("hide_secret=true&", "") for name, text in answer.headers.items()}
        return replace(answer, headers=links)

    with org.sandbox.oddities.telling(forget):
        run(org)
    assert asked == ["true"] * 3


def test_it_is_never_asked_for(org: Organisation) -> None:
    asked = []

    def watch(request: Any, answer: Any) -> Any:
        if LIST in request.path:
            asked.append(dict(request.arguments).get("hide_secret"))
        return answer

    with org.sandbox.oddities.telling(watch):
        run(org)
    assert set(asked) == {"true"}


def test_comments_are_stored_when_somebody_wants_them_and_emptied_when_not_any_more(org: Organisation) -> None:
    org.environment["SECRET_COMMENTS"] = "on"
    run(org)
    row = rows_of(org.db_url, SecretScanningAlert)[0]
    assert {name for name in COMMENTS if row[name] and PLANTED in row[name]} == set(COMMENTS)
    del org.environment["SECRET_COMMENTS"]
    org.advance(DAY)
    run(org)
    row = rows_of(org.db_url, SecretScanningAlert)[0]
    assert [row[name] for name in COMMENTS] == [None] * len(COMMENTS)
    assert PLANTED not in stored_text(org)


def test_they_are_emptied_in_rejected_records_too(org: Organisation) -> None:
    org.environment["SECRET_COMMENTS"] = "on"

    def told(request: Any, answer: Any) -> Any:
        if not request.path.endswith(LIST):
            return answer
        return replace(answer, data=[{**alert, "created_at": "no time"} for alert in answer.data])

    with org.sandbox.oddities.telling(told):
        run(org)
    assert PLANTED in stored_text(org)
    del org.environment["SECRET_COMMENTS"]
    org.advance(DAY)
    with org.sandbox.oddities.telling(told):
        run(org)
    assert PLANTED not in stored_text(org)
    kept = rows_of(org.db_url, RejectedRecord)
    assert [(row["kind"], row["reason"]) for row in kept] == [("secret_scanning_alerts", "created_at is not a time")]
