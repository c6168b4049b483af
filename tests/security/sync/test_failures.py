"""Each way in which GitHub can fail to answer: nothing becomes fixed, unlisted or lost by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.models import RejectedRecord, Watermark, create_db_session
from chalicelib.security.models import AlertTransition
from sandbox import DependabotAlert, SecretAlert
from tests.organisation import DAY, Organisation, organisation
from tests.security.conftest import rows_of
from tests.security.sync.test_alerts import KINDS, PATHS, run, stored

Lie = Callable[[Any], Any]


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=10, days=60, repositories=3, alerts=6) as running:
        running.environment["SECURITY"] = "on"
        running.sandbox.world.stand_still()
        run(running)
        yield running


def status(number: int, message: str) -> Lie:
    return lambda answer: replace(answer, data={"message": message}, status=number)


FAILED: dict[str, Lie] = {
    "server error": status(500, "Server Error"),
    "unavailable": status(503, "Service Unavailable"),
    "forbidden": status(403, "Resource not accessible by personal access token"),
    "not found": status(404, "Not Found"),
    "refused": status(422, "Validation Failed"),
    "no list": lambda answer: replace(answer, data={"alerts": answer.data}),
    "null": lambda answer: replace(answer, data=None, text=b"null"),
    "cut off": lambda answer: replace(answer, data=None, text=b'[{"number": 1, "secret": "planted-secret-in-pieces'),
    "single sign-on": lambda answer: replace(
        answer, headers={**answer.headers, "X-GitHub-SSO": "partial-results; organizations=17"}
    ),
}
ODD: dict[str, Lie] = {
    "empty": lambda answer: replace(answer, data=[], headers={}),
    "no next page": lambda answer: replace(answer, data=answer.data[:2], headers={}),
    "no objects": lambda answer: replace(answer, data=["planted-secret-as-text", None, 7]),
    "another organisation's": lambda answer: replace(
        answer,
        data=[
            {**one, "repository": {**one["repository"], "owner": {**one["repository"]["owner"], "login": "other"}}}
            for one in answer.data
        ],
    ),
    "without state": lambda answer: replace(
        answer, data=[{name: value for name, value in one.items() if name != "state"} for one in answer.data]
    ),
    "older": lambda answer: replace(
        answer, data=[{**one, "state": "open", "updated_at": "2020-01-01T00:00:00Z"} for one in answer.data]
    ),
}


def tell_about(kind: str, lie: Lie) -> Callable[[Any, Any], Any]:
    def told(request: Any, answer: Any) -> Any:
        is_list = request.path.startswith("/org") and request.path.endswith(f"/{PATHS[kind]}/alerts")
        return lie(answer) if is_list and answer.status == 200 else answer

    return told


def everything(org: Organisation) -> Any:
    """All that is stored of alerts, and how far; a reading's own times aside."""
    own = {"listed_at", "asked_at"}
    rows = {
        kind: [{name: value for name, value in row.items() if name not in own} for row in stored(org, kind).values()]
        for kind in KINDS
    }
    return rows, rows_of(org.db_url, AlertTransition)


def marks(org: Organisation) -> dict[str, Any]:
    return {row["name"]: row["value"] for row in rows_of(org.db_url, Watermark)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("days", [1, 8], ids=["newest", "whole"])
def test_a_call_that_fails_is_a_failed_step_and_changes_nothing(org: Organisation, kind: str, days: int) -> None:
    before, mark, name = everything(org), marks(org), KINDS[kind][0].__tablename__
    org.advance(days * DAY)
    for failure, lie in FAILED.items():
        with org.sandbox.oddities.telling(tell_about(kind, lie)):
            assert run(org, name)[name].status == "failed", failure
        assert everything(org) == before, failure
        assert marks(org)[name] == mark[name], failure
    # The others are read meanwhile, and it goes on by itself.
    assert {ran.status for ran in run(org).values()} == {"ok"}
    assert everything(org) == before
    assert marks(org)[name] > mark[name]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("days", [1, 8], ids=["newest", "whole"])
def test_nothing_is_concluded_from_an_odd_answer(org: Organisation, kind: str, days: int) -> None:
    before, name = everything(org), KINDS[kind][0].__tablename__
    for oddity, lie in ODD.items():
        org.advance(days * DAY)
        with org.sandbox.oddities.telling(tell_about(kind, lie)):
            run(org, name)
        assert everything(org) == before, oddity


@pytest.mark.parametrize("kind", KINDS)
def test_an_alert_that_cannot_be_asked_for_stays_as_it_is(org: Organisation, kind: str) -> None:
    before, name = everything(org), KINDS[kind][0].__tablename__
    org.advance(8 * DAY)
    for failure in ("server error", "forbidden", "no list", "single sign-on"):

        def told(request: Any, answer: Any, lie: Lie = FAILED[failure]) -> Any:
            if request.path.startswith("/repositories/") and f"/{PATHS[kind]}/alerts/" in request.path:
                return lie(answer)
            return tell_about(kind, ODD["empty"])(request, answer)

        with org.sandbox.oddities.telling(told):
            assert run(org, name)[name].status == "failed", failure
        assert everything(org) == before, failure


@pytest.mark.parametrize("kind", KINDS)
def test_a_feature_that_is_off_is_named_once_and_skipped(org: Organisation, kind: str) -> None:
    before, name = everything(org), KINDS[kind][0].__tablename__
    setattr(org.sandbox.world.organisations["acme"].security, kind, False)
    org.advance(8 * DAY)
    ran = run(org)[name]
    assert (ran.status, ran.error, ran.requests) == ("ok", None, 1)
    assert ran.note is not None
    assert ran.note.count("are not read: ") == 1
    assert everything(org) == before


def test_what_was_never_allowed_is_named_and_skipped_but_a_permission_that_was_taken_away_fails(
    org: Organisation,
) -> None:
    org.sandbox.tokens.add("narrow", ["acme"], permissions={"metadata": "read"})
    org.environment["GH_TOKEN"] = "narrow"
    org.advance(DAY)
    for ran in run(org).values():
        assert ran.status == "failed"
        assert "(the credentials need " in ran.error


def test_at_first_a_missing_permission_is_named_and_skipped(db_url: str) -> None:
    with organisation(db_url, items=10, days=60, repositories=3, alerts=6) as org:
        org.environment |= {"SECURITY": "on", "GH_TOKEN": "narrow"}
        org.sandbox.tokens.add("narrow", ["acme"], permissions={"metadata": "read"})
        for ran in run(org).values():
            assert (ran.status, ran.error, ran.requests) == ("ok", None, 1)
            assert "are not read: " in ran.note
            assert "(the credentials need " in ran.note


def test_a_rejected_alert_is_stored_when_it_can_be_understood(org: Organisation) -> None:
    world = org.sandbox.world
    repository = next(iter(world.repositories.values()))
    org.advance(DAY)
    alert = world.open_alert(repository, DependabotAlert)

    def without_state(answer: Any) -> Any:
        return replace(answer, data=[{**one, "state": None} for one in answer.data])

    with org.sandbox.oddities.telling(tell_about("dependabot", without_state)):
        ran = run(org)["dependabot_alerts"]
    assert ran.rejected > 0
    with create_db_session(org.db_url) as session:
        kept = session.scalars(select(RejectedRecord).where(RejectedRecord.stored_at.is_(None))).all()
    assert f"repository.id={repository.id} number={alert.number}" in {record.identity for record in kept}
    org.advance(8 * DAY)
    run(org)
    assert (repository.id, alert.number) in stored(org, "dependabot")
    with create_db_session(org.db_url) as session:
        assert not session.scalars(select(RejectedRecord).where(RejectedRecord.stored_at.is_(None))).all()


def test_secrets_of_generic_types_are_read_by_their_names(org: Organisation) -> None:
    world = org.sandbox.world
    repository = next(iter(world.repositories.values()))
    org.advance(DAY)
    alert = world.open_alert(repository, SecretAlert, secret_type="password")
    run(org)
    assert stored(org, "secret_scanning")[repository.id, alert.number]["secret_type"] == "password"
