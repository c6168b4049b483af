"""The permissions that security needs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chalicelib.errors import ForbiddenError, NotFoundError
from chalicelib.github import GitHubAPI
from chalicelib.ingest.permissions import Lack, Need
from chalicelib.inventory.sync.streams import RELEASES
from chalicelib.security.api.alerts import LISTS
from chalicelib.security.sync.sources import SOURCES, Source, is_off


def find_lacks(github: GitHubAPI, org: str, *, source: Source) -> Iterator[Lack]:
    """Ask for one alert; a feature that is off needs no permission."""
    alerts = LISTS[source.feature][0]
    try:
        params = {**alerts.params, "per_page": "1"}
        github.get(f"/orgs/{org}/{alerts.path}", params=params, is_confidential=True)
    except (ForbiddenError, NotFoundError) as error:
        if not is_off(error):
            yield Lack(f"{source.data}: {error.message}", certain=isinstance(error, ForbiddenError))


def find_hidden(github: GitHubAPI, org: str) -> Iterator[Lack]:
    """Look whether a repository's security features are shown, as they are to administrators only."""
    try:
        body = github.get(f"/orgs/{org}/repos", params={"per_page": "1"}).body
    except (ForbiddenError, NotFoundError) as error:
        yield Lack(f"{PROTECTION}: {error.message}")
        return
    for repository in body if isinstance(body, list) else ():
        if isinstance(repository, dict) and not repository.get("security_and_analysis"):
            reason = "the permission administration=read is missing, or this GitHub has no such features"
            yield Lack(f"{PROTECTION}: not shown; {reason}", certain=False)


PROTECTION = "security features, protection and collaborators of repositories"
NEEDS = (
    *(
        Need(source.permission, f"{source.data}, unless SECURITY=off", partial(find_lacks, source=source))
        for source in SOURCES
    ),
    Need("administration", f"{PROTECTION}, unless SECURITY=off", find_hidden),
    Need("contents", "files and commits that are checked, unless SECURITY=off", RELEASES.need.find_lacks),
)
