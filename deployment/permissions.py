"""What the credentials may read, held against what the tables need, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from chalicelib.contributions import api
from chalicelib.copilot.api import ORGANIZATION_28
from chalicelib.errors import ForbiddenError, GitHubError, NotFoundError
from chalicelib.github import Answer, GitHubAPI
from chalicelib.github.scopes import Scope

LEVELS = ("read", "write", "admin")
# Any of these lets a classic token list an organisation's members; without one GitHub lists the public ones only.
ORG_SCOPES = {"read:org", "write:org", "admin:org"}


class Need(NamedTuple):
    """A permission of a GitHub App or fine-grained token, and what it is for."""

    permission: str
    data: str


METADATA = Need("metadata", "repositories")
ISSUES = Need("issues", "issues")
PULL_REQUESTS = Need("pull_requests", "pull requests")
MEMBERS = Need("members", "members")
NEEDS = (METADATA, ISSUES, PULL_REQUESTS, MEMBERS)
COPILOT_USE = Need("organization_copilot_metrics", "Copilot's use, unless COPILOT=off")
COPILOT_SEATS = Need("organization_copilot_seat_management", "Copilot's seats, unless COPILOT=off")
COPILOT_NEEDS = (COPILOT_USE, COPILOT_SEATS)


class Lack(NamedTuple):
    """What credentials lack; not `certain` when there may be nothing to be seen."""

    sentence: str
    certain: bool = True


def lacks_of_installation(installation: dict[str, Any], org: str, needs: Sequence[Need]) -> Iterator[Lack]:
    """Say what an App's installation lacks, from its own list.

    https://docs.github.com/en/rest/apps/apps#get-an-organization-installation-for-the-authenticated-app
    """
    login = (installation.get("account") or {}).get("login", "")
    if str(login).casefold() != org.casefold():
        yield Lack(f"GH_APP_INSTALLATION_ID is the installation in {login}")
    if installation.get("suspended_at"):
        yield Lack("the installation is suspended")
    granted = installation.get("permissions") or {}
    for need in needs:
        if granted.get(need.permission) not in LEVELS:
            yield Lack(f"the permission {need.permission}=read is missing ({need.data})")


def lacks_of_token(github: GitHubAPI, org: str, needs: Sequence[Need]) -> Iterator[Lack]:
    """Say what a token lacks, by asking for each kind of data.

    https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
    """
    paths = {
        METADATA: f"/orgs/{org}/repos",
        MEMBERS: f"/orgs/{org}/members",
        COPILOT_USE: f"/orgs/{org}/copilot/metrics/reports/{ORGANIZATION_28}",
        COPILOT_SEATS: f"/orgs/{org}/copilot/billing",
    }
    for need in needs:
        answer = None
        try:
            answer = github.get(paths[need], allow_empty=True) if need in paths else None
        except ForbiddenError as error:
            yield Lack(f"{need.data}: {error.message}")
        except NotFoundError as error:
            if need not in COPILOT_NEEDS:  # which an organisation need not have
                yield Lack(f"{need.data}: {error.message}")
        if answer and need is METADATA:
            yield from _lacking_scopes(answer)
            yield from _unseen(github, org, answer)


def _unseen(github: GitHubAPI, org: str, repositories: Answer) -> Iterator[Lack]:
    """Say what is not to be seen: where a permission is missing, a search doesn't say so, it finds nothing."""
    search, scope = api.SearchAPI(github), Scope(org)
    counts = {kind: search.fetch_count(scope, kind) for kind in (api.ISSUES, api.PULL_REQUESTS)}
    found = [repo for repo in repositories.body or [] if isinstance(repo, dict)]
    # GitHub counts open pull requests among a repository's open issues.
    for need, kind in ((ISSUES, api.ISSUES), (PULL_REQUESTS, api.PULL_REQUESTS)):
        if counts[kind] == 0:
            open_ones = search.fetch_count(scope, OTHER[kind], "is:open")
            is_certain = sum(int(repo.get("open_issues_count") or 0) for repo in found) > open_ones
            doubt = f"the permission {need.permission}=read is missing" + ("" if is_certain else ", or there are none")
            yield Lack(f"none of the {need.data} is to be seen: {doubt}", certain=is_certain)


OTHER = {api.ISSUES: api.PULL_REQUESTS, api.PULL_REQUESTS: api.ISSUES}


def _lacking_scopes(answer: Answer) -> Iterator[Lack]:
    """Say what a classic token lacks: GitHub doesn't refuse it, but shows it less."""
    scopes = answer.headers.get("x-oauth-scopes")
    if scopes is None:
        return
    granted = {scope.strip() for scope in scopes.split(",")}
    if "repo" not in granted:
        yield Lack("the scope repo is missing: private repositories stay unseen")
    if not granted & ORG_SCOPES:
        yield Lack("the scope read:org is missing: only public members are listed")


def installation_of(app: GitHubAPI, org: str, installation_id: int | None) -> dict[str, Any]:
    """Fetch an App's installation; GitHubError when it is not installed, or the answer is none."""
    path = f"/app/installations/{installation_id}" if installation_id else f"/orgs/{org}/installation"
    body = app.get(path).body
    if not isinstance(body, dict):
        raise GitHubError("the answer is not an installation", path=path)
    return body
