"""Whatever a stranger, or GitHub, sends to the webhook: never a 5xx, never a row of what is not signed."""

from __future__ import annotations

import json
from typing import Any
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.models import MODELS, RejectedRecord
from tests.deliveries import FORM, rows_of, sign, webhook
from tests.payloads.webhooks import EVENTS, payload_of

# Several requests share a database: what one has left must not trouble the next one.
FEW = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])

texts = st.text(st.characters(codec=None), max_size=20)
odd = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(2**70), 2**70), st.floats(), texts, st.just("\x00\ud800")
)
anything = st.recursive(
    odd, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)), max_leaves=8
)
headers = st.dictionaries(
    st.sampled_from(
        [
            *("X-GitHub-Event", "X-GitHub-Delivery", "X-GitHub-Hook-ID", "X-Hub-Signature-256", "Content-Type"),
            *("x-github-event", "X-GitHub-Hook-Installation-Target-Type", "X-Hub-Signature"),
        ]
    ),
    st.one_of(texts, st.sampled_from(["workflow_job", "sha256=", FORM, "application/json", "1", "9" * 30])),
    max_size=8,
)
bodies = st.one_of(st.binary(max_size=50), anything.map(lambda value: json.dumps(value).encode()))


def mutated(draw: Any, value: Any) -> Any:
    """A payload with some of its values replaced by something else, or left out."""
    if isinstance(value, dict):
        kept = {name: mutated(draw, child) for name, child in value.items() if draw(st.integers(0, 19)) > 0}
        return draw(anything) if draw(st.integers(0, 24)) == 0 else kept
    return draw(anything) if draw(st.integers(0, 11)) == 0 else value


@st.composite
def deliveries(draw: Any) -> tuple[str, Any]:
    event = draw(st.sampled_from(EVENTS))
    actions = ["queued", "opened", "edited", "deleted", "transferred", "member_added", "removed", "unheard_of"]
    action = draw(st.one_of(st.sampled_from(actions), anything))
    return event, mutated(draw, payload_of(event, action))


@given(headers, bodies)
@FEW
def test_what_is_not_signed_is_never_stored(db_url: str, given_headers: dict[str, str], body: bytes) -> None:
    assert webhook(db_url)(given_headers, body).status in {400, 401}
    for model in (MODELS["WebhookDelivery"], MODELS["WorkflowJob"], RejectedRecord):
        assert rows_of(db_url, model) == []


@given(headers, bodies)
@FEW
def test_headers_and_bodies_that_are_signed_are_answered(
    db_url: str, given_headers: dict[str, str], body: bytes
) -> None:
    answer = webhook(db_url)({**given_headers, "X-Hub-Signature-256": sign(body)}, body)
    assert answer.status in {200, 202, 400}


@pytest.mark.slow
@given(st.lists(deliveries(), min_size=1, max_size=3))
@FEW
def test_signed_payloads_with_odd_values_are_stored_or_kept_aside(db_url: str, told: list[tuple[str, Any]]) -> None:
    receive = webhook(db_url)
    for number, (event, payload) in enumerate(told):
        body = json.dumps(payload).encode()
        given_headers = {
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": f"guid-{number}-{crc32(body)}",
            "X-Hub-Signature-256": sign(body),
        }
        assert receive(given_headers, body).status in {200, 202, 400}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("action", ["unheard_of", None, 5, {}])
def test_an_unknown_action_is_no_error(db_url: str, event: str, action: Any) -> None:
    body = json.dumps(payload_of(event, action)).encode()
    given_headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": "g", "X-Hub-Signature-256": sign(body)}
    assert webhook(db_url)(given_headers, body).status in {200, 202}


@pytest.mark.parametrize("event", sorted(set(EVENTS) - {"ping", "push"}))
def test_a_body_is_only_taken_for_what_it_is(db_url: str, event: str) -> None:
    """The event's name is not signed: a deleted comment, told as an issue's event, deleted the issue."""
    allowed = {"workflow_job": {"deployment_status"}, "organization": set(EVENTS)}
    for other in sorted(set(EVENTS) - {event, "ping", "push"}):
        body = json.dumps(payload_of(other, "deleted")).encode()
        given_headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": f"g-{other}", "X-Hub-Signature-256": sign(body)}
        answer = webhook(db_url)(given_headers, body)
        assert answer.status == 400 or other in allowed.get(event, ()), (other, answer)
    for table in ("Issue", "PullRequest", "Repository", "WorkflowJob", "RejectedRecord"):
        assert rows_of(db_url, MODELS[table]) == []
