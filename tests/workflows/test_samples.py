"""GitHub's real deliveries and answers: each is stored, or politely left, and none is rejected."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chalicelib.models import MODELS, RejectedRecord
from tests.deliveries import rows_of, signed, webhook
from tests.organisation import at

WorkflowJob = MODELS["WorkflowJob"]


def owner_of(payload: dict[str, Any]) -> str:
    owner: str = ((payload.get("repository") or {}).get("owner") or payload.get("organization") or {}).get("login", "x")
    return owner


def recorded(samples: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """The recorded deliveries: name, event and payload."""
    found = [
        (f"{path.parent.name}/{path.name}", path.parent.name, json.loads(path.read_text()))
        for path in sorted((samples / "webhooks").glob("*/*.json"))
    ]
    for path in sorted((samples / "workflows" / "webhooks").glob("*.json")):
        event = "workflow_run" if "workflow_run" in path.name else "workflow_job"
        event = "workflow_dispatch" if "dispatch" in path.name else event
        found.append((path.name, event, json.loads(path.read_text())))
    return found


def test_every_recorded_delivery_is_stored_or_politely_left(samples: Path, db_url: str) -> None:
    told = recorded(samples)
    assert len(told) > 140
    orgs = ",".join(sorted({owner_of(payload) for _, _, payload in told}))
    receive, answers = webhook(db_url, GH_ORGS=orgs), Counter[int]()
    for number, (name, event, payload) in enumerate(told):
        answer = receive(*signed(event, payload, guid=f"guid-{number}"))
        assert answer.status in {200, 202}, (name, answer)
        answers[answer.status] += 1
    assert [(row["kind"], row["reason"]) for row in rows_of(db_url, RejectedRecord)] == []
    assert {row["status"] for row in rows_of(db_url, MODELS["WebhookDelivery"])} == {"stored"}
    assert answers[200] > answers[202]


def test_deliveries_that_github_signed_are_believed(samples: Path, db_url: str) -> None:
    files = sorted((samples / "workflows" / "signed_deliveries").glob("*.json"))
    assert files
    for path in files:
        one = json.loads(path.read_text())
        receive = webhook(db_url, WEBHOOK_SECRET=one["secret"])
        body = base64.b64decode(one["body_raw_base64"])
        assert receive(one["headers"], body).status == 202
        assert receive(one["headers"], body + b" ").status == 401


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_real_job_waited_seven_seconds(samples: Path, db_url: str, order: tuple[int, ...]) -> None:
    names = [f"gha_conductor_workflow_job_{state}.json" for state in ("queued", "in_progress", "completed")]
    payloads = [json.loads((samples / "workflows" / "webhooks" / name).read_text()) for name in names]
    receive = webhook(db_url, GH_ORGS=owner_of(payloads[0]))
    for place in order:
        assert receive(*signed("workflow_job", payloads[place], guid=f"{place}")).status == 200
    [row] = rows_of(db_url, WorkflowJob)
    job = payloads[2]["workflow_job"]
    assert (row["queue_seconds"], row["queue_reason"], row["status"]) == (7, None, "completed")
    moments = {name: at(job[name]) for name in ("created_at", "started_at", "completed_at")}
    assert {name: row[name] for name in moments} == moments


def test_a_job_that_waits_for_its_environment(samples: Path, db_url: str) -> None:
    payload = json.loads((samples / "webhooks" / "workflow_job" / "queued.with-deployment.payload.json").read_text())
    assert webhook(db_url, GH_ORGS=owner_of(payload))(*signed("workflow_job", payload)).status == 200
    [row] = rows_of(db_url, WorkflowJob)
    found = (row["status"], row["environment"], row["approval_asked_at"], row["approved_at"], row["queue_reason"])
    assert found == ("waiting", "Test", at("2023-04-19T21:12:12Z"), None, "not_started")
