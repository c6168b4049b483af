"""GraphQL answers 200 to nearly everything: what each answer means, and what a query makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import (
    ForbiddenError,
    GitHubError,
    OutOfTimeError,
    QueryTooLargeError,
    SingleSignOnError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableError,
)
from chalicelib.github import Budget, GitHubAPI, QueryError
from chalicelib.github import client as client_module
from chalicelib.github.graphql import read_errors
from chalicelib.github.origin import Origin
from tests.github.conftest import TOKEN, FakeTime, limits
from tests.github.local_server import CUT_GZIP, NOT_JSON, RESET, LocalServer, Reply, reply

SAMPLES = Path(__file__).parents[2] / "../shared/samples/graphql/answers"
QUERY, VARIABLES = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["I_1"]}
GOOD = reply(200, {"data": {"nodes": [{"id": "I_1"}]}})


def failed(kind: str = "", message: str = "no", *, data: Any = None, status: int = 200, **more: Any) -> Reply:
    error = {"message": message, **({"type": kind} if kind else {}), **more}
    return reply(status, {"data": data, "errors": [error]})


def test_a_query_is_posted_as_json_with_the_token(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [GOOD]
    answer = api.query(QUERY, VARIABLES)
    assert (answer.data, answer.errors) == ({"nodes": [{"id": "I_1"}]}, ())
    [seen] = server.seen
    assert seen.target == "/graphql"
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["Authorization"] == f"Bearer {TOKEN}"
    assert seen.headers["X-GitHub-Next-Global-ID"] == "1"
    assert int(seen.headers["Content-Length"]) == len(json.dumps({"query": QUERY, "variables": VARIABLES}))


@pytest.mark.parametrize(
    ("api_url", "graphql_url"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://ghe.example/api/v3/", "https://ghe.example/api/graphql"),
        ("https://api.octo.ghe.com", "https://api.octo.ghe.com/graphql"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql"),
    ],
)
def test_the_address_of_each_kind_of_server(api_url: str, graphql_url: str) -> None:
    assert Origin.from_url(api_url).graphql_url == graphql_url


def test_points_are_a_limit_of_their_own(server: LocalServer, api: GitHubAPI, fake_time: FakeTime) -> None:
    spent = reply(200, {"data": {}}, limits(0, seconds=60, resource="graphql"))
    server.replies = [spent, reply(200, []), GOOD]
    api.query(QUERY, VARIABLES)
    api.get("/a")
    assert fake_time.slept == []
    api.query(QUERY, VARIABLES)
    assert fake_time.slept == [61]
    assert api.rate_limits["graphql"].remaining == 0


def test_a_spent_limit_in_a_200_is_waited_out(server: LocalServer, api: GitHubAPI, fake_time: FakeTime) -> None:
    error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}
    server.replies = [reply(200, {"errors": [error]}, limits(0, seconds=1800, resource="graphql")), GOOD]
    assert api.query(QUERY, VARIABLES).data["nodes"]
    assert fake_time.slept == [1801]
    assert fake_time.pauses[0].reason == "primary rate limit"


def test_a_secondary_limit_in_a_200_is_waited_out(server: LocalServer, api: GitHubAPI, fake_time: FakeTime) -> None:
    server.replies = [failed("RATE_LIMITED", "You have exceeded a secondary rate limit"), GOOD]
    api.query(QUERY, VARIABLES)
    assert fake_time.slept == [60]


@pytest.mark.parametrize(
    "answer",
    [
        failed("RESOURCE_LIMITS_EXCEEDED", "Resource limits for this query exceeded.", data={"nodes": [None]}),
        failed("MAX_NODE_LIMIT_EXCEEDED", "exceeds the limit of 500,000"),
        failed("ARGUMENT_LIMIT", "You may not provide more than 100 node ids"),
        failed("", "Timeout on validation of query"),
        failed("", "Something went wrong while executing your query. This may be the result of a timeout"),
        failed("", "Something went wrong while executing your query.", status=502),
        reply(502, b"<html>Unicorn!</html>"),
        reply(504, b""),
    ],
)
def test_a_query_that_is_too_large_is_told_from_a_failure(
    server: LocalServer, api: GitHubAPI, fake_time: FakeTime, answer: Reply
) -> None:
    """At once to a caller who can ask for less; to others after the usual attempts."""
    server.replies = [answer]
    with pytest.raises(QueryTooLargeError):
        api.query(QUERY, VARIABLES, is_divisible=True)
    assert fake_time.slept == []
    server.replies = [answer, GOOD]
    assert api.query(QUERY, VARIABLES).data["nodes"]
    server.replies = [answer] * 6
    with pytest.raises(UnavailableError):
        api.query(QUERY, VARIABLES)


def test_a_part_that_never_comes_leaves_the_rest_good(server: LocalServer, api: GitHubAPI) -> None:
    """All of a repository was lost when GitHub took too long over one field of it, however often it was asked."""
    node = {"nodes": [{"id": "I_1", "slow": None}]}
    answer = failed("", "Something went wrong while executing your query.", data=node, path=["nodes", 0, "slow"])
    server.replies = [answer]
    with pytest.raises(QueryTooLargeError):
        api.query(QUERY, VARIABLES, is_divisible=True)
    server.replies = [answer] * 5 + [GOOD]
    assert api.query(QUERY, VARIABLES).errors == ()
    server.replies = [answer] * 6
    found = api.query(QUERY, VARIABLES)
    assert (found.data, [error.path for error in found.errors]) == (node, [("nodes", 0, "slow")])


def test_an_answer_that_is_too_large_is_asked_for_in_parts(
    server: LocalServer, api: GitHubAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "LARGEST_PART", 1_000)
    server.replies = [reply(200, {"data": {"text": "x" * 2_000}})] * 2
    with pytest.raises(QueryTooLargeError, match="larger than 1,000 bytes"):
        api.query(QUERY, VARIABLES, is_divisible=True)
    assert api.query(QUERY, VARIABLES).data


@pytest.mark.parametrize("broken", [RESET, CUT_GZIP, NOT_JSON, reply(503, {"message": "Unavailable"})])
def test_a_broken_answer_is_asked_for_again(server: LocalServer, api: GitHubAPI, broken: Reply) -> None:
    server.replies = [broken, GOOD]
    assert api.query(QUERY, VARIABLES, is_divisible=True).data["nodes"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(401, {"message": "Bad credentials"}), UnauthorizedError),
        (failed("FORBIDDEN", "Resource not accessible"), ForbiddenError),
        (failed("FORBIDDEN", "SAML", extensions={"saml_failure": True}), SingleSignOnError),
        (failed("", "Field 'x' doesn't exist on type 'Y'", extensions={"code": "undefinedField"}), UnprocessableError),
        (failed("", 'Parse error on ":" (COLON) at [1, 9]'), UnprocessableError),
        (reply(200, {"data": {}}, {"X-GitHub-SSO": "partial-results; organizations=1"}), SingleSignOnError),
        (reply(400, {"message": "Problems parsing JSON"}), GitHubError),
    ],
)
def test_a_refusal_is_no_absence(
    server: LocalServer, api: GitHubAPI, fake_time: FakeTime, answer: Reply, error: type[GitHubError]
) -> None:
    server.replies = [answer]
    with pytest.raises(error) as raised:
        api.query(QUERY, VARIABLES)
    assert fake_time.slept == []
    assert TOKEN not in str(raised.value)
    assert "POST /graphql" in str(raised.value)


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": []}, {"data": None, "errors": []}, {"errors": "x"}])
def test_an_answer_without_data_is_a_failure(server: LocalServer, api: GitHubAPI, body: object) -> None:
    server.replies = [reply(200, body)] * 6
    with pytest.raises(UnavailableError, match="neither data nor errors"):
        api.query(QUERY, VARIABLES)


def test_data_beside_errors_is_given_with_them(server: LocalServer, api: GitHubAPI) -> None:
    error = {"type": "NOT_FOUND", "path": ["nodes", 1], "message": "Could not resolve to a node"}
    server.replies = [reply(200, {"data": {"nodes": [{"id": "I_1"}, None]}, "errors": [error]})]
    answer = api.query(QUERY, VARIABLES)
    assert answer.data == {"nodes": [{"id": "I_1"}, None]}
    assert answer.errors == (QueryError("NOT_FOUND", "Could not resolve to a node", ("nodes", 1)),)


@pytest.mark.parametrize("errors", [None, "x", [1], [{"path": 3, "type": 4, "extensions": "x", "message": None}]])
def test_errors_of_any_shape_are_read(errors: object) -> None:
    assert all(isinstance(error, QueryError) for error in read_errors({"errors": errors}))


def test_a_query_keeps_to_the_deadline(server: LocalServer, fake_time: FakeTime) -> None:
    budget: Budget = fake_time.budget(30)
    with GitHubAPI(TOKEN, api_url=server.url, budget=budget) as api:
        server.replies = [failed("RATE_LIMITED", "You have exceeded a secondary rate limit")]
        with pytest.raises(OutOfTimeError):
            api.query(QUERY, VARIABLES)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the recorded answers are not here")
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("gidgethub_bad-credentials-401", UnauthorizedError),
        ("gidgethub_malformed-json-400", GitHubError),
        ("gidgethub_malformed-query-200", UnprocessableError),
        ("gidgethub_missing-variable-in-request-200", UnprocessableError),
        ("gidgethub_success-200", None),
    ],
)
def test_recorded_answers(server: LocalServer, api: GitHubAPI, name: str, error: type[GitHubError] | None) -> None:
    body = json.loads((SAMPLES / f"{name}.json").read_text())
    server.replies = [reply(int(name.rpartition("-")[2]), body)]
    if error is None:
        assert api.query(QUERY, VARIABLES).data == body["data"]
        return
    with pytest.raises(error):
        api.query(QUERY, VARIABLES)
