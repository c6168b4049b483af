"""Writes rows of the made-up organisation, and tells its times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

ORG = "acme"
# Ada to Dan are members; Yuki and Zoe are not.
PEOPLE = {"ada": 1, "bob": 2, "chloe": 3, "dan": 4, "yuki": 8, "zoe": 9, "dependabot[bot]": 20}
REPOSITORIES = {"shop": 1, "api": 2, "website": 3}
FIRST_LOOK = datetime(2025, 1, 1, tzinfo=UTC)


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Give a time in 2025, UTC."""
    return datetime(2025, month, day, hour, minute, tzinfo=UTC)


def user(login: str) -> dict[str, Any]:
    """Give a user as GitHub shows one."""
    return {"login": login, "id": PEOPLE[login], "type": "Bot" if "[bot]" in login else "User"}


def place(repo: str) -> dict[str, Any]:
    """Give the columns that say where something is."""
    return {"org": ORG, "repo": repo, "repository_id": REPOSITORIES[repo]}


@dataclass
class Writer:
    """Writes rows to a session; `now` is when the examples are asked."""

    session: Session
    now: datetime

    def add(self, model: Any, *rows: Mapping[str, Any], **shared: Any) -> None:
        """Write rows, each with the columns that all of them share."""
        for row in rows or ({},):
            self.session.execute(insert(model), [shared | dict(row)])

    def ago(self, *, days: int = 0, hours: int = 0, minutes: int = 0) -> datetime:
        """Give the time so long ago, and ten minutes or a quarter of a minute more."""
        more = timedelta(minutes=10) if days or hours else timedelta(seconds=15)
        return self.now - timedelta(days=days, hours=hours, minutes=minutes) - more
