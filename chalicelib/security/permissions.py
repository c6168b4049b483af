"""The permissions that security needs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chalicelib.errors import ForbiddenError, NotFoundError
from chalicelib.github import GitHubAPI
from chalicelib.ingest.permissions import Lack, Need
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


NEEDS = tuple(
    Need(source.permission, f"{source.data}, unless SECURITY=off", partial(find_lacks, source=source))
    for source in SOURCES
)
