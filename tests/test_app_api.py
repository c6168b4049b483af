"""The read API's route: what API Gateway hands over, what it gets back, and whom it lets pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from chalice.app import Chalice, IAMAuthorizer
from chalice.deploy.swagger import SwaggerGenerator
from chalice.test import Client

import app
from chalicelib.jobs.kept import KeptSettings
from chalicelib.models import create_db_session
from chalicelib.settings import Settings
from chalicelib.workflows.models import WorkflowJob
from tests.workflows.jobs import job, write

# GitHub can't sign as AWS wants it: the webhook checks GitHub's own signature.
OPEN = {("POST", "/webhook")}
# Chalice says of IAM that it is not checked here.
pytestmark = pytest.mark.filterwarnings("ignore:IAMAuthorizer is not a supported in local mode")


@pytest.fixture
def client(db_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The app as Chalice runs it, on a database with three jobs."""
    settings = Settings({"DB_URL": db_url, "GH_ORGS": "acme"}.get)
    monkeypatch.setattr(app, "KEPT", KeptSettings(lambda: settings))
    with create_db_session(db_url) as session:
        write(session, WorkflowJob, job(1), job(2, "queued"), job(3, "queued", name="日本"))
        session.commit()
    with Client(app.app) as client:
        yield client


def event(path: str, query: dict[str, list[str]] | None, *, resource: str = "/api/{name}", method: str = "GET") -> Any:
    """What API Gateway hands to the function.

    https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
    """
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {"Accept": "*/*", "Host": "abc123.execute-api.eu-west-1.amazonaws.com"},
        "multiValueHeaders": {"Accept": ["*/*"], "Host": ["abc123.execute-api.eu-west-1.amazonaws.com"]},
        "queryStringParameters": None if query is None else {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": {"name": path.rpartition("/")[2]},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/api{path}",
            "identity": {"userArn": "arn:aws:iam::123456789012:user/front-end", "sourceIp": "203.0.113.9"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def test_a_front_end_gets_rows_as_json(client: Client) -> None:
    response = client.http.get("/api/jobs?state=queued&limit=1")
    assert (response.status_code, response.headers["Content-Type"]) == (HTTPStatus.OK, "application/json")
    assert response.headers["Cache-Control"] == "no-store"
    assert [(row["id"], row["name"]) for row in response.json_body["jobs"]] == [(3, "日本")]
    rest = client.http.get(f"/api/jobs?state=queued&limit=1&after={response.json_body['next']}").json_body
    assert ([row["id"] for row in rest["jobs"]], rest["next"]) == ([2], None)


@pytest.mark.parametrize("path", ["/api/jobs", "/api/runners", "/api/queue"])
def test_there_are_three_resources(client: Client, path: str) -> None:
    response = client.http.get(path)
    assert (response.status_code, list(response.json_body)) == (HTTPStatus.OK, [path.rpartition("/")[2], "next"])


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/api/jobs?limit=0", 400, "limit must be a whole number from 1 to 500"),
        ("/api/jobs?org=acme&org=acme", 400, "org must be given once"),
        ("/api/jobs?org=", 400, "org must be one of acme"),
        ("/api/members", 404, "there is no such resource; there is jobs, runners, queue"),
    ],
)
def test_an_error_is_a_sentence(client: Client, path: str, status: int, sentence: str) -> None:
    response = client.http.get(path)
    assert (response.status_code, response.json_body) == (status, {"error": sentence})


def test_api_gateways_own_event_is_understood(client: Client) -> None:
    """With no parameter, it hands over null, and with one, a list of its values."""
    answers = [app.app(event("/api/jobs", query), None) for query in (None, {"state": ["completed"]})]
    assert [answer["statusCode"] for answer in answers] == [200, 200]
    assert [[row["id"] for row in json.loads(answer["body"])["jobs"]] for answer in answers] == [[3, 2, 1], [1]]
    assert not any(name.lower().startswith("access-control") for answer in answers for name in answer["headers"])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_but_get_is_answered(client: Client, method: str) -> None:
    answer = app.app(event("/api/jobs", None, method=method), None)
    assert answer["statusCode"] == HTTPStatus.METHOD_NOT_ALLOWED


def unprotected(chalice: Chalice) -> set[tuple[str, str]]:
    """The routes that anybody on the internet may call."""
    routes = ((method, path, entry) for path, found in chalice.routes.items() for method, entry in found.items())
    return {(method, path) for method, path, entry in routes if not isinstance(entry.authorizer, IAMAuthorizer)}


def test_no_route_is_open_but_the_webhook() -> None:
    assert unprotected(app.app) <= OPEN
    assert [
        (method, path) for path, found in app.app.routes.items() for method in found if path.startswith("/api")
    ] == [("GET", "/api/{name}")]


def test_no_browser_of_another_site_may_read_an_answer() -> None:
    """A page with somebody's keys in it is no place to ask from: a server asks, and CORS stays off."""
    assert not any(entry.cors for found in app.app.routes.values() for entry in found.values())


def test_what_is_deployed_demands_aws_signature() -> None:
    swagger = SwaggerGenerator(
        "eu-west-1", {"api_handler_arn": "arn:aws:lambda:eu-west-1:1:function:f"}
    ).generate_swagger(app.app)
    assert swagger["securityDefinitions"]["sigv4"]["x-amazon-apigateway-authtype"] == "awsSigv4"
    demands = {
        (method.upper(), path): operation.get("security")
        for path, operations in swagger["paths"].items()
        for method, operation in operations.items()
    }
    assert demands[("GET", "/api/{name}")] == [{"sigv4": []}]
    assert {route for route, demanded in demands.items() if demanded != [{"sigv4": []}]} <= OPEN
