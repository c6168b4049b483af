"""Which organisations and repositories are read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.errors import BadAnswerError, NotFoundError, SettingsError
from chalicelib.github.answers import Answer
from chalicelib.github.client import GitHubAPI
from chalicelib.github.decisions import printable

# One search takes five OR operators, so six repositories.
REPOS_A_SEARCH = 6


@dataclass(frozen=True)
class Scope:
    """An organisation, or some of its repositories (owner/name)."""

    org: str
    repos: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name the scope in watermarks: `*`, or the repositories in a fixed order."""
        return ",".join(sorted(repo.casefold() for repo in self.repos)) or "*"

    @property
    def qualifier(self) -> str:
        """Say the scope in a search; only for `is_searchable` scopes."""
        if not self.repos:
            return f"org:{self.org}"
        names = " OR ".join(f"repo:{repo}" for repo in self.repos)
        return f"({names})" if len(self.repos) > 1 else names

    def parts(self) -> list[Scope]:
        """Cut the scope into scopes that one search can name."""
        starts = range(0, len(self.repos), REPOS_A_SEARCH)
        return [replace(self, repos=self.repos[start : start + REPOS_A_SEARCH]) for start in starts] or [self]

    def one_search(self) -> Scope:
        """Give the smallest scope around this one that a single search can name."""
        return self if len(self.repos) <= REPOS_A_SEARCH else replace(self, repos=())

    def covers(self, org: str, repo: str) -> bool:
        """Tell whether a repository is in the scope; GitHub's names ignore case."""
        full = f"{org}/{repo}".casefold()
        return full in {name.casefold() for name in self.repos} if self.repos else org.casefold() == self.org.casefold()


@dataclass(frozen=True)
class Resolved:
    """A scope in GitHub's own spelling, and the organisation's id, which stays when it is renamed."""

    scope: Scope
    organisation_id: int | None


@dataclass
class ScopeAPI:
    """The organisations and repositories that are read."""

    github: GitHubAPI

    def resolve(self, scope: Scope) -> Resolved:
        """Check that a scope is there.

        Raises NotFoundError naming the organisation or repository that the token can't see.

        A repository that was renamed is a SettingsError that tells its new name: its items would not match the old one.
        An organisation to which GitHub leads from the old name is the same one. Another one than was asked for, without
        a redirect, is a BadAnswerError.

        https://docs.github.com/en/rest/orgs/orgs#get-an-organization
        """
        answer = self._check(f"/orgs/{scope.org}", "login", f"there is no organisation {scope.org}")
        login = str(answer.body["login"])
        if login.casefold() != scope.org.casefold() and not answer.is_redirected:
            asked = f"asked for the organisation {scope.org}, GitHub answered about {printable(login, 100)}"
            raise BadAnswerError(asked, status=answer.status)
        for repo in scope.repos:
            name = str(self._check(f"/repos/{repo}", "full_name", f"there is no repository {repo}").body["full_name"])
            if name.casefold() != repo.casefold():
                raise SettingsError(f"the repository {repo} is called {printable(name, 100)} now: name it so")
        number = answer.body.get("id")
        organisation_id = number if type(number) is int else None
        return Resolved(replace(scope, org=login), organisation_id)

    def _check(self, path: str, name: str, sentence: str) -> Answer:
        try:
            answer = self.github.get(path)
            if isinstance(answer.body, dict) and isinstance(answer.body.get(name), str):
                return answer
            raise BadAnswerError(f"the answer has no {name}", status=answer.status, path=path)
        except NotFoundError as error:
            raise NotFoundError(
                f"{sentence}, or this token can't see it", status=error.status, path=path, request_id=error.request_id
            ) from error
