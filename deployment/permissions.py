"""What the credentials may read, held against what the tables need, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.domains import DOMAINS
from chalicelib.errors import ForbiddenError, GitHubError, NotFoundError
from chalicelib.github import Answer, GitHubAPI
from chalicelib.ingest.permissions import Lack, Need
from chalicelib.settings import Settings

LEVELS = ("read", "write", "admin")
# Any of these lets a classic token list an organisation's members; without one GitHub lists the public ones only.
ORG_SCOPES = {"read:org", "write:org", "admin:org"}


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
    """Say what a token lacks, by asking for each kind of data."""
    for need in needs:
        yield from need.find_lacks(github, org)


def _find_metadata_lacks(github: GitHubAPI, org: str) -> Iterator[Lack]:
    """Say whether repositories can be seen, and what a classic token lacks."""
    try:
        answer = github.get(f"/orgs/{org}/repos")
    except (ForbiddenError, NotFoundError) as error:
        yield Lack(f"repositories: {error.message}")
    else:
        yield from _lacking_scopes(answer)


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


# Everybody needs it, and a classic token shows in its answer what it lacks.
METADATA = Need("metadata", "repositories", _find_metadata_lacks)


def needs_of(settings: Settings) -> list[Need]:
    """Give the permissions of every domain that is read, each once."""
    needs = [METADATA, *(need for domain in DOMAINS if domain.enabled(settings) for need in domain.all_needs)]
    return list({need.permission: need for need in reversed(needs)}.values())[::-1]


def installation_of(app: GitHubAPI, org: str, installation_id: int | None) -> dict[str, Any]:
    """Fetch an App's installation; GitHubError when it is not installed, or the answer is none."""
    path = f"/app/installations/{installation_id}" if installation_id else f"/orgs/{org}/installation"
    body = app.get(path).body
    if not isinstance(body, dict):
        raise GitHubError("the answer is not an installation", path=path)
    return body
