"""A sandbox organisation for tests, and the app's jobs run against it at the sandbox's own time."""

from __future__ import annotations

import json
import time
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import inspect, select

import backfill
from chalicelib.domains import DOMAINS
from chalicelib.github import Budget
from chalicelib.jobs.schedules import run_job
from chalicelib.models import Event, Issue, PullRequest, Transfer, create_db_session
from chalicelib.settings import Settings
from chalicelib.utils import parse_utc
from sandbox import Limits, LimitSettings, Plan, RunningSandbox, World, serve
from tests.databases import fill_once

NOW = int(datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp())
ORG = "acme"
GENEROUS = LimitSettings(
    core=1_000_000,
    search=1_000_000,
    graphql=1_000_000,
    points=1_000_000,
    graphql_points=1_000_000,
    concurrency=1_000,
)
DAY = 86_400
# What objects carry as the API's address. The port is another one each time, and no row may depend on it.
PUBLIC_URL = "https://api.github.example"
# The permissions of an App that may read all that there is to read.
NEEDED = {need.permission: need.level for domain in DOMAINS for need in domain.all_needs}

Items = dict[int, dict[str, Any]]
MODELS: dict[str, Any] = {"issues": Issue, "pull_requests": PullRequest}
# Not author_association, which changes with the author's membership while the item itself stays as it is.
COMPARED = ("number", "title", "state", "state_reason", "body", "comments", "locked", "active_lock_reason", "draft")


@dataclass
class Organisation:
    """A running sandbox and the settings that lead to it."""

    sandbox: RunningSandbox
    db_url: str
    environment: dict[str, str] = field(default_factory=dict)
    # How far this machine's clock is ahead.
    ahead: timedelta = timedelta()

    @property
    def variables(self) -> dict[str, str]:
        """The environment that leads here."""
        return {
            "GH_TOKEN": self.sandbox.token,
            "GH_ORGS": ORG,
            "GH_API_URL": self.sandbox.url,
            "DB_URL": self.db_url,
            "COPILOT": "off",  # those tests switch them on that are about them
            "SECURITY": "off",
            "WORKFLOWS": "off",
            "PROJECTS": "off",
            **self.environment,
        }

    @property
    def settings(self) -> Settings:
        return Settings(self.variables.get)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.sandbox.clock.now(), tz=UTC) + self.ahead

    def advance(self, seconds: float) -> None:
        """Let the organisation live on."""
        self.sandbox.world.advance(self.sandbox.clock.set(advance=seconds))

    def run_job(self, job: str = "every_30_min", *, deadline: float | None = None) -> None:
        """Run a job once, at the sandbox's time."""
        run_job(job, self.settings, budget=self.budget(deadline), now=self.now)

    def budget(self, deadline: float | None = None) -> Budget:
        """A budget that doesn't really wait: the tests' limits are generous, and faults pass by themselves."""
        return Budget(deadline=None if deadline is None else time.monotonic() + deadline, sleep=lambda seconds: None)

    def backfill(self, *arguments: str) -> int:
        """Run backfill.py's main, at the sandbox's time."""
        return backfill.main(arguments, self.settings, budget=self.budget(), now=self.now)

    def begin(self, *jobs: str, since: str = "2026-01-01", only: str = "", key: Hashable = None) -> None:
        """Backfill an empty database, and run these jobs: what most tests begin with.

        It is done once, for the same plan and environment; after that the rows are copied, and nothing is asked. The
        `key` tells what else the test changed before: pages' sizes, or what it assigned to things of the world.
        """
        arguments = ("--since", since, *(("--only", only) if only else ()))

        def fill() -> None:
            assert self.backfill(*arguments) == 0
            for job in jobs:
                self.run_job(job)

        world, environment = self.sandbox.world, tuple(sorted(self.environment.items()))
        fill_once(self.db_url, (world.plan, world.version, self.now(), environment, arguments, jobs, key), fill)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of item."""
        return tuple(MODELS)

    def requests(self) -> Mapping[str, int]:
        """Count the requests by route since the last reset."""
        return dict(self.sandbox.stats.summary()["by_route"])

    def truth(self, kind: str) -> Items:
        """Every item as the sandbox would show it now, by id."""
        query = {"pull_requests": "pr", "issues": "issue"}[kind]
        answer = requests.get(f"{self.sandbox.url}/_sandbox/items", params={"is": query}, timeout=30)
        return {item["id"]: item for item in map(_parsed, answer.text.splitlines())}

    def timelines(self) -> dict[int, list[dict[str, Any]]]:
        """Every timeline as the sandbox would show it now, by the id of its item."""
        found: dict[int, list[dict[str, Any]]] = {}
        with self.sandbox.world.lock:
            for item in self.sandbox.world.items.values():
                found[item.id] = list(self.sandbox.app.new_payloads.timeline(item))
        return found

    def stored(self, kind: str) -> Items:
        """Every row that is not marked as deleted, by id."""
        model = MODELS[kind]
        with create_db_session(self.db_url) as session:
            rows = session.scalars(select(model).where(model.deleted_at.is_(None)))
            return {row.id: vars(row).copy() for row in rows}

    def assert_equal_to_truth(self) -> None:
        """Compare both tables with the sandbox, item by item."""
        for kind in MODELS:
            truth, rows = self.truth(kind), self.stored(kind)
            assert rows.keys() == truth.keys()
            for key, item in truth.items():
                assert picked(rows[key]) == expected(item), item["html_url"]
        self.assert_ids_are_those_in_users()

    def assert_ids_are_those_in_users(self) -> None:
        """Compare each row's id of a person with the one in its user object, rows that are gone included."""
        with create_db_session(self.db_url) as session:
            for number in (Issue.author_id, PullRequest.author_id, Transfer.author_id, Event.user_id):
                model = number.class_
                for row in session.execute(select(model.user, number, *inspect(model).primary_key)):
                    assert row[1] == (row[0] and row[0].get("id")), (model.__tablename__, row)


def expected(item: dict[str, Any]) -> dict[str, Any]:
    """What a row must say of an item."""
    row = {name: item[name] for name in COMPARED if name in item}
    row |= {name: item[name] and at(item[name]) for name in ("created_at", "updated_at", "closed_at")}
    row |= {"labels": [label["name"] for label in item["labels"]]}
    if "pull_request" in item:
        merged_at = item["pull_request"]["merged_at"]
        row |= {"merged": merged_at is not None, "merged_at": merged_at and at(merged_at), "pull_id": item["pull_id"]}
    return row


def picked(row: dict[str, Any]) -> dict[str, Any]:
    """What a row says of the same."""
    extra = ("created_at", "updated_at", "closed_at", "merged", "merged_at", "pull_id")
    found = {name: row[name] for name in COMPARED + extra if name in row}
    return found | {"labels": [label["name"] for label in row["labels"]]}


def _parsed(line: str) -> dict[str, Any]:
    item: dict[str, Any] = json.loads(line)
    return item


@contextmanager
def organisation(db_url: str, **plan: Any) -> Iterator[Organisation]:
    """Serve an organisation; `plan` overrides organisations, repositories, people, days, items, seed and now."""
    sizes = {"repositories": 5, "people": 20, "days": 60, "items": 80, "seed": 7, "now": NOW, "organisations": (ORG,)}
    world = World(Plan(**{**sizes, **plan}))
    with serve(world, limits=Limits(replace(GENEROUS)), public_url=PUBLIC_URL) as sandbox:
        yield Organisation(sandbox, db_url)


def this_moment() -> int:
    """Now, for what runs at the real time."""
    return int(time.time())


def at(text: str) -> datetime:
    """A time, from the API's form."""
    return parse_utc(text)
