"""The people of an organisation: members, former members, outsiders and bots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from benchmarks.large.texts import Json, Moment, canonical_json, moment

MEMBER, FORMER, OUTSIDER, BOT = "member", "former member", "outsider", "bot"
DAY = 86_400
FIRST_ID = 100_000  # below are the people of tests.views
LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


@dataclass(frozen=True, eq=False)  # each person is one object
class Person:
    """Somebody, with the user object that rows hold, and the few keys of it that details hold."""

    id: int
    login: str
    kind: str
    user: Json = field(repr=False)
    brief: dict[str, Any] = field(repr=False)

    @property
    def association(self) -> str:
        """The person's tie to a repository, in GitHub's words."""
        return {MEMBER: "MEMBER", FORMER: "CONTRIBUTOR", OUTSIDER: "NONE", BOT: "NONE"}[self.kind]


@dataclass(frozen=True)
class Crowd:
    """Everybody around an organisation; who stands first does most."""

    org: str
    members: Sequence[Person]
    outsiders: Sequence[Person]
    bots: Sequence[Person]


def crowd(org: str, *, people: int, first: int) -> Crowd:
    """People with ids from `first` on: a sixth of them members, a quarter of these former ones; one of 60 is a bot."""
    insiders, bots = max(8, people // 6), max(3, people // 60)
    kinds = [FORMER if n % 4 == 3 else MEMBER for n in range(insiders)]
    kinds += [BOT] * bots + [OUTSIDER] * max(8, people - insiders - bots)
    made = [person(org, first + n, kind) for n, kind in enumerate(kinds)]
    return Crowd(org, made[:insiders], made[insiders + bots :], made[insiders : insiders + bots])


def person(org: str, key: int, kind: str) -> Person:
    """Somebody with the user object that GitHub would show; every fifth bot runs on an ordinary account."""
    is_app = kind == BOT and key % 5 != 0
    login = f"{org}-app-{key}[bot]" if is_app else f"{org}-ci-{key}" if kind == BOT else f"{org}-user-{key}"
    brief = {"login": login, "id": key, "type": "Bot" if is_app else "User"}
    url = f"https://api.github.com/users/{login}"
    user = brief | {
        "node_id": f"U_kgDO{key:08d}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{key}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"https://github.com/{login}",
        **{name: url + path for name, path in LINKS.items()},
        "user_view_type": "public",
        "site_admin": False,
    }
    return Person(key, login, kind, canonical_json(user), brief)


def member_rows(crowd: Crowd, memberships: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows of `members`, by those of `memberships`."""
    for row, someone in zip(memberships, crowd.members, strict=True):
        yield {name: row[name] for name in ("inserted_dt", "inactive_dt", "inactive")} | someone.brief


def membership_rows(crowd: Crowd, since: int, until: int) -> Iterator[dict[str, Any]]:
    """The rows of `memberships`: two thirds were there at the first look, others came later, former ones left."""
    rng = Random(crowd.org)
    for someone in crowd.members:
        joined = since if rng.random() < 0.66 else rng.randrange(since, until)
        left: Moment | None = moment(rng.randrange(joined, until)) if someone.kind == FORMER else None
        yield {
            "org": crowd.org,
            "member_id": someone.id,
            "role": "admin" if rng.random() < 0.05 else "member",
            "inserted_dt": moment(joined),
            "inactive": left is not None,
            "inactive_dt": left,
        }
