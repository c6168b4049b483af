from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.github import Budget, GitHubAPI, Pause
from tests.github.local_server import LocalServer

MakeApi = Callable[..., GitHubAPI]
MakeServer = Callable[[], LocalServer]

TOKEN = "ghp_SeCrEtSeCrEtSeCrEtSeCrEtSeCrEtSeCrEt"  # made up


@dataclass
class FakeTime:
    """A clock that only sleeping moves."""

    now: float = 1000.0
    start: datetime = datetime(2026, 5, 1, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> datetime:
        return self.start + timedelta(seconds=self.now - 1000)

    def budget(self, seconds: float | None = None) -> Budget:
        return Budget(
            deadline=None if seconds is None else self.now + seconds,
            now=lambda: self.now,
            sleep=self.sleep,
            on_pause=self.pauses.append,
            clock=self.clock,
        )


EPOCH = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp())  # FakeTime's beginning
SECONDARY = "You have exceeded a secondary rate limit"
DATE = {"Date": "Fri, 01 May 2026 00:00:00 GMT"}


def limits(remaining: int, *, seconds: int, resource: str = "core") -> dict[str, str]:
    return {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Used": str(5000 - remaining),
        "X-RateLimit-Reset": str(EPOCH + seconds),
        "X-RateLimit-Resource": resource,
    }


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def make_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], LocalServer]]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")  # the machine that runs the tests may sit behind a proxy
    servers: list[LocalServer] = []

    def make() -> LocalServer:
        servers.append(LocalServer())
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def server(make_server: Callable[[], LocalServer]) -> LocalServer:
    return make_server()


@pytest.fixture
def make_api(server: LocalServer, fake_time: FakeTime) -> Iterator[Callable[..., GitHubAPI]]:
    """Makes clients of the local server; the random part of pauses is left out."""
    clients: list[GitHubAPI] = []

    def make(token: str | None = TOKEN, *, seconds: float | None = None, **options: Any) -> GitHubAPI:
        defaults = {"api_url": server.url, "budget": fake_time.budget(seconds), "rng": lambda: 0.0}
        clients.append(GitHubAPI(token, **{**defaults, **options}))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def api(make_api: Callable[..., GitHubAPI]) -> GitHubAPI:
    return make_api()
