"""Security's snapshots in our form: whole, by their JSON Schemas, and without a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib.errors import JobFailedError
from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.snapshots import Snapshot
from chalicelib.models import Repository
from chalicelib.security.models import RepositoryCheck, RepositoryRating
from chalicelib.security.rows import COMMENTS
from chalicelib.security.snapshots import DEPENDENCIES, REPOSITORIES, SECRETS
from chalicelib.security.snapshots.alerts import dependabot_content, secret_scanning_content
from chalicelib.security.snapshots.repositories import repositories_content
from sandbox import DependabotAlert as Dependency
from sandbox import SecretAlert
from tests.organisation import DAY, Organisation, organisation
from tests.schemas import faults_of
from tests.security.audited import (
    AS_OF,
    add_check,
    add_dependency,
    add_limits,
    add_repository,
    add_secret,
    ago,
    context_of,
    write,
)
from tests.security.conftest import rows_of

OF_ALERTS = (SECRETS, DEPENDENCIES)
PLANTED = "hunter2-planted-secret"
# What may be null.
OF_SECRETS = (
    *("updated_at", "secret_type_display_name", "provider", "validity", "publicly_leaked", "multi_repo"),
    *("is_base64_encoded", "has_more_locations", "first_location"),
    *("push_protection_bypassed", "push_protection_bypassed_at"),
)
OF_DEPENDENCIES = (
    *("updated_at", "manifest_path", "scope", "relationship", "vulnerable_version_range", "first_patched_version"),
    *("ghsa_id", "cve_id", "summary", "classification"),
)


def written(session: Session, snapshot: Snapshot, folder: Path) -> dict[str, Any]:
    """The latest file, when it is as the schema says."""
    write(session, snapshot, folder)
    found: dict[str, Any] = json.loads((folder / "acme" / "latest" / f"{snapshot.name}.json").read_bytes())
    assert faults_of(snapshot.name, found) == []
    return found


def test_repositories_with_their_checks_and_ratings(shared: Session, tmp_path: Path) -> None:
    add_repository(shared, 1, "web-site", custom_properties={"team": "core"}, topics=["web"], license="MIT", fork=False)
    add_repository(shared, 2, "attic", "internal", archived=True)
    add_repository(shared, 3, "gone", deleted_at=ago(1))
    add_check(shared, 1, "readme", "pass", file="README.md")
    broken = add_check(shared, 1, "active", "error", error="GitHub answered 502")
    broken.known_result = "pass"
    excepted = add_check(shared, 1, "license", "fail", file=None)
    excepted.exception_reason, excepted.exception_until = "not ours", date(2026, 12, 31)
    add_check(shared, 2, "readme", "not_applicable", archived=True)
    rating = RepositoryRating(repository_id=1, org="acme", repo="web-site", rating="unknown", since=ago(3), passed=2)
    rating.counted, rating.percent, rating.criteria, rating.rated_at = 3, 66.7, {"rules": ["readme"]}, ago(0)
    shared.add(rating)
    times = {"since": "2026-05-23T05:00:00Z", "checked_at": "2026-06-01T05:00:00Z"}
    nothing = dict.fromkeys(("custom_properties", "default_branch", "description", "fork", "language", "license"))
    nothing |= {"pushed_at": None, "topics": None, "created_at": "2026-02-21T05:00:00Z"}
    assert written(shared, REPOSITORIES, tmp_path) == {
        "snapshot": "repositories",
        "version": 1,
        "organisation": "acme",
        "as_of": "2026-06-01T05:00:00Z",
        "repositories": [
            {
                **nothing,
                "name": "attic",
                "url": "https://github.com/acme/attic",
                "visibility": "internal",
                "archived": True,
                "checks": {
                    "readme": {
                        "result": "not_applicable",
                        "known_result": "not_applicable",
                        "message": "readme: not_applicable",
                        "evidence": {"archived": True},
                        "exception": None,
                        **times,
                    }
                },
                "rating": None,
            },
            {
                **nothing,
                "name": "web-site",
                "url": "https://github.com/acme/web-site",
                "visibility": "public",
                "archived": False,
                "fork": False,
                "license": "MIT",
                "topics": ["web"],
                "custom_properties": {"team": "core"},
                "checks": {
                    "active": {
                        "result": "error",
                        "known_result": "pass",
                        "message": "active: error",
                        "evidence": {"error": "GitHub answered 502"},
                        "exception": None,
                        **times,
                    },
                    "license": {
                        "result": "fail",
                        "known_result": "fail",
                        "message": "license: fail",
                        "evidence": {"file": None},
                        "exception": {"reason": "not ours", "until": "2026-12-31"},
                        **times,
                    },
                    "readme": {
                        "result": "pass",
                        "known_result": "pass",
                        "message": "readme: pass",
                        "evidence": {"file": "README.md"},
                        "exception": None,
                        **times,
                    },
                },
                "rating": {
                    "rating": "unknown",
                    "since": "2026-05-29T05:00:00Z",
                    "passed": 2,
                    "counted": 3,
                    "percent": 66.7,
                    "criteria": {"rules": ["readme"]},
                    "rated_at": "2026-06-01T05:00:00Z",
                },
            },
        ],
    }


def test_secrets_that_are_open(shared: Session, tmp_path: Path) -> None:
    """Never their text, nor comments, which may quote it, nor who bypassed or is assigned."""
    add_repository(shared, 1, "web-site", archived=True)
    add_limits(shared)
    people = {"assigned_to": "ada", "push_protection_bypassed_by": "eve", "resolved_by": "bob"}
    comments = dict.fromkeys(COMMENTS, f"we still need {PLANTED}")
    add_secret(shared, 1, 1, ago(6), validity="active", push_protection_bypassed_at=ago(6), **people, **comments)
    add_secret(shared, 1, 2, ago(6), state="resolved")
    add_secret(shared, 1, 3, ago(6), unlisted_at=ago(1))
    add_secret(shared, 9, 1, AS_OF + timedelta(minutes=1))
    nothing = dict.fromkeys(
        [
            "updated_at",
            "secret_type_display_name",
            "provider",
            "validity",
            "publicly_leaked",
            "multi_repo",
            "is_base64_encoded",
            "has_more_locations",
            "first_location",
            "push_protection_bypassed",
            "push_protection_bypassed_at",
        ]
    )
    assert written(shared, SECRETS, tmp_path) == {
        "snapshot": "secret_scanning",
        "version": 1,
        "organisation": "acme",
        "as_of": "2026-06-01T05:00:00Z",
        "limits": [{"severity": None, "days": 5, "in_working_days": False}],
        "rejected": 0,
        "alerts": [
            {
                **nothing,
                "repository": "r9",
                "repository_url": None,
                "archived": None,
                "url": "https://github.com/acme/9/security/secret-scanning/1",
                "number": 1,
                "created_at": "2026-06-01T05:01:00Z",
                "days_open": 0,
                "secret_type": "mailchimp_api_key",
            },
            {
                **nothing,
                "repository": "web-site",
                "repository_url": "https://github.com/acme/web-site",
                "archived": True,
                "url": "https://github.com/acme/1/security/secret-scanning/1",
                "number": 1,
                "created_at": "2026-05-26T05:00:00Z",
                "days_open": 6,
                "secret_type": "mailchimp_api_key",
                "validity": "active",
                "push_protection_bypassed_at": "2026-05-26T05:00:00Z",
            },
        ],
    }


def test_vulnerable_dependencies(shared: Session, tmp_path: Path) -> None:
    add_repository(shared, 1, "web-site")
    add_limits(shared, in_working_days=True)
    known = {"package": "left-pad", "ecosystem": "npm", "cvss_score": 7.5, "epss_percentage": 0.00042}
    add_dependency(shared, 1, 7, "high", ago(2, hours=23), **known, dismissed_comment=PLANTED, assignees=["ada"])
    add_dependency(shared, 1, 8, "high", ago(2), state="fixed")
    nothing = dict.fromkeys(
        [
            "updated_at",
            "manifest_path",
            "scope",
            "relationship",
            "vulnerable_version_range",
            "first_patched_version",
            "ghsa_id",
            "cve_id",
            "summary",
            "classification",
        ]
    )
    found = written(shared, DEPENDENCIES, tmp_path)
    assert found["alerts"] == [
        {
            **nothing,
            **known,
            "repository": "web-site",
            "repository_url": "https://github.com/acme/web-site",
            "archived": False,
            "url": "https://github.com/acme/1/security/dependabot/7",
            "number": 7,
            "severity": "high",
            "created_at": "2026-05-29T06:00:00Z",
            "days_open": 2,
        }
    ]
    days = [("critical", 5), ("high", 15), ("low", 90), ("medium", 60)]
    assert found["limits"] == [
        {"severity": severity, "days": number, "in_working_days": True} for severity, number in days
    ]


def test_an_organisation_without_anything_has_files_that_say_so(shared: Session, tmp_path: Path) -> None:
    assert written(shared, REPOSITORIES, tmp_path)["repositories"] == []
    assert [written(shared, snapshot, tmp_path)["alerts"] for snapshot in OF_ALERTS] == [[], []]


def test_only_the_repositories_that_the_settings_name_are_shown(shared: Session) -> None:
    """What is stored of others is from a time when they were read, and may be old."""
    for number, name in enumerate(("tools", "web-site", "attic")):
        add_repository(shared, number, name)
        add_secret(shared, number, 1, ago(9))
        add_dependency(shared, number, 1, "low", ago(9))
    context = replace(context_of(shared), scope=Scope("acme", ("acme/Web-Site",)))
    names = [each["name"] for each in repositories_content(context, AS_OF)["repositories"]]
    for content in (secret_scanning_content, dependabot_content):
        names += [each["repository"] for each in content(context, AS_OF)["alerts"]]
    assert names == ["web-site"] * 3


def test_both_databases_give_the_same_bytes(both_shared: list[Session], tmp_path: Path) -> None:
    """PostgreSQL keeps the keys of JSON by their length, and sorts names by a language's rules."""
    for number, session in enumerate(both_shared):
        for repository, name in enumerate(("Zoo", "_a", "ämter", "a-b", "aB")):
            add_repository(session, repository, name, custom_properties={"z": "1", "long-key": "2", "a": "3"})
            add_check(session, repository, "codeowners", "pass", paths=["CODEOWNERS"], errors=None, path="CODEOWNERS")
            add_check(session, repository, "active", "pass", years=1, pushed_at=None)
            add_dependency(session, repository, 1, "low", ago(9), cvss_score=9.8, summary="Zo\u00eb \U0001f600")
            add_secret(session, repository, 1, ago(9))
        add_limits(session)
        for snapshot in (REPOSITORIES, *OF_ALERTS):
            write(session, snapshot, tmp_path / f"{number}", SNAPSHOT_FORM="data-logger")
    first, second = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.json")}
        for folder in (tmp_path / "0", tmp_path / "1")
    )
    assert len(first) == 9
    assert first == second
    assert all(content.isascii() for content in first.values())


def test_the_schemas_refuse_what_is_not_in_them() -> None:
    document = {
        "snapshot": "dependabot",
        "version": 1,
        "organisation": "acme",
        "as_of": "2026-06-01T05:00:00Z",
        "rejected": 0,
    }
    assert faults_of("dependabot", {**document, "limits": [], "alerts": []}) == []
    assert faults_of("dependabot", {**document, "limits": []}) == ["$: 'alerts' is a required property"]
    for name in ("repositories", "secret_scanning"):
        assert "$.snapshot: " in "".join(faults_of(name, document))


# By the daily job


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
