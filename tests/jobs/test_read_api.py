"""The read API: what it shows to whom, page by page, and what it answers to nonsense."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, pairwise
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
from chalicelib.models import Organisation, create_db_session
from chalicelib.settings import Settings, load_settings
from chalicelib.utils import utc_now
from chalicelib.workflows.models import Runner, WorkflowJob
from chalicelib.workflows.views.queue_now import STATES
from tests.workflows.jobs import MADE, job, runner, write

NAMES = ("jobs", "runners", "queue")
each_resource = pytest.mark.parametrize("name", NAMES)
on_postgresql = pytest.mark.parametrize(
    "db_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def api(db_url: str) -> API:
    return API(db_url)


@pytest.fixture
def alone() -> API:
    """One without a database: what is wrong is refused before one is asked."""
    return API("sqlite:////nowhere/at/all.db")


class API:
    """Asks as a front end does, of a database in which rows can be written."""

    def __init__(self, db_url: str) -> None:
        self.environment = {"DB_URL": db_url, "GH_ORGS": "acme,globex"}

    @property
    def settings(self) -> Settings:
        return Settings(self.environment.get)

    def store(self, *rows: dict[str, Any]) -> None:
        """Store rows of jobs, or of runners, which have no run."""
        with create_db_session(self.environment["DB_URL"]) as session:
            for row in rows:
                write(session, WorkflowJob if "run_id" in row else Runner, row)
            session.commit()

    def ask(self, name: str, **parameters: str) -> Reply:
        return read(name, {key: [value] for key, value in parameters.items()}, self.settings)

    def rows(self, name: str, **parameters: str) -> list[dict[str, Any]]:
        """The rows of the only page."""
        reply = self.ask(name, **parameters)
        assert (reply.status, reply.body.get("next", "no next")) == (200, None), reply.body
        found: list[dict[str, Any]] = reply.body[name]
        return found

    def ids(self, name: str, **parameters: str) -> list[int]:
        return [row["id"] for row in self.rows(name, **parameters)]

    def error(self, name: str, **parameters: str) -> str:
        """What is said against a request."""
        reply = self.ask(name, **parameters)
        assert (reply.status, list(reply.body)) == (400, ["error"])
        return str(reply.body["error"])

    def pages(self, name: str, **parameters: str) -> Iterator[list[dict[str, Any]]]:
        """One page after another, to the last one."""
        after: dict[str, str] = {}
        while True:
            reply = self.ask(name, **parameters, **after)
            assert reply.status == 200, reply.body
            yield reply.body[name]
            if reply.body["next"] is None:
                return
            after = {"after": reply.body["next"]}


# What is shown


def test_a_job_is_shown_whole(api: API) -> None:
    began: dict[str, Any] = {
        "started_at": MADE + timedelta(seconds=7),
        "queue_seconds": 7,
        "runner_id": 3,
        "runner_name": "one",
    }
    api.store(job(5, "in_progress", **began, steps=[{"name": "long"}], head_branch="main", workflow_name="CI"))
    assert api.rows("jobs") == [
        {
            "id": 5,
            "org": "acme",
            "repo": "r",
            "run_id": 1,
            "run_attempt": 1,
            "workflow_name": "CI",
            "name": "job 5",
            "state": "in_progress",
            "status": "in_progress",
            "conclusion": None,
            "created_at": "2026-06-15T12:00:00Z",
            "started_at": "2026-06-15T12:00:07Z",
            "completed_at": None,
            "queue_seconds": 7,
            "queue_reason": None,
            "approval_asked_at": None,
            "approved_at": None,
            "environment": None,
            "labels": ["linux"],
            "runner_id": 3,
            "runner_name": "one",
            "runner_group_name": None,
            "head_branch": "main",
            "head_sha": None,
            "abandoned_at": None,
            "abandoned_reason": None,
            "html_url": None,
        }
    ]


def test_a_runner_is_shown_whole_while_it_is_listed(api: API) -> None:
    api.store(runner(1, os="linux", busy=True, ephemeral=False), runner(2, removed_at=MADE))
    assert api.rows("runners") == [
        {
            "id": 1,
            "org": "acme",
            "name": "runner 1",
            "os": "linux",
            "status": "online",
            "busy": True,
            "ephemeral": False,
            "version": None,
            "runner_group_id": None,
            "labels": [{"id": 0, "name": "linux", "type": "custom"}],
            "first_seen_at": "2026-06-15T12:00:00Z",
        }
    ]


def test_the_queue_has_a_row_for_each_label_set(api: API) -> None:
    now = utc_now()
    began: dict[str, Any] = {"started_at": now, "completed_at": now, "runner_name": "one", "queue_seconds": 30}
    api.store(job(1, "queued", created_at=None), job(2, "waiting"), job(3, label_set="gpu", **began))
    empty = {"oldest_wait_seconds": None, "median_queue_seconds": None, "p90_queue_seconds": None, "queue_times": 0}
    assert api.rows("queue") == [
        {
            "org": "acme",
            "label_set": "gpu",
            "queued": 0,
            "waiting": 0,
            "in_progress": 0,
            "oldest_wait_seconds": None,
            "queue_times": 1,
            "median_queue_seconds": 30,
            "p90_queue_seconds": 30,
        },
        {"org": "acme", "label_set": "linux", "queued": 1, "waiting": 1, "in_progress": 0, **empty},
    ]


@each_resource
def test_an_empty_database_has_no_rows(api: API, name: str) -> None:
    assert api.ask(name) == Reply(200, {name: [], "next": None})


def test_states_are_what_github_says_unless_it_was_given_up(api: API) -> None:
    given_up = {"abandoned_at": MADE, "abandoned_reason": "GitHub knows it no more"}
    words = ("queued", "waiting", "pending", "in_progress", "completed", "paused")
    api.store(*(job(number, word) for number, word in enumerate(words, 1)))
    api.store(job(7, "queued", **given_up), job(8, "completed", **given_up), job(9, "queued", completed_at=MADE))
    assert [(row["id"], row["state"]) for row in api.rows("jobs")] == [
        (9, "completed"),
        (8, "completed"),
        (7, "abandoned"),
        (6, "waiting"),
        (5, "completed"),
        (4, "in_progress"),
        (3, "waiting"),
        (2, "waiting"),
        (1, "queued"),
    ]


@pytest.mark.parametrize("state", STATES)
def test_each_state_finds_the_jobs_that_show_it(api: API, state: str) -> None:
    words = ("queued", "waiting", "pending", "in_progress", "completed", "paused")
    api.store(*(job(number, word) for number, word in enumerate(words, 1)))
    api.store(*(job(number, word, abandoned_at=MADE) for number, word in enumerate(words, 7)))
    api.store(*(job(number, word, completed_at=MADE) for number, word in enumerate(words, 13)))
    shown = [row["id"] for row in api.rows("jobs") if row["state"] == state]
    assert shown
    assert api.ids("jobs", state=state) == shown


# Filters


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        ({}, [4, 3, 2, 1]),
        ({"org": "acme"}, [3, 2, 1]),
        ({"org": "ACME"}, [3, 2, 1]),
        ({"repo": "tools"}, [2]),
        ({"repo": "Tools"}, []),
        ({"state": "queued"}, [1]),
        ({"state": "queued,completed"}, [4, 3, 1]),
        ({"state": "abandoned"}, []),
        ({"workflow": "CI"}, [2]),
        ({"label": "linux"}, [3, 2, 1]),
        ({"label": "GPU"}, [3]),
        ({"label": "lin"}, []),
        ({"label": "nux"}, []),
        ({"label": "%"}, []),
        ({"label": "gpu_x"}, []),
        ({"runner": "one"}, [3]),
        ({"run_id": "77"}, [4]),
        ({"since": "2026-06-15T13:00:00Z"}, [3, 2]),
        ({"until": "2026-06-15T13:00:00Z"}, [1]),
        ({"since": "2026-06-15", "until": "2026-06-16"}, [2, 1]),
        ({"org": "acme", "label": "linux", "state": "completed", "runner": "one"}, [3]),
        ({"repo": "'; DROP TABLE workflow_jobs; --"}, []),
    ],
)
def test_jobs_are_narrowed(api: API, parameters: dict[str, str], ids: list[int]) -> None:
    api.store(
        job(1, "queued"),
        job(2, "in_progress", repo="tools", workflow_name="CI", created_at=MADE + timedelta(hours=1)),
        job(3, label_set="gpu,gpu-x,linux", runner_name="one", created_at=MADE + timedelta(days=1)),
        job(4, org="globex", label_set="", run_id=77, created_at=None),
    )
    assert api.ids("jobs", **parameters) == ids


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        ({}, [1, 2, 1]),
        ({"org": "globex"}, [1]),
        ({"status": "online"}, [1, 1]),
        ({"status": "online,offline"}, [1, 2, 1]),
        ({"busy": "true"}, [2]),
        ({"busy": "false"}, [1, 1]),
        ({"label": "windows"}, [2]),
    ],
)
def test_runners_are_narrowed(api: API, parameters: dict[str, str], ids: list[int]) -> None:
    api.store(runner(1), runner(2, status="offline", busy=True, label_set="windows"), runner(1, org="globex"))
    assert api.ids("runners", **parameters) == ids


def test_the_queue_is_narrowed(api: API) -> None:
    api.store(job(1, "queued"), job(2, "queued", label_set="gpu,linux"), job(3, "queued", org="globex"))
    shown = [(row["org"], row["label_set"]) for row in api.rows("queue", label="Linux", org="acme")]
    assert shown == [("acme", "gpu,linux"), ("acme", "linux")]


# Whose rows


@each_resource
def test_other_organisations_are_not_shown(api: API, name: str) -> None:
    """Rows stay stored when an organisation is taken out of GH_ORGS."""
    api.store(job(1, "queued", org="umbrella"), runner(1, org="umbrella"), job(2, "queued"), runner(2))
    assert {row["org"] for row in api.rows(name)} == {"acme"}
    assert api.error(name, org="umbrella") == "org must be one of acme, globex"


def test_an_organisation_may_be_written_in_another_case_than_github_writes_it(api: API) -> None:
    api.store(job(1, org="Acme"))
    with create_db_session(api.environment["DB_URL"]) as session:
        session.execute(insert(Organisation), [{"id": 1, "login": "Acme"}])
        session.commit()
    assert api.ids("jobs") == api.ids("jobs", org="aCME") == [1]


def test_only_repositories_of_gh_repos_are_shown(api: API) -> None:
    api.store(job(1), job(2, repo="secret"), job(3, org="globex", repo="tools"), job(4, org="umbrella"))
    api.environment["GH_REPOS"] = "acme/R"
    assert api.ids("jobs") == [3, 1]
    assert api.ids("jobs", repo="secret") == []


# Pages


def test_each_page_begins_where_the_last_one_ended(api: API) -> None:
    api.store(*(job(number) for number in range(1, 8)))
    found = [[row["id"] for row in page] for page in api.pages("jobs", limit="3")]
    assert found == [[7, 6, 5], [4, 3, 2], [1]]
    assert [len(page) for page in api.pages("jobs", limit="7")] == [7]


def test_while_jobs_come_none_is_shown_twice_and_none_left_out(api: API) -> None:
    before = range(10, 300, 10)
    api.store(*(job(number) for number in before))
    shown: list[int] = []
    for new, page in zip(count(301), api.pages("jobs", limit="4")):
        shown += [row["id"] for row in page]
        api.store(job(new), job(shown[-1] + 1), job(shown[-1] - 1))  # newer ones, one that came late, and an older one
    assert all(later > earlier for later, earlier in pairwise(shown))
    assert set(before) <= set(shown)


@each_resource
def test_whatever_the_names_are_paging_shows_each_row_once(api: API, name: str) -> None:
    """The order of texts depends on the database's language; the pages' borders must not."""
    labels = ("", "a", "B", "a b", "ä", "ß", "z", "Z", "_", "日本", "a'b", '"', "🙂")
    api.store(*(job(number, "queued", label_set=label) for number, label in enumerate(labels, 1)))
    api.store(*(runner(number % 5 + 1, org=org) for org in ("acme", "globex") for number in range(5)))
    whole = api.rows(name)
    paged = [row for page in api.pages(name, limit="2") for row in page]
    assert [(row["org"], row.get("id"), row.get("label_set")) for row in paged] == [
        (row["org"], row.get("id"), row.get("label_set")) for row in whole
    ]
    assert len(whole) == (10 if name == "runners" else len(labels))


def test_a_page_has_a_hundred_rows_unless_it_is_said_and_never_more_than_500(api: API) -> None:
    api.store(*(job(number) for number in range(1, 503)))
    assert [len(page) for page in api.pages("jobs")] == [100] * 5 + [2]
    assert [len(page) for page in api.pages("jobs", limit="500")] == [500, 2]
    assert api.error("jobs", limit="501") == "limit must be a whole number from 1 to 500"


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
