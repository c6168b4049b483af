"""A GitHub that serves plain lists, which a test changes at will, with pages, ETags and refusals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.github import Budget, GitHubAPI
from chalicelib.ingest.reading import step_of
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.streams import ListStream
from chalicelib.models import SyncRun, create_db_session
from chalicelib.settings import load_settings
from tests.github.local_server import LocalServer, Reply, Seen, reply

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Lists:
    """The lists by path, or by path and `?role=…`; `refusals` say with which status a path is refused."""

    server: LocalServer
    db_url: str
    lists: dict[str, list[Any]] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    on_request: Callable[[str], None] = lambda _: None
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.server.answer = self._answer

    def _answer(self, seen: Seen) -> Reply:
        query = dict(parse_qsl(urlsplit(seen.target).query))
        name = seen.path + (f"?role={query['role']}" if "role" in query else "")
        self.on_request(name)
        if name in self.refusals:
            return reply(self.refusals[name], {"message": "no"})
        page, size = int(query.get("page", 1)), int(query["per_page"])
        records = self.lists[name]
        body = json.dumps(records[(page - 1) * size : page * size]).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": etag}
        if page * size < len(records):
            role = f"&role={query['role']}" if "role" in query else ""
            headers["Link"] = f'<{self.server.url}{seen.path}?per_page={size}&page={page + 1}{role}>; rel="next"'
        return reply(304, headers=headers) if seen.headers.get("If-None-Match") == etag else reply(200, body, headers)

    def run(self, stream: ListStream, *, repos: tuple[str, ...] = (), deadline: float | None = None) -> SyncRun:
        """Run a stream's step once; gives what the ledger says of it."""
        self.server.seen.clear()
        budget = Budget(deadline=deadline, sleep=lambda seconds: None)
        with (
            create_db_session(self.db_url) as session,
            GitHubAPI("token", api_url=self.server.url, budget=budget) as github,
        ):
            runner = Runner(session, github, Scope("acme", repos), load_settings({}), "daily", lambda: self.now)
            step = step_of(stream)
            with runner.lease() as is_ours:
                assert is_ours
                return runner.run(step.name, step.run)

    @property
    def asked(self) -> list[str]:
        """The paths of the last run's requests."""
        return [seen.path for seen in self.server.seen]

    def rows(self, model: Any, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of every row, in the order of the key."""
        with create_db_session(self.db_url) as session:
            return self.read(session, model, *columns)

    def read(self, session: Session, model: Any, *columns: str) -> list[tuple[Any, ...]]:
        chosen = [getattr(model, name) for name in columns]
        return [tuple(row) for row in session.execute(select(*chosen).order_by(*model.__table__.primary_key))]
