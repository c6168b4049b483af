"""What was measured, kept in files so that one peer can be measured again beside the others' figures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers.objects import Comparison

CORE_AN_HOUR, POINTS_AN_HOUR = 5_000, 5_000
RUNS = {"first": "first load", "idle": "nothing changed", "changed": "1 % changed"}


@dataclass(frozen=True)
class Figures:
    """One run: seconds, bytes, units of each of GitHub's limits, answers by route, rows in all, and what is stored."""

    wall: float
    cpu: float
    peak: int
    units: Mapping[str, int]
    requests: int
    not_modified: int
    refused: int
    rows: int
    comparison: Comparison
    by_route: Mapping[str, int] = field(default_factory=dict)

    def unit(self, resource: str) -> int:
        """Return the units of a limit: `core`, `search`, `graphql`."""
        return self.units.get(resource, 0)

    @property
    def in_all(self) -> int:
        """All units, of whichever limit."""
        return sum(self.units.values())

    @property
    def hours(self) -> float:
        """How many hours of a token's limits this takes: of requests, or of points, whichever is more."""
        return max(self.unit("core") / CORE_AN_HOUR, self.unit("graphql") / POINTS_AN_HOUR)


@dataclass(frozen=True)
class Result:
    """A peer's runs, or the reason why there are none, with the settings of the trial that it belongs to."""

    name: str
    title: str
    settings: str
    versions: str
    trial: Mapping[str, float]
    machine: str
    day: str
    figures: Mapping[str, Figures]
    failure: str = ""
    settling: Mapping[str, int] = field(default_factory=dict)


def save(result: Result, folder: Path) -> None:
    """Write a result's file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{result.name}.json").write_text(json.dumps(asdict(result), indent=1))


def load(name: str, folder: Path) -> Result | None:
    """Read a result's file, if there is one."""
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    kept: dict[str, Any] = json.loads(path.read_text())
    figures = {run: _figures(one) for run, one in kept.pop("figures").items()}
    return Result(**kept, figures=figures)


def _figures(kept: dict[str, Any]) -> Figures:
    return Figures(**{**kept, "comparison": Comparison(**kept["comparison"])})


def load_all(names: Iterable[str], folder: Path) -> list[Result]:
    """Read those that there are, in the order of their names' list."""
    return [found for name in names if (found := load(name, folder)) is not None]
