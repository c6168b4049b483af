"""Stores people's days, who was in which team, and teams' days, which are sums over people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import delete, select

from chalicelib.copilot.api import ORGANIZATION_28, TEAMS_DAY, USERS_28, USERS_DAY, CopilotAPI, Report
from chalicelib.copilot.models import CopilotTeamDay, CopilotUserDay, CopilotUserTeam
from chalicelib.copilot.rows import user_day_row, user_team_row
from chalicelib.copilot.rows.fields import ACTIVITY
from chalicelib.copilot.sync.days import (
    COPILOT,
    LATEST_DAYS,
    days_to_read,
    last_read_day,
    normalized,
    note_lost_days,
    revision_columns,
)
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import Mapped, map_records, save_own_rows, save_rows
from chalicelib.store.among import among
from chalicelib.store.upsert import Row

PEOPLE = "copilot.people"
BATCH = 500
LEAST_PEOPLE = 5


def sync_people(context: Context, *, keeps_people: bool) -> None:
    """Store people's and teams' days since the last run, and the 28 days before it again.

    GitHub may have revised those, or published them late. The first run reads all days that GitHub offers. Without
    `keeps_people` only the teams' sums are stored.
    """
    # Without any report, the first run would ask for a year of days in vain.
    if not CopilotAPI(context.github).has_report(context.scope.org, ORGANIZATION_28):
        return
    last_day = last_read_day(context, PEOPLE)
    latest = _read_latest(context, keeps_people=keeps_people)
    days = days_to_read(context, PEOPLE, overlap=LATEST_DAYS)
    missing = [day for day in days if day not in latest and not read_people(context, day, keeps_people=keeps_people)]
    note_lost_days(context, missing, CopilotUserDay, CopilotTeamDay, last_day=last_day)


def _read_latest(context: Context, *, keeps_people: bool) -> set[date]:
    """Store people's and teams' latest 28 days from one report; gives the days that it has."""
    with CopilotAPI(context.github).open_report(context.scope.org, USERS_28) as people:
        return _save_report(context, people, keeps_people=keeps_people) if people else set()


def read_people(context: Context, day: date, *, keeps_people: bool) -> bool:
    """Store the day of people and teams; False when GitHub has no report of it."""
    with CopilotAPI(context.github).open_report(context.scope.org, USERS_DAY, day) as people:
        if people is not None:
            _save_report(context, people, keeps_people=keeps_people)
        return people is not None


def _save_report(context: Context, people: Report, *, keeps_people: bool) -> set[date]:
    """Write a report's people and the sums of their teams, in one transaction; gives the days."""
    teams: dict[date, TeamSums | None] = {}
    for row in _save_people(context, people, keeps_people=keeps_people):
        if row["day"] not in teams:
            teams[row["day"]] = _read_teams(context, row["day"], keeps_people=keeps_people)
        sums = teams[row["day"]]
        if sums is not None:
            sums.add(row)
    for day, sums in teams.items():
        if sums is not None:
            _replace_teams(context, day, sums)
    context.checkpoint()
    return set(teams)


def _read_teams(context: Context, day: date, *, keeps_people: bool) -> TeamSums | None:
    """Read who was in which team on a day; None when GitHub has no such report."""
    to_row = partial(user_team_row, org=context.scope.org)
    with CopilotAPI(context.github).open_report(context.scope.org, TEAMS_DAY, day) as report:
        if report is None:
            return None
        records = context.count_fetched(report.records())
        memberships = list(map_records(context, COPILOT, records, to_row, is_kept=keeps_people))
    if keeps_people:
        save_rows(context, COPILOT, CopilotUserTeam, memberships)
    return TeamSums(membership.row for membership in memberships)


def _save_people(context: Context, report: Report, *, keeps_people: bool) -> Iterator[Row]:
    """Write people's days in batches, if they are kept; yields each row, so that its teams can be added up."""
    batch: list[Mapped[Row]] = []
    to_row = partial(user_day_row, org=context.scope.org)
    records = context.count_fetched(report.records())
    for each in map_records(context, COPILOT, records, to_row, is_kept=keeps_people):
        yield each.row
        batch.append(each)
        if keeps_people and len(batch) == BATCH:
            save_user_days(context, batch)
            batch = []
    if keeps_people:
        save_user_days(context, batch)


def save_user_days(context: Context, mapped: Iterable[Mapped[Row]], *, is_live: bool = True) -> None:
    """Write people's days that are new or revised, each with its revision.

    A file (not `is_live`) only fills gaps: it replaces no stored day.
    """
    by_key = {(each.row["day"], each.row["user_id"]): each for each in mapped}
    stored = _stored_user_days(context, [day for day, _ in by_key], [person for _, person in by_key])
    changed = [
        each.with_columns(**revision_columns(stored.get(key), context.now()))
        for key, each in by_key.items()
        if key not in stored or (is_live and normalized(each.row["report"]) != normalized(stored[key].report))
    ]
    save_rows(context, COPILOT, CopilotUserDay, changed)


def _stored_user_days(context: Context, days: Iterable[date], people: Iterable[int]) -> dict[tuple[date, int], Any]:
    model = CopilotUserDay
    stored = select(model.day, model.user_id, model.report, model.revision, model.first_seen_at).where(
        model.org == context.scope.org, among(model.day, set(days)), among(model.user_id, set(people))
    )
    return {(row.day, row.user_id): row for row in context.session.execute(stored)}


class TeamSums:
    """The teams' figures of a day, added up while people's rows are read, so that these need not be stored."""

    def __init__(self, memberships: Iterable[Row]) -> None:
        self._teams: dict[int, set[int]] = defaultdict(set)
        self._slugs: dict[int, str | None] = {}
        self._sums: dict[int, Row] = {}
        for membership in memberships:
            self._teams[membership["user_id"]].add(membership["team_id"])
            self._slugs[membership["team_id"]] = membership["team_slug"]

    def add(self, row: Row) -> None:
        """Add a person's day to each of the person's teams."""
        for team in self._teams.get(row["user_id"], ()):
            sums = self._sums.setdefault(team, {"active_members": 0})
            sums["active_members"] += 1
            for name in (*ACTIVITY, "ai_credits_used"):
                if row.get(name) is not None:
                    sums[name] = sums.get(name, 0) + row[name]

    def rows(self, *, org: str, day: date) -> list[Row]:
        """Make the rows of `copilot_team_days`, of teams with at least five people."""
        zero = dict.fromkeys((*ACTIVITY, "ai_credits_used")) | {"active_members": 0}
        sizes = {team: sum(team in teams for teams in self._teams.values()) for team in self._slugs}
        return [
            {"org": org, "day": day, "team_id": team, "team_slug": self._slugs[team], "members": size}
            | zero
            | self._sums.get(team, {})
            for team, size in sizes.items()
            if size >= LEAST_PEOPLE
        ]


def _replace_teams(context: Context, day: date, sums: TeamSums) -> None:
    rows = sums.rows(org=context.scope.org, day=day)
    same_day = (CopilotTeamDay.org == context.scope.org, CopilotTeamDay.day == day)
    others = ~among(CopilotTeamDay.team_id, [row["team_id"] for row in rows])
    context.session.execute(delete(CopilotTeamDay).where(*same_day, others))
    context.run.stored += save_own_rows(context, CopilotTeamDay, rows)
