"""A sandbox organisation whose repositories are checked, and what is stored of that."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from chalicelib.github import Budget
from chalicelib.models import (
    RepositoryCheck,
    RepositoryCheckChange,
)
from sandbox import Audit, Protection
from sandbox.api.messages import Answer
from tests.organisation import DAY, ORG, Organisation
from tests.security.conftest import rows_of, run_steps

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


REFUSED = Answer({"message": "Resource not accessible by integration"}, 403, {})


def failing(answer_of: Callable[[dict[str, Any]], Answer | None]) -> Callable[[Request, Answer], Answer]:
    """Answer queries so, and everything else as it is."""

    def tell(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("graphql"):
            return answer
        return answer_of(request.json()) or answer

    return tell
