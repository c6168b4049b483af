"""A first run of the daily job's Copilot steps, which is small enough to be among the fast tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

from chalicelib.models import CopilotTeamDay, CopilotUserDay, CopilotUserTeam
from tests.copilot.conftest import Copilot
from tests.copilot.sync import test_days, test_seats


def test_a_first_run_stores_days_people_teams_and_seats_as_they_are(make_copilot: Callable[..., Copilot]) -> None:
    copilot = make_copilot(days=5, people=30, offered_days=4)
    copilot.forget_before(date(2026, 6, 11))  # a Thursday
    runs = copilot.run()
    assert {run.status for run in runs} == {"ok"}, runs
    offered = test_days.truth(copilot)
    assert len(offered) == 4
    test_days.assert_equal(copilot, offered)
    people = Counter(f"{row.day}" for row in copilot.stored(CopilotUserDay))
    active = {day: report["daily_active_users"] for day, report in offered.items()}
    assert people == {day: number for day, number in active.items() if number} != {}
    members = {(row.team_id, row.user_id) for row in copilot.stored(CopilotUserTeam)}
    assert {row.team_id for row in copilot.stored(CopilotTeamDay)} <= {team for team, _ in members}
    test_seats.assert_equal(copilot)
