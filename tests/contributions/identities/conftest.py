"""An organisation that is read, and what the tests of names and identities ask of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.models import MODELS, Base, SyncRun, create_db_session
from sandbox import Kind, Repository
from tests.organisation import ORG, Organisation, organisation

JOBS = ("nrt_events", "every_30_min", "daily")
SIZES = {"items": 24, "days": 30, "repositories": 4, "people": 10, "releases": 0.1}
STORED: dict[str, Any] = MODELS


@contextmanager
def filled(db_url: str, **plan: Any) -> Iterator[Organisation]:
    """An organisation whose history, timelines and lists are stored."""
    with organisation(db_url, **{**SIZES, **plan}) as org:
        org.environment["EVENT_DAYS"] = "365"
        for repository in org.sandbox.world.repositories.values():
            repository.private = False  # from which issues may not move to public ones
        org.environment["GH_ORGS"] = ",".join(plan.get("organisations", (ORG,)))
        org.begin(*JOBS, key="all are public")
        org.advance(60)
        yield org


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """It, with few rows."""
    with filled(db_url) as running:
        yield running


def fullest(org: Organisation, owner: str = ORG) -> Repository:
    """The repository with the most issues."""
    repositories = org.sandbox.world.organisations[owner].repositories
    return max(repositories, key=lambda one: sum(not item.is_pull for item in one.items.values()))


def values(org: Organisation, query: Any) -> list[Any]:
    with create_db_session(org.db_url) as session:
        return list(session.scalars(query))


def names(org: Organisation, table: str, column: str = "repo") -> set[str]:
    """The names that stand in a column of a table."""
    return set(values(org, select(Base.metadata.tables[table].c[column]).distinct())) - {None}


def repository_row(org: Organisation, repository: Repository) -> Any:
    with create_db_session(org.db_url) as session:
        return session.get_one(STORED["Repository"], repository.id)


def notes(org: Organisation, step: str = "repositories") -> list[str]:
    return [note for note in values(org, select(SyncRun.note).where(SyncRun.step == step).order_by(SyncRun.id)) if note]


def asked(org: Organisation, *words: str) -> int:
    """How many requests since the last reset went to paths with these words."""
    return sum(count for route, count in org.requests().items() if any(word in route for word in words))


def others(org: Organisation) -> list[Repository]:
    places = [one for one in org.sandbox.world.organisations[ORG].repositories if one is not fullest(org)]
    return sorted(places, key=lambda one: -sum(not item.is_pull for item in one.items.values()))


def take_over(org: Organisation, repository: Repository) -> Repository:
    """Rename a repository, and let a new one with as many issues take its name."""
    world, before = org.sandbox.world, repository.name
    author = world.first_admin(repository.owner)
    world.rename_repository(repository, "shelf")
    stranger = world.create_repository(repository.owner, before)
    for number in range(repository.last_number):
        item = world.open(stranger, world.now, author, f"Another {number}", None, pull=False, rng=Random(number))
        world.change(item, Kind.COMMENTED, text="a stranger's word")
    org.advance(60)
    return stranger


def values_of(org: Organisation, query: Any) -> list[tuple[Any, ...]]:
    with create_db_session(org.db_url) as session:
        return [tuple(row) for row in session.execute(query)]
