"""What a webhook delivers, as the domains get it.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.ingest.context import Saving
from chalicelib.ingest.fields import INT8


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
        if not is_whole or not isinstance(name, str) or not isinstance(login, str):
            return None
        return Place(int(str(number)), login, name)


# Saves what a delivery tells, in the session's transaction, which it does not end. GitHub is not asked.
Handler = Callable[[Saving, Delivery], None]
