"""The webhook: what it believes, what it answers, and that nothing is stored twice or lost."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from chalicelib.jobs import webhook as module
from chalicelib.jobs.webhook import LARGEST, check_signature
from chalicelib.models import MODELS, RejectedRecord
from tests.deliveries import NOW, SECRET, rows_of, sign, signed, webhook
from tests.payloads.webhooks import JOB, REPOSITORY

PAYLOAD = {"action": "in_progress", "workflow_job": JOB, "repository": REPOSITORY}
WorkflowJob, WebhookDelivery = MODELS["WorkflowJob"], MODELS["WebhookDelivery"]


def payload(**job: Any) -> dict[str, Any]:
    return {**PAYLOAD, "workflow_job": {**JOB, **job}}


def test_the_signature_is_githubs() -> None:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation"""
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    check_signature(b"Hello, World!", f"sha256={digest}", ["It's a Secret to Everybody"])


@pytest.mark.parametrize("is_form", [False, True])
def test_a_signed_delivery_is_stored(db_url: str, is_form: bool) -> None:
    assert webhook(db_url)(*signed("workflow_job", PAYLOAD, is_form=is_form)) == module.Reply(200, "stored")
    [job] = rows_of(db_url, WorkflowJob)
    assert (job["id"], job["repo"], job["queue_seconds"], job["told_at"]) == (11, "web", 40, NOW)
    assert rows_of(db_url, WebhookDelivery) == [
        {
            "guid": "guid-1",
            "event": "workflow_job",
            "action": "in_progress",
            "org": "acme",
            "repository_id": 5,
            "hook_id": 7,
            "target_type": "organization",
            "received_at": NOW,
            "tries": 1,
            "status": "stored",
            "changed": 1,
            "rejected": 0,
            "note": None,
            "delivery_id": None,
            "asks": 0,
            "ask_at": None,
        }
    ]


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        "sha1=" + "0" * 40,
        sign(b"another body"),
        sign(json.dumps(PAYLOAD).encode(), "another secret"),
        sign(json.dumps(PAYLOAD).encode(), ""),
        "sha256=é",
        "sha256=\ud800",
    ],
)
def test_what_is_not_signed_is_refused_and_not_stored(db_url: str, signature: str | None) -> None:
    headers, body = signed("workflow_job", PAYLOAD)
    headers.pop("X-Hub-Signature-256")
    given = headers if signature is None else {**headers, "X-Hub-Signature-256": signature}
    assert webhook(db_url)(given, body).status == 401
    assert (rows_of(db_url, WorkflowJob), rows_of(db_url, WebhookDelivery)) == ([], [])


@pytest.mark.parametrize("secret", ["", " ", ","])
def test_without_a_secret_everything_is_refused(db_url: str, secret: str) -> None:
    """Also what is signed with an empty one."""
    receive = webhook(db_url, WEBHOOK_SECRET=secret)
    assert receive(*signed("workflow_job", PAYLOAD, secret=secret)).status == 401
    assert receive(*signed("workflow_job", PAYLOAD, secret="")).status == 401
    assert rows_of(db_url, WorkflowJob) == []


def test_two_secrets_hold_while_they_are_changed(db_url: str) -> None:
    receive = webhook(db_url, WEBHOOK_SECRET="the new one,the old one")
    answers = [
        receive(*signed("workflow_job", PAYLOAD, guid=guid, secret=secret)).status
        for guid, secret in (("a", "the new one"), ("b", "the old one"), ("c", "the new one,the old one"))
    ]
    assert answers == [200, 200, 401]


def test_the_same_delivery_is_stored_once(db_url: str) -> None:
    receive = webhook(db_url)
    assert receive(*signed("workflow_job", PAYLOAD)).message == "stored"
    assert receive(*signed("workflow_job", payload(name="another"))).message == "it is stored already"
    assert [job["name"] for job in rows_of(db_url, WorkflowJob)] == ["build"]


def test_one_that_failed_may_come_again(db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    receive, handlers = webhook(db_url), module.handlers_of

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    # It had stored something before it failed.
    monkeypatch.setattr(module, "handlers_of", lambda *given: [*handlers(*given), fail])
    assert receive(*signed("workflow_job", PAYLOAD)).status == 503
    assert rows_of(db_url, WorkflowJob) == []
    [kept] = rows_of(db_url, WebhookDelivery)
    assert (kept["status"], kept["note"]) == ("failed", "a bug (ZeroDivisionError); the log has its traceback")
    monkeypatch.setattr(module, "handlers_of", handlers)
    assert receive(*signed("workflow_job", PAYLOAD)).status == 200
    [kept] = rows_of(db_url, WebhookDelivery)
    assert (kept["status"], kept["tries"], kept["note"]) == ("stored", 2, None)
    assert len(rows_of(db_url, WorkflowJob)) == 1


def test_a_database_that_fails_is_said_and_the_next_delivery_is_stored(db_url: str) -> None:
    receive, engine = webhook(db_url), create_engine(db_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE workflow_jobs RENAME TO elsewhere"))
    assert receive(*signed("workflow_job", PAYLOAD)).status == 503
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO workflow_jobs"))
    engine.dispose()
    assert receive(*signed("workflow_job", PAYLOAD)).status == 200


def test_a_database_without_tables_is_503(empty_db_url: str) -> None:
    assert webhook(empty_db_url)(*signed("workflow_job", PAYLOAD)).status == 503


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not JSON", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b'{"a": NaN}', 400),
        (b'{"a": ' + b"9" * 5000 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 200 + b"1" + b"}" * 200, 400),
        (b"{}", 400),
        (b'{"workflow_job": "\\u0000"}', 202),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_payload_is_said(db_url: str, body: bytes, status: int) -> None:
    headers, _ = signed("workflow_job", {})
    assert webhook(db_url)({**headers, "X-Hub-Signature-256": sign(body)}, body).status == status


@pytest.mark.parametrize("body", [b"", b"payload=", b"payload=%7B", b"other=%7B%7D", b"payload=1&payload=2"])
def test_a_form_without_a_payload_is_said(db_url: str, body: bytes) -> None:
    headers, _ = signed("workflow_job", {}, is_form=True)
    assert webhook(db_url)({**headers, "X-Hub-Signature-256": sign(body)}, body).status == 400


def test_more_than_github_sends_is_refused(db_url: str) -> None:
    headers, _ = signed("workflow_job", {})
    body = b"{}" + b" " * LARGEST
    assert webhook(db_url)({**headers, "X-Hub-Signature-256": sign(body)}, body).status == 413


@pytest.mark.parametrize("name", ["X-GitHub-Event", "X-GitHub-Delivery"])
@pytest.mark.parametrize("value", ["", "a b", "x" * 101, "a'; DROP TABLE", "\x00"])
def test_headers_that_are_not_githubs_are_refused(db_url: str, name: str, value: str) -> None:
    headers, body = signed("workflow_job", PAYLOAD)
    assert webhook(db_url)({**headers, name: value}, body).status == 400
    assert rows_of(db_url, WebhookDelivery) == []


def test_names_of_headers_may_be_in_any_case(db_url: str) -> None:
    headers, body = signed("workflow_job", PAYLOAD)
    assert webhook(db_url)({name.lower(): value for name, value in headers.items()}, body).status == 200


@pytest.mark.parametrize("event", ["check_run", "push", "some_new_event"])
def test_an_event_of_which_nothing_is_kept_is_left(db_url: str, event: str) -> None:
    assert webhook(db_url)(*signed(event, PAYLOAD)).status == 202
    assert rows_of(db_url, WebhookDelivery) == []


def test_a_ping_is_answered(db_url: str) -> None:
    ping = {"zen": "Keep it logically awesome.", "hook_id": 7, "organization": {"login": "acme"}}
    assert webhook(db_url)(*signed("ping", ping)).status == 200
    [kept] = rows_of(db_url, WebhookDelivery)
    assert (kept["event"], kept["hook_id"]) == ("ping", 7)


@pytest.mark.parametrize(
    "payload",
    [
        {**PAYLOAD, "repository": {**REPOSITORY, "owner": {"login": "somebody-else"}}},
        {"action": "completed", "workflow_job": JOB},
        {**PAYLOAD, "repository": {**REPOSITORY, "owner": None}},
        {**PAYLOAD, "repository": {**REPOSITORY, "owner": {"login": 5}}},
    ],
)
def test_what_is_about_no_organisation_of_ours_is_left(db_url: str, payload: Any) -> None:
    assert webhook(db_url)(*signed("workflow_job", payload)).status == 202
    assert rows_of(db_url, WorkflowJob) == []


def test_another_repository_than_those_that_are_read_is_left(db_url: str) -> None:
    receive = webhook(db_url, GH_REPOS="acme/api")
    assert receive(*signed("workflow_job", PAYLOAD)).status == 200
    assert rows_of(db_url, WorkflowJob) == []
    [kept] = rows_of(db_url, WebhookDelivery)
    assert kept["note"] == "it is about no repository of GH_REPOS"


def test_names_are_githubs_however_they_are_set(db_url: str) -> None:
    receive = webhook(db_url, GH_ORGS="ACME")
    assert receive(*signed("workflow_job", PAYLOAD)).status == 200
    assert [job["org"] for job in rows_of(db_url, WorkflowJob)] == ["acme"]


def test_a_domain_that_is_switched_off_keeps_nothing(db_url: str) -> None:
    assert webhook(db_url, WORKFLOWS="off")(*signed("workflow_job", PAYLOAD)).status == 202


def test_what_can_not_be_mapped_is_kept_aside(db_url: str) -> None:
    assert webhook(db_url)(*signed("workflow_job", payload(run_id="three"))).status == 200
    [kept] = rows_of(db_url, RejectedRecord)
    assert (kept["kind"], kept["reason"]) == ("workflow_jobs", "run_id is str, not a whole number")
    [delivery] = rows_of(db_url, WebhookDelivery)
    assert (delivery["changed"], delivery["rejected"]) == (0, 1)
    # Told again as it is, it is stored, and no longer counts as kept aside.
    assert webhook(db_url)(*signed("workflow_job", PAYLOAD, guid="another")).status == 200
    [kept] = rows_of(db_url, RejectedRecord)
    assert kept["stored_at"] == NOW


def test_a_job_that_is_no_object_is_kept_aside(db_url: str) -> None:
    odd: list[Any] = [None, 5, [], "job", {}]
    for number, job in enumerate(odd):
        assert (
            webhook(db_url)(*signed("workflow_job", {**PAYLOAD, "workflow_job": job}, guid=f"{number}")).status == 200
        )
    assert len(rows_of(db_url, RejectedRecord)) == 5


def test_no_secret_is_in_the_log_or_in_a_table(db_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    headers, body = signed("workflow_job", PAYLOAD)
    receive = webhook(db_url)
    receive(headers, body)
    receive({**headers, "X-Hub-Signature-256": "sha256=" + "0" * 64}, body)
    for secret in (SECRET, headers["X-Hub-Signature-256"], headers["X-Hub-Signature-256"].partition("=")[2]):
        assert secret not in caplog.text
        assert all(secret not in str(row) for row in rows_of(db_url, WebhookDelivery))


def test_its_time_is_when_it_came(db_url: str) -> None:
    later = NOW + timedelta(hours=1)
    webhook(db_url)(*signed("workflow_job", PAYLOAD))
    webhook(db_url, now=lambda: later)(*signed("workflow_job", payload(status="completed"), guid="b"))
    [job] = rows_of(db_url, WorkflowJob)
    assert (job["told_at"], job["changed_at"]) == (NOW, later)
