"""A mixed organisation of any size, generated: the same rows for the same size."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from chalicelib.models import Event, Issue, PullRequest, SyncRun
from chalicelib.store.upsert import upsert
from chalicelib.utils import utc_now
from tests.views.world import IDS, World, user

ON_ISSUES = ("commented", "commented", "labeled", "closed", "reopened", "mentioned")
ON_PULLS = (
    *("reviewed", "reviewed", "commented", "committed", "ready_for_review", "convert_to_draft", "review_requested"),
    *("merged", "closed", "reopened", "labeled", "head_ref_force_pushed"),
)
STATES = ("approved", "changes_requested", "commented", "dismissed", "APPROVED", None)
PEOPLE = (*IDS, None)
DAYS = 400
STEPS = ("pull_requests.new", "pull_requests.updated", "issues.updated", "events", "members")


def fill(world: World, *, items: int, events: int, today: datetime | None = None) -> None:
    """Write items over the last 400 days, and events about them in any order, contradicting ones too."""
    made = _Generator(today or utc_now().replace(microsecond=0))
    for model, first in ((Issue, 1), (PullRequest, 10**7)):
        upsert(world.session, model, [made.item(model, first + n) for n in range(items // 2)])
    world.session.add_all(made.run(n) for n in range(items))
    upsert(world.session, Event, [made.event(10**9 + n, items // 2) for n in range(events)])


class _Generator:
    def __init__(self, today: datetime) -> None:
        self.rng, self.today = Random(7), today

    def time(self, *, within_days: int = DAYS) -> datetime:
        return self.today - timedelta(seconds=self.rng.randrange(1, within_days * 86_400))

    def sometimes(self, value: Any, share: float) -> Any:
        return value if self.rng.random() < share else None

    def run(self, key: int) -> SyncRun:
        started_at, step = self.time(within_days=40), self.rng.choice(STEPS)
        return SyncRun(
            id=key + 1,
            job=self.rng.choice(("every_30_min", "daily", "backfill")),
            step=step,
            org=self.rng.choice(("acme", "other")),
            status=self.rng.choice(("ok", "ok", "ok", "partial", "failed", "running")),
            error=self.sometimes(f"{step} of {key}", 0.2),
            started_at=started_at,
            finished_at=started_at + timedelta(seconds=key % 90),
        )

    def item(self, model: type[Issue | PullRequest], key: int) -> dict[str, Any]:
        login, created_at = self.rng.choice(PEOPLE), self.time()
        closed_at = self.sometimes(created_at + (self.today - created_at) * self.rng.random(), 0.7)
        closed_at = closed_at and closed_at.replace(microsecond=0)
        row: dict[str, Any] = {
            "id": key,
            "number": key,
            "org": self.rng.choice(("acme", "other")),
            "repo": self.rng.choice("abcde"),
            "title": f"Title {key}",
            "user": user(login),
            "username": login,
            "state": "closed" if closed_at else "open",
            "created_at": created_at,
            "updated_at": self.time(within_days=20),
            "closed_at": closed_at,
            "deleted_at": self.sometimes(self.today, 0.02),
        }
        if model is PullRequest:
            merged_at = self.sometimes(closed_at, 0.7)
            merged = self.sometimes(merged_at is not None, 0.95)
            row |= {"merged_at": merged_at, "merged": merged, "draft": self.rng.random() < 0.1}
        return row

    def event(self, key: int, items: int) -> dict[str, Any]:
        is_pull = self.rng.random() < 0.5
        login, kind = self.rng.choice(PEOPLE), self.rng.choice(ON_PULLS if is_pull else ON_ISSUES)
        return {
            "id": key,
            "issue_id": self.rng.randrange(items) + (10**7 if is_pull else 1),
            "event": kind,
            "org": "acme",
            "repo": "a",
            "page_no": 1,
            "user": user(login),
            "username": login,
            "state": self.rng.choice(STATES) if kind == "reviewed" else None,
            "created_at": self.time(within_days=self.rng.choice((6, DAYS))),
            "removed_at": self.sometimes(self.today, 0.03),
        }
