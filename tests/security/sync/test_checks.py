"""Checks of a sandbox organisation: what the rules say of it, since when, and that a failed call says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from chalicelib.errors import SettingsError
from chalicelib.github import Budget
from chalicelib.models import (
    Cursor,
    Repository,
    RepositoryCheck,
    RepositoryCheckChange,
    RepositoryRating,
    create_db_session,
)
from chalicelib.security.rules import RULES
from sandbox import Audit, Protection, Rule
from sandbox.api.messages import Answer
from tests.databases import fill_once
from tests.organisation import DAY, ORG, Organisation, organisation
from tests.security.conftest import rows_of, run_steps

pytestmark = pytest.mark.slow

STEP = "repository_checks"
KEEPS_ALL = {
    "README.md": "",
    "LICENSE": "",
    ".gitignore": "",
    "SECURITY.md": "",
    ".github/CODEOWNERS": "* @acme/team ask@acme.example\n",
}
Make = Callable[..., Organisation]
Request = Any


@pytest.fixture
def make(db_url: str) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(**plan: Any) -> Organisation:
            made = stack.enter_context(organisation(db_url, **{"items": 0, "days": 30, "repositories": 4, **plan}))
            made.environment |= {"SECURITY": "on", "CHECK_INACTIVE_YEARS": "50"}
            for repository in repositories(made):
                keep_all(repository)
            return made

        yield make


@pytest.fixture
def org(make: Make, db_url: str) -> Organisation:
    made = make()
    fill_once(db_url, ("checks", made.now()), lambda: made.run_job("daily"))
    made.sandbox.stats.reset()
    return made


def repositories(org: Organisation) -> list[Any]:
    return list(org.sandbox.world.repositories.values())


def keep_all(repository: Any) -> None:
    """Let a public repository keep every rule."""
    repository.private = repository.internal = repository.archived = False
    security = repository.security
    security.dependabot = security.secret_scanning = security.push_protection = True
    repository.audit = Audit(files=dict(KEEPS_ALL), protections=[Protection(approvals=2)], signatures=["VALID"] * 20)


def run(org: Organisation, *names: str, budget: Budget | None = None) -> dict[str, SimpleNamespace]:
    return run_steps(org.settings, ORG, org.now(), names or (STEP,), budget=budget)


def check(org: Organisation, *, after: float = DAY) -> SimpleNamespace:
    """Check all repositories a day later."""
    org.advance(after)
    return run(org)[STEP]


def checks(org: Organisation) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["repo"], row["rule"]): row for row in rows_of(org.db_url, RepositoryCheck)}


def results(org: Organisation) -> dict[str, dict[str, str]]:
    """The results other than a pass, by repository and rule."""
    found: dict[str, dict[str, str]] = {repository.name: {} for repository in repositories(org)}
    for (repo, rule), row in checks(org).items():
        if row["result"] != "pass":
            found[repo][rule] = row["result"]
    return found


def changes(org: Organisation, repo: str, rule: str) -> list[tuple[str | None, str]]:
    rows = rows_of(org.db_url, RepositoryCheckChange, "changed_at")
    return [(row["before"], row["after"]) for row in rows if (row["repo"], row["rule"]) == (repo, rule)]


def queries(org: Organisation) -> int:
    return sum(count for route, count in org.requests().items() if "graphql" in route.lower())


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


# Calls that fail


def failing(answer_of: Callable[[dict[str, Any]], Answer | None]) -> Callable[[Request, Answer], Answer]:
    """Answer queries so, and everything else as it is."""

    def tell(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("graphql"):
            return answer
        return answer_of(request.json()) or answer

    return tell


def state(org: Organisation) -> list[list[dict[str, Any]]]:
    return [rows_of(org.db_url, model) for model in (RepositoryCheck, RepositoryCheckChange, RepositoryRating)]


REFUSED = Answer({"message": "Resource not accessible by integration"}, 403, {})


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (Answer({"message": "Server Error"}, 502, {}), "failed", "Server Error"),
        (Answer({"errors": [{"message": "it broke"}]}, 200, {}), "failed", "it broke"),
        (Answer([], 200, {}), "failed", "the answer"),
        (
            Answer({"data": None, "errors": [{"message": "SAML", "extensions": {"saml_failure": True}}]}, 200, {}),
            "failed",
            "SAML",
        ),
        (REFUSED, "failed", "Resource not accessible by integration"),
        (
            Answer({"data": None, "errors": [{"type": "FORBIDDEN", "message": "no"}]}, 200, {}),
            "failed",
            "no",
        ),
    ],
)
def test_a_query_that_fails_altogether_changes_nothing(
    org: Organisation, answer: Answer, status: str, says: str
) -> None:
    before = state(org)
    with org.sandbox.oddities.telling(failing(lambda _: replace(answer))):
        told = check(org)
    assert told.status == status
    assert says in (told.error or told.note)
    assert state(org) == before


def test_graphql_that_was_never_allowed_is_named_and_skipped(make: Make) -> None:
    """When it is refused later, the step fails, as those of alerts do: it was ok, with a note."""
    org = make(repositories=60)
    with org.sandbox.oddities.telling(failing(lambda _: REFUSED)):
        org.run_job("daily")
        org.sandbox.stats.reset()
        told = check(org)
    assert (told.status, told.error) == ("ok", None)
    assert told.note == "repositories can't be checked, for GraphQL is refused: Resource not accessible by integration"
    assert queries(org) <= 12  # of three batches: each alone, and three repositories of it
    assert check(org).status == "ok"
    with org.sandbox.oddities.telling(failing(lambda _: REFUSED)):
        told = check(org)
    assert (told.status, told.note) == ("failed", None)
    assert "Resource not accessible by integration" in told.error


def test_one_that_is_forbidden_does_not_hold_up_the_others(org: Organisation) -> None:
    """A single forbidden repository can void the whole answer."""
    third = repositories(org)[2]
    key = node_id(org, third.name)

    def answer(arguments: dict[str, Any]) -> Answer | None:
        return REFUSED if key in arguments.get("variables", {}).get("ids", ()) else None

    with org.sandbox.oddities.telling(failing(answer)):
        told = check(org)
    assert (told.status, told.note) == ("ok", None)
    assert results(org)[third.name]["readme"] == "error"
    assert checks(org)[third.name, "readme"]["evidence"] == {
        "error": "GitHub says: Resource not accessible by integration"
    }
    assert all("error" not in found.values() for name, found in results(org).items() if name != third.name)


def node_id(org: Organisation, name: str) -> str:
    return next(str(row["node_id"]) for row in rows_of(org.db_url, Repository) if row["name"] == name)


@pytest.mark.parametrize("answer", [Answer({"message": "Server Error"}, 502, {}), Answer([], 200, {}), REFUSED])
def test_a_query_that_fails_does_not_hold_up_the_others(
    org: Organisation, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    """What waits longest comes first: one that always failed would have kept all others from being checked."""
    monkeypatch.setattr("chalicelib.security.sync.checks.MOST_REPOSITORIES", 1)
    monkeypatch.setattr("chalicelib.github.batches.MOST_UNAVAILABLE", 0)
    first, before = min(repositories(org), key=lambda one: one.id), checks(org)
    key = node_id(org, first.name)
    with org.sandbox.oddities.telling(failing(lambda sent: answer if key in sent["variables"]["ids"] else None)):
        told = check(org)
        checked = {repo for (repo, _), row in checks(org).items() if row["checked_at"] == org.now()}
        others = {one.name for one in repositories(org)} - {first.name}
        if answer is REFUSED:
            assert (told.status, checked) == ("ok", {*others, first.name})
            assert results(org)[first.name]["readme"] == "error"
            return
        assert (told.status, checked) == ("failed", others)
        assert all(row == before[key] for key, row in checks(org).items() if key[0] == first.name)
    org.sandbox.stats.reset()
    told = check(org, after=60)
    assert (told.status, told.fetched, queries(org)) == ("ok", 1, 1)


def test_a_query_that_is_too_large_is_halved(org: Organisation) -> None:
    before = checks(org)

    def answer(arguments: dict[str, Any]) -> Answer | None:
        is_large = len(arguments.get("variables", {}).get("ids", ())) > 1
        errors = [{"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits for this query exceeded"}]
        return Answer({"data": {"nodes": [None] * 4}, "errors": errors}, 200, {}) if is_large else None

    with org.sandbox.oddities.telling(failing(answer)):
        told = check(org)
    assert (told.status, told.requests) == ("ok", 7)
    assert {key: row["result"] for key, row in checks(org).items()} == {
        key: row["result"] for key, row in before.items()
    }


def test_an_answer_about_another_repository_is_left_out(org: Organisation) -> None:
    first, second, *_ = repositories(org)
    first.audit.files, second.audit.files = {}, {}

    def tell(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("graphql"):
            return answer
        nodes = answer.data["data"]["nodes"]
        swapped = [nodes[1], nodes[0], *nodes[2:]]
        swapped[2] = {**nodes[2], "nameWithOwner": "elsewhere/it-moved"}
        return replace(answer, data={**answer.data, "data": {"nodes": swapped}})

    with org.sandbox.oddities.telling(tell):
        check(org)
    asked = [row["name"] for row in sorted(rows_of(org.db_url, Repository), key=lambda row: row["id"])]
    for name in asked[:3]:
        assert results(org)[name]["readme"] == "error"
        assert checks(org)[name, "readme"]["known_result"] == "pass"
    assert "readme" not in results(org)[asked[3]]


# A run that ends early


def test_a_run_that_ends_early_goes_on_with_the_unchecked(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.security.sync.checks.MOST_REPOSITORIES", 1)
    monkeypatch.setattr("chalicelib.security.sync.checks.QUERIES", 1)
    org = make(repositories=6)
    org.run_job("daily")
    org.advance(DAY)
    budget, asked = Budget(sleep=lambda seconds: None), list[str]()

    def tell(request: Request, answer: Answer) -> Answer:
        if request.path.endswith("graphql"):
            asked.extend(request.json()["variables"]["ids"])
            if len(asked) == 4:
                budget.cancel()
        return answer

    with org.sandbox.oddities.telling(tell):
        assert run(org, budget=budget)[STEP].status == "partial"
        begun = org.now()
        done = {repo for (repo, _), row in checks(org).items() if row["checked_at"] == begun}
        assert 0 < len(done) < 6
        org.advance(60)
        asked.clear()
        assert run(org)[STEP].status == "ok"
        assert len(asked) == 6 - len(done)
        late = {repo for (repo, _), row in checks(org).items() if row["checked_at"] == org.now()}
        assert late == {repository.name for repository in repositories(org)} - done
        org.advance(60)
        asked.clear()
        assert run(org)[STEP].fetched == 6
        # Those come first that have waited longest.
        keys = {row["node_id"]: row["name"] for row in rows_of(org.db_url, Repository)}
        assert {keys[key] for key in asked[: len(done)]} == done


@pytest.mark.parametrize(("after", "asked"), [(60, 0), (DAY, 4)])
def test_a_round_that_was_stopped_is_gone_on_with_on_the_same_day(org: Organisation, after: float, asked: int) -> None:
    with create_db_session(org.db_url) as session:
        session.add(Cursor(name="repository_checks.round", org=ORG, scope="*", value=org.now()))
        session.commit()
    assert check(org, after=after).fetched == asked
    assert check(org, after=60).fetched == 4


def test_what_is_gone_is_left_as_it_was(org: Organisation) -> None:
    first, before = repositories(org)[0], checks(org)
    with create_db_session(org.db_url) as session:
        session.execute(update(Repository).where(Repository.id == first.id).values(deleted_at=org.now()))
        session.commit()
    assert check(org).fetched == 3
    assert {key: row for key, row in checks(org).items() if key[0] == first.name} == {
        key: row for key, row in before.items() if key[0] == first.name
    }


def test_a_check_from_the_future_is_made_again(org: Organisation) -> None:
    """A wrong clock's checks would have been current for a year."""
    org.ahead = timedelta(days=365)
    with create_db_session(org.db_url) as session:
        for row in session.query(RepositoryCheck):
            row.checked_at = row.since = org.now()
        session.commit()
    org.ahead *= 0
    check(org)
    assert {row["checked_at"] for row in checks(org).values()} == {org.now()}
    assert all(row["since"] <= org.now() for row in checks(org).values())


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
