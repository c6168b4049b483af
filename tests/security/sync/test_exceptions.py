"""Checks by their settings: rules that are switched off, exceptions, and whom to ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import SettingsError
from chalicelib.models import (
    RepositoryRating,
)
from sandbox.api.messages import Answer
from tests.organisation import DAY, Organisation
from tests.security.conftest import rows_of
from tests.security.sync.auditing import REFUSED, Request, changes, check, checks, failing, queries, repositories

pytestmark = pytest.mark.slow


# Settings


def test_a_rule_that_is_switched_off_keeps_its_changes_only(org: Organisation) -> None:
    first = repositories(org)[0]
    org.environment["CHECKS"] = "all,-readme"
    check(org)
    assert "readme" not in {rule for _, rule in checks(org)}
    assert changes(org, first.name, "readme") == [(None, "pass")]
    criteria = rows_of(org.db_url, RepositoryRating)[0]["criteria"]
    assert "readme" not in criteria["rules"]
    org.environment["CHECKS"] = "all"
    del first.audit.files["README.md"]
    check(org)
    assert changes(org, first.name, "readme") == [(None, "pass"), ("pass", "fail")]


def test_exceptions_end_by_their_date(org: Organisation, tmp_path: Path) -> None:
    first = repositories(org)[0]
    del first.audit.files["README.md"]
    entry = '[[exception]]\nrepository = "acme/{}"\nrule = "readme"\nreason = "a mirror"\nuntil = 2026-06-17\n'
    (tmp_path / "own.toml").write_text(entry.format(first.name.upper()) + entry.format("not-there"), encoding="utf-8")
    org.environment |= {"CHECK_EXCEPTIONS": "own.toml", "RATING_REQUIRED": "readme"}
    told = check(org)
    assert told.note == "the exceptions name repositories that are not there: not-there"
    row = checks(org)[first.name, "readme"]
    assert (row["result"], row["exception_reason"], str(row["exception_until"])) == ("fail", "a mirror", "2026-06-17")
    rating = next(row for row in rows_of(org.db_url, RepositoryRating) if row["repo"] == first.name)
    assert (rating["rating"], rating["percent"]) == ("platinum", 100)
    check(org, after=2 * DAY)
    row = checks(org)[first.name, "readme"]
    assert (row["exception_reason"], row["exception_until"]) == (None, None)
    rating = next(row for row in rows_of(org.db_url, RepositoryRating) if row["repo"] == first.name)
    assert (rating["rating"], rating["since"], rating["criteria"]["required"]) == ("unrated", org.now(), ["readme"])


def write_exceptions(path: Path, *entries: tuple[str, str, str]) -> None:
    """Write exceptions: each with its repository, rule and last day."""
    form = '[[exception]]\nrepository = "{}"\nrule = "{}"\nreason = "a mirror"\nuntil = {}\n'
    path.write_text("".join(form.format(*entry) for entry in entries), encoding="utf-8")


def test_an_exception_does_not_make_a_rule_count(org: Organisation, tmp_path: Path) -> None:
    """An archived repository became platinum by one."""
    first, second, *_ = repositories(org)
    second.archived = True
    org.run_job("every_30_min")
    rules = [(first.full_name, "pirr", "2030-01-01"), (second.full_name, "readme", "2030-01-01")]
    write_exceptions(tmp_path / "own.toml", *rules)
    org.environment["CHECK_EXCEPTIONS"] = "own.toml"
    assert check(org).note is None
    ratings = {
        row["repo"]: (row["rating"], row["passed"], row["counted"]) for row in rows_of(org.db_url, RepositoryRating)
    }
    assert ratings[first.name] == ("platinum", 16, 16)
    assert ratings[second.name] == ("unrated", 0, 0)


def test_exceptions_that_do_nothing_are_named(org: Organisation, tmp_path: Path) -> None:
    first, second, *_ = repositories(org)
    write_exceptions(
        tmp_path / "own.toml",
        (first.full_name, "readme", "2026-06-16"),
        (second.full_name, "license", "2026-06-15"),
        (second.full_name, "active", "2025-12-31"),
        ("acne/web", "readme", "2030-01-01"),
        ("umbrella/web", "readme", "2020-01-01"),
    )
    org.environment |= {"CHECK_EXCEPTIONS": "own.toml", "GH_ORGS": "acme,umbrella"}
    assert check(org).note == (
        "the exceptions name owners that GH_ORGS does not: acne; exceptions that have ended: "
        f"active of {second.full_name} (2025-12-31), license of {second.full_name} (2026-06-15)"
    )


def test_without_a_rule_of_repositories_nothing_is_asked_or_rated(org: Organisation) -> None:
    """All repositories were asked for, and the ratings stayed as if they were today's."""
    org.environment["CHECKS"] = "team_maintainer"
    told = check(org)
    assert (told.status, told.requests, queries(org)) == ("ok", 0, 0)
    assert checks(org) == {}
    assert rows_of(org.db_url, RepositoryRating) == []
    assert changes(org, repositories(org)[0].name, "readme") == [(None, "pass")]


def test_what_is_required_must_be_checked(org: Organisation) -> None:
    org.environment |= {"CHECKS": "security", "RATING_REQUIRED": "readme"}
    with pytest.raises(SettingsError, match=r"^RATING_REQUIRED names readme, which CHECKS switches off$"):
        org.run_job("daily")
    assert queries(org) == 0


# Whom to ask


def test_the_owners_of_all_repositories_are_asked_for_their_e_mails_in_company(org: Organisation) -> None:
    first, second, third, fourth = repositories(org)
    ann, bob = org.sandbox.world.people[:2]
    ann.email, bob.email = None, "bob@acme.example"
    first.audit.files[".github/CODEOWNERS"] = f"* @{ann.login} @{bob.login.upper()} @acme/team @nobody-here\n"
    second.audit.files[".github/CODEOWNERS"] = f"* @{ann.login}\n"
    third.audit.files[".github/CODEOWNERS"] = f"* @{bob.login}\n"
    third.custom_properties = {"contact": "the third team"}
    org.run_job("every_30_min")
    asked = list[Any]()

    def tell(request: Request, answer: Answer) -> Answer:
        if request.path.endswith("graphql") and "query Emails" in request.json()["query"]:
            asked.append(sorted(request.json()["variables"].values()))
        return answer

    with org.sandbox.oddities.telling(tell):
        check(org)
    assert asked == [sorted(["nobody-here", ann.login.lower(), bob.login.lower()])]
    found = {repo: row["evidence"] for (repo, rule), row in checks(org).items() if rule == "point_of_contact"}
    assert found == {
        first.name: {"contact": "bob@acme.example", "source": "owner", "emails": ["bob@acme.example"]},
        second.name: {"contact": None, "source": None, "emails": []},
        third.name: {"contact": "the third team", "source": "custom_property", "emails": ["bob@acme.example"]},
        fourth.name: {"contact": "ask@acme.example", "source": "codeowners", "emails": []},
    }


def test_e_mails_that_could_not_be_looked_up_are_not_missing(org: Organisation) -> None:
    first = repositories(org)[0]
    first.audit.files[".github/CODEOWNERS"] = f"* @{org.sandbox.world.people[0].login}\n"

    def answer(arguments: dict[str, Any]) -> Answer | None:
        return REFUSED if "query Emails" in arguments["query"] else None

    with org.sandbox.oddities.telling(failing(answer)):
        assert check(org).status == "ok"
    row = checks(org)[first.name, "point_of_contact"]
    assert (row["result"], row["known_result"]) == ("error", "pass")
    assert row["evidence"] == {"error": "the e-mails of the code owners could not be looked up"}
