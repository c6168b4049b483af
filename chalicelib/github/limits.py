"""What is left of GitHub's rate limits, asked for without using them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.errors import BadAnswerError, NotFoundError
from chalicelib.github.client import GitHubAPI
from chalicelib.github.decisions import RateLimit

PATH = "/rate_limit"
HOURLY = ("core", "graphql")  # searches have theirs by the minute


def fetch_hourly_limits(github: GitHubAPI) -> list[RateLimit]:
    """Ask for the limits that reset once an hour; none where the server has no limits.

    The request itself counts against none of them.
    https://docs.github.com/en/rest/rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user
    """
    try:
        answer = github.get(PATH)
    except NotFoundError:  # GitHub Enterprise Server, unless its owner switched limits on
        return []
    try:
        resources = answer.body["resources"]
        return [_limit(name, resources[name]) for name in HOURLY if name in resources]
    except (KeyError, TypeError, ValueError):
        raise BadAnswerError("the answer has no rate limits", status=answer.status, path=PATH) from None


def _limit(name: str, counts: Mapping[str, Any]) -> RateLimit:
    limit, remaining, used, reset = (int(counts[each]) for each in ("limit", "remaining", "used", "reset"))
    return RateLimit(limit, remaining, used, reset, name)
