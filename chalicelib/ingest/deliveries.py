"""What a webhook delivers, as the domains get it.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

from chalicelib.ingest.context import Saving
from chalicelib.ingest.fields import INT8

LONGEST_NAME = 255
# Objects that the payload of any event may have.
COMMON = {"action", "repository", "organization", "sender", "installation", "enterprise", "changes"}


@dataclass(frozen=True)
class Place:
    """The repository that a delivery is about."""

    repository_id: int
    org: str
    repo: str

    @property
    def columns(self) -> dict[str, Any]:
        """The columns that say where a row belongs."""
        return {"repository_id": self.repository_id, "org": self.org, "repo": self.repo}


@dataclass(frozen=True)
class Delivery:
    """A signed delivery: the event and what happened, GitHub's payload, and when it came.

    Deliveries get lost, come twice, late and in any order: a handler never makes a row older.
    """

    event: str
    action: str | None
    payload: Mapping[str, Any]
    received_at: datetime

    def part(self, *names: str) -> Mapping[str, Any]:
        """Give an object within the payload; an empty one when it isn't there, or is none."""
        found: Any = self.payload
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def place(self) -> Place | None:
        """The repository that it is about; None when it names none, or not in GitHub's form."""
        repository = self.part("repository")
        number, name, owner = repository.get("id"), repository.get("name"), self.part("repository", "owner")
        login = owner.get("login")
        is_whole = isinstance(number, int) and not isinstance(number, bool) and 0 < number <= INT8
        if not is_whole or not _is_name(name) or not _is_name(login):
            return None
        return Place(int(str(number)), login, name)


def _is_name(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= LONGEST_NAME


# Saves what a delivery tells, in the session's transaction, which it does not end. GitHub is not asked.
Handler = Callable[[Saving, Delivery], None]


@dataclass(frozen=True)
class Event:
    """An event of webhooks: what saves it, and how its payload is told from those of other events.

    The header that names the event is not signed, so the payload must fit it. `parts` are what the payload always has:
    names, or ways such as `alert.rule`. `is_plain`: it has no other objects than those of every event.
    """

    save: Handler
    parts: frozenset[str]
    is_plain: bool = False

    def fits(self, payload: Mapping[str, Any]) -> bool:
        """Tell whether a payload has all that the event's have, and, for a plain one, nothing else."""
        others = {name for name, value in payload.items() if isinstance(value, dict)} - COMMON
        return all(_has(payload, part) for part in self.parts) and not (self.is_plain and others)


def _has(payload: Any, way: str) -> bool:
    for name in way.split("."):
        if not isinstance(payload, dict) or name not in payload:
            return False
        payload = payload[name]
    return True


def is_payload_of(name: str, payload: Mapping[str, Any], events: Mapping[str, Event]) -> bool:
    """Tell whether a payload is one of the event `name`, and of none of `events` that has more parts besides."""
    event = events[name]
    more = (other for other in events.values() if other.parts > event.parts)
    return event.fits(payload) and not any(other.fits(payload) for other in more)
