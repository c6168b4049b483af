"""Checks when GitHub fails, or a run ends early: a failed call says nothing of a repository."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from chalicelib.github import Budget
from chalicelib.models import (
    Cursor,
    Repository,
    RepositoryCheck,
    RepositoryCheckChange,
    RepositoryRating,
    create_db_session,
)
from sandbox.api.messages import Answer
from tests.organisation import DAY, ORG, Organisation
from tests.security.conftest import rows_of
from tests.security.sync.auditing import (
    REFUSED,
    STEP,
    Make,
    Request,
    check,
    checks,
    failing,
    queries,
    repositories,
    results,
    run,
)

pytestmark = pytest.mark.slow


# Calls that fail


def state(org: Organisation) -> list[list[dict[str, Any]]]:
    return [rows_of(org.db_url, model) for model in (RepositoryCheck, RepositoryCheckChange, RepositoryRating)]


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (Answer({"message": "Server Error"}, 502, {}), "failed", "Server Error"),
        (Answer({"errors": [{"message": "it broke"}]}, 200, {}), "failed", "it broke"),
        (Answer([], 200, {}), "failed", "the answer"),
        (
            Answer({"data": None, "errors": [{"message": "SAML", "extensions": {"saml_failure": True}}]}, 200, {}),
            "failed",
            "SAML",
        ),
        (REFUSED, "failed", "Resource not accessible by integration"),
        (
            Answer({"data": None, "errors": [{"type": "FORBIDDEN", "message": "no"}]}, 200, {}),
            "failed",
            "no",
        ),
    ],
)
def test_a_query_that_fails_altogether_changes_nothing(
    org: Organisation, answer: Answer, status: str, says: str
) -> None:
    before = state(org)
    with org.sandbox.oddities.telling(failing(lambda _: replace(answer))):
        told = check(org)
    assert told.status == status
    assert says in (told.error or told.note)
    assert state(org) == before


def test_graphql_that_was_never_allowed_is_named_and_skipped(make: Make) -> None:
    """When it is refused later, the step fails, as those of alerts do: it was ok, with a note."""
    org = make(repositories=60)
    with org.sandbox.oddities.telling(failing(lambda _: REFUSED)):
        org.run_job("daily")
        org.sandbox.stats.reset()
        told = check(org)
    assert (told.status, told.error) == ("ok", None)
    assert told.note == "repositories can't be checked, for GraphQL is refused: Resource not accessible by integration"
    assert queries(org) <= 12  # of three batches: each alone, and three repositories of it
    assert check(org).status == "ok"
    with org.sandbox.oddities.telling(failing(lambda _: REFUSED)):
        told = check(org)
    assert (told.status, told.note) == ("failed", None)
    assert "Resource not accessible by integration" in told.error


def test_one_that_is_forbidden_does_not_hold_up_the_others(org: Organisation) -> None:
    """A single forbidden repository can void the whole answer."""
    third = repositories(org)[2]
    key = node_id(org, third.name)

    def answer(arguments: dict[str, Any]) -> Answer | None:
        return REFUSED if key in arguments.get("variables", {}).get("ids", ()) else None

    with org.sandbox.oddities.telling(failing(answer)):
        told = check(org)
    assert (told.status, told.note) == ("ok", None)
    assert results(org)[third.name]["readme"] == "error"
    assert checks(org)[third.name, "readme"]["evidence"] == {
        "error": "GitHub says: Resource not accessible by integration"
    }
    assert all("error" not in found.values() for name, found in results(org).items() if name != third.name)


def node_id(org: Organisation, name: str) -> str:
    return next(str(row["node_id"]) for row in rows_of(org.db_url, Repository) if row["name"] == name)


@pytest.mark.parametrize("answer", [Answer({"message": "Server Error"}, 502, {}), Answer([], 200, {}), REFUSED])
def test_a_query_that_fails_does_not_hold_up_the_others(
    org: Organisation, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    """What waits longest comes first: one that always failed would have kept all others from being checked."""
    monkeypatch.setattr("chalicelib.security.sync.checks.MOST_REPOSITORIES", 1)
    monkeypatch.setattr("chalicelib.github.batches.MOST_UNAVAILABLE", 0)
    first, before = min(repositories(org), key=lambda one: one.id), checks(org)
    key = node_id(org, first.name)
    with org.sandbox.oddities.telling(failing(lambda sent: answer if key in sent["variables"]["ids"] else None)):
        told = check(org)
        checked = {repo for (repo, _), row in checks(org).items() if row["checked_at"] == org.now()}
        others = {one.name for one in repositories(org)} - {first.name}
        if answer is REFUSED:
            assert (told.status, checked) == ("ok", {*others, first.name})
            assert results(org)[first.name]["readme"] == "error"
            return
        assert (told.status, checked) == ("failed", others)
        assert all(row == before[key] for key, row in checks(org).items() if key[0] == first.name)
    org.sandbox.stats.reset()
    told = check(org, after=60)
    assert (told.status, told.fetched, queries(org)) == ("ok", 1, 1)


def test_a_query_that_is_too_large_is_halved(org: Organisation) -> None:
    before = checks(org)

    def answer(arguments: dict[str, Any]) -> Answer | None:
        is_large = len(arguments.get("variables", {}).get("ids", ())) > 1
        errors = [{"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits for this query exceeded"}]
        return Answer({"data": {"nodes": [None] * 4}, "errors": errors}, 200, {}) if is_large else None

    with org.sandbox.oddities.telling(failing(answer)):
        told = check(org)
    assert (told.status, told.requests) == ("ok", 7)
    assert {key: row["result"] for key, row in checks(org).items()} == {
        key: row["result"] for key, row in before.items()
    }


def test_an_answer_about_another_repository_is_left_out(org: Organisation) -> None:
    first, second, *_ = repositories(org)
    first.audit.files, second.audit.files = {}, {}

    def tell(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("graphql"):
            return answer
        nodes = answer.data["data"]["nodes"]
        swapped = [nodes[1], nodes[0], *nodes[2:]]
        swapped[2] = {**nodes[2], "nameWithOwner": "elsewhere/it-moved"}
        return replace(answer, data={**answer.data, "data": {"nodes": swapped}})

    with org.sandbox.oddities.telling(tell):
        check(org)
    asked = [row["name"] for row in sorted(rows_of(org.db_url, Repository), key=lambda row: row["id"])]
    for name in asked[:3]:
        assert results(org)[name]["readme"] == "error"
        assert checks(org)[name, "readme"]["known_result"] == "pass"
    assert "readme" not in results(org)[asked[3]]


# A run that ends early


def test_a_run_that_ends_early_goes_on_with_the_unchecked(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.security.sync.checks.MOST_REPOSITORIES", 1)
    monkeypatch.setattr("chalicelib.security.sync.checks.QUERIES", 1)
    org = make(repositories=6)
    org.run_job("daily")
    org.advance(DAY)
    budget, asked = Budget(sleep=lambda seconds: None), list[str]()

    def tell(request: Request, answer: Answer) -> Answer:
        if request.path.endswith("graphql"):
            asked.extend(request.json()["variables"]["ids"])
            if len(asked) == 4:
                budget.cancel()
        return answer

    with org.sandbox.oddities.telling(tell):
        assert run(org, budget=budget)[STEP].status == "partial"
        begun = org.now()
        done = {repo for (repo, _), row in checks(org).items() if row["checked_at"] == begun}
        assert 0 < len(done) < 6
        org.advance(60)
        asked.clear()
        assert run(org)[STEP].status == "ok"
        assert len(asked) == 6 - len(done)
        late = {repo for (repo, _), row in checks(org).items() if row["checked_at"] == org.now()}
        assert late == {repository.name for repository in repositories(org)} - done
        org.advance(60)
        asked.clear()
        assert run(org)[STEP].fetched == 6
        # Those come first that have waited longest.
        keys = {row["node_id"]: row["name"] for row in rows_of(org.db_url, Repository)}
        assert {keys[key] for key in asked[: len(done)]} == done


@pytest.mark.parametrize(("after", "asked"), [(60, 0), (DAY, 4)])
def test_a_round_that_was_stopped_is_gone_on_with_on_the_same_day(org: Organisation, after: float, asked: int) -> None:
    with create_db_session(org.db_url) as session:
        session.add(Cursor(name="repository_checks.round", org=ORG, scope="*", value=org.now()))
        session.commit()
    assert check(org, after=after).fetched == asked
    assert check(org, after=60).fetched == 4


def test_what_is_gone_is_left_as_it_was(org: Organisation) -> None:
    first, before = repositories(org)[0], checks(org)
    with create_db_session(org.db_url) as session:
        session.execute(update(Repository).where(Repository.id == first.id).values(deleted_at=org.now()))
        session.commit()
    assert check(org).fetched == 3
    assert {key: row for key, row in checks(org).items() if key[0] == first.name} == {
        key: row for key, row in before.items() if key[0] == first.name
    }


def test_a_check_from_the_future_is_made_again(org: Organisation) -> None:
    """A wrong clock's checks would have been current for a year."""
    org.ahead = timedelta(days=365)
    with create_db_session(org.db_url) as session:
        for row in session.query(RepositoryCheck):
            row.checked_at = row.since = org.now()
        session.commit()
    org.ahead *= 0
    check(org)
    assert {row["checked_at"] for row in checks(org).values()} == {org.now()}
    assert all(row["since"] <= org.now() for row in checks(org).values())
