"""What the credentials may read, held against what the tables need, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from chalicelib.contributions import api
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


class Lack(NamedTuple):
    """What credentials lack; not `certain` when there may be nothing to be seen."""

    sentence: str
    certain: bool = True


def lacks_of_installation(installation: dict[str, Any]) -> Iterator[Lack]:
    """Say what an App's installation lacks, from its own list.

    https://docs.github.com/en/rest/apps/apps#get-an-organization-installation-for-the-authenticated-app
    """
    if installation.get("suspended_at"):
        yield Lack("the installation is suspended")
    granted = installation.get("permissions") or {}
    for need in NEEDS:
        if granted.get(need.permission) not in LEVELS:
            yield Lack(f"the permission {need.permission}=read is missing ({need.data})")


def lacks_of_token(github: GitHubAPI, org: str) -> Iterator[Lack]:
    """Say what a token lacks, by asking once for each kind of data.

    https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
    """
    for need, path in ((METADATA, f"/orgs/{org}/repos"), (MEMBERS, f"/orgs/{org}/members")):
        try:
            answer = github.get(path, params={"per_page": "1"})
        except (ForbiddenError, NotFoundError) as error:
            yield Lack(f"{need.data}: {error.message}")
        else:
            yield from _lacking_scopes(answer) if need is METADATA else ()
    # Where a permission is missing, a search doesn't say so: it finds nothing.
    for need, kind in ((ISSUES, api.ISSUES), (PULL_REQUESTS, api.PULL_REQUESTS)):
        if api.SearchAPI(github).fetch_count(Scope(org), kind) == 0:
            doubt = f"there are none, or the permission {need.permission}=read is missing"
            yield Lack(f"none of the {need.data} is to be seen: {doubt}", certain=False)


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


def installation_of(app: GitHubAPI, org: str) -> dict[str, Any]:
    """Fetch an App's installation; GitHubError when it is not installed, or the answer is none."""
    body = app.get(f"/orgs/{org}/installation").body
    if not isinstance(body, dict):
        raise GitHubError("the answer is not an installation", path=f"/orgs/{org}/installation")
    return body
