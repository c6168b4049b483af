"""The teams of an organisation, and who was in them when."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from benchmarks.large.people import DAY, Crowd
from benchmarks.large.texts import moment


def team_rows(crowd: Crowd, since: int, *, count: int, first: int) -> Iterator[dict[str, Any]]:
    """The rows of `teams`, with ids from `first` on."""
    for key in range(first, first + count):
        yield {
            "id": key,
            "org": crowd.org,
            "slug": f"team-{key}",
            "name": f"Team {key}",
            "node_id": f"T_kwDO{key:08d}",
            "description": f"Those who care for number {key}",
            "privacy": "closed",
            "permission": "pull",
            "html_url": f"https://github.com/orgs/{crowd.org}/teams/team-{key}",
            "first_seen_at": moment(since),
        }


def team_member_rows(crowd: Crowd, since: int, until: int, *, count: int, first: int) -> Iterator[dict[str, Any]]:
    """The rows of `team_members`: each member is in one to three teams; a third came later, a sixth left again."""
    rng = Random(f"{crowd.org} teams")
    for someone in crowd.members:
        for place in rng.sample(range(count), min(count, rng.randrange(1, 4))):
            came = since if rng.random() < 0.66 else rng.randrange(since, until - DAY)
            yield {
                "team_id": first + place,
                "member_id": someone.id,
                "first_seen_at": moment(came),
                "org": crowd.org,
                "login": someone.login,
                "role": "maintainer" if rng.random() < 0.1 else "member",
                "left_at": moment(rng.randrange(came, until)) if rng.random() < 0.17 else None,
            }
