"""How many repositories have which of GitHub's security features, by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.models import Repository, RepositoryCheck, SecurityFeatureDay, create_db_session
from chalicelib.security.sync.features import LISTED
from tests.databases import fill_once
from tests.organisation import DAY, NEEDED, ORG, Organisation, organisation
from tests.security.conftest import rows_of, run_steps

STEPS = ("repository_checks", "repository_checks.features")
COUNTS = ("enabled", "disabled", "unknown")


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=0, days=30, repositories=4) as made:
        made.environment["SECURITY"] = "on"
        first, second, third, archived = made.sandbox.world.repositories.values()
        for one in (first, second, third, archived):
            one.archived, one.private = one is archived, False
            one.security.secret_scanning = one.security.dependabot = one is not second
            one.security.push_protection = one is first
        fill_once(db_url, ("features", made.now()), lambda: made.run_job("daily"))
        yield made


def counts(org: Organisation) -> dict[str, dict[str, tuple[int, ...]]]:
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for row in rows_of(org.db_url, SecurityFeatureDay):
        found.setdefault(str(row["day"]), {})[row["feature"]] = tuple(row[name] for name in COUNTS)
    return found


def run(org: Organisation, *steps: str) -> Any:
    return run_steps(org.settings, ORG, org.now(), steps or STEPS)


def test_each_day_has_its_counts(org: Organisation) -> None:
    first, second, *_ = org.sandbox.world.repositories.values()
    today = counts(org)["2026-06-15"]
    assert today["secret_scanning"] == (2, 1, 0)
    assert today["secret_scanning_push_protection"] == (1, 2, 0)
    assert today["dependabot_alerts"] == (2, 1, 0)
    assert {sum(found) for found in today.values()} == {3}
    assert len(today) == 5
    first.security.dependabot, second.security.dependabot = False, False
    org.advance(DAY)
    assert {told.status for told in run(org).values()} == {"ok"}
    assert counts(org)["2026-06-16"]["dependabot_alerts"] == (1, 2, 0)
    assert counts(org)["2026-06-15"] == today


def test_what_github_does_not_tell_is_unknown(org: Organisation) -> None:
    first = next(iter(org.sandbox.world.repositories.values()))
    org.sandbox.graphql.update(broken={first.full_name: "hasVulnerabilityAlertsEnabled"})
    run(org)
    assert counts(org)["2026-06-15"]["dependabot_alerts"] == (1, 1, 1)
    with create_db_session(org.db_url) as session:
        session.query(RepositoryCheck).delete()
        session.commit()
    run(org, "repository_checks.features")
    assert counts(org)["2026-06-15"]["dependabot_alerts"] == (0, 0, 3)


def test_what_a_narrower_token_is_not_told_is_unknown(org: Organisation) -> None:
    """The columns kept what another token had been told: the rules passed, and the features were counted as on."""
    granted = {name: level for name, level in NEEDED.items() if name != "administration"}
    org.sandbox.tokens.add("narrow", permissions=granted)
    org.environment["GH_TOKEN"] = "narrow"
    for repository in org.sandbox.world.repositories.values():
        repository.audit.files.pop(".github/CODEOWNERS", None)

    def without_properties(request: Any, answer: Any) -> Any:
        if not request.path.endswith("/orgs/acme/repos") or not isinstance(answer.data, list):
            return answer
        kept = [{name: one[name] for name in one if name != "custom_properties"} for one in answer.data]
        return replace(answer, data=kept)

    org.advance(DAY)
    with org.sandbox.oddities.telling(without_properties):
        org.run_job("daily")
    hidden = (*LISTED, "security_and_analysis", "custom_properties")
    for row in rows_of(org.db_url, Repository):
        assert {name: row[name] for name in hidden} == dict.fromkeys(hidden)
        assert row["visibility"] == "public"
    assert {counts(org)["2026-06-16"][feature] for feature in LISTED} == {(0, 0, 3)}
    rules = {"secret_scanning", "push_protection", "point_of_contact"}
    checks = [row for row in rows_of(org.db_url, RepositoryCheck) if row["rule"] in rules]
    assert sorted(row["result"] for row in checks) == ["error"] * 9 + ["not_applicable"] * 3
    assert {row["known_result"] for row in checks if row["rule"] == "secret_scanning"} == {
        *("pass", "fail", "not_applicable")
    }


def test_nothing_is_counted_of_some_repositories_only(org: Organisation) -> None:
    """The counts of a narrow run stood in the same series as those of all repositories."""
    org.environment["GH_REPOS"] = next(iter(org.sandbox.world.repositories.values())).full_name
    org.advance(DAY)
    told = run(org, "repository_checks.features")["repository_checks.features"]
    assert (told.status, told.note) == ("ok", "not counted: GH_REPOS names some repositories only")
    assert counts(org).keys() == {"2026-06-15"}


def test_a_feature_whose_rule_is_switched_off_is_not_counted(org: Organisation) -> None:
    """It was unknown in all repositories."""
    org.environment["CHECKS"] = "all,-dependabot_alerts"
    org.advance(DAY)
    run(org)
    assert counts(org)["2026-06-15"].keys() == {*LISTED, "dependabot_alerts"}
    assert counts(org)["2026-06-16"].keys() == set(LISTED)
