"""The OpenAPI description is valid, is what the code says, and true of real answers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.jobs.read_api import DEFAULT_LIMIT, MOST_ROWS, SECONDS, read
from chalicelib.models import create_db_session
from chalicelib.settings import Settings
from chalicelib.utils import utc_now
from chalicelib.workflows.models import Runner, WorkflowJob
from chalicelib.workflows.views.queue_now import STATES
from docs import openapi
from docs.openapi import document, main, render
from tests.docs.pages import blocks, first_cells, section
from tests.workflows.jobs import job, runner, write

NAMES = ("jobs", "runners", "queue")
each_resource = pytest.mark.parametrize("name", NAMES)


def operation(name: str) -> Any:
    return document()["paths"][f"/api/{name}"]["get"]


def page_of(name: str) -> Any:
    """The schema of a page."""
    return operation(name)["responses"]["200"]["content"]["application/json"]["schema"]


def faults(name: str, body: Any) -> list[str]:
    """What the description of a page says against an answer."""
    schema = page_of(name)
    Draft202012Validator.check_schema(schema)
    found = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(body)
    return [f"{fault.json_path}: {fault.message}" for fault in found]


@pytest.fixture
def settings(db_url: str) -> Settings:
    """Jobs and runners of every sort, with as much and as little in their columns as can be."""
    now = utc_now()
    full: dict[str, Any] = {"started_at": now, "completed_at": now, "queue_seconds": 4, "runner_name": "one"}
    full |= {
        "runner_id": 1,
        "conclusion": "success",
        "workflow_name": "CI",
        "environment": "production",
        "approved_at": now,
    }
    with create_db_session(db_url) as session:
        states = ("queued", "waiting", "in_progress")
        write(session, WorkflowJob, *(job(number, state) for number, state in enumerate(states, 1)))
        write(session, WorkflowJob, job(4, **full), job(5, "queued", abandoned_at=now), job(6, labels=None))
        write(session, WorkflowJob, job(7, "queued", created_at=now - timedelta(hours=1)))
        write(session, Runner, runner(1, os="linux", version="2.330.0", ephemeral=True), runner(2, labels=None))
        session.commit()
    return Settings({"DB_URL": db_url, "GH_ORGS": "acme"}.get)


def test_it_is_valid_openapi() -> None:
    assert [str(fault) for fault in OpenAPIV31SpecValidator(document()).iter_errors()] == []


def test_it_is_not_stale(root: Path) -> None:
    assert (root / "docs" / "openapi.json").read_text(encoding="utf-8") == render(), "run `make docs`"


def test_it_has_every_resource_behind_a_signature() -> None:
    assert list(document()["paths"]) == [f"/api/{name}" for name in NAMES]
    assert document()["security"] == [{"sigv4": []}]
    assert not any("security" in operation(name) for name in NAMES)  # which would be instead of that


@each_resource
def test_real_answers_are_as_it_says(settings: Settings, name: str) -> None:
    pages = [read(name, {"limit": [limit]}, settings).body for limit in ("1", "500")]
    described = list(page_of(name)["properties"][name]["items"]["properties"])
    assert pages[1][name]
    assert all(list(row) == described for page in pages for row in page[name])
    assert [faults(name, json.loads(json.dumps(page))) for page in pages] == [[], []]


@each_resource
def test_it_would_see_a_wrong_answer(settings: Settings, name: str) -> None:
    body = json.loads(json.dumps(read(name, {}, settings).body))
    for key in body[name][0]:
        assert faults(name, {**body, name: [{**body[name][0], key: {}}]})
        assert faults(name, {**body, name: [{other: body[name][0][other] for other in body[name][0] if other != key}]})


@each_resource
def test_it_has_the_parameters_that_are_understood(settings: Settings, name: str) -> None:
    refused = str(read(name, {"nonsense": [""]}, settings).body["error"])
    understood = refused.removeprefix("there is no parameter nonsense; there is ").split(", ")
    assert [each["name"] for each in operation(name)["parameters"]] == understood


@each_resource
def test_a_parameter_has_the_values_that_it_says(settings: Settings, name: str) -> None:
    for parameter in operation(name)["parameters"]:
        schema = parameter["schema"]
        for value in schema.get("items", {}).get("enum", []):
            assert read(name, {parameter["name"]: [value]}, settings).status == 200
        for value in (schema.get("minimum"), schema.get("maximum")):
            if value is not None:
                assert read(name, {parameter["name"]: [str(value)]}, settings).status == 200


def test_it_leads_to_the_stage_that_is_deployed(root: Path) -> None:
    """An address, and a policy, of a stage `api` that there never was."""
    page = (root / "docs" / "api.md").read_text(encoding="utf-8")
    stages = json.loads((root / ".chalice" / "config.json").read_text(encoding="utf-8"))["stages"]
    stage = stages["prod"]["api_gateway_stage"]
    [server] = document()["servers"]
    assert server["variables"]["stage"]["default"] == stage
    assert "`.venv/bin/chalice url --stage prod` prints the address" in page
    assert f"It ends in `/{stage}/`" in page
    assert re.findall(r"amazonaws\.com/([^/]+)/api/", page) == [stage]
    assert re.findall(r"execute-api:[^:]+:\d+:\w+/([^/]+)/GET/api/\*", page) == [stage]


def test_the_page_for_people_has_the_same_parameters(root: Path) -> None:
    page = (root / "docs" / "api.md").read_text(encoding="utf-8")
    for name in NAMES:
        own = [each["name"] for each in operation(name)["parameters"] if each["name"] not in {"org", "limit", "after"}]
        table = section(page, name.capitalize()).partition("|\n\n")[0]
        assert first_cells(table, "Parameter") == own


def test_the_page_for_people_has_the_same_limits(root: Path) -> None:
    page = (root / "docs" / "api.md").read_text(encoding="utf-8")
    assert f"| `limit` | rows of a page: 1 to {MOST_ROWS} | {DEFAULT_LIMIT} |" in page
    assert f"takes longer than {SECONDS} seconds" in page
    for state in STATES:
        assert f"\n| `{state}` | " in page


def test_the_answers_on_the_page_for_people_are_answers(root: Path) -> None:
    page = (root / "docs" / "api.md").read_text(encoding="utf-8")
    shown = [json.loads(block) for block in blocks(page, "json")]
    answers = {name: body for body in shown for name in NAMES if name in body}
    assert {name: faults(name, body) for name, body in answers.items()} == {name: [] for name in NAMES}


def test_make_docs_writes_it_and_a_check_says_when_it_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "openapi.json"
    monkeypatch.setattr(openapi, "PATH", page)
    stale = "docs/openapi.json is stale: make docs\n"
    assert (main(["--check"]), capsys.readouterr().err) == (1, stale)
    assert (main([]), capsys.readouterr().err) == (0, "")
    assert (main(["--check"]), capsys.readouterr().err) == (0, "")


def test_it_runs_as_a_command(root: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "docs.openapi", "--check"], cwd=root, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
