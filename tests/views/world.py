"""A small organisation, row by row: people by login, times by day and hour, in May 2026."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chalicelib.models import Event, Issue, Membership, PullRequest
from chalicelib.store.views import View

FIRST_LOOK = datetime(2026, 4, 1, tzinfo=UTC)
# Ada, Bob and Eve are members; Yan and Zoe are not.
IDS = {"ada": 1, "bob": 2, "eve": 3, "yan": 8, "zoe": 9, "hubot": 20, "dependabot[bot]": 21}
BOTS = {"hubot"}  # by its type; the other by its login


def may(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A time in May 2026, UTC."""
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


def user(login: str | None) -> dict[str, Any] | None:
    """A user object; None is a person whose account is gone."""
    if login is None:
        return None
    return {"login": login, "id": IDS[login], "type": "Bot" if login in BOTS else "User"}


class World:
    """Writes rows to a session, and reads views from it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.ids = iter(range(1, 10**6))
        for login in ("ada", "bob", "eve"):
            self.member(login)

    def member(
        self, login: str, *, org: str = "acme", since: datetime = FIRST_LOOK, until: datetime | None = None
    ) -> None:
        row = {"org": org, "member_id": IDS[login], "role": "member", "inserted_dt": since, "inactive_dt": until}
        self.session.merge(Membership(**row, inactive=until is not None))
        self.session.flush()

    def issue(self, created_at: datetime, by: str | None = "zoe", **columns: Any) -> int:
        return self._item(Issue, created_at, by, columns)

    def pull(self, created_at: datetime, by: str | None = "zoe", **columns: Any) -> int:
        """A pull request; `merged_at` makes it merged and closed, `closed_at` alone closed unmerged."""
        merged_at = columns.get("merged_at")
        if merged_at:
            columns = {"closed_at": merged_at, "merged": True} | columns
        return self._item(PullRequest, created_at, by, {"merged": False, "draft": False} | columns)

    def _item(self, model: type[Any], created_at: datetime, by: str | None, columns: dict[str, Any]) -> int:
        key = next(self.ids)
        row: dict[str, Any] = {"id": key, "number": key, "title": f"Title {key}", "org": "acme", "repo": "r"}
        row |= {"user": user(by), "username": by, "created_at": created_at, "updated_at": created_at}
        row |= {"state": "open" if columns.get("closed_at") is None else "closed"}
        self.session.execute(insert(model), [row | columns])
        return key

    def event(self, item: int, kind: str, at: datetime | None, by: str | None = None, **columns: Any) -> None:
        row: dict[str, Any] = {"id": next(self.ids), "issue_id": item, "event": kind, "org": "acme", "repo": "r"}
        row |= {"created_at": at, "user": user(by), "username": by, "page_no": 1}
        self.session.execute(insert(Event), [row | columns])

    def review(self, item: int, at: datetime, by: str | None, state: str = "approved") -> None:
        self.event(item, "reviewed", at, by, state=state)

    def comment(self, item: int, at: datetime, by: str | None, **columns: Any) -> None:
        self.event(item, "commented", at, by, **columns)

    def read(self, view: View, **where: Any) -> list[dict[str, Any]]:
        """A view's rows, in the order of its first columns."""
        table = view.table
        chosen = select(table).filter_by(**where).order_by(*list(table.columns)[:4])
        return [dict(row) for row in self.session.execute(chosen).mappings()]

    def row(self, view: View, **where: Any) -> dict[str, Any]:
        """The one row of a view."""
        (row,) = self.read(view, **where)
        return row
