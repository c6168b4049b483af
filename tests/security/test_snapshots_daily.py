"""Security's snapshots as the daily job writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import JobFailedError
from chalicelib.models import Repository
from chalicelib.security.models import RepositoryCheck
from chalicelib.security.rows import COMMENTS
from sandbox import DependabotAlert as Dependency
from sandbox import SecretAlert
from tests.organisation import DAY, Organisation, organisation
from tests.schemas import faults_of
from tests.security.conftest import rows_of

PLANTED = "hunter2-planted-secret"


@pytest.fixture
def org(db_url: str, tmp_path: Path) -> Iterator[Organisation]:
    """An organisation with an open alert whose secret stands in its field, and in each comment."""
    with organisation(db_url, items=10, days=30, repositories=2) as running:
        running.environment |= {
            "SECURITY": "on",
            "SECRET_COMMENTS": "on",
            "SNAPSHOT_URL": str(tmp_path / "out"),
            "SNAPSHOT_FORM": "data-logger",
        }
        world = running.sandbox.world
        repository = next(iter(world.repositories.values()))
        world.open_alert(repository, SecretAlert, secret=PLANTED, **dict.fromkeys(COMMENTS, f"we need {PLANTED}"))
        world.open_alert(repository, Dependency)
        yield running


@pytest.mark.slow
def test_the_daily_job_writes_open_alerts_and_no_secret(org: Organisation, tmp_path: Path) -> None:
    org.run_job("daily")
    files = {f"{path.relative_to(tmp_path / 'out')}": path.read_text() for path in (tmp_path / "out").rglob("*.json")}
    for name in ("repositories", "secret_scanning", "dependabot"):
        text = files[f"acme/latest/{name}.json"]
        assert files[f"acme/2026-06-15/{name}.json"] == text
        found = json.loads(text)
        assert faults_of(name, found) == []
        assert found["as_of"] == "2026-06-15T12:00:00Z"
        assert found["repositories" if name == "repositories" else "alerts"] != []
        # In the Data Logger's form, for its dashboard.
        assert isinstance(json.loads(files[f"{name}.json"]), list)
    assert [name for name, text in files.items() if PLANTED in text or "we need" in text] == []


@pytest.mark.slow
def test_a_feature_that_is_off_has_no_file(org: Organisation, tmp_path: Path) -> None:
    """An empty list would say that nothing is open."""

    def off(request: Any, answer: Any) -> Any:
        is_list = request.path.endswith("/dependabot/alerts")
        message = "Dependabot alerts are disabled for this organization."
        return replace(answer, status=403, data={"message": message}) if is_list else answer

    with org.sandbox.oddities.telling(off):
        org.run_job("daily")
    latest = tmp_path / "out" / "acme" / "latest"
    assert [path.name for path in latest.glob("[sd]*.json")] == ["secret_scanning.json"]


def checked(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "acme" / "latest" / "repositories.json").read_text())
    return found


@pytest.mark.slow
def test_each_repository_has_the_checks_that_are_stored(org: Organisation, tmp_path: Path) -> None:
    org.run_job("daily")
    rows = rows_of(org.db_url, RepositoryCheck)
    shown = {each["name"]: each["checks"] for each in checked(tmp_path)["repositories"]}
    assert {(row["repo"], row["rule"]): (row["result"], row["evidence"]) for row in rows} == {
        (name, rule): (check["result"], check["evidence"])
        for name, checks in shown.items()
        for rule, check in checks.items()
    }
    lists = json.loads((tmp_path / "out" / "repositories.json").read_text())
    assert {each["name"] for each in lists} == {
        row["name"] for row in rows_of(org.db_url, Repository) if not row["archived"]
    }
    assert all(value in {True, False, None} for each in lists for value in each["checklist"].values())


def refused_with(status: int) -> Any:
    """Let GitHub answer no query."""

    def refused(request: Any, answer: Any) -> Any:
        return replace(answer, status=status, data={"message": "no"}) if request.path == "/graphql" else answer

    return refused


@pytest.mark.slow
def test_checks_that_are_refused_leave_the_file_as_of_when_they_were_made(org: Organisation, tmp_path: Path) -> None:
    org.run_job("daily")
    before = checked(tmp_path)
    org.advance(DAY)
    with org.sandbox.oddities.telling(refused_with(403)), suppress(JobFailedError):
        org.run_job("daily")
    assert (before["as_of"], checked(tmp_path)["as_of"]) == ("2026-06-15T12:00:00Z", "2026-06-15T12:00:00Z")
    org.run_job("daily")
    assert checked(tmp_path)["as_of"] == "2026-06-16T12:00:00Z"


@pytest.mark.slow
def test_a_failed_call_breaks_no_rule(org: Organisation, tmp_path: Path) -> None:
    """The Data Logger wrote that files were missing, and branches unprotected."""
    org.run_job("daily")
    before = checked(tmp_path)["repositories"]
    org.advance(DAY)
    with org.sandbox.oddities.telling(refused_with(502)), suppress(JobFailedError):
        org.run_job("daily")
    for then, now in zip(before, checked(tmp_path)["repositories"], strict=True):
        known = {rule: check["known_result"] for rule, check in now["checks"].items()}
        assert known == {rule: check["result"] for rule, check in then["checks"].items()}
        assert then["archived"] or now["checks"]["readme"]["result"] == "error"
    for each in json.loads((tmp_path / "out" / "repositories.json").read_text()):
        assert each["checklist"]["readme_missing"] is each["checklist"]["unprotected_branches"] is None


@pytest.mark.slow
def test_repositories_that_were_never_checked_have_no_file(org: Organisation, tmp_path: Path) -> None:
    with org.sandbox.oddities.telling(refused_with(403)), suppress(JobFailedError):
        org.run_job("daily")
    names = {path.name for path in (tmp_path / "out" / "acme" / "latest").iterdir()}
    assert names == {"secret_scanning.json", "dependabot.json"}
