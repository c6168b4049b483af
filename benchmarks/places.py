"""Where the benchmarks run: a PostgreSQL, databases and a sandbox of their own, all gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from sqlalchemy import Engine

from chalicelib.models import create_all
from chalicelib.utils import format_utc
from sandbox import Place, running
from tests.postgres import Server, connect, new_database

NO_LIMIT = str(10**9)
PATIENCE = 60  # seconds


@contextmanager
def postgres() -> Iterator[Engine]:
    """The server that TEST_DATABASE_URL names, or one that is started and stopped; as one that may create databases."""
    server = Server()
    try:
        with connect(server.start()) as admin:
            yield admin
    finally:
        server.stop()


@contextmanager
def database(admin: Engine) -> Iterator[str]:
    """The URL of a new PostgreSQL database with our tables."""
    with new_database(admin) as url:
        create_all(url)
        yield url


@dataclass(frozen=True)
class Sandbox(Place):
    """A running sandbox, in a process of its own."""

    def settings(self, db_url: str) -> dict[str, str]:
        """The environment variables that lead our code to it and to a database."""
        return {"GH_API_URL": self.url, "GH_ORGS": self.org, "GH_TOKEN": self.token, "DB_URL": db_url}

    def count_anew(self) -> None:
        """Forget the requests counted so far."""
        self._ask("DELETE", "/_sandbox/stats")

    def count(self) -> int:
        """How many requests it has answered since."""
        return int(self._ask("GET", "/_sandbox/stats").json()["total"])

    def items(self) -> int:
        """How many issues and pull requests there are, by two searches: count anew afterwards."""
        queries = [{"q": f"is:{kind} org:{self.org}", "per_page": "1"} for kind in ("issue", "pr")]
        return sum(int(self._ask("GET", "/search/issues", params=query).json()["total_count"]) for query in queries)

    def live_on(self, until: datetime) -> None:
        """Let happen what happens until then."""
        self._ask("POST", "/_sandbox/clock", json={"now": format_utc(until)})

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.request(method, self.url + path, headers=headers, timeout=PATIENCE, **options)
        answer.raise_for_status()
        return answer


@contextmanager
def sandbox(*, repositories: int, items: int, people: int = 60, now: datetime | None = None) -> Iterator[Sandbox]:
    """Run a sandbox whose time stands still, at the present or `now`, and whose rate limits are never reached."""
    sizes = {"repos": repositories, "items": items, "people": people, "speed": 0}
    limits = dict.fromkeys(("core-limit", "search-limit", "points-limit", "concurrency-limit"), NO_LIMIT)
    flags = [f"--{name}={value}" for name, value in (sizes | limits).items()]
    flags += [f"--now={format_utc(now)}"] if now else []
    with running(*flags) as place:
        yield Sandbox(place.url, place.org, place.token)
