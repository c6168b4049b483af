"""Whom to ask about a repository: the first source that names anybody."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.security.views import REPOSITORY_CONTACTS
from tests.security.views.rows import Audit
from tests.views.world import World, may


@pytest.fixture
def audit(world: World) -> Audit:
    """A repository with all sources: each test takes some away."""
    audit = Audit(world)
    audit.repository(1)
    audit.member("zed")
    audit.member("amy")
    audit.member("bo", "member")
    audit.team(1, "Core")
    audit.stay(1, "tom")
    audit.stay(1, "ann")
    audit.stay(1, "max", "member")
    return audit


def point(audit: Audit, contact: str | None, source: str | None, **columns: Any) -> None:
    audit.check("point_of_contact", "pass", evidence={"contact": contact, "source": source, "emails": []}, **columns)


def owners(audit: Audit, *names: str, **columns: Any) -> None:
    audit.check("codeowners", "pass", evidence={"path": "CODEOWNERS", "owners": list(names)}, **columns)


def found(audit: Audit) -> tuple[str | None, str | None]:
    row = audit.world.row(REPOSITORY_CONTACTS)
    return row["contact"], row["contact_source"]


def test_a_whole_row(audit: Audit) -> None:
    point(audit, "platform@example.com", "custom_property")
    owners(audit, "@bob", "@acme/core")
    assert audit.world.read(REPOSITORY_CONTACTS) == [
        {
            "org": "acme",
            "repo": "r1",
            "repository_id": 1,
            "contact": "platform@example.com",
            "contact_source": "custom_property",
        }
    ]


@pytest.mark.parametrize("source", ["codeowners", "owner"])
def test_an_address_comes_before_logins(audit: Audit, source: str) -> None:
    point(audit, "bob@example.com", source)
    owners(audit, "@bob", "@acme/core")
    assert found(audit) == ("bob@example.com", "codeowners")


def test_people_in_codeowners_come_before_teams(audit: Audit) -> None:
    """Also when the rule point_of_contact is switched off, so that nobody looked for addresses."""
    owners(audit, "@cleo", "@acme/core", "@Bob", "@cleo", "dev@example.com")
    assert found(audit) == ("@Bob, @cleo, dev@example.com", "codeowners")


def test_maintainers_of_the_teams_in_codeowners(audit: Audit) -> None:
    """GitHub heeds teams of the repository's own organisation only."""
    point(audit, None, None)
    audit.team(2, "web")
    audit.stay(2, "ann")
    audit.stay(2, "old", left_at=may(1))
    audit.team(3, "gone", deleted_at=may(1))
    audit.stay(3, "lost")
    audit.team(4, "core", org="other")
    audit.stay(4, "stranger")
    owners(audit, "@Acme/core", "@acme/web", "@acme/gone", "@acme/unknown", "@other/core")
    assert found(audit) == ("@ann, @tom", "team")


def test_a_team_without_maintainers_leaves_it_to_the_admins(audit: Audit) -> None:
    audit.team(2, "web")
    audit.stay(2, "max", "member")
    owners(audit, "@acme/web")
    assert found(audit) == ("@amy, @zed", "admins")


def test_admins_that_left_or_have_no_login_are_not_asked(audit: Audit) -> None:
    audit.member("old", inactive=True)
    audit.member(None)
    audit.member("stranger", org="other")
    assert found(audit) == ("@amy, @zed", "admins")


@pytest.mark.parametrize(
    "evidence", [{"error": "GitHub didn't answer"}, {"archived": True}, {"owners": None}, {"owners": []}, {}]
)
def test_a_check_that_says_nothing_names_nobody(audit: Audit, evidence: dict[str, Any]) -> None:
    audit.check("codeowners", "error", evidence=evidence)
    audit.check("point_of_contact", "error", evidence=evidence)
    assert found(audit) == ("@amy, @zed", "admins")


def test_without_anybody_there_is_none(world: World) -> None:
    audit = Audit(world)
    audit.repository(1)
    audit.repository(2, deleted_at=may(1))
    assert found(audit) == (None, None)


def test_each_repository_has_its_own(audit: Audit) -> None:
    for key in (2, 3):
        audit.repository(key)
    owners(audit, "@bob")
    owners(audit, "@acme/core", repository=2)
    rows = audit.world.read(REPOSITORY_CONTACTS)
    assert [(row["repo"], row["contact"]) for row in rows] == [
        ("r1", "@bob"),
        ("r2", "@ann, @tom"),
        ("r3", "@amy, @zed"),
    ]
