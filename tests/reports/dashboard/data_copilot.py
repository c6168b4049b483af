"""Copilot's days, people, teams and seats of the organisation that the pages show."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chalicelib.copilot.models import CopilotSeatDay, CopilotUserDay
from tests.views.world import World

HOSTILE_LANGUAGE = "[go](https://evil.example) <b>x</b>"
LANGUAGES = ("go", "python", "java", "sql", "rust", "c", "css", "html", "ruby", "perl", "bash", HOSTILE_LANGUAGE)
ONE_DAY = timedelta(days=1)


def saturday(month: date) -> date:
    """The first Saturday of a month."""
    first = month.replace(day=1)
    return first + (5 - first.weekday()) % 7 * ONE_DAY


def write_copilot(session: Session, *, now: datetime, last: date, before: date) -> None:
    """Write it all: days of the last two months and of yesterday, and two older ones from a saved file."""
    world = World(session)
    write_days(world, yesterday=now.date() - ONE_DAY, last=last, before=before)
    write_teams(world, last)
    write_seats(world, now)
    write_people(session, yesterday=now.date() - ONE_DAY, before=before)


def write_days(world: World, *, yesterday: date, last: date, before: date) -> None:
    start = saturday(last)
    reported = (
        (before, 100, 30, 6, 1),
        (before + ONE_DAY, 50, 20, 9, 1),
        (start, 10, 1, 2, 1),
        (start + 2 * ONE_DAY, 210, 40, 12, 1),
        (start + 3 * ONE_DAY, 180, 45, 11, 2),
        (start + 5 * ONE_DAY, 300, 66, 14, 1),
        (yesterday, 90, 33, 13, 1),
    )
    for place, (day, suggestions, acceptances, users, revision) in enumerate(reported, start=1):
        people = {"daily_active_users": users, "weekly_active_users": users + 5, "monthly_active_users": users + 8}
        lines = {"loc_suggested_to_add_sum": 11 * suggestions, "loc_added_sum": 7 * suggestions + place}
        agents = {"monthly_active_chat_users": users + 3, "monthly_active_agent_users": users + 1}
        pulls = {"pull_requests_created": 20 + place, "pull_requests_created_by_copilot": place}
        cli = {"prompt_count": 3 * place, "session_count": place, "request_count": 9}
        report = {"daily_active_cli_users": place, "daily_active_copilot_cloud_agent_users": 1, "totals_by_cli": cli}
        columns = people | lines | agents | pulls | {"report": report, "revision": revision}
        world.copilot_day(day, suggestions, acceptances, user_initiated_interaction_count=40 + place, **columns)
    older = before.replace(day=10) - timedelta(days=60)
    world.copilot_day(older, 400, 200, source="metrics", daily_active_users=8, engaged_users=7, lines_accepted=77)
    world.copilot_day(older + ONE_DAY, 350, 90, source="metrics", daily_active_users=10, engaged_users=4, chat_turns=31)
    write_totals(world, (before, start + 2 * ONE_DAY))
    world.copilot_total(older, "ide_model", 400, 200, ide="vscode", model="default")


def write_totals(world: World, days: tuple[date, date]) -> None:
    for turn, day in enumerate(days, start=1):
        for place, language in enumerate(LANGUAGES[: 12 if turn == 1 else 5], start=1):
            world.copilot_total(day, "language_feature", turn * (30 - place), place, language=language, feature="x")
        for place, ide in enumerate(("vscode", "jetbrains"), start=1):
            world.copilot_total(day, "ide", 60 * place + turn, 12 * turn, ide=ide, user_initiated_interaction_count=4)
        world.copilot_total(day, "model_feature", 70 + turn, 8, model="gpt", feature="code_completion")
        world.copilot_total(day, "feature", 80 + turn, 17, feature="code_completion")
        world.copilot_total(day, "feature", 5, 0, feature="agent_edit")


def write_teams(world: World, last: date) -> None:
    """The core team, one that is renamed, and one with too few people."""
    start = saturday(last)
    for place in range(4):
        day = start + place * ONE_DAY
        name = "old" if place < 2 else "new"
        world.team_day(day, 7, 100 + place, 20 + place, team_slug="core", members=6, active_members=2 + place)
        world.team_day(day, 8, 200 + place, 90, team_slug=name, members=8, active_members=4, ai_credits_used=1.25)
        world.team_day(day, 9, 77, 7, team_slug="tiny", members=4, active_members=4)


def write_seats(world: World, now: datetime) -> None:
    """Two that are used, one that was never, one without a price, and one that was taken back."""
    given = now - timedelta(days=200)
    world.seat("ada", given=given, used=now - timedelta(days=1, hours=1))
    world.seat("bob", given=given, used=now - timedelta(days=30, hours=1), monthly_price=39.0)
    world.seat("eve", given=now - timedelta(days=50, hours=1), used=None)
    world.seat("zoe", given=given, used=now - timedelta(days=100, hours=1), monthly_price=None)
    world.seat("yan", given=given, used=None, removed_at=now - timedelta(days=40))
    counts = {"org": "acme", "never_used": 1, "pending_cancellation": 0}
    days = [{"day": now.date() - ONE_DAY, "total": 4, "active": 1, "billed": 5}]
    days += [{"day": now.date() - 3 * ONE_DAY, "total": 5, "active": 2, "billed": None}]
    world.session.execute(insert(CopilotSeatDay), [counts | each for each in days])


def write_people(session: Session, *, yesterday: date, before: date) -> None:
    """Seven of yesterday, of whom two are alone in their phase; and three of another month."""
    people = [person(yesterday, key, "Phase 2" if key <= 5 else "Phase 3") for key in range(1, 8)]
    people += [person(before, key, "Phase 1") for key in range(1, 4)]
    session.execute(insert(CopilotUserDay), people)


def person(day: date, key: int, phase: str) -> dict[str, Any]:
    report = {"ai_adoption_phase": {"phase": phase, "phase_number": 1}}
    row = {"org": "acme", "day": day, "user_id": key, "login": f"person-{key}", "ai_credits_used": 1.25 * key}
    seen = datetime(2026, 1, 1).astimezone()
    return row | {"report": report, "source": "report", "revision": 1, "first_seen_at": seen}
