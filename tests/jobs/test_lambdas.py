"""Handlers called as Lambda calls them: in place for one organisation, handed out for several."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import select

import app
from chalicelib.errors import JobFailedError, OutOfTimeError, SettingsError
from chalicelib.jobs.lambdas import MARGIN_SECONDS, lambda_budget
from chalicelib.jobs.schedules import JOBS
from chalicelib.models import SyncRun, create_db_session
from chalicelib.store.leases import take_lease
from chalicelib.utils import utc_now
from tests.jobs.runtime import EVENT, FUNCTION, Context, Runtime, runs_of
from tests.organisation import Organisation

# One organisation


def test_it_runs_the_job_in_place(org: Organisation, runtime: Runtime) -> None:
    assert runtime.invoke() is None
    assert runs_of(org.db_url) == {"acme": {"ok"}}
    assert runtime.of_level("WARNING", "ERROR") == []


def test_a_lambda_that_is_nearly_over_stops_before_it_asks_github(org: Organisation, runtime: Runtime) -> None:
    assert runtime.invoke(seconds=MARGIN_SECONDS) is None
    assert org.sandbox.stats.summary()["total"] == 0


def test_a_lambda_raises_when_a_rate_limit_outlasts_it() -> None:
    budget = lambda_budget(Context(60))
    with pytest.raises(OutOfTimeError):
        budget.pause(50, "primary rate limit")


def test_a_failed_step_fails_the_lambda(org: Organisation, runtime: Runtime) -> None:
    org.sandbox.tokens.revoke(org.sandbox.token)
    error = runtime.invoke()
    assert isinstance(error, JobFailedError)
    assert "401" in str(error)
    (line,) = [line for line in runtime.lines() if line["message"].startswith("every_30_min of acme failed: ")]
    assert (line["level"], line["organisation"], line["job"]) == ("ERROR", "acme", "every_30_min")
    assert runtime.metrics()[0]["StepsFailed"] == 1


@pytest.mark.parametrize("job", JOBS)
def test_each_schedule_runs_its_job(org: Organisation, runtime: Runtime, job: str) -> None:
    assert runtime.invoke(handler=getattr(app, job)) is None
    with create_db_session(org.db_url) as session:
        assert set(session.scalars(select(SyncRun.job))) == {job}


def test_while_another_run_is_at_it_nothing_is_done(org: Organisation, runtime: Runtime) -> None:
    with create_db_session(org.db_url) as session:
        assert take_lease(session, name="every_30_min:acme", owner="other:1:a", now=utc_now()) is None
    assert runtime.invoke() is None
    assert org.sandbox.stats.summary()["total"] == 0
    assert runs_of(org.db_url) == {}
    (warning,) = runtime.of_level("WARNING", "ERROR")
    assert warning.startswith("every_30_min:acme: other:1:a is running it already; its lease ends at ")


# Several organisations


class LambdaAPI:
    """Plays Lambda's API: keeps what it is asked, and refuses it for organisations that a test names."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None, dict[str, Any]]] = []
        self.refused: set[str] = set()
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                api.requests.append((unquote(self.path), self.headers["X-Amz-Invocation-Type"], event))
                is_refused = event["detail"]["organisation"] in api.refused
                body = b'{"Message": "Rate exceeded"}' if is_refused else b""
                self.send_response(400 if is_refused else 202)
                if is_refused:
                    self.send_header("X-Amzn-ErrorType", "InvalidRequestContentException")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def events(self) -> list[dict[str, Any]]:
        """The events that are handed out, and are to be run."""
        return [event for _, _, event in self.requests if event["detail"]["organisation"] not in self.refused]


@pytest.fixture
def lambda_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaAPI]:
    api = LambdaAPI()
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", api.url)
    yield api
    api.close()


def test_each_organisation_is_handed_out_to_this_function(
    both: Organisation, runtime: Runtime, lambda_api: LambdaAPI
) -> None:
    assert runtime.invoke() is None
    assert lambda_api.requests == [
        (f"/2015-03-31/functions/{FUNCTION}/invocations", "Event", {**EVENT, "detail": {"organisation": name}})
        for name in ("acme", "globex")
    ]
    assert both.sandbox.stats.summary()["total"] == 0
    assert runs_of(both.db_url) == {}


def test_what_was_handed_out_reads_each_organisation(
    both: Organisation, runtime: Runtime, lambda_api: LambdaAPI
) -> None:
    assert runtime.invoke() is None
    for event in lambda_api.events():
        assert runtime.invoke(event) is None
    assert len(lambda_api.requests) == 2, "what was handed out is not handed out again"
    assert runs_of(both.db_url) == {"acme": {"ok"}, "globex": {"ok"}}
    by_request: dict[str, set[str]] = {}
    for line in runtime.lines():
        if line["request_id"] != "request-1":
            by_request.setdefault(line["request_id"], set()).add(line["organisation"])
    assert by_request == {"request-2": {"acme"}, "request-3": {"globex"}}
    dimensions = [(line["Organisation"], line["Environment"]) for line in runtime.lines() if "_aws" in line]
    assert dimensions == [("acme", "dev"), ("globex", "dev")]


@pytest.mark.parametrize("refused", ["acme", "globex"])
def test_what_aws_refuses_does_not_hold_up_the_others(
    both: Organisation, runtime: Runtime, lambda_api: LambdaAPI, refused: str
) -> None:
    lambda_api.refused = {refused}
    error = runtime.invoke()
    assert isinstance(error, JobFailedError)
    assert str(error) == f"{refused}: AWS refused lambda:invoke: InvalidRequestContentException"
    (event,) = lambda_api.events()
    assert {event["detail"]["organisation"], refused} == {"acme", "globex"}
    assert "queued a run for each of 1 organisations" in runtime.of_level("INFO")


def test_a_failing_organisation_does_not_hold_up_the_other(
    both: Organisation, runtime: Runtime, lambda_api: LambdaAPI
) -> None:
    both.sandbox.tokens.add(both.sandbox.token, ["globex"])
    assert runtime.invoke() is None
    first, second = (runtime.invoke(event) for event in lambda_api.events())
    assert isinstance(first, JobFailedError)
    assert "there is no organisation acme" in str(first)
    assert second is None
    assert runs_of(both.db_url) == {"acme": {"failed"}, "globex": {"ok"}}


@pytest.mark.parametrize("name", ["initech", "ACME", "", ["acme"], {"a": 1}, 7])
def test_an_event_for_an_organisation_that_is_not_ours_is_refused(
    both: Organisation, runtime: Runtime, lambda_api: LambdaAPI, name: object
) -> None:
    error = runtime.invoke({**EVENT, "detail": {"organisation": name}})
    assert isinstance(error, SettingsError)
    assert str(error).startswith("the event names an organisation that is not in GH_ORGS:")
    assert lambda_api.requests == []
    assert both.sandbox.stats.summary()["total"] == 0


@pytest.mark.parametrize("detail", [{}, {"organisation": None}, {"other": "acme"}, None, "acme", []])
def test_an_event_that_names_none_is_for_all(
    both: Organisation, runtime: Runtime, lambda_api: LambdaAPI, detail: object
) -> None:
    assert runtime.invoke({**EVENT, "detail": detail}) is None
    assert [event["detail"]["organisation"] for event in lambda_api.events()] == ["acme", "globex"]
