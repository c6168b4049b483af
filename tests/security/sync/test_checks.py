"""Checks of a sandbox organisation: what the rules say of it, since when, and what that costs."""

from __future__ import annotations

import pytest

from chalicelib.models import (
    RepositoryRating,
)
from chalicelib.security.rules import RULES
from sandbox import Audit, Rule
from tests.organisation import Organisation
from tests.security.conftest import rows_of
from tests.security.sync.auditing import Make, changes, check, checks, queries, repositories, results

pytestmark = pytest.mark.slow


# What the rules say


def test_each_repository_has_a_result_for_each_rule(make: Make) -> None:
    """A worked example: four repositories, and what there is of each."""
    org = make()
    good, broken, private, archived = repositories(org)
    outsider = next(person for person in org.sandbox.world.people if person.login not in broken.owner.members)
    broken.security.dependabot = broken.security.secret_scanning = broken.security.push_protection = False
    broken.audit = Audit(
        files={"readme": ""}, branches=["main", "next"], signatures=["VALID", None], collaborators=[outsider]
    )
    private.private, private.audit.protections = True, []
    private.audit.files["PIRR.md"] = ""
    private.audit.rules = [Rule("DELETION", "Keep"), Rule("PULL_REQUEST", "Review", approvals=2)]
    archived.archived = True
    org.run_job("daily")
    assert results(org) == {
        good.name: {"pirr": "not_applicable"},
        broken.name: {
            "pirr": "not_applicable",
            **dict.fromkeys(
                (
                    *("protected_branches", "signed_commits", "readme", "license", "gitignore", "codeowners"),
                    *("secret_scanning", "push_protection", "dependabot_alerts", "point_of_contact"),
                    *("branch_protection", "repository_access", "security_policy"),
                ),
                "fail",
            ),
        },
        private.name: dict.fromkeys(("license", "secret_scanning", "push_protection"), "not_applicable"),
        archived.name: dict.fromkeys((rule.name for rule in RULES), "not_applicable"),
    }
    found = checks(org)
    assert found[private.name, "branch_protection"]["evidence"] == {
        "source": "rulesets",
        "approvals": 2,
        "deletions": "restricted",
        "rulesets": ["Keep", "Review"],
    }
    assert found[broken.name, "protected_branches"]["evidence"]["unprotected"] == ["main", "next"]
    assert found[broken.name, "repository_access"]["evidence"] == {"collaborators": [outsider.login], "count": 1}
    assert found[good.name, "point_of_contact"]["evidence"]["contact"] == "ask@acme.example"
    ratings = {
        row["repo"]: (row["rating"], row["passed"], row["counted"]) for row in rows_of(org.db_url, RepositoryRating)
    }
    assert ratings == {
        good.name: ("platinum", 16, 16),
        broken.name: ("unrated", 3, 16),
        private.name: ("platinum", 14, 14),
        archived.name: ("unrated", 0, 0),
    }


def test_an_empty_repository_has_nothing_to_protect(org: Organisation) -> None:
    repositories(org)[0].default_branch = None
    check(org)
    assert results(org)[repositories(org)[0].name] == {
        "pirr": "not_applicable",
        **dict.fromkeys(("protected_branches", "signed_commits", "branch_protection"), "not_applicable"),
        **dict.fromkeys(("readme", "license", "gitignore", "codeowners", "point_of_contact"), "fail"),
    }


def test_the_rules_are_tuned_by_settings(org: Organisation) -> None:
    first = repositories(org)[0]
    first.audit.signatures = ["VALID"] * 5 + [None]
    org.environment |= {"CHECK_SIGNED_COMMITS": "5", "CHECK_APPROVALS": "3", "CHECK_NAME_PATTERN": "acme-.*"}
    check(org)
    found = results(org)[first.name]
    assert found == {"pirr": "not_applicable", "name": "fail", "branch_protection": "fail"}


def test_members_pull_requests_are_theirs(make: Make) -> None:
    org = make(items=40, repositories=2)
    org.run_job("daily")
    found = [row for (_, rule), row in checks(org).items() if rule == "external_pull_requests"]
    members = repositories(org)[0].owner.members
    assert {row["result"] for row in found} <= {"pass", "fail"}
    assert not {author for row in found for author in row["evidence"]["authors"]} & set(members)


# What it costs


def test_25_are_asked_for_at_once(make: Make) -> None:
    org = make(repositories=30)
    org.run_job("daily")
    org.sandbox.stats.reset()
    told = check(org)
    assert (told.status, told.fetched, told.stored, told.requests, queries(org)) == ("ok", 30, 0, 2, 2)


def test_archived_repositories_cost_nothing(org: Organisation) -> None:
    for repository in repositories(org):
        repository.archived = True
    org.run_job("every_30_min")
    org.sandbox.stats.reset()
    told = check(org)
    assert (told.fetched, told.requests) == (4, 0)
    assert {row["result"] for row in checks(org).values()} == {"not_applicable"}
    assert all(row["evidence"] == {"archived": True} for row in checks(org).values())


def test_only_the_scope_is_checked(make: Make) -> None:
    org = make()
    chosen = repositories(org)[0]
    org.environment["GH_REPOS"] = chosen.full_name
    org.run_job("daily")
    assert {repo for repo, _ in checks(org)} == {chosen.name}


# Since when


def test_since_moves_only_when_the_result_changes(org: Organisation) -> None:
    first = repositories(org)[0]
    begun = checks(org)
    check(org)
    assert {key: row["since"] for key, row in checks(org).items()} == {key: row["since"] for key, row in begun.items()}
    assert changes(org, first.name, "readme") == [(None, "pass")]
    del first.audit.files["README.md"]
    told = check(org)
    row = checks(org)[first.name, "readme"]
    assert (told.stored, row["result"], row["known_result"], row["since"]) == (1, "fail", "fail", org.now())
    assert changes(org, first.name, "readme") == [(None, "pass"), ("pass", "fail")]
    broken_at = org.now()
    check(org)
    assert checks(org)[first.name, "readme"]["since"] == broken_at
    assert checks(org)[first.name, "readme"]["checked_at"] == org.now()
    first.audit.files["README.md"] = ""
    check(org)
    assert changes(org, first.name, "readme") == [(None, "pass"), ("pass", "fail"), ("fail", "pass")]


def test_an_error_is_no_change(org: Organisation) -> None:
    """The Data Logger turned every failed call into a missing file; here what was known stays known."""
    first, second, *_ = repositories(org)
    del first.audit.files["README.md"]
    check(org)
    broken_at = org.now()
    org.sandbox.graphql.update(broken={first.full_name: ""})
    told = check(org)
    assert told.status == "ok"
    row = checks(org)[first.name, "readme"]
    assert (row["result"], row["known_result"], row["since"]) == ("error", "fail", org.now())
    assert row["evidence"] == {"error": "GitHub says: Something went wrong while executing your query."}
    by_list = {"active", "name", "secret_scanning", "push_protection"}
    found = {rule: result for rule, result in results(org)[first.name].items() if rule not in by_list}
    assert found.pop("pirr") == "not_applicable"  # the list says that it is public
    assert found == {rule.name: "error" for rule in RULES if rule.name not in {*by_list, "pirr"}}
    assert "error" not in results(org)[second.name].values()
    failed_at = org.now()
    check(org)
    assert checks(org)[first.name, "readme"]["since"] == failed_at
    org.sandbox.graphql.update(broken={})
    check(org)
    row = checks(org)[first.name, "readme"]
    assert (row["result"], row["since"]) == ("fail", broken_at)
    assert changes(org, first.name, "readme") == [(None, "pass"), ("pass", "fail")]


def test_only_the_rules_that_need_a_broken_part_miss_it(org: Organisation) -> None:
    first = repositories(org)[0]
    org.sandbox.graphql.update(broken={first.full_name: "collaborators"})
    check(org)
    assert results(org)[first.name] == {"pirr": "not_applicable", "repository_access": "error"}
    assert checks(org)[first.name, "repository_access"]["known_result"] == "pass"


def test_what_credentials_may_not_see_is_not_missing(org: Organisation) -> None:
    tokens = org.sandbox.tokens
    tokens.add("few", permissions={"contents": "read", "pull_requests": "read", "members": "read"})
    org.environment["GH_TOKEN"] = "few"
    check(org)
    found = results(org)[repositories(org)[0].name]
    assert found["repository_access"] == found["branch_protection"] == "error"
    repositories(org)[0].audit.protections, repositories(org)[0].security.dependabot = [], False
    check(org)
    found = results(org)[repositories(org)[0].name]
    assert found["protected_branches"] == found["dependabot_alerts"] == found["branch_protection"] == "error"
    tokens.add("no-files", permissions={"pull_requests": "read", "members": "read", "administration": "read"})
    org.environment["GH_TOKEN"] = "no-files"
    check(org)
    found = results(org)[repositories(org)[0].name]
    files = ("readme", "license", "gitignore", "codeowners", "signed_commits", "protected_branches")
    assert {found[rule] for rule in files} == {"error"}
