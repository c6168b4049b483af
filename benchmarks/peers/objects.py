"""What is compared: items, and what happened to them, in a database and in truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# A group of events, and its kinds; all other kinds are "other events".
GROUPS = {
    "comments": ("commented",),
    "reviews": ("reviewed",),
    "line comments": ("line-commented",),
    "commits": ("committed",),
    "cross-references": ("cross-referenced",),
}
OTHERS = "other events"


@dataclass(frozen=True)
class Objects:
    """Items by their names (`owner/repo#7`), each with when it was updated, and how many events of each kind."""

    items: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """How many there are, how many of them were stored, and how many items are as they are now."""

    items: int
    items_stored: int
    items_current: int
    events: dict[str, int]
    events_stored: dict[str, int]

    def groups(self) -> dict[str, tuple[int, int]]:
        """Return each group's numbers: stored, and in truth."""
        grouped = dict.fromkeys((*GROUPS, OTHERS), (0, 0))
        for kind, number in self.events.items():
            name = next((name for name, kinds in GROUPS.items() if kind in kinds), OTHERS)
            stored, there = grouped[name]
            # More than there are, as of what was deleted since, makes up for nothing.
            grouped[name] = stored + min(self.events_stored.get(kind, 0), number), there + number
        return grouped

    @property
    def is_whole(self) -> bool:
        """Whether every item is stored as it is now, and every event."""
        return self.items_current == self.items and all(some == there for some, there in self.groups().values())

    def lacking(self) -> list[str]:
        """Return the kinds of which nothing was stored, although there are some."""
        return sorted(kind for kind, number in self.events.items() if number and not self.events_stored.get(kind))

    def surplus(self) -> dict[str, int]:
        """Return the kinds of which more was stored than there is, and how much more."""
        more = {kind: number - self.events.get(kind, 0) for kind, number in self.events_stored.items()}
        return {kind: number for kind, number in more.items() if number > 0}

    def as_json(self) -> dict[str, Any]:
        """Return the plain form that `Comparison(**…)` takes."""
        return asdict(self)


def compare(stored: Objects, truth: Objects) -> Comparison:
    """Compare what was stored with what there is."""
    return Comparison(
        items=len(truth.items),
        items_stored=len(stored.items.keys() & truth.items.keys()),
        items_current=sum(stored.items.get(name) == updated for name, updated in truth.items.items()),
        events=dict(truth.events),
        events_stored=dict(stored.events),
    )


def short_moment(text: str) -> str:
    """Write a moment of UTC as GitHub does (`2026-11-26T08:00:00Z`), whatever its form in a database."""
    return f"{text[:10]}T{text[11:19]}Z"


def objects(items: Iterable[tuple[str, int, str]], events: Iterable[tuple[str, int]]) -> Objects:
    """Make them of rows: repository, number and moment; kind and count."""
    named = {f"{repository}#{number}": short_moment(str(updated)) for repository, number, updated in items}
    return Objects(named, dict(events))
