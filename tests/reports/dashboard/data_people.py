"""An organisation of 31 people who come, stay and go: each number of its months is another one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chalicelib.contributions.sync.facts import follow_roles
from chalicelib.models import Membership, Organisation, Repository, Team, TeamMember
from tests.views.world import World

NOW = datetime.now(UTC)
CROWD = "crowd"
HOSTILE_LOGIN = "=1+2 [x](https://evil.example) <b>"
IDS = 90_000  # theirs, and those of what they do


def month(back: int, day: int = 1) -> datetime:
    """A day of a month so many months ago."""
    years, place = divmod(NOW.year * 12 + NOW.month - 1 - back, 12)
    return datetime(years, place + 1, day, 8, tzinfo=UTC)


FIRST_DAY = month(14)
JOINED, LEFT = month(5, 6), month(2, 6)


def write_people(session: Session) -> None:
    """Write it all."""
    session.execute(insert(Organisation), [{"id": 40, "login": CROWD}])
    repos = [{"id": 40 + place, "org": CROWD, "name": name} for place, name in enumerate("xy")]
    session.execute(insert(Repository), [{**each, "first_seen_at": FIRST_DAY} for each in repos])
    write_members(session)
    world = World(session)
    world.ids = iter(range(IDS, 10 * IDS))
    crowd = Crowd(world)
    crowd.open(10, range(1, 13), merged=True)
    crowd.open(10, [29])
    crowd.answer(10, range(1, 8), "reviewed")
    crowd.open(9, range(1, 7), repo="y")
    crowd.open(8, range(1, 9))
    crowd.answer(8, range(31, 38), "commented")
    crowd.open(7, [*range(1, 7), 13, 14, 15], repo="y")
    crowd.open(1, range(7, 13))
    crowd.open(1, range(16, 24), repo="y")
    crowd.open(1, range(16, 21))
    follow_roles(session, CROWD)
    world.store_facts()


def write_members(session: Session) -> None:
    """Five admins and seven members of the first day, six who joined, two who left; seven are in a team."""

    def member(person: int, since: datetime, until: datetime | None = None) -> dict[str, Any]:
        role = "admin" if person < 6 else "member"
        stay = {"org": CROWD, "member_id": IDS + person, "role": role, "inserted_dt": since}
        return {**stay, "inactive": until is not None, "inactive_dt": until}

    rows = [member(person, FIRST_DAY) for person in range(1, 13)]
    rows += [member(person, JOINED) for person in range(13, 19)]
    rows += [member(person, FIRST_DAY, LEFT) for person in (19, 20)]
    session.execute(insert(Membership), rows)
    seen = {"org": CROWD, "first_seen_at": FIRST_DAY}
    teams = [{**seen, "id": 70 + place, "slug": name, "name": name} for place, name in enumerate(("a", "b"))]
    session.execute(insert(Team), teams)
    stays = [(70, person) for person in range(1, 6)] + [(71, person) for person in range(3, 8)]
    session.execute(
        insert(TeamMember),
        [{**seen, "team_id": team, "role": "member", **identity(person, key="member_id")} for team, person in stays],
    )


def identity(person: int, *, key: str) -> dict[str, Any]:
    """The id and login of a person."""
    return {key: IDS + person, "login": HOSTILE_LOGIN if person == 37 else f"P{person:02}"}


class Crowd:
    """Writes what many people do in a month."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.last = 0

    def open(self, back: int, people: Iterable[int], *, repo: str = "x", merged: bool = False) -> None:
        """Each opens an issue, or a pull request that is merged on the same day."""
        at = month(back, 2)
        for person in people:
            by = self._by(person, repo)
            if merged:
                self.last = self.world.pull(at, None, merged_at=at + timedelta(hours=2), **by)
            else:
                self.last = self.world.issue(at, None, **by)

    def answer(self, back: int, people: Iterable[int], event: str) -> None:
        """Each comments on the last item, or reviews the last pull request, a week later."""
        item = self.last if event == "commented" else IDS + 11
        for person in people:
            self.world.event(item, event, month(back, 9), **self._by(person, "x"), state="approved")

    def _by(self, person: int, repo: str) -> dict[str, Any]:
        user = {**identity(person, key="id"), "type": "User"}
        return {"org": CROWD, "repo": repo, "user": user, "username": user["login"]}
