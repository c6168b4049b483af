"""The permissions that contributions need."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from chalicelib.contributions.api import ISSUES, PULL_REQUESTS, SearchAPI
from chalicelib.github import GitHubAPI
from chalicelib.ingest.permissions import Lack, Need, need_path
from chalicelib.ingest.scopes import Scope

OTHER = {ISSUES: PULL_REQUESTS, PULL_REQUESTS: ISSUES}


def find_unseen(github: GitHubAPI, org: str, *, kind: str) -> Iterator[Lack]:
    """Report a kind whose permission may be missing: GitHub gives no error then, the search just finds nothing."""
    search, scope = SearchAPI(github), Scope(org)
    if search.fetch_count(scope, kind):
        return
    # GitHub counts open pull requests among a repository's open issues.
    others = search.fetch_count(scope, OTHER[kind], "is:open")
    repositories: list[Any] = github.get(f"/orgs/{org}/repos").body or []
    open_items = sum(int(repo.get("open_issues_count") or 0) for repo in repositories if isinstance(repo, dict))
    is_certain = open_items > others
    reason = f"the permission {kind}=read is missing" + ("" if is_certain else ", or there are none")
    yield Lack(f"no {kind.replace('_', ' ')} can be seen: {reason}", certain=is_certain)


NEEDS = (
    Need("issues", "issues", partial(find_unseen, kind=ISSUES)),
    Need("pull_requests", "pull requests", partial(find_unseen, kind=PULL_REQUESTS)),
    need_path("members", "members", "/orgs/{org}/members"),
)
