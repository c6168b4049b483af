"""Two boards of any size, generated: sprints, items that move between them, snapshots of some days, and events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert

from chalicelib.projects.models import (
    Iteration,
    Project,
    ProjectDay,
    ProjectField,
    ProjectItem,
    ProjectItemDay,
    ProjectItemEvent,
    ProjectStatus,
)
from tests.views.world import World

STATUSES = {"Todo": "todo", "Doing": "in_progress", "Review": "in_progress", "Done": "done"}
ROLES = ("sprint", "points", "status")
SPRINTS, LENGTH = 6, 7  # sprints, and days of each; the last but one is the current one
POINTS = (None, 0.0, 0.1, 0.2, 0.5, 1.0, 3.0)


def plan(world: World, *, items: int, today: datetime) -> None:
    """Write two boards with the same names and ids of sprints."""
    for number, key in enumerate(("P", "Q"), start=1):
        made = _Planner(Random(number), key, today, items // 2)
        board = {"org": "acme", "number": number, "title": "Roadmap", "deliverables_by": "field"}
        world.session.execute(insert(Project), [{"id": key} | board])
        for model, rows in made.tables():
            world.session.execute(insert(model), list(rows))


class _Planner:
    def __init__(self, rng: Random, key: str, today: datetime, items: int) -> None:
        self.rng, self.key, self.today, self.items = rng, key, today, items
        self.first = today.date() - timedelta(days=LENGTH * (SPRINTS - 2) + 3)
        self.days = [self.first + timedelta(days=number) for number in range(SPRINTS * LENGTH)]
        self.read = [each for each in self.days if each < today.date() and rng.random() < 0.5]

    def tables(self) -> Iterator[tuple[type[Any], Iterator[dict[str, Any]]]]:
        """Each table with its rows."""
        makers = {
            ProjectField: self.fields(),
            ProjectStatus: self.statuses(),
            Iteration: self.sprints(),
            ProjectDay: self.calendar(),
            ProjectItem: self.now(),
            ProjectItemDay: self.snapshots(),
            ProjectItemEvent: self.events(),
        }
        for model, rows in makers.items():
            yield model, ({"project_id": self.key} | row for row in rows)

    def fields(self) -> Iterator[dict[str, Any]]:
        for number, role in enumerate(ROLES):
            yield {
                "id": f"{self.key}-{role}",
                "name": role.capitalize(),
                "data_type": "TEXT",
                "position": number,
                "role": role,
            }

    def statuses(self) -> Iterator[dict[str, Any]]:
        for number, (name, kind) in enumerate(STATUSES.items()):
            yield {"name": name, "kind": kind, "position": number}

    def sprints(self) -> Iterator[dict[str, Any]]:
        for number in range(SPRINTS):
            first = self.days[number * LENGTH]
            yield {
                "field_id": f"{self.key}-sprint",
                "id": f"s{number}",
                "title": f"Sprint {number}",
                "start_date": first,
                "end_date": first + timedelta(days=LENGTH - 1),
                "days": LENGTH,
                "is_completed": number < SPRINTS - 2,
            }

    def calendar(self) -> Iterator[dict[str, Any]]:
        for each in self.days:
            read_at = self.noon(each) if each in self.read else None
            yield {"day": each, "is_working": each.weekday() < 5, "snapshot_at": read_at}

    def noon(self, each: date) -> datetime:
        return datetime.combine(each, time(12), UTC)

    def moment(self) -> datetime:
        """A time since the first day."""
        begin = self.noon(self.first)
        return begin + timedelta(seconds=self.rng.randrange(int((self.today - begin).total_seconds())))

    def sometimes(self, value: Any, share: float) -> Any:
        return value if self.rng.random() < share else None

    def sprint(self) -> str | None:
        return self.rng.choice((None, *(f"s{number}" for number in range(SPRINTS))))

    def state(self) -> dict[str, Any]:
        """What both an item and its day may have."""
        return {
            "status": self.rng.choice((None, *STATUSES)),
            "points": self.rng.choice(POINTS),
            "iteration_id": self.sprint(),
            "deliverable": self.rng.choice((None, "Search", "Login")),
            "is_archived": self.rng.random() < 0.1,
        }

    def now(self) -> Iterator[dict[str, Any]]:
        for number in range(self.items):
            closed_at, created_at = self.sometimes(self.moment(), 0.5), self.moment()
            row: dict[str, Any] = {"id": f"{self.key}{number}", "type": "issue", "fields": {}}
            row["content_node_id"] = f"c{number}"
            row |= {"state": "closed" if closed_at else "open", "closed_at": closed_at, "first_seen_at": self.today}
            row |= {"title": f"Title {number}", "created_at": self.sometimes(created_at, 0.9)}
            row |= {"timeline_read_at": self.sometimes(self.moment(), 0.7)}
            yield row | {"removed_at": self.sometimes(self.moment(), 0.1)} | self.state()

    def snapshots(self) -> Iterator[dict[str, Any]]:
        for each in self.read:
            for number in range(self.items):
                if self.rng.random() < 0.9:
                    row = {"item_id": f"{self.key}{number}", "day": each, "is_closed": self.rng.random() < 0.3}
                    yield row | self.state()

    def events(self) -> Iterator[dict[str, Any]]:
        for number in range(self.items * 6):
            item = self.rng.randrange(self.items)
            kind = self.rng.choice(("added", "removed", "status", "closed", "reopened", "field", "field"))
            is_issues, is_told = kind in ("closed", "reopened"), kind == "field" or self.rng.random() < 0.2
            row: dict[str, Any] = {"id": f"{self.key}{number}", "kind": kind, "at": self.moment(), "turn": number % 3}
            row |= {"source": "webhook" if is_told else "timeline", "content_node_id": f"c{item}"}
            row |= {"project_id": None if is_issues else self.key}
            row |= {"item_id": f"{self.key}{item}" if is_told and not is_issues else None}
            yield row | self.change(kind)

    def change(self, kind: str) -> dict[str, Any]:
        names = ("field_id", "from_value", "to_value", "from_id", "to_id")
        nothing: dict[str, Any] = dict.fromkeys(names)
        if kind == "status":
            before, after = (self.rng.choice((None, *STATUSES)) for _ in range(2))
            return nothing | {"from_value": before, "to_value": after}
        if kind == "field" and self.rng.random() < 0.5:
            return nothing | {"field_id": f"{self.key}-sprint", "from_id": self.sprint(), "to_id": self.sprint()}
        before = self.rng.choice((None, "0.1", "3", "7.25", "none"))
        return nothing | {"field_id": f"{self.key}-points", "from_value": before}
