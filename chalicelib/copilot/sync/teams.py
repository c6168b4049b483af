"""Reads who was in which team on a day, and adds up the teams' figures from those of their people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import partial
from operator import itemgetter

from sqlalchemy import delete

from chalicelib.copilot.api import TEAMS_DAY, CopilotAPI
from chalicelib.copilot.models import CopilotTeamDay
from chalicelib.copilot.rows import user_team_row
from chalicelib.copilot.rows.fields import ACTIVITY
from chalicelib.copilot.sync.choice import Rank, choose, within
from chalicelib.copilot.sync.days import COPILOT
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import Mapped, map_records, save_own_rows
from chalicelib.store.among import among
from chalicelib.store.upsert import Row

LEAST_PEOPLE = 5


def fetch_teams(context: Context, day: date, *, keeps_people: bool) -> list[Mapped[Row]]:
    """Ask who was in which team on a day; gives one row for each person and team, none when GitHub doesn't say."""
    with CopilotAPI(context.github).open_report(context.scope.org, TEAMS_DAY, day) as report:
        if report is None:
            return []
        to_row = within(report, context.now().date(), partial(user_team_row, org=context.scope.org), itemgetter("day"))
        records = context.count_fetched(report.records())
        mapped = map_records(context, COPILOT, records, to_row, is_kept=keeps_people)
        return list(choose(mapped, itemgetter("team_id", "user_id"), rank_of_membership).values())


def rank_of_membership(row: Row) -> Rank:
    """Order rows of the same membership, by their names."""
    return row["team_slug"] or "", row["login"] or ""


class TeamSums:
    """The teams' figures of a day, added up while people's rows are read, so that these need not be stored."""

    def __init__(self, memberships: Iterable[Row]) -> None:
        self._teams: dict[int, set[int]] = defaultdict(set)
        self._slugs: dict[int, str | None] = {}
        self._sums: dict[int, Row] = {}
        for membership in memberships:
            self._teams[membership["user_id"]].add(membership["team_id"])
            # One name, whichever row comes first.
            slugs = (self._slugs.get(membership["team_id"]), membership["team_slug"])
            self._slugs[membership["team_id"]] = max(filter(None, slugs), default=None)

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


def replace_teams(context: Context, day: date, sums: TeamSums) -> None:
    """Write the teams' rows of a day, and delete those of other teams."""
    rows = sums.rows(org=context.scope.org, day=day)
    same_day = (CopilotTeamDay.org == context.scope.org, CopilotTeamDay.day == day)
    others = ~among(CopilotTeamDay.team_id, [row["team_id"] for row in rows])
    context.session.execute(delete(CopilotTeamDay).where(*same_day, others))
    context.run.stored += save_own_rows(context, CopilotTeamDay, rows)
