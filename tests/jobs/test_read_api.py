"""The read API: what it shows to whom, page by page."""

from __future__ import annotations

from datetime import timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from sqlalchemy import insert

from chalicelib.jobs.read_api import Reply
from chalicelib.models import Organisation, create_db_session
from chalicelib.utils import utc_now
from chalicelib.workflows.views.queue_now import STATES
from tests.jobs.asking import API, each_resource
from tests.workflows.jobs import MADE, job, runner

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
