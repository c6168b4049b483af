"""GitHub's status page: a row for each change, and a page that can't be read is a state."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.errors import RejectedError, SettingsError
from chalicelib.models import MODELS, SyncRun, create_db_session
from chalicelib.settings import load_settings
from chalicelib.workflows.settings import STATUS_PAGE, status_url
from chalicelib.workflows.status_page import LARGEST, UNREACHABLE, fetch_status, status_row
from sandbox.server.status_page import COMPONENTS
from tests.github.local_server import HANGING, NOT_JSON, RESET, LocalServer, Reply, reply
from tests.organisation import Organisation, organisation

pytestmark = pytest.mark.slow

SAID: dict[str, Any] = {
    "status": {"indicator": "none", "description": "All Systems Operational"},
    "components": [{"name": "Actions", "status": "operational", "position": 1}],
    "incidents": [],
    "scheduled_maintenances": [],
}


@pytest.fixture
def org(org: Organisation) -> Organisation:
    """An organisation whose runs read the sandbox's page."""
    org.environment["GH_STATUS_URL"] = f"{org.sandbox.url}/_status/summary.json"
    return org


def rows(org: Organisation) -> list[dict[str, Any]]:
    table = MODELS["GitHubStatus"].__table__
    with create_db_session(org.db_url) as session:
        return [dict(row) for row in session.execute(select(table).order_by(table.c.observed_at)).mappings()]


def test_each_change_is_a_row_and_what_stays_moves_its_time(org: Organisation) -> None:
    begun = org.now()
    for _ in range(3):
        org.run_job("nrt_events")
        org.advance(600)
    [well] = rows(org)
    assert (well["observed_at"], (well["last_observed_at"] - begun).total_seconds()) == (begun, 1200)
    assert (well["indicator"], well["description"], well["incidents"]) == ("none", "All Systems Operational", [])
    assert [each["name"] for each in well["components"]] == [name for name in COMPONENTS if "Visit" not in name]

    incident = org.sandbox.status_page.report("Jobs are late", impact="major", state="partial_outage")
    org.run_job("nrt_events")
    [_, late] = rows(org)
    assert (late["indicator"], late["observed_at"]) == ("major", org.now())
    assert {"name": "Actions", "status": "partial_outage"} in late["components"]
    names = ("name", "status", "impact", "created_at", "started_at", "updated_at")
    assert late["incidents"] == [{**{name: incident[name] for name in names}, "url": incident["shortlink"]}]

    org.sandbox.status_page.resolve()
    org.advance(600)
    org.run_job("nrt_events")
    assert [row["indicator"] for row in rows(org)] == ["none", "major", "none"]


def test_a_page_that_cannot_be_reached_is_a_state_and_no_failure(org: Organisation) -> None:
    org.run_job("nrt_events")
    org.sandbox.status_page.reachable = False
    for _ in range(2):
        org.advance(600)
        org.run_job("nrt_events")
    [_, unreachable] = rows(org)
    assert (unreachable["indicator"], unreachable["description"]) == (UNREACHABLE, "the page answered 503")
    # It says nothing of GitHub.
    assert (unreachable["components"], unreachable["incidents"], unreachable["maintenances"]) == ([], [], [])
    with create_db_session(org.db_url) as session:
        assert set(session.scalars(select(SyncRun.status).where(SyncRun.step == "github_status"))) == {"ok"}


def test_several_organisations_ask_once(db_url: str, server: LocalServer) -> None:
    server.answer = lambda seen: reply(200, SAID)
    with organisation(db_url, organisations=("acme", "globex"), items=20, days=5, repositories=2) as org:
        org.environment |= {"WORKFLOWS": "on", "GH_STATUS_URL": server.url, "GH_ORGS": "acme,globex"}
        org.run_job("nrt_events")
        org.advance(240)
        org.run_job("nrt_events")
        assert len(server.seen) == 1
        org.advance(61)
        org.run_job("nrt_events")
        assert len(server.seen) == 2
        [row] = rows(org)
        assert (row["last_observed_at"] - row["observed_at"]).total_seconds() == 301


def test_the_page_gets_no_token(server: LocalServer) -> None:
    server.answer = lambda seen: reply(200, SAID)
    assert fetch_status(server.url, seconds_left=5)["indicator"] == "none"
    [seen] = server.seen
    assert not {"authorization", "cookie"} & {name.lower() for name in seen.headers}


def elsewhere(server: LocalServer) -> Reply:
    return reply(302, b"", {"Location": f"{server.url}/elsewhere"})


@pytest.mark.parametrize(
    ("answer", "why", "asked"),
    [
        (lambda _: reply(500, b"oops"), "the page answered 500", 2),
        (lambda _: reply(404, b"no"), "the page answered 404", 1),
        (elsewhere, "the page answered 302", 1),
        (lambda _: RESET, "127.0.0.1 can't be reached", 2),
        (lambda _: NOT_JSON, "the answer is not JSON", 1),
        (lambda _: reply(200, b"[" + b" " * LARGEST + b"]"), "is larger than", 2),
        (lambda _: reply(200, []), "it is list, not an object", 1),
        (lambda _: reply(200, {"status": {"indicator": "none"}}), "status.description is missing", 1),
        (lambda _: reply(200, {**SAID, "components": None}), "components is missing", 1),
        (lambda _: reply(200, {**SAID, "incidents": ["fire"]}), "incidents is str, not an object", 1),
    ],
)
def test_why_it_cannot_be_read(
    answer: Callable[[LocalServer], Reply], why: str, asked: int, server: LocalServer
) -> None:
    server.answer = lambda seen: answer(server)
    said = fetch_status(server.url, seconds_left=5)
    assert (said["indicator"], said["components"]) == (UNREACHABLE, [])
    assert why in said["description"]
    assert len(server.seen) == asked


def test_a_page_that_takes_too_long_is_left(server: LocalServer) -> None:
    server.answer = lambda seen: HANGING
    assert "took too long" in fetch_status(server.url, seconds_left=0.2)["description"]


def test_one_failure_is_tried_again(server: LocalServer) -> None:
    server.replies = [reply(502), reply(200, SAID)]
    assert fetch_status(server.url, seconds_left=5)["indicator"] == "none"


def test_which_page_is_read() -> None:
    def url(**environment: str) -> str | None:
        return status_url(load_settings(environment))

    assert url() == STATUS_PAGE
    assert url(GH_API_URL="https://github.example.com/api/v3") is None
    assert url(GH_API_URL="https://ghe.example", GH_STATUS_URL="https://s.example/x.json") == "https://s.example/x.json"
    assert url(GH_STATUS_URL="OFF") is None
    for wrong in ("http://status.example/summary.json", "status", "https://user:word@status.example"):
        with pytest.raises(SettingsError, match="GH_STATUS_URL is malformed: it must look like https"):
            url(GH_STATUS_URL=wrong)


@pytest.mark.parametrize(
    ("name", "indicator", "incidents"), [("kandev_healthy", "none", 0), ("kandev_incident", "", 1)]
)
def test_recorded_pages_are_understood(samples: Path, name: str, indicator: str, incidents: int) -> None:
    body = json.loads((samples / "workflows" / "status_page" / f"{name}.json").read_text())
    row = status_row(body)
    assert (row["indicator"], row["description"]) == (body["status"]["indicator"], body["status"]["description"])
    assert row["indicator"] == (indicator or row["indicator"])
    assert len(row["incidents"]) == len(body["incidents"]) >= incidents
    assert len(row["components"]) == len(body["components"]) - 1
    assert all(each["url"].startswith("https://") for each in row["incidents"])


def test_texts_that_no_database_stores_are_cleaned() -> None:
    odd = {**SAID, "status": {"indicator": "none", "description": "All\x00 is well" + "!" * 5000}}
    assert status_row(odd)["description"].startswith("All is well!")
    with pytest.raises(RejectedError):
        status_row({**SAID, "status": {"indicator": 1, "description": ""}})
