"""The repositories of an organisation: a few large ones, many small ones, each with its own people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.large.people import DAY, Crowd, Person
from benchmarks.large.texts import Json, canonical_json, moment

SKEW = 0.9  # the second is 1 / 2 ** 0.9 as large as the first, and so on
LABELS = ("bug", "enhancement", "documentation", "good first issue", "question", "regression", "dependencies", "triage")
LANGUAGES = ("Python", "TypeScript", "Go", "Java", "Shell", None)


@dataclass
class Repo:
    """A repository: whoever stands first among its people does most in it."""

    id: int
    org: str
    name: str
    weight: float
    members: Sequence[Person]
    outsiders: Sequence[Person]
    bots: Sequence[Person]
    labels: Sequence[Json]
    number: int = 0  # the last one that an issue or pull request got

    @property
    def url(self) -> str:
        """Its address in the API."""
        return f"https://api.github.com/repos/{self.org}/{self.name}"

    @property
    def html_url(self) -> str:
        """Its page."""
        return f"https://github.com/{self.org}/{self.name}"


def repo_name(place: int) -> str:
    """The name of the repository that is the so-manieth largest, from 0."""
    return f"project-{place:03d}"


def repos(crowd: Crowd, *, count: int, first: int) -> list[Repo]:
    """Repositories with ids from `first` on, the largest one first."""
    rng = Random(f"{crowd.org} repositories")
    return [repo(rng, crowd, place, first + place) for place in range(count)]


def repo(rng: Random, crowd: Crowd, place: int, key: int) -> Repo:
    """One repository with its maintainers, visitors and bots: more of them in a larger one."""
    share = 1 / (place + 1) ** SKEW
    return Repo(
        id=key,
        org=crowd.org,
        name=repo_name(place),
        weight=share,
        members=rng.sample(crowd.members, max(5, int(len(crowd.members) * share * 0.4))),
        outsiders=rng.sample(crowd.outsiders, max(5, int(len(crowd.outsiders) * min(1, share * 0.6)))),
        bots=rng.sample(crowd.bots, 3),
        labels=[label(key * 100 + number, name) for number, name in enumerate(LABELS)],
    )


def label(key: int, name: str) -> Json:
    """A label object."""
    return canonical_json(
        {
            "id": key,
            "node_id": f"LA_kwDO{key:08d}",
            "url": f"https://api.github.com/repositories/{key}/labels/{name.replace(' ', '%20')}",
            "name": name,
            "color": f"{key * 2654435761 % 0xFFFFFF:06x}",
            "default": name in {"bug", "enhancement"},
            "description": f"What is about {name}",
        }
    )


def repository_rows(found: Sequence[Repo], since: int, until: int) -> Iterator[dict[str, Any]]:
    """The rows of `repositories`."""
    rng = Random("repository rows")
    for each in found:
        created = since - rng.randrange(1, 700 * DAY)
        yield {
            "id": each.id,
            "org": each.org,
            "name": each.name,
            "node_id": f"R_kgDO{each.id:08d}",
            "description": f"What {each.name} is for",
            "html_url": each.html_url,
            "private": False,
            "fork": False,
            "archived": rng.random() < 0.1,
            "visibility": "public",
            "default_branch": "main",
            "topics": [],
            "language": rng.choice(LANGUAGES),
            "license": "Apache-2.0",
            "size": int(1e6 * each.weight),
            "created_at": moment(created),
            "updated_at": moment(until),
            "pushed_at": moment(until - rng.randrange(40 * DAY)),
            "first_seen_at": moment(since),
        }


def release_rows(found: Sequence[Repo], since: int, until: int, *, first: int) -> Iterator[dict[str, Any]]:
    """The rows of `releases`: a large repository releases every other week, a small one twice a year."""
    rng, key = Random("releases"), first
    for each in found:
        days, at, number = min(180, 14 / each.weight**0.6), since + rng.randrange(60 * DAY), 0
        while at < until:
            author = picked(rng, each.members)
            yield {
                "id": key,
                "org": each.org,
                "repo": each.name,
                "repository_id": each.id,
                "node_id": f"RE_kwDO{key:08d}",
                "tag_name": f"v{number // 10}.{number % 10}.0",
                "target_commitish": "main",
                "name": f"Version {number // 10}.{number % 10}",
                "body": "What is new\n\n" + "- a change, and who made it\n" * rng.randrange(3, 40),
                "draft": False,
                "prerelease": rng.random() < 0.2,
                "author_id": author.id,
                "author": author.login,
                "created_at": moment(at - 3600),
                "published_at": moment(at),
                "html_url": f"{each.html_url}/releases/{key}",
                "first_seen_at": moment(at),
            }
            key, number, at = key + 1, number + 1, at + int(DAY * days * rng.uniform(0.5, 1.5))


def picked(rng: Random, people: Sequence[Person]) -> Person:
    """Somebody: whoever stands before others does more."""
    return people[int(len(people) * rng.random() ** 2.2)]
