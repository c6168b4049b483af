"""`POST /webhook` as Chalice and API Gateway give it to us: whatever a stranger sends, it is never our failure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from chalice.test import Client
from sqlalchemy import select

import app
from chalicelib.jobs import deliveries
from chalicelib.jobs.kept import KeptSettings
from chalicelib.models import WebhookDelivery, create_db_session
from sandbox.api.hooks import sign

SECRET = "the secret of these tests"
BODY = json.dumps(
    {"zen": "Naïve, not “keine Umlaute”: äöü, 日本", "organization": {"login": "acme"}}, ensure_ascii=False
)
FORM = urlencode({"payload": BODY})
STORED = (200, {"message": "stored"})
UNSIGNED = (401, {"message": "X-Hub-Signature-256 is missing: give the webhook a secret"})


@pytest.fixture(autouse=True)
def settings(db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a process that has answered nothing yet."""
    for name, value in {"DB_URL": db_url, "GH_ORGS": "acme", "WEBHOOK_SECRET": SECRET}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(deliveries, "KEPT", KeptSettings())


def signed(body: str | bytes, content_type: str = "application/json") -> dict[str, str]:
    """The headers of a delivery, as GitHub writes them."""
    raw = body.encode() if isinstance(body, str) else body
    return {
        "Accept": "*/*",
        "Content-Type": content_type,
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-GitHub-Event": "ping",
        "X-Hub-Signature-256": sign(SECRET, raw),
    }


def event(body: str | None, headers: Mapping[str, Any] | None, **more: Any) -> dict[str, Any]:
    """What API Gateway gives to a function.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    method = more.pop("method", "POST")
    return {
        "resource": "/webhook",
        "path": "/webhook",
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": None if headers is None else {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/webhook",
            "httpMethod": method,
            "path": "/prod/webhook",
            "stage": "prod",
            "identity": {"sourceIp": "140.82.115.1"},
        },
        "body": body,
        "isBase64Encoded": False,
        **more,
    }


def call(given: dict[str, Any]) -> tuple[int, Any]:
    """Call the handler as Lambda does; gives the status and the message."""
    answer = json.loads(json.dumps(app.app(json.loads(json.dumps(given)), None)))
    assert answer.get("isBase64Encoded", False) is False
    return answer["statusCode"], json.loads(answer["body"])


def guids(db_url: str) -> list[str]:
    with create_db_session(db_url) as session:
        return list(session.scalars(select(WebhookDelivery.guid)))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (BODY, "application/json"),
        (BODY, "application/json; charset=utf-8"),
        (BODY, "Application/JSON;charset=UTF-8"),
        (FORM, "application/x-www-form-urlencoded"),
        (FORM, "application/x-www-form-urlencoded; charset=utf-8"),
    ],
)
def test_a_delivery_is_stored_as_json_and_as_a_form(db_url: str, body: str, content_type: str) -> None:
    assert call(event(body, signed(body, content_type))) == STORED
    assert guids(db_url) == ["72d3162e-cc78-11e3-81ab-4c9367dc0958"]


def test_chalices_own_client_gets_the_same(root: Any) -> None:
    with Client(app.app, project_dir=str(root)) as client:
        answer = client.http.post("/webhook", headers=signed(BODY), body=BODY.encode())
        assert (answer.status_code, answer.json_body) == STORED
        answer = client.http.post("/webhook", headers={"Content-Type": "text/plain"}, body=BODY.encode())
        assert (answer.status_code, set(answer.json_body)) == (415, {"Code", "Message"})
        answer = client.http.get("/webhook")
        assert (answer.status_code, set(answer.json_body)) == (405, {"Code", "Message"})


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
def test_headers_are_known_however_they_are_spelt(spell: Any) -> None:
    headers = {spell(name): value for name, value in signed(BODY).items()}
    assert call(event(BODY, headers)) == STORED


def test_a_body_that_api_gateway_has_encoded_is_the_one_that_was_signed() -> None:
    """It encodes what has a binary type, such as the first of two that a header names."""
    encoded = base64.b64encode(BODY.encode()).decode()
    headers = signed(BODY, "application/octet-stream, application/json")
    assert call(event(encoded, headers, isBase64Encoded=True)) == STORED


def test_query_parameters_and_more_headers_change_nothing() -> None:
    more = {"multiValueQueryStringParameters": {"a": ["1", "2"]}, "queryStringParameters": {"a": "2"}}
    headers = {**signed(BODY), "Authorization": "Bearer x", "X-Forwarded-For": "1.2.3.4, 5.6.7.8", "Cookie": "\xff"}
    assert call(event(BODY, headers, **more)) == STORED


@pytest.mark.parametrize(
    ("body", "headers", "more", "status"),
    [
        pytest.param(None, None, {}, 401, id="nothing at all"),
        pytest.param("", {}, {}, 401, id="no headers, no body"),
        pytest.param(BODY, {**signed(BODY), "X-Hub-Signature-256": ""}, {}, 401, id="an empty signature"),
        pytest.param(BODY, {**signed(BODY), "X-Hub-Signature-256": None}, {}, 401, id="no value"),
        pytest.param(BODY, {**signed(BODY), "X-Hub-Signature-256": "sha256=é\ud800"}, {}, 401, id="an odd signature"),
        pytest.param(BODY + " ", signed(BODY), {}, 401, id="another body"),
        pytest.param("%%%", signed(BODY), {"isBase64Encoded": True}, 401, id="not base64"),
        pytest.param("é", signed(BODY), {"isBase64Encoded": True}, 400, id="not even ASCII"),
        pytest.param("\ud800", signed(BODY), {}, 400, id="half a character"),
        pytest.param(BODY, {**signed(BODY), "X-GitHub-Event": "öffnen"}, {}, 400, id="an odd event"),
        pytest.param(BODY, {**signed(BODY), "X-GitHub-Event": None}, {}, 400, id="no event"),
        pytest.param("", signed(""), {}, 400, id="a signed body without anything"),
        pytest.param("[1]", signed("[1]"), {}, 400, id="a list"),
        pytest.param(BODY, signed(BODY, "application/x-www-form-urlencoded"), {}, 400, id="no form"),
        pytest.param(BODY, signed(BODY, "text/plain"), {}, 415, id="text"),
        pytest.param(BODY, signed(BODY, ""), {}, 415, id="an empty type"),
        pytest.param(BODY, signed(BODY, "multipart/form-data; boundary=x"), {}, 415, id="an upload"),
        pytest.param(BODY, signed(BODY, "\udcff;;,\x00"), {}, 415, id="an odd type"),
        pytest.param(BODY, signed(BODY), {"method": "GET"}, 405, id="another method"),
        pytest.param(BODY, signed(BODY), {"method": "X"}, 405, id="no method"),
    ],
)
def test_what_is_wrong_is_the_strangers_fault(
    db_url: str, body: str | None, headers: Any, more: dict[str, Any], status: int
) -> None:
    given, answer = call(event(body, headers, **more))
    assert given == status
    assert answer.get("message") or answer.get("Message")
    assert guids(db_url) == []


def test_a_binary_answer_that_is_asked_for_is_not_given() -> None:
    assert call(event(BODY, {**signed(BODY), "Accept": "image/png, application/octet-stream"})) == STORED


def test_more_signatures_than_one_count_as_the_last() -> None:
    """API Gateway gives the last one of several in `headers`, and all in `multiValueHeaders`."""
    given = event(BODY, {**signed(BODY), "X-Hub-Signature-256": "sha256=wrong"})
    given["multiValueHeaders"]["X-Hub-Signature-256"] = [sign(SECRET, BODY.encode()), "sha256=wrong"]
    assert call(given)[0] == 401


def test_without_a_secret_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", "")
    assert call(event(BODY, signed(BODY))) == (401, {"message": "WEBHOOK_SECRET is not set, so nothing is accepted"})


def test_without_organisations_it_says_so_and_no_more(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GH_ORGS", "")
    assert call(event(BODY, signed(BODY)))[0] == 503
    assert "GH_ORGS is not set" in caplog.text
    assert call(event(BODY, {"Content-Type": "application/json"})) == UNSIGNED
