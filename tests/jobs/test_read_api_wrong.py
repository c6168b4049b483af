"""The read API: what it answers to nonsense, when it can't read, and what it never shows or writes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as options
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from chalicelib.ingest.resources import LONGEST
from chalicelib.jobs import read_api
from chalicelib.jobs.connections import keep_database
from chalicelib.jobs.read_api import Reply, encode_cursor, read, resources_of
from chalicelib.models import create_db_session
from chalicelib.settings import load_settings
from chalicelib.workflows.models import WorkflowJob
from tests.jobs.asking import API, NAMES, each_resource, on_postgresql
from tests.workflows.jobs import job, runner, write

# What is wrong

AFTER = "after must be the text that stood in next, as it was"
OF_JOBS = "after must be a cursor of jobs: what stood in next"
TEXT = f"must be a text of 1 to {LONGEST} characters"
NO_KEYS: list[Any] = [None, {}, 7, [], [7, 8], ["7"], [None], [True], [7.5], [10**30], [[7]], ["acme", "linux"]]


def cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("parameter", "value", "sentence"),
    [
        ("limit", "0", "limit must be a whole number from 1 to 500"),
        ("limit", "-1", "limit must be a whole number from 1 to 500"),
        ("limit", "٣", "limit must be a whole number from 1 to 500"),
        ("limit", "", "limit must be a whole number from 1 to 500"),
        (
            "state",
            "running",
            "state must be one of queued, waiting, in_progress, completed, abandoned, or several with commas between",
        ),
        (
            "state",
            "queued,",
            "state must be one of queued, waiting, in_progress, completed, abandoned, or several with commas between",
        ),
        ("repo", "", f"repo {TEXT}"),
        ("repo", "a\x00b", f"repo {TEXT}"),
        ("repo", "\ud800", f"repo {TEXT}"),
        ("workflow", "x" * 256, f"workflow {TEXT}"),
        ("label", "a,b", "label must be one label, without a comma"),
        ("run_id", "0", "run_id must be a whole number above 0"),
        ("run_id", "9223372036854775808", "run_id must be a whole number above 0"),
        ("run_id", "1e3", "run_id must be a whole number above 0"),
        *(
            (name, value, f"{name} must be a UTC time such as 2026-05-01T08:00:00Z, or a day such as 2026-05-01")
            for name, value in (
                ("since", "yesterday"),
                ("since", "2026-02-30"),
                ("until", "2026-05-01T08:00:00+02:00"),
                ("until", "0000-01-01"),
                ("since", "2026-05-01T24:00:01Z"),
            )
        ),
        ("after", "", AFTER),
        ("after", "%%%", AFTER),
        ("after", "a", AFTER),
        ("after", "x" * 1001, AFTER),
        ("after", cursor("[" * 500), OF_JOBS),
        ("after", base64.urlsafe_b64encode(b"[" * 700).decode().rstrip("="), AFTER),
        *(("after", cursor(value), OF_JOBS) for value in NO_KEYS),
    ],
)
def test_a_malformed_parameter_gets_a_sentence_that_names_it(
    alone: API, parameter: str, value: str, sentence: str
) -> None:
    assert alone.error("jobs", **{parameter: value}) == sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [("runners", ["acme", "7"]), ("runners", [7, "acme"]), ("queue", ["acme", 7]), ("queue", ["acme", "\x00"])],
)
def test_a_cursor_of_something_else_is_refused(alone: API, name: str, value: Any) -> None:
    assert alone.error(name, after=cursor(value)) == f"after must be a cursor of {name}: what stood in next"


def test_other_malformed_parameters_are_refused(alone: API) -> None:
    assert alone.error("runners", busy="yes") == "busy must be true or false"
    assert (
        alone.error("runners", status="busy") == "status must be one of online, offline, or several with commas between"
    )
    assert alone.error("queue", state="queued") == "there is no parameter state; there is org, label, limit, after"
    assert alone.error("queue", **{"": "1"}).startswith("there is no parameter without a name; ")
    twice = read("jobs", {"org": ["acme", "globex"]}, alone.settings)
    assert twice == Reply(400, {"error": "org must be given once"})


@pytest.mark.parametrize("name", ["job", "", "jobs/1", "__class__", "workflow_jobs", "Jobs"])
def test_what_there_is_not_is_not_found(alone: API, name: str) -> None:
    sentence = "there is no such resource; there is jobs, runners, queue"
    assert alone.ask(name) == Reply(404, {"error": sentence})


def test_a_domain_that_is_switched_off_shows_nothing(alone: API) -> None:
    alone.environment["WORKFLOWS"] = "off"
    assert alone.ask("jobs") == Reply(404, {"error": "there is no such resource; there is nothing"})


WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["acme", "queued", "queued,completed", "true", "1", "500", "2026-06-15", "linux", "2026-06-15T12:00:00Z"]
    ),
    st.integers().map(str),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), st.lists, max_leaves=4
    ).map(cursor),
    st.binary(max_size=12).map(lambda value: base64.urlsafe_b64encode(value).decode()),
)
KEYS = st.text(max_size=8) | st.sampled_from(
    sorted(
        {"org", "limit", "after"}
        | {each.name for it in resources_of(load_settings({})).values() for each in it.filters}
    )
)


@options(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(NAMES), st.dictionaries(KEYS, st.lists(WORDS, max_size=2), max_size=3))
def test_whatever_is_asked_it_is_the_asker_s_fault(api: API, name: str, parameters: dict[str, list[str]]) -> None:
    reply = read(name, parameters, api.settings)
    assert reply.status in {200, 400}
    assert list(reply.body) == (["error"] if reply.status == 400 else [name, "next"])
    json.dumps(reply.body, allow_nan=False).encode()


# When it can't be read


def test_a_database_that_is_down_is_a_sentence_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    api = API("postgresql://me:hunter2@127.0.0.1:1/none")
    assert api.ask("jobs") == Reply(503, {"error": "the data can't be read now; the app's log says why"})
    (line,) = caplog.messages
    assert line.startswith("a request for jobs could not be answered: the database postgresql+psycopg2://me:***@")
    assert "hunter2" not in caplog.text


def test_a_database_without_tables_is_a_sentence(empty_db_url: str, caplog: pytest.LogCaptureFixture) -> None:
    assert API(empty_db_url).ask("queue").status == 503
    assert "run `make migrate`" in caplog.text


@pytest.mark.parametrize("variables", [{"GH_ORGS": ""}, {"WORKFLOWS": "perhaps"}])
def test_wrong_settings_are_not_the_asker_s_fault(
    api: API, variables: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    api.environment |= variables
    assert api.ask("jobs").status == 503
    assert next(iter(variables)) in caplog.text


@on_postgresql
def test_a_question_that_takes_too_long_is_stopped(api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_api, "SECONDS", 0.1)
    with create_db_session(api.environment["DB_URL"]) as session:
        session.connection().exec_driver_sql("LOCK TABLE workflow_jobs")
        reply = api.ask("jobs")
    sentence = "it takes longer than 0.1 seconds: ask for less, such as since a time, or a smaller limit"
    assert reply == Reply(503, {"error": sentence})
    assert api.rows("jobs") == []


def test_it_writes_nothing(api: API, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """If ever a statement would write: PostgreSQL refuses it, and it is never committed."""
    monkeypatch.setattr(read_api, "statement", lambda *_: insert(WorkflowJob).values(job(1)))
    assert api.ask("jobs").status == 503
    assert "read-only transaction" in caplog.text or api.environment["DB_URL"].startswith("sqlite")
    with create_db_session(api.environment["DB_URL"]) as session:
        assert session.scalar(select(func.count()).select_from(WorkflowJob)) == 0


def test_the_next_request_may_write_again(api: API) -> None:
    """The connection is kept for whoever comes next, such as the webhook."""
    api.rows("jobs")
    with keep_database(api.settings) as session:
        write(session, WorkflowJob, job(1))
        session.commit()
    assert api.ids("jobs") == [1]


# Secrets


@each_resource
def test_no_column_is_shown_but_those_that_are_declared(api: API, name: str) -> None:
    secret = "ghp_sekret"
    api.store(job(1, "queued", steps=[{"name": secret}], node_id=secret), runner(1))
    reply = api.ask(name)
    assert secret not in json.dumps(reply.body)
    assert [list(row) for row in reply.body[name]] == [[each.name for each in resources_of(api.settings)[name].fields]]


def test_a_cursor_holds_the_key_and_nothing_else() -> None:
    assert encode_cursor(["acme", 7]) == cursor(["acme", 7])
