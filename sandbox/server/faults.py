"""Faults on demand: a share of all answers, or the next few of a path; drawn from a seed."""

import threading
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from random import Random
from typing import Any


class Fault(StrEnum):
    """What can go wrong with an answer."""

    INTERNAL = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    RESET = "reset"
    TRUNCATED = "truncated"
    TRUNCATED_GZIP = "truncated-gzip"
    TRUNCATED_CHUNKS = "truncated-chunks"
    STALL = "stall"
    HTML = "html"
    SECONDARY_403 = "secondary-403"
    SECONDARY_429 = "secondary-429"
    SECONDARY_BARE = "secondary-bare"
    INCOMPLETE = "incomplete"
    SHIFT = "shift"
    BARE_304 = "bare-304"
    TIMEOUT = "504"
    # Of GraphQL alone: refusals with status 200, data with gaps, odd pages of timelines, a replica that is behind.
    GRAPHQL_NODES = "graphql-nodes"
    GRAPHQL_TIMEOUT = "graphql-timeout"
    GRAPHQL_RATE_LIMIT = "graphql-rate-limit"
    GRAPHQL_FORBIDDEN = "graphql-forbidden"
    GRAPHQL_RESOURCES = "graphql-resources"
    GRAPHQL_PARTIAL = "graphql-partial"
    GRAPHQL_NULLS = "graphql-nulls"
    GRAPHQL_DUPLICATE = "graphql-duplicate"
    GRAPHQL_DISORDER = "graphql-disorder"
    GRAPHQL_STALE = "graphql-stale"


# Without a retry-after clients wait for a minute or more; a 304 without a Link header is none of GitHub's faults.
GRAPHQL_ONLY = {kind for kind in Fault if kind.startswith("graphql-")}
ON_DEMAND = {Fault.SECONDARY_BARE, Fault.BARE_304, Fault.TIMEOUT, *GRAPHQL_ONLY}
DEFAULT_KINDS = tuple(kind for kind in Fault if kind not in ON_DEMAND)
SEARCH_ONLY = {Fault.INCOMPLETE}
LATER_PAGES_ONLY = {Fault.SHIFT}


@dataclass(slots=True)
class FaultSettings:
    """The share of answers that go wrong, how they may, and the seconds that stalls and refusals take."""

    rate: float = 0.0
    kinds: tuple[Fault, ...] = DEFAULT_KINDS
    stall_seconds: float = 2.0
    retry_after: int = 1


@dataclass(slots=True)
class Scripted:
    """A fault for the next `count` requests whose path begins with `path`, after `skip` that go well."""

    kind: Fault
    path: str = "/"
    count: int = 1
    skip: int = 0


class Faults:
    """Decides which answer goes wrong, and how."""

    def __init__(self, settings: FaultSettings | None = None, *, seed: int = 1) -> None:
        self.settings = settings or FaultSettings()
        self._rng = Random(f"{seed}/faults")
        self._lock = threading.Lock()
        self._scripted: list[Scripted] = []

    def update(self, **settings: Any) -> dict[str, Any]:
        """Change settings (`kinds` by name); return them. TypeError, ValueError for what there isn't."""
        if "kinds" in settings:
            settings["kinds"] = tuple(map(Fault, settings["kinds"]))
        with self._lock:
            self.settings = replace(self.settings, **settings)
            return asdict(self.settings)

    def script(self, kind: str, *, path: str = "/", count: int = 1, skip: int = 0) -> None:
        """Let the next `count` requests below a path go wrong, after `skip` that don't; ValueError."""
        with self._lock:
            self._scripted.append(Scripted(Fault(kind), path, count, skip))

    def clear(self) -> None:
        """Forget the scripted faults and set the rate to 0."""
        with self._lock:
            self._scripted.clear()
            self.settings.rate = 0.0

    def draw(self, path: str, *, later_page: bool) -> Fault | None:
        """Return the fault that this request gets, if any."""
        with self._lock:
            scripted = self._take_scripted(path)
            if scripted is not None or not self.settings.rate or self._rng.random() >= self.settings.rate:
                return scripted
            kinds = [kind for kind in self.settings.kinds if later_page or kind not in LATER_PAGES_ONLY]
            if not path.startswith("/search"):
                kinds = [kind for kind in kinds if kind not in SEARCH_ONLY]
            if not path.startswith("/graphql"):
                kinds = [kind for kind in kinds if kind not in GRAPHQL_ONLY]
            return self._rng.choice(kinds) if kinds else None

    def _take_scripted(self, path: str) -> Fault | None:
        for scripted in self._scripted:
            if not path.startswith(scripted.path):
                continue
            if scripted.skip:
                scripted.skip -= 1
                return None
            scripted.count -= 1
            if scripted.count <= 0:
                self._scripted.remove(scripted)
            return scripted.kind
        return None
