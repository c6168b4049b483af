"""Fills a database with a large organisation, `acme`, and a small one beside it, `other`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from benchmarks.large import people, repositories, teams
from benchmarks.large.histories import Histories, Opening, openings
from benchmarks.large.items import Events, Row, item_row, poll_row, pull_row
from benchmarks.large.people import DAY, FIRST_ID
from benchmarks.large.repositories import Repo
from benchmarks.large.states import State
from benchmarks.large.writing import Writer, write_all, writer
from chalicelib.models import (
    Event,
    EventPoll,
    Issue,
    Member,
    Membership,
    Organisation,
    PullRequest,
    Release,
    Repository,
    Team,
    TeamMember,
    create_db_session,
)
from chalicelib.store.engine import make_engine
from chalicelib.utils import gathered
from tests.views.audited import audit
from tests.views.generated import keep_ledger, take_inventory, use_copilot
from tests.views.planning import plan
from tests.views.running import run_ci
from tests.views.world import World

LARGE, SMALL = "acme", "other"  # those of tests.views, which fills the tables of the other domains
YEARS = 5
SHARE_OF_SMALL = 100
AT_ONCE = 2_000  # items


@dataclass(frozen=True)
class Part:
    """How large an organisation is, and with which ids its things begin."""

    org: str
    items: int
    first: int

    @property
    def repositories(self) -> int:
        """How many repositories it has: one for 500 items."""
        return max(5, self.items // 500)

    @property
    def people(self) -> int:
        """How many people are around it: three for 200 items."""
        return max(60, self.items * 3 // 200)

    @property
    def teams(self) -> int:
        """How many teams it has."""
        return max(3, self.items // 5_000)


def parts(items: int) -> tuple[Part, Part]:
    """The large organisation, and one of a hundredth of its size."""
    small = max(20, items // SHARE_OF_SMALL)
    return Part(LARGE, items - small, FIRST_ID), Part(SMALL, small, FIRST_ID + 10**6)


def fill(db_url: str, *, items: int, today: datetime) -> None:
    """Write so many issues and pull requests and ten times as many events, of five years up to `today`."""
    until = int(today.timestamp())
    with create_db_session(db_url) as session:
        for part in parts(items):
            write_part(session, part, since=until - YEARS * 365 * DAY, until=until)
            session.commit()
        fill_others(session, items=items, today=today)
        session.commit()
    tidy(db_url)


def tidy(db_url: str) -> None:
    """Vacuum and analyse, as autovacuum has done where people read."""
    engine = make_engine(db_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE")
    engine.dispose()


def write_part(session: Session, part: Part, *, since: int, until: int) -> None:
    """Write one organisation."""
    connection = session.connection()
    write, crowd = writer(connection), people.crowd(part.org, people=part.people, first=part.first)
    found = repositories.repos(crowd, count=part.repositories, first=part.first)
    memberships = list(people.membership_rows(crowd, since, until))
    write_all(write, Organisation, [{"id": part.first, "login": part.org}])
    write_all(write, Membership, memberships)
    write_all(write, Member, people.member_rows(crowd, memberships))
    write_all(write, Repository, repositories.repository_rows(found, since, until))
    write_all(write, Release, repositories.release_rows(found, since, until, first=part.first))
    size = {"count": part.teams, "first": part.first}
    write_all(write, Team, teams.team_rows(crowd, since, **size))
    write_all(write, TeamMember, teams.team_member_rows(crowd, since, until, **size))
    write_items(write, found, part, since=since, until=until)


def write_items(write: Writer, found: Sequence[Repo], part: Part, *, since: int, until: int) -> None:
    """Write the issues and pull requests with their events, some thousand at once."""
    rng = Random(f"{part.org} items")
    made = openings(rng, found, count=part.items, first=part.first * 1_000, since=since, until=until)
    histories, events = Histories(rng, until=until), Events(rng, since=since)
    for some in gathered(made, AT_ONCE):
        tables: dict[Any, list[Row]] = {Issue: [], PullRequest: [], Event: [], EventPoll: []}
        for item in some:
            add_item(tables, item, histories, events)
        for model, rows in tables.items():
            write_all(write, model, rows)


def add_item(tables: dict[Any, list[Row]], item: Opening, histories: Histories, events: Events) -> None:
    """Add an item's rows to those of its tables."""
    item.repo.number += 1
    history = histories.of(item)
    state, rng = State(item, history), histories.rng
    row = item_row(rng, item, state, histories.body())
    tables[PullRequest if item.is_pull else Issue].append(row | pull_row(rng, item, state) if item.is_pull else row)
    tables[Event] += (events.row(item, each) for each in history)
    tables[EventPoll].append(poll_row(item, state, len(history)))


def fill_others(session: Session, *, items: int, today: datetime) -> None:
    """Fill the tables of the other domains as the tests of views do, up to a size of their own."""
    world = World(session)
    take_inventory(world, releases=50, today=today)
    use_copilot(world, days=min(400, items // 12), seats=min(500, items // 10), today=today)
    audit(world, repositories=min(2_000, items // 10), today=today)
    run_ci(world, runs=min(10_000, items // 4), today=today)
    plan(world, items=min(4_000, items // 10), today=today)
    keep_ledger(world, runs=min(40_000, items), today=today)
