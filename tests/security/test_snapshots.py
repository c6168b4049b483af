"""Security's snapshots in our form: whole, by their JSON Schemas, and without a secret."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.snapshots import Snapshot
from chalicelib.security.models import RepositoryRating
from chalicelib.security.rows import COMMENTS
from chalicelib.security.snapshots import DEPENDENCIES, REPOSITORIES, SECRETS
from chalicelib.security.snapshots.alerts import dependabot_content, secret_scanning_content
from chalicelib.security.snapshots.repositories import repositories_content
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


def shown(
    rule: str, result: str, evidence: dict[str, Any], *, known: str = "", exception: Any = None
) -> dict[str, Any]:
    """A check as the file shows it."""
    times = {"since": "2026-05-23T05:00:00Z", "checked_at": "2026-06-01T05:00:00Z"}
    results = {"result": result, "known_result": known or result, "message": f"{rule}: {result}"}
    return {**results, "evidence": evidence, "exception": exception, **times}


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
                    "readme": shown(
                        "readme", "not_applicable", {"archived": True}, known="not_applicable", exception=None
                    )
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
                    "active": shown("active", "error", {"error": "GitHub answered 502"}, known="pass"),
                    "license": shown(
                        "license",
                        "fail",
                        {"file": None},
                        known="fail",
                        exception={"reason": "not ours", "until": "2026-12-31"},
                    ),
                    "readme": shown("readme", "pass", {"file": "README.md"}),
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
    nothing = dict.fromkeys(OF_SECRETS)
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
