"""A small organisation, row by row: people by login, times by day and hour, in May 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chalicelib.contributions.sync.facts import follow_roles, store_parts
from chalicelib.models import (
    CopilotDay,
    CopilotDayTotal,
    CopilotSeat,
    CopilotTeamDay,
    Event,
    Issue,
    Membership,
    PullRequest,
)
from chalicelib.store.views import View

FIRST_LOOK = datetime(2026, 4, 1, tzinfo=UTC)
# Ada, Bob and Eve are members; Yan and Zoe are not.
IDS = {"ada": 1, "bob": 2, "eve": 3, "yan": 8, "zoe": 9, "hubot": 20, "dependabot[bot]": 21}
BOTS = {"hubot"}  # by its type; the other by its login


# Times until now, in hours, minutes or seconds: two readings are not at the same instant.
CLOCKED = {
    "hours_waiting": 0.1,
    "draft_hours": 0.1,
    "age_hours": 0.1,
    "median_age_hours_open": 0.1,
    "days_idle": 1,
    "days_open": 1,
    "lag_seconds": 360,
    "age_minutes": 6,
    "hours": 0.1,
} | dict.fromkeys(
    (
        "lag_seconds",
        "state_seconds",
        "oldest_wait_seconds",
        "queue_wait_seconds",
        "longest_wait_seconds",
        "age_seconds",
        "busy_seconds",
    ),
    360,
)


def without_clock(row: dict[str, Any]) -> str:
    """A row as a text, without what depends on when it was read."""
    return repr({name: value for name, value in row.items() if name not in CLOCKED})


def may(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A time in May 2026, UTC."""
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


def user(login: str | None) -> dict[str, Any] | None:
    """A user object; None is a person whose account is gone."""
    if login is None:
        return None
    return {"login": login, "id": IDS[login], "type": "Bot" if login in BOTS else "User"}


def activity(suggestions: int | None, acceptances: int | None) -> dict[str, Any]:
    """The two counters of Copilot that rates are made of."""
    return {"code_generation_activity_count": suggestions, "code_acceptance_activity_count": acceptances}


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
        row |= columns
        self.session.execute(insert(model), [{"author_id": (row["user"] or {}).get("id")} | row])
        return key

    def event(self, item: int, kind: str, at: datetime | None, by: str | None = None, **columns: Any) -> None:
        row: dict[str, Any] = {"id": next(self.ids), "issue_id": item, "event": kind, "org": "acme", "repo": "r"}
        row |= {"created_at": at, "user": user(by), "username": by, "page_no": 1} | columns
        self.session.execute(insert(Event), [{"user_id": (row["user"] or {}).get("id")} | row])

    def review(self, item: int, at: datetime, by: str | None, state: str = "approved") -> None:
        self.event(item, "reviewed", at, by, state=state)

    def comment(self, item: int, at: datetime, by: str | None, **columns: Any) -> None:
        self.event(item, "commented", at, by, **columns)

    def copilot_day(self, day: date, suggestions: int | None, acceptances: int | None, **columns: Any) -> None:
        """A day that Copilot's report tells of, unless another source is given."""
        row: dict[str, Any] = {"org": "acme", "day": day, "source": "report", "revision": 1, "report": {}}
        row |= {"first_seen_at": FIRST_LOOK, **activity(suggestions, acceptances)}
        self.session.execute(insert(CopilotDay), [row | columns])

    def copilot_total(
        self, day: date, dimension: str, suggestions: int | None, acceptances: int | None, **columns: Any
    ) -> None:
        """A line of a day's breakdown."""
        row: dict[str, Any] = {"org": "acme", "day": day, "dimension": dimension, **activity(suggestions, acceptances)}
        row |= dict.fromkeys(("ide", "feature", "language", "model"), "")
        self.session.execute(insert(CopilotDayTotal), [row | columns])

    def team_day(self, day: date, team: int, suggestions: int | None, acceptances: int | None, **columns: Any) -> None:
        """A team's day, of five people."""
        row: dict[str, Any] = {"org": "acme", "day": day, "team_id": team, "team_slug": f"team-{team}", "members": 5}
        row |= {"active_members": 0, **activity(suggestions, acceptances)}
        self.session.execute(insert(CopilotTeamDay), [row | columns])

    def seat(self, login: str, *, given: datetime | None, used: datetime | None, **columns: Any) -> None:
        """A seat that somebody holds."""
        row: dict[str, Any] = {"org": "acme", "assignee_id": IDS[login], "login": login, "plan_type": "business"}
        row |= {"created_at": given, "last_activity_at": used, "first_seen_at": FIRST_LOOK, "seat": {}}
        self.session.execute(insert(CopilotSeat), [row | {"monthly_price": 19.0} | columns])

    def read(self, view: View, **where: Any) -> list[dict[str, Any]]:
        """A view's rows, in the order of its first columns: the same before what follows is stored, and after that."""
        for org in ("acme", "other"):
            follow_roles(self.session, org)
        live = self._rows(view, where)
        self.store_facts()
        stored = self._rows(view, where)
        assert [without_clock(row) for row in live] == [without_clock(row) for row in stored]
        return stored

    def store_facts(self) -> None:
        """Do what the last step of every job does."""
        for _ in store_parts(self.session):
            pass

    def _rows(self, view: View, where: dict[str, Any]) -> list[dict[str, Any]]:
        table = view.table
        chosen = select(table).filter_by(**where).order_by(*list(table.columns)[:6])
        return [dict(row) for row in self.session.execute(chosen).mappings()]

    def row(self, view: View, **where: Any) -> dict[str, Any]:
        """The one row of a view."""
        (row,) = self.read(view, **where)
        return row
