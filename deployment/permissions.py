"""Compares what the credentials may read with what the tables need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.domains import DOMAINS
from chalicelib.errors import ForbiddenError, GitHubError, NotFoundError
from chalicelib.github import Answer, GitHubAPI
from chalicelib.ingest.permissions import Lack, Need, unique_needs
from chalicelib.settings import Settings

LEVELS = ("read", "write", "admin")
# With any of these a classic token can list all members of an organisation; without one, only the public members.
ORG_SCOPES = {"read:org", "write:org", "admin:org"}


def lacks_of_installation(installation: dict[str, Any], org: str, needs: Sequence[Need]) -> Iterator[Lack]:
    """Give what an App's installation lacks, by the installation's own list of permissions.

    https://docs.github.com/en/rest/apps/apps#get-an-organization-installation-for-the-authenticated-app
    """
    login = (installation.get("account") or {}).get("login", "")
    if str(login).casefold() != org.casefold():
        yield Lack(f"GH_APP_INSTALLATION_ID is the installation in {login}: set the one in {org}")
    if installation.get("suspended_at"):
        yield Lack("the installation is suspended: unsuspend it on GitHub")
    granted = installation.get("permissions") or {}
    for need in needs:
        if granted.get(need.permission) not in LEVELS[LEVELS.index(need.level) :]:
            lacking = f"the permission {need.permission}={need.level} is missing ({need.data})"
            yield Lack(lacking, certain=not need.is_optional)


def lacks_of_token(github: GitHubAPI, org: str, needs: Sequence[Need]) -> Iterator[Lack]:
    """Give what a token lacks, by requesting each kind of data."""
    for need in needs:
        yield from need.find_lacks(github, org)


def _find_metadata_lacks(github: GitHubAPI, org: str) -> Iterator[Lack]:
    """Check that the token can list repositories, and has a classic token's scopes."""
    try:
        answer = github.get(f"/orgs/{org}/repos")
    except (ForbiddenError, NotFoundError) as error:
        yield Lack(f"repositories: {error.message}")
    else:
        yield from _lacking_scopes(answer)


def _lacking_scopes(answer: Answer) -> Iterator[Lack]:
    """Give the scopes that a classic token lacks: GitHub doesn't refuse it, but shows it less."""
    scopes = answer.headers.get("x-oauth-scopes")
    if scopes is None:
        return
    granted = {scope.strip() for scope in scopes.split(",")}
    if "repo" not in granted:
        yield Lack("the scope repo is missing: private repositories stay unseen")
    if not granted & ORG_SCOPES:
        yield Lack("the scope read:org is missing: only public members are listed")


# Every domain needs it, and GitHub's answer to a classic token lists the token's scopes.
METADATA = Need("metadata", "repositories", _find_metadata_lacks)


def needs_of(settings: Settings) -> tuple[Need, ...]:
    """Give the permissions that the enabled domains need, each once."""
    of_domains = (need for domain in DOMAINS if domain.enabled(settings) for need in domain.all_needs)
    return unique_needs([METADATA, *of_domains])


def installation_of(app: GitHubAPI, org: str, installation_id: int | None) -> dict[str, Any]:
    """Fetch an App's installation; raises GitHubError when the App is not installed, or the answer is malformed."""
    path = f"/app/installations/{installation_id}" if installation_id else f"/orgs/{org}/installation"
    body = app.get(path).body
    if not isinstance(body, dict):
        raise GitHubError("the answer is not an installation", path=path)
    return body
