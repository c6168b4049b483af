"""What stands twice in a report counts once, and always the same of the two; what is not the report's is kept aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

import pytest

from chalicelib.models import (
    CopilotDay,
    CopilotDayTotal,
    CopilotTeamDay,
    CopilotUserDay,
    CopilotUserTeam,
    RejectedRecord,
)
from sandbox.api.messages import Answer, Request
from tests.copilot.conftest import Copilot
from tests.copilot.lies import Json, one_more_file
from tests.organisation import ORG

pytestmark = pytest.mark.slow

MakeCopilot = Callable[..., Copilot]
TABLES = (CopilotDay, CopilotDayTotal, CopilotUserDay, CopilotUserTeam, CopilotTeamDay)
FIGURE = "code_generation_activity_count"


@pytest.fixture
def copilot(make_copilot: MakeCopilot, monkeypatch: pytest.MonkeyPatch) -> Copilot:
    """With two days besides the latest 28, read in batches of which a person's two records are not in the same one."""
    monkeypatch.setattr("chalicelib.copilot.sync.people.BATCH", 7)
    copilot = make_copilot(days=30, people=24, late_days=0)
    copilot.forget_before(date(2026, 5, 16))
    return copilot


@pytest.fixture
def small(make_copilot: MakeCopilot) -> Copilot:
    copilot = make_copilot(days=4, people=24, late_days=0)
    copilot.forget_before(date(2026, 6, 11))
    return copilot


def everything(copilot: Copilot) -> dict[str, list[Json]]:
    tables = {model.__tablename__: copilot.stored(model) for model in TABLES}
    return {
        name: [{column.name: getattr(row, column.name) for column in row.__table__.columns} for row in rows]
        for name, rows in tables.items()
    }


def other_versions(name: str, first: str, last: str, rows: list[Json]) -> list[Json]:
    """The same days and people with lower figures, and teams under a name that is less."""
    return [row | {"slug": "a"} if name.startswith("user-teams") else row | {FIGURE: 0} for row in rows]


def team_days(copilot: Copilot) -> dict[tuple[str, int], tuple[int, int, int | None]]:
    """Each team's members, active members and a figure, from what the sandbox says of people."""
    people = {(row["day"], row["user_id"]): row for row in copilot.sandbox.users(ORG, final=False)}
    members: dict[tuple[str, int], set[int]] = defaultdict(set)
    for row in copilot.sandbox.user_teams(ORG):
        members[row["day"], row["team_id"]].add(row["user_id"])
    found = {}
    for (day, team), ids in members.items():
        if day not in {day for day, _ in people}:
            continue  # a day on which nobody used it isn't asked for
        active = [people[day, person][FIGURE] for person in ids if (day, person) in people]
        found[day, team] = len(ids), len(active), sum(active) if active else None
    return found


@pytest.mark.parametrize("keeps_people", ["on", "off"])
def test_two_files_that_overlap(copilot: Copilot, keeps_people: str) -> None:
    """A team of five counted ten, and each reading was a revision of each day, though nothing had changed."""
    copilot.org.environment["COPILOT_USER_DATA"] = keeps_people
    with one_more_file(copilot, other_versions):
        assert {run.status for run in copilot.run()} == {"ok"}
    with one_more_file(copilot, other_versions, comes_first=True):
        assert [run.stored for run in copilot.run()] == [0, 0, 0]
    assert [run.stored for run in copilot.run()] == [0, 0, 0]
    truth = {row["day"]: row["report"][FIGURE] for row in copilot.sandbox.days(ORG)}
    days = copilot.stored(CopilotDay)
    assert {(f"{row.day}", row.revision, row.code_generation_activity_count) for row in days} == {
        (day, 1, figure) for day, figure in truth.items()
    }
    assert {row.revision for row in copilot.stored(CopilotUserDay)} == ({1} if keeps_people == "on" else set())
    rows = copilot.stored(CopilotTeamDay)
    assert {
        (f"{row.day}", row.team_id): (row.members, row.active_members, row.code_generation_activity_count)
        for row in rows
    } == team_days(copilot)
    assert "a" not in {row.team_slug for row in rows}


def test_the_same_file_twice(small: Copilot) -> None:
    small.run()
    before = everything(small)
    with one_more_file(small, lambda name, first, last, rows: rows):
        assert [run.stored for run in small.run()] == [0, 0, 0]
    assert everything(small) == before


@pytest.mark.parametrize("day", ["2026-05-16", "2026-06-17"], ids=["before the report", "not yet"])
def test_a_day_that_is_not_the_report_s(copilot: Copilot, day: str) -> None:
    """One person's stray row was taken for the whole day: it replaced what the teams of that day had used."""
    copilot.run()
    before = everything(copilot)

    def stray(name: str, first: str, last: str, rows: list[Json]) -> list[Json]:
        return [row | {"day": day, FIGURE: 1_000_000} for row in rows[:1]]

    with one_more_file(copilot, stray):
        assert {run.status for run in copilot.run()} == {"ok"}
    assert everything(copilot) == before
    assert {row.reason.partition(", is ")[0] for row in copilot.stored(RejectedRecord)} == {f"its day, {day}"}


@pytest.mark.parametrize("report", ["organization-1-day", "users-1-day", "user-teams-1-day"])
def test_a_report_of_another_day_is_an_error(copilot: Copilot, report: str) -> None:
    """It was stored as if it were the day that was asked for, which then counted as read."""

    def answer_another(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith(report) or not answer.data:
            return answer
        return replace(answer, data=answer.data | {"report_day": "2026-05-30"})

    with copilot.org.sandbox.oddities.telling(answer_another):
        runs = [run for run in copilot.run() if run.status != "ok"]
    assert [run.step for run in runs] == ["copilot.days" if report.startswith("org") else "copilot.people"]
    assert "the report is not of 2026-0" in runs[0].error
    assert {run.status for run in copilot.run()} == {"ok"}
    assert len(copilot.days()) == 30
    expected = {(row["day"], row["user_id"]) for row in copilot.sandbox.users(ORG)}
    assert {(f"{row.day}", row.user_id) for row in copilot.stored(CopilotUserDay)} == expected


def test_a_person_s_seat_that_is_listed_twice_in_any_order(small: Copilot) -> None:
    """Two seats of one person with the same last use: the stored one was that which came first, now this, now that."""

    def twice(request: Request, answer: Answer, *, step: int) -> Answer:
        if not request.path.endswith("/billing/seats"):
            return answer
        seats = answer.data["seats"]
        listed = [*seats, *(seat | {"plan_type": "enterprise"} for seat in seats)][::step]
        return replace(answer, data={"total_seats": len(listed), "seats": listed})

    stored = []
    for step in (1, -1):
        with small.org.sandbox.oddities.telling(partial(twice, step=step)):
            stored.append(small.run()[-1].stored)
    assert stored[0] > 0
    assert stored[1] == 0
