"""A mixed organisation of any size, generated: the same rows for the same size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

from sqlalchemy import insert

from chalicelib.inventory.models import Release, Team, TeamMember
from chalicelib.models import (
    CopilotDay,
    CopilotDayTotal,
    CopilotSeat,
    CopilotTeamDay,
    Event,
    Issue,
    PullRequest,
    SyncRun,
)
from chalicelib.store.upsert import upsert
from chalicelib.utils import utc_now
from tests.views.audited import audit
from tests.views.planning import plan
from tests.views.running import run_ci
from tests.views.working import work
from tests.views.world import IDS, World, user

ON_ISSUES = ("commented", "commented", "labeled", "closed", "reopened", "mentioned")
ON_PULLS = (
    *("reviewed", "reviewed", "commented", "committed", "ready_for_review", "convert_to_draft", "review_requested"),
    *("review_requested", "review_request_removed"),
    *("merged", "closed", "reopened", "labeled", "head_ref_force_pushed"),
)
STATES = ("approved", "changes_requested", "commented", "dismissed", "APPROVED", None)
PEOPLE = (*IDS, None)
DAYS = 400
ORGS = ("acme", "other")
# Copilot: what its sources break days down by, and the values there are.
DIMENSIONS = {
    "report": ("ide", "feature", "language_feature", "language_model", "model_feature"),
    "metrics": ("language_ide_model", "ide_model"),
    "usage": ("language_ide",),
}
THINGS = {
    "ide": ("vscode", "jetbrains"),
    "feature": ("code_completion", "agent_edit", "chat_panel_ask_mode"),
    "language": ("python", "typescript", "others"),
    "model": ("default", "claude-4.5-sonnet"),
}
COUNTERS = (
    *("user_initiated_interaction_count", "code_generation_activity_count", "code_acceptance_activity_count"),
    "loc_suggested_to_add_sum",
)
TEAMS = 6
STEPS = ("pull_requests.new", "pull_requests.updated", "issues.updated", "events", "members")


def fill(world: World, *, items: int, events: int, today: datetime | None = None) -> None:
    """Write items over the last 400 days, and events about them in any order, contradicting ones too.

    Copilot's days are a twelfth as many as items, in each of two organisations: for 5,000 items, 400.
    """
    made = _Generator(today or utc_now().replace(microsecond=0))
    for model, first in ((Issue, 1), (PullRequest, 10**7)):
        upsert(world.session, model, [made.item(model, first + n) for n in range(items // 2)])
    keep_ledger(world, runs=items, today=made.today)
    upsert(world.session, Event, [made.event(10**9 + n, items // 2) for n in range(events)])
    take_inventory(world, releases=items // 10, today=made.today)
    use_copilot(world, days=items // 12, seats=items // 10, today=made.today)
    work(world, "Pacific/Auckland", today=made.today.date())
    audit(world, repositories=items // 10, today=made.today)
    run_ci(world, runs=items // 4, today=made.today)
    plan(world, items=items // 4, today=made.today)


def keep_ledger(world: World, *, runs: int, today: datetime) -> None:
    """Write steps that jobs ran in the last 40 days."""
    made = _Generator(today)
    world.session.add_all(made.run(n) for n in range(runs))


def take_inventory(world: World, *, releases: int, today: datetime) -> None:
    """Write releases of ten repositories, and teams with everybody in some of them, some left again."""
    rng = Random(5)
    teams = [{"id": n, "org": rng.choice(ORGS), "slug": f"t{n}", "name": f"T {n}"} for n in range(1, TEAMS + 1)]
    first = {"first_seen_at": today - timedelta(days=DAYS)}
    world.session.execute(insert(Team), [team | first for team in teams])
    stays = [
        {"team_id": team["id"], "org": team["org"], "member_id": IDS[login], "login": login, "role": "member"}
        | {"first_seen_at": today - timedelta(days=rng.randrange(1, DAYS))}
        | {"left_at": today if rng.random() < 0.2 else None}
        for team in teams
        for login in IDS
    ]
    world.session.execute(insert(TeamMember), stays)
    made = [
        {
            "id": n,
            "org": "acme",
            "repo": "abcdefghij"[n % 10],
            "repository_id": n % 10,
            "tag_name": f"v{n}",
            "draft": False,
        }
        | {"prerelease": rng.random() < 0.3, "published_at": today - timedelta(hours=rng.randrange(1, DAYS * 24))}
        for n in range(1, releases + 1)
    ]
    world.session.execute(insert(Release), [release | first for release in made])


def use_copilot(world: World, *, days: int, seats: int, today: datetime) -> None:
    """Write days of all sources with their breakdowns and teams, and seats, held and not."""
    made = _CopilotGenerator(today)
    written = [made.day(org, n) for org, n in product(ORGS, range(days))]
    world.session.execute(insert(CopilotDay), written)
    world.session.execute(insert(CopilotDayTotal), [row for day in written for row in made.totals(day)])
    world.session.execute(insert(CopilotTeamDay), [made.team(day, n) for day in written for n in range(TEAMS)])
    world.session.execute(insert(CopilotSeat), [made.seat(org, n) for org, n in product(ORGS, range(1, seats))])


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
            "author_id": IDS.get(login or ""),
            "labels": [{"name": name} for name in ("bug", "ui") if self.rng.random() < 0.4],
            "assignees": [user(login)] if login and self.rng.random() < 0.3 else [],
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
            row |= {"additions": self.sometimes(key % 1_500, 0.9), "deletions": key % 40}
            row |= {"first_commit_authored_at": self.sometimes(created_at - timedelta(hours=key % 50), 0.9)}
            row |= {"title": self.sometimes('Revert "x"', 0.1) or row["title"]}
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
            "user_id": IDS.get(login or ""),
            "state": self.rng.choice(STATES) if kind == "reviewed" else None,
            "details": self.asked() if kind.startswith("review_request") else None,
            "created_at": self.time(within_days=self.rng.choice((6, DAYS))),
            "removed_at": self.sometimes(self.today, 0.03),
        }

    def asked(self) -> dict[str, Any]:
        """Whom a review is requested of."""
        if self.rng.random() < 0.3:
            return {"requested_team": {"id": self.rng.randrange(1, TEAMS + 1), "slug": "t"}}
        return {"requested_reviewer": user(self.rng.choice(PEOPLE))}


class _CopilotGenerator(_Generator):
    def count(self, most: int = 50) -> int | None:
        return self.rng.randrange(most) if self.rng.random() < 0.9 else None

    def day(self, org: str, ago: int) -> dict[str, Any]:
        source = self.rng.choice(tuple(DIMENSIONS))
        lines = "loc_added_sum" if source == "report" else "lines_accepted"
        names = (
            *(*COUNTERS, lines, "daily_active_users", "weekly_active_users", "monthly_active_users"),
            *("engaged_users", "chat_turns", "pull_requests_created_by_copilot"),
        )
        row: dict[str, Any] = {"org": org, "day": self.today.date() - timedelta(days=ago), "source": source}
        row |= {"revision": self.rng.randrange(1, 4), "first_seen_at": self.today, "report": {}}
        return row | dict.fromkeys(("loc_added_sum", "lines_accepted")) | {name: self.count() for name in names}

    def totals(self, day: dict[str, Any]) -> Iterator[dict[str, Any]]:
        lines = "loc_added_sum" if day["source"] == "report" else "lines_accepted"
        for dimension in DIMENSIONS[day["source"]]:
            things = dimension.split("_")
            for values in product(*(THINGS[thing] for thing in things)):
                row: dict[str, Any] = {"org": day["org"], "day": day["day"], "dimension": dimension}
                row |= dict.fromkeys(THINGS, "") | dict(zip(things, values, strict=True))
                yield row | {name: self.count() for name in (*COUNTERS, lines)}

    def team(self, day: dict[str, Any], team: int) -> dict[str, Any]:
        row: dict[str, Any] = {"org": day["org"], "day": day["day"], "team_id": team, "team_slug": f"team-{team}"}
        row |= {"members": self.rng.randrange(4, 20), "active_members": self.rng.randrange(4)}
        row |= {name: self.count() for name in (*COUNTERS, "loc_added_sum")}
        return row | {"ai_credits_used": self.sometimes(self.rng.random() * 9, 0.8)}

    def moment(self) -> datetime:
        """A time that is no whole number of days ago, now and for a while."""
        return self.today - timedelta(days=self.rng.randrange(DAYS), hours=self.rng.randrange(1, 23))

    def seat(self, org: str, person: int) -> dict[str, Any]:
        return {
            "org": org,
            "assignee_id": person,
            "login": f"user-{person}",
            "plan_type": self.rng.choice(("business", "enterprise", "unknown")),
            "created_at": self.sometimes(self.moment(), 0.9),
            "last_activity_at": self.sometimes(self.moment(), 0.8),
            "pending_cancellation_date": self.sometimes(date(2026, 6, 1), 0.1),
            "monthly_price": self.sometimes(self.rng.choice((19.0, 39.0, 18.99)), 0.9),
            "first_seen_at": self.moment(),
            "removed_at": self.sometimes(self.moment(), 0.2),
            "seat": {},
        }
