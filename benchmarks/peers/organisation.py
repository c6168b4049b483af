"""The organisation that everybody loads: a sandbox in this process, which counts units and knows the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from random import Random
from time import time

import requests

from benchmarks.peers.objects import Objects, objects
from sandbox import Plan, RunningSandbox, World, serve
from sandbox.api.timelines import entries
from sandbox.api.times import parse_moment, timestamp
from sandbox.server.limits import Limits, LimitSettings, Window

# The same organisation in every run: results of another day stand beside those of today.
NOW = parse_moment("2026-11-01T00:00:00Z")
REPOSITORIES, PEOPLE, DAYS = 20, 200, 400
PATIENCE = 60  # seconds
# What a working day brings; nothing of it takes anything away, so that counts can be compared.
CHANGES = (
    *("opened_issue", "opened_pull", "commented", "labeled", "assigned", "milestoned", "renamed", "closed"),
    *("reopened", "review_requested", "reviewed", "committed", "merged"),
)


@dataclass(frozen=True)
class Sizes:
    """Items in all (about), how many times faster the limits' hours and minutes pass, and seconds before an answer."""

    items: int = 10_150
    scale: int = 60
    latency: float = 0.05


class CountedLimits(Limits):
    """Limits that also know what was used in all their windows, since they began to count."""

    def __init__(self, settings: LimitSettings, *, now: Callable[[], float] = time) -> None:
        super().__init__(settings, now=now)
        self._all: dict[int, Window] = {}  # by identity: two windows may look alike
        self._before: Counter[str] = Counter()

    def _window(self, account: str, resource: str) -> Window:
        window = super()._window(account, resource)
        self._all[id(window)] = window
        return window

    def _used(self) -> Counter[str]:
        with self._lock:
            used: Counter[str] = Counter()
            for window in self._all.values():
                used[window.resource] += window.used
            return used

    def count_anew(self) -> None:
        """Forget what was used before."""
        self._before = self._used()

    def units(self) -> dict[str, int]:
        """Return the units of each resource that were used since, less those that were given back."""
        used = self._used()
        return {resource: used[resource] - self._before[resource] for resource in used}


@dataclass(frozen=True)
class Organisation:
    """A running one."""

    sandbox: RunningSandbox
    limits: CountedLimits

    @property
    def name(self) -> str:
        """Its name."""
        return next(iter(self.sandbox.world.organisations.values())).login

    @property
    def repositories(self) -> list[str]:
        """The full names of its repositories."""
        return [one.full_name for one in self.sandbox.world.repositories.values()]

    def answers(self, query: str) -> bool:
        """Tell whether the sandbox knows what a GraphQL query asks for: it serves a part of GitHub's schema."""
        headers = {"Authorization": f"Bearer {self.sandbox.token}"}
        answer = requests.post(f"{self.sandbox.url}/graphql", json={"query": query}, headers=headers, timeout=PATIENCE)
        return answer.status_code == HTTPStatus.OK and "errors" not in answer.json()

    def count_anew(self) -> None:
        """Forget what was counted."""
        self.sandbox.stats.reset()
        self.limits.count_anew()

    def change(self, count: int) -> None:
        """Let so many things happen, the same ones each time."""
        rng = Random(7)
        for _ in range(count):
            self.sandbox.world.happen(rng, CHANGES)

    def truth(self) -> Objects:
        """Return all that there is."""
        with self.sandbox.world.lock:
            return truth_of(self.sandbox.world)


def scaled_limits(scale: int) -> LimitSettings:
    """Return GitHub's limits for a world in which an hour passes in an hour divided by `scale`."""
    settings = asdict(LimitSettings())
    windows = {name: max(length // scale, 1) for name, length in settings.items() if name.endswith("_window")}
    # What may be asked for in a minute has no window to shorten.
    minutes = {name: settings[name] * scale for name in settings if name.endswith("points")}
    return LimitSettings(**{**settings, **windows, **minutes, "retry_after": max(settings["retry_after"] // scale, 1)})


def founded(sizes: Sizes) -> World:
    """Return its world: the same one for the same sizes, as long as the sandbox makes worlds in the same way."""
    return World(Plan(now=NOW, repositories=REPOSITORIES, people=PEOPLE, days=DAYS, items=sizes.items))


def truth_of(world: World) -> Objects:
    """Return all that there is in a world."""
    found = list(world.items.values())
    rows = [(item.repository.full_name, item.number, timestamp(item.updated_at)) for item in found]
    return objects(rows, Counter(str(entry.kind) for item in found for entry in entries(item)).items())


@contextmanager
def organisation(sizes: Sizes, *, public_url: str = "") -> Iterator[Organisation]:
    """Serve it until the block ends: its history has ended, its clock shows the real time.

    With a `public_url`, the objects' URLs begin with it.
    """
    world = founded(sizes)
    world.stand_still()
    limits = CountedLimits(scaled_limits(sizes.scale))
    with serve(world, speed=1.0, latency=sizes.latency, limits=limits, public_url=public_url) as sandbox:
        sandbox.clock.set(now=int(time()))
        yield Organisation(sandbox, limits)
