"""What GitHub shows of repositories that the rules look at, 25 in a GraphQL query; and people's public e-mails.

A part that could not be had is a hole with GitHub's sentence, which says nothing about what is there.

https://docs.github.com/en/graphql/reference/objects#repository
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chalicelib.errors import ForbiddenError, SingleSignOnError
from chalicelib.github import NOT_FOUND, GitHubAPI, QueryAnswer, QueryError
from chalicelib.github.batches import Batches, Node, Place, dig, errors_by_key, is_same, node_at

# More take GitHub longer than its ten seconds.
MOST_REPOSITORIES = 25
# GitHub takes long to check more aliases.
MOST_USERS = 80
# When so many queries in a row were refused, and so was each repository that was asked for alone, so is GraphQL.
MOST_REFUSED = 2

AUDIT = """query Audit($ids: [ID!]!, $commits: Int!) {
  nodes(ids: $ids) {
    id
    ... on Repository {
      nameWithOwner
      isArchived
      visibility
      pushedAt
      hasVulnerabilityAlertsEnabled
      isSecurityPolicyEnabled
      defaultBranchRef {
        name
        branchProtectionRule { allowsDeletions requiresApprovingReviews requiredApprovingReviewCount }
        rules(first: 50) {
          totalCount
          nodes {
            type
            parameters { ... on PullRequestParameters { requiredApprovingReviewCount } }
            repositoryRuleset { name }
          }
        }
        target { ... on Commit { history(first: $commits) { nodes { oid signature { isValid } } } } }
      }
      refs(refPrefix: "refs/heads/", first: 30) {
        totalCount
        nodes { name branchProtectionRule { pattern } refUpdateRule { pattern } }
      }
      root: object(expression: "HEAD:") { ... on Tree { entries { name type } } }
      codeownersInRoot: object(expression: "HEAD:CODEOWNERS") { ... on Blob { isTruncated text } }
      codeownersInGithub: object(expression: "HEAD:.github/CODEOWNERS") { ... on Blob { isTruncated text } }
      codeownersInDocs: object(expression: "HEAD:docs/CODEOWNERS") { ... on Blob { isTruncated text } }
      codeowners { errors { kind } }
      pullRequests(states: OPEN, first: 50) { totalCount nodes { authorAssociation author { __typename login } } }
      collaborators(affiliation: DIRECT, first: 50) { totalCount nodes { login } }
    }
  }
}"""


@dataclass(frozen=True)
class Shown:
    """A repository as GitHub shows it; `node` is None when it doesn't.

    `holes` are the paths within it that could not be had, each with a sentence; the empty path is the whole.
    """

    node: Node | None
    holes: Mapping[Place, str] = field(default_factory=dict)

    @classmethod
    def nothing(cls, sentence: str) -> Shown:
        """Nothing of it could be had."""
        return cls(None, {(): sentence})


@dataclass
class AuditAPI:
    """Asks for what rules look at; raises a GitHubError when GitHub can't be asked at all.

    One serves several threads.
    """

    github: GitHubAPI
    _batches: Batches = field(default_factory=Batches, repr=False)
    _refused: int = field(default=0, repr=False)

    def fetch_repositories(self, org: str, ids: Sequence[str], *, commits: int) -> dict[str, Shown]:
        """Fetch repositories by their node ids, with so many of their last commits.

        A single repository that is forbidden can void a whole answer, so that it is found by halving. Raises
        ForbiddenError when GitHub refuses them all: some are asked for alone first, to tell the difference.
        """
        try:
            return self._fetch(org, ids, commits)
        except SingleSignOnError:
            raise
        except ForbiddenError:
            if not self._shows_some(org, ids, commits):
                raise
        return self._fetch_halves(org, ids, commits)

    def _fetch(self, org: str, ids: Sequence[str], commits: int) -> dict[str, Shown]:
        found = self._batches.fetch(ids, partial(self._ask_repositories, org, commits))
        self._refused = 0
        return {key: shown or Shown.nothing("GitHub could not answer about it") for key, shown in found.items()}

    def _shows_some(self, org: str, ids: Sequence[str], commits: int) -> bool:
        """Tell whether GitHub answers about one of a few of the repositories alone, so that halving them helps.

        After several refusals in a row it refuses GraphQL as such, and is not asked.
        """
        if len(ids) == 1 or self._refused >= MOST_REFUSED:
            return False
        for key in dict.fromkeys((ids[0], ids[len(ids) // 2], ids[-1])):
            try:
                self._fetch(org, [key], commits)
            except SingleSignOnError:
                raise
            except ForbiddenError:
                continue
            return True
        self._refused += 1
        return False

    def _fetch_halves(self, org: str, ids: Sequence[str], commits: int) -> dict[str, Shown]:
        found: dict[str, Shown] = {}
        middle = len(ids) // 2
        for half in (ids[:middle], ids[middle:]):
            try:
                found |= self._fetch(org, half, commits)
            except SingleSignOnError:
                raise
            except ForbiddenError as refusal:
                is_alone = len(half) == 1
                nothing = Shown.nothing(f"GitHub says: {refusal.message}")
                found |= {half[0]: nothing} if is_alone else self._fetch_halves(org, half, commits)
        return found

    def _ask_repositories(self, org: str, commits: int, keys: Sequence[str], *, is_divisible: bool) -> dict[str, Shown]:
        variables = {"ids": list(keys), "commits": commits}
        answer = self.github.query(AUDIT, variables, is_divisible=is_divisible)
        paths: dict[Any, Place] = {key: ("nodes", number) for number, key in enumerate(keys)}
        errors = errors_by_key(answer, paths)
        return {key: _shown_at(answer, path, key, org, errors[key]) for key, path in paths.items()}

    def fetch_emails(self, logins: Sequence[str]) -> dict[str, str | None]:
        """Look up users' public e-mails; None for who shows none, or is no user. Who could not be had is left out."""
        found = self._batches.fetch(logins, self._ask_users)
        return {login: email[0] for login, email in found.items() if email is not None}

    def _ask_users(self, keys: Sequence[str], *, is_divisible: bool) -> dict[str, tuple[str | None] | None]:
        parameters = ", ".join(f"$login{number}: String!" for number in range(len(keys)))
        users = " ".join(f"u{number}: user(login: $login{number}) {{ login email }}" for number in range(len(keys)))
        variables = {f"login{number}": login for number, login in enumerate(keys)}
        answer = self.github.query(f"query Emails({parameters}) {{ {users} }}", variables, is_divisible=is_divisible)
        paths: dict[Any, Place] = {login: (f"u{number}",) for number, login in enumerate(keys)}
        errors = errors_by_key(answer, paths)
        return {login: _email_at(answer, path, login, errors[login]) for login, path in paths.items()}


def _shown_at(answer: QueryAnswer, path: Place, key: str, org: str, errors: Sequence[QueryError]) -> Shown:
    """Read a repository; what GitHub shows of another one than was asked for is no answer."""
    holes = {(each.path[len(path) :] if each.path[: len(path)] == path else ()): _sentence(each) for each in errors}
    node = node_at(answer.data, path)
    if node is None:
        return Shown.nothing(next(iter(holes.values()), "GitHub left it out of its answer"))
    owner = str(node.get("nameWithOwner")).partition("/")[0]
    if not is_same(node["id"], key) or owner.casefold() != org.casefold():
        return Shown.nothing("GitHub answered about another repository")
    return Shown(node, holes)


def _sentence(error: QueryError) -> str:
    return f"GitHub says: {error.message or error.type or 'an error without a message'}"


def _email_at(answer: QueryAnswer, path: Place, login: str, errors: Sequence[QueryError]) -> tuple[str | None] | None:
    """Read a user's e-mail, as the only one of a tuple; None when it could not be had."""
    user = dig(answer.data, *path)
    if user is None:
        # A team or a mistyped name is no user.
        is_none = bool(errors) and all(error.type == NOT_FOUND and error.path == path for error in errors)
        return (None,) if is_none else None
    if errors or not isinstance(user, dict) or str(user.get("login")).lower() != login.lower():
        return None
    email = user.get("email")
    return (email.strip() or None,) if isinstance(email, str) else (None,) if email is None else None
