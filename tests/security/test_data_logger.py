"""The Data Logger's files: an organisation by hand, and what its own rules make of it, key by key.

Its rules, in short. Of each repository that is not archived it wrote a checklist in which true means broken. Files
must be in the root under exactly their name: LICENSE of public ones, PIRR.md of the others. CODEOWNERS counts in the
root and in .github/; without it, the contact counts as known. Of bots only `dependabot` may open pull requests.
Features are asked of public ones. Of alerts it wrote the open ones that are open for more whole days than the
threshold, weekends included, those of archived repositories too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib.ingest.snapshots import Snapshot
from chalicelib.security.snapshots import DEPENDENCIES, REPOSITORIES, SECRETS
from tests.security.audited import (
    add_check,
    add_dependency,
    add_limits,
    add_repository,
    add_secret,
    ago,
    write,
)

OF_ALERTS = (SECRETS, DEPENDENCIES)


def written(session: Session, snapshot: Snapshot, folder: Path) -> list[dict[str, Any]]:
    """The file in the Data Logger's form; its bytes are those of its own code: json.dumps with an indent of four."""
    write(session, snapshot, folder, SNAPSHOT_FORM="data-logger")
    text = (folder / f"{snapshot.name}.json").read_text()
    found: list[dict[str, Any]] = json.loads(text)
    assert text == json.dumps(found, indent=4)
    return found


def add_web_site(session: Session) -> None:
    """Public, and all is well; dependabot has a pull request open."""
    add_repository(session, 1, "web-site", created_at=ago(400, hours=1))
    add_check(session, 1, "active", "pass", pushed_at="2026-05-30T00:00:00Z", years=1)
    add_check(session, 1, "protected_branches", "pass", unprotected=[], looked_at=2, branches=2)
    add_check(session, 1, "signed_commits", "pass", commits=15, unsigned=[], invalid=3)
    add_check(session, 1, "readme", "pass", file="README.md")
    add_check(session, 1, "license", "pass", file="LICENSE")
    add_check(session, 1, "pirr", "not_applicable", visibility="public")
    add_check(session, 1, "gitignore", "pass", file=".gitignore")
    add_check(session, 1, "external_pull_requests", "pass", authors=[], apps=["dependabot"], looked_at=1, open=1)
    add_check(session, 1, "name", "pass", pattern="[a-z0-9_-]+")
    add_check(session, 1, "secret_scanning", "pass", status="enabled")
    add_check(session, 1, "push_protection", "pass", status="enabled")
    add_check(session, 1, "dependabot_alerts", "pass", enabled=True)
    owners = {"path": ".github/CODEOWNERS", "paths": [".github/CODEOWNERS"], "owners": ["@ada"], "errors": []}
    add_check(session, 1, "codeowners", "pass", **owners)
    add_check(session, 1, "point_of_contact", "pass", contact="a@b.example", source="owner", emails=["a@b.example"])
    # Rules that the Data Logger didn't have.
    add_check(session, 1, "branch_protection", "fail", source=None, approvals=0, deletions="allowed", rulesets=[])
    add_check(session, 1, "repository_access", "fail", collaborators=["eve"], count=1)
    add_check(session, 1, "security_policy", "fail", enabled=False)


def add_billing(session: Session) -> None:
    """Private, and all is broken; some of it only by the Data Logger's rules, which took names as they are written."""
    add_repository(session, 2, "Billing.API", "private")
    add_check(session, 2, "active", "fail", pushed_at=None, years=1)
    add_check(session, 2, "protected_branches", "fail", unprotected=["main"], looked_at=1, branches=1)
    add_check(session, 2, "signed_commits", "fail", commits=15, unsigned=["abc"], invalid=0)
    add_check(session, 2, "readme", "pass", file="readme.md")
    add_check(session, 2, "license", "not_applicable", visibility="private")
    add_check(session, 2, "pirr", "fail", file=None)
    add_check(session, 2, "gitignore", "fail", file=None)
    add_check(session, 2, "external_pull_requests", "fail", authors=["eve"], apps=[], looked_at=1, open=1)
    # Tuned by a setting of ours, which the Data Logger didn't have.
    add_check(session, 2, "name", "pass", pattern=".*")
    add_check(session, 2, "secret_scanning", "not_applicable", status=None)
    add_check(session, 2, "push_protection", "not_applicable", status=None)
    add_check(session, 2, "dependabot_alerts", "fail", enabled=False)
    owners = {"path": "docs/CODEOWNERS", "paths": ["docs/CODEOWNERS"], "owners": ["@ada"], "errors": []}
    add_check(session, 2, "codeowners", "pass", **owners)
    add_check(session, 2, "point_of_contact", "fail", contact=None, source=None, emails=[])


def add_ledger(session: Session) -> None:
    """Internal: CODEOWNERS is empty, nobody in it shows an e-mail, and a bot that is not dependabot wants something."""
    add_repository(session, 3, "ledger", "internal")
    add_check(session, 3, "pirr", "pass", file="PIRR.md")
    add_check(session, 3, "external_pull_requests", "pass", authors=[], apps=["dependabot", "renovate"], looked_at=2)
    add_check(session, 3, "codeowners", "fail", path="CODEOWNERS", paths=["CODEOWNERS"], owners=[], errors=[])
    add_check(session, 3, "point_of_contact", "fail", contact=None, source=None, emails=[])
    add_check(session, 3, "readme", "error", error="GitHub answered 502")


def add_others(session: Session) -> None:
    """One that no call was answered for, one that is known by its property, and three that it didn't list."""
    add_repository(session, 4, "blocked")
    for rule in ("active", "readme", "license", "codeowners", "point_of_contact", "secret_scanning"):
        add_check(session, 4, rule, "error", error="GitHub answered 502")
    add_repository(session, 5, "tools")
    add_check(session, 5, "license", "pass", file="LICENSE.md")
    add_check(session, 5, "secret_scanning", "fail", status="disabled")
    add_check(session, 5, "push_protection", "fail", status="disabled")
    add_check(session, 5, "codeowners", "pass", path="CODEOWNERS", paths=["CODEOWNERS"], owners=["@ada"], errors=[])
    add_check(session, 5, "point_of_contact", "pass", contact="team", source="custom_property", emails=None)
    add_repository(session, 6, "attic", archived=True)
    add_check(session, 6, "readme", "not_applicable", archived=True)
    add_repository(session, 7, "gone", deleted_at=ago(3))
    add_repository(session, 8, "elsewhere", org="other")


UNKNOWN = {
    "inactive": None,
    "unprotected_branches": None,
    "unsigned_commits": None,
    "readme_missing": None,
    "license_missing": None,
    "pirr_missing": None,
    "gitignore_missing": None,
    "external_pr": None,
    "breaks_naming_convention": None,
    "secret_scanning_disabled": None,
    "push_protection_disabled": None,
    "dependabot_disabled": None,
    "codeowners_missing": None,
    "point_of_contact_missing": None,
}
REPOSITORIES_JSON = [
    {
        "name": "Billing.API",
        "type": "PRIVATE",
        "url": "https://github.com/acme/Billing.API",
        "created_at": "2026-02-21T05:00:00Z",
        "checklist": {
            "inactive": True,
            "unprotected_branches": True,
            "unsigned_commits": True,
            "readme_missing": True,
            "license_missing": False,
            "pirr_missing": True,
            "gitignore_missing": True,
            "external_pr": True,
            "breaks_naming_convention": True,
            "secret_scanning_disabled": False,
            "push_protection_disabled": False,
            "dependabot_disabled": True,
            "codeowners_missing": True,
            "point_of_contact_missing": False,
        },
    },
    {
        "name": "blocked",
        "type": "PUBLIC",
        "url": "https://github.com/acme/blocked",
        "created_at": "2026-02-21T05:00:00Z",
        # What could not be checked was true in the Data Logger's file: a failed call looked like a broken rule.
        "checklist": UNKNOWN | {"pirr_missing": False, "breaks_naming_convention": False},
    },
    {
        "name": "ledger",
        "type": "INTERNAL",
        "url": "https://github.com/acme/ledger",
        "created_at": "2026-02-21T05:00:00Z",
        "checklist": UNKNOWN
        | {
            "license_missing": False,
            "pirr_missing": False,
            "external_pr": True,
            "breaks_naming_convention": False,
            "secret_scanning_disabled": False,
            "push_protection_disabled": False,
            "codeowners_missing": False,
            "point_of_contact_missing": True,
        },
    },
    {
        "name": "tools",
        "type": "PUBLIC",
        "url": "https://github.com/acme/tools",
        "created_at": "2026-02-21T05:00:00Z",
        "checklist": UNKNOWN
        | {
            "license_missing": True,
            "pirr_missing": False,
            "breaks_naming_convention": False,
            "secret_scanning_disabled": True,
            "push_protection_disabled": True,
            "codeowners_missing": False,
        },
    },
    {
        "name": "web-site",
        "type": "PUBLIC",
        "url": "https://github.com/acme/web-site",
        "created_at": "2025-04-27T04:00:00Z",
        "checklist": dict.fromkeys(UNKNOWN, False),
    },
]


def test_repositories_json(shared: Session, tmp_path: Path) -> None:
    for add in (add_web_site, add_billing, add_ledger, add_others):
        add(shared)
    found = written(shared, REPOSITORIES, tmp_path)
    assert found == REPOSITORIES_JSON
    # Its keys have an order, too.
    assert json.dumps(found) == json.dumps(REPOSITORIES_JSON)


def test_what_nobody_can_see_yet_is_neither_public_nor_private(shared: Session, tmp_path: Path) -> None:
    """A row of an older version has no visibility, until the list is read anew."""
    add_repository(shared, 1, "web-site", None, created_at=None)
    [found] = written(shared, REPOSITORIES, tmp_path)
    assert found == {
        "name": "web-site",
        "type": None,
        "url": "https://github.com/acme/web-site",
        "created_at": None,
        "checklist": UNKNOWN | {"breaks_naming_convention": False},
    }


def test_what_was_judged_while_it_was_archived_says_nothing_now(shared: Session, tmp_path: Path) -> None:
    add_repository(shared, 1, "web-site")
    for rule in ("active", "readme", "external_pull_requests", "codeowners"):
        add_check(shared, 1, rule, "not_applicable", archived=True)
    [found] = written(shared, REPOSITORIES, tmp_path)
    assert found["checklist"] == UNKNOWN | {"pirr_missing": False, "breaks_naming_convention": False}


def add_organisation(session: Session) -> None:
    add_repository(session, 1, "web-site")
    add_repository(session, 6, "attic", archived=True)
    add_limits(session, in_working_days=True)


def test_secret_scanning_json(shared: Session, tmp_path: Path) -> None:
    add_organisation(shared)
    add_secret(shared, 1, 10, ago(6))
    add_secret(shared, 1, 2, ago(40, minutes=3))
    add_secret(shared, 1, 3, ago(5, hours=23))  # five whole days: not more than five
    add_secret(shared, 1, 4, ago(40), state="resolved")
    add_secret(shared, 1, 5, ago(40), unlisted_at=ago(1))  # nobody knows whether it is open still
    add_secret(shared, 6, 1, ago(7))
    add_secret(shared, 1, 6, ago(40), org="other")
    add_secret(shared, 1, 7, ago(40), secret_type="password")  # generic types are listed only when they are named
    found = written(shared, SECRETS, tmp_path)
    expected = [
        {
            "repository": "attic",
            "repository_url": "https://github.com/acme/attic",
            "creation_date": "2026-05-25T05:00:00Z",
            "alert_url": "https://github.com/acme/6/security/secret-scanning/1",
        },
        {
            "repository": "web-site",
            "repository_url": "https://github.com/acme/web-site",
            "creation_date": "2026-04-22T04:57:00Z",
            "alert_url": "https://github.com/acme/1/security/secret-scanning/2",
        },
        {
            "repository": "web-site",
            "repository_url": "https://github.com/acme/web-site",
            "creation_date": "2026-05-26T05:00:00Z",
            "alert_url": "https://github.com/acme/1/security/secret-scanning/10",
        },
    ]
    assert json.dumps(found) == json.dumps(expected)


def test_dependabot_json(shared: Session, tmp_path: Path) -> None:
    add_organisation(shared)
    within = {"critical": 5, "high": 15, "medium": 60, "low": 90}
    for number, (severity, days) in enumerate(within.items()):
        add_dependency(shared, 1, 10 + number, severity, ago(days, hours=23))
        add_dependency(shared, 1, 20 + number, severity, ago(days + 1))
    for number, state in enumerate(("fixed", "dismissed", "auto_dismissed")):
        add_dependency(shared, 1, 30 + number, "critical", ago(900), state=state)
    add_dependency(shared, 6, 1, "high", ago(16))
    add_dependency(shared, 1, 40, "enormous", ago(900))  # it asked for four severities
    found = written(shared, DEPENDENCIES, tmp_path)
    opened = {"critical": "2026-05-26", "high": "2026-05-16", "medium": "2026-04-01", "low": "2026-03-02"}
    expected = [
        {
            "repository": "attic",
            "repository_url": "https://github.com/acme/attic",
            "created_at": "2026-05-16T05:00:00Z",
            "severity": "high",
            "alert_url": "https://github.com/acme/6/security/dependabot/1",
        },
        *(
            {
                "repository": "web-site",
                "repository_url": "https://github.com/acme/web-site",
                "created_at": f"{day}T05:00:00Z",
                "severity": severity,
                "alert_url": f"https://github.com/acme/1/security/dependabot/{20 + number}",
            }
            for number, (severity, day) in enumerate(opened.items())
        ),
    ]
    assert json.dumps(found) == json.dumps(expected)


@pytest.mark.parametrize("snapshot", OF_ALERTS, ids=lambda snapshot: snapshot.name)
def test_without_limits_nothing_is_too_old_and_nothing_is_said(
    shared: Session, tmp_path: Path, snapshot: Snapshot
) -> None:
    """An empty list would say that no alert is overdue."""
    context = write(shared, snapshot, tmp_path, SNAPSHOT_FORM="data-logger")
    assert not (tmp_path / f"{snapshot.name}.json").exists()
    assert (tmp_path / "acme" / "latest" / f"{snapshot.name}.json").exists()
    assert context.run.note == (
        f"{snapshot.name}.json is not written as the Data Logger did: how long alerts may be open is not known"
    )
