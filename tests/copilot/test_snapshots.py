"""copilot.json: seats and days of the organisation, and nobody's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib.copilot.snapshots import SNAPSHOTS, copilot_content
from chalicelib.models import CopilotDay, CopilotSeatDay, CopilotUserDay
from tests.copilot.conftest import Copilot
from tests.organisation import ORG
from tests.schemas import faults_of
from tests.store.expected import make_context

AS_OF = datetime(2026, 6, 1, 5, tzinfo=UTC)
LAST = date(2026, 5, 30)
NOTHING = """chat_acceptances chat_turns chat_users code_acceptance_activity_count code_generation_activity_count
daily_active_users engaged_users lines_accepted loc_added_sum loc_deleted_sum loc_suggested_to_add_sum
loc_suggested_to_delete_sum monthly_active_agent_users monthly_active_chat_users monthly_active_users
pull_requests_created pull_requests_created_by_copilot pull_requests_merged pull_requests_reviewed_by_copilot
user_initiated_interaction_count weekly_active_users"""
DAY: dict[str, Any] = dict.fromkeys(NOTHING.split()) | {"source": "report", "revision": 1}


def add_day(session: Session, day: date, *, org: str = "acme", **columns: Any) -> None:
    own = {"source": "report", "revision": 1, "first_seen_at": AS_OF, "report": {"secret": "ada"}}
    session.add(CopilotDay(org=org, day=day, **{**own, **columns}))


def add_seats(session: Session, day: date, *, org: str = "acme", total: int = 5) -> None:
    counts = {"active": 3, "never_used": 1, "pending_cancellation": 0, "billed": None}
    session.add(CopilotSeatDay(org=org, day=day, total=total, **counts))


def content(session: Session) -> dict[str, Any]:
    session.flush()
    return copilot_content(make_context(session, org="acme"), AS_OF)


def whole(found: dict[str, Any]) -> dict[str, Any]:
    about = {"snapshot": "copilot", "version": 1, "organisation": "acme", "as_of": "2026-06-01T05:00:00Z"}
    return {**about, **found}


def test_it_has_the_last_count_of_seats_and_the_last_days(shared: Session) -> None:
    add_seats(shared, date(2026, 5, 31), total=4)
    add_seats(shared, date(2026, 6, 1))
    add_seats(shared, date(2026, 6, 1), org="other", total=900)
    add_day(shared, LAST - timedelta(days=28), daily_active_users=99)  # the 29th day
    add_day(shared, LAST - timedelta(days=27), daily_active_users=2, source="metrics", revision=3)
    add_day(shared, LAST, daily_active_users=7, loc_added_sum=3_000_000_000)
    add_day(shared, LAST, org="other", daily_active_users=900)
    found = content(shared)
    assert found == {
        "seats": {
            "day": "2026-06-01",
            "total": 5,
            "active": 3,
            "never_used": 1,
            "pending_cancellation": 0,
            "billed": None,
        },
        "days": [
            {**DAY, "day": "2026-05-03", "daily_active_users": 2, "source": "metrics", "revision": 3},
            {**DAY, "day": "2026-05-30", "daily_active_users": 7, "loc_added_sum": 3_000_000_000},
        ],
    }
    assert faults_of("copilot", whole(found)) == []


def test_what_came_after_the_moment_that_it_is_of_is_left_out(shared: Session) -> None:
    for day in (date(2026, 6, 1), date(2026, 6, 2)):
        add_seats(shared, day)
        add_day(shared, day)
    found = content(shared)
    assert (found["seats"]["day"], [day["day"] for day in found["days"]]) == ("2026-06-01", ["2026-06-01"])


def test_without_any_data_it_says_so(shared: Session) -> None:
    assert content(shared) == {"seats": None, "days": []}
    assert faults_of("copilot", whole(content(shared))) == []


def test_the_schema_refuses_what_is_not_in_it(shared: Session) -> None:
    add_day(shared, LAST)
    found = content(shared)
    found["days"][0] |= {"login": "ada"}
    assert faults_of("copilot", whole({**found, "as_of": "today"})) == [
        "$.as_of: 'today' is not a 'date-time'",
        "$.days[0]: Additional properties are not allowed ('login' was unexpected)",
    ]


# By the daily job


def written(copilot: Copilot, folder: Path) -> Any:
    copilot.org.environment["SNAPSHOT_URL"] = str(folder)
    run = copilot.run()[-1]
    assert (run.step, run.status) == ("copilot.snapshot", "ok")
    path = folder / ORG / "latest" / "copilot.json"
    return json.loads(path.read_text()) if path.exists() else run.note


@pytest.mark.slow
@pytest.mark.parametrize("user_data", ["on", "off"])
def test_the_daily_job_writes_it_without_naming_anybody(
    make_copilot: Callable[..., Copilot], tmp_path: Path, user_data: str
) -> None:
    copilot = make_copilot(days=5, people=30, offered_days=4)
    copilot.org.environment["COPILOT_USER_DATA"] = user_data
    copilot.forget_before(date(2026, 6, 11))  # a Thursday
    found = written(copilot, tmp_path)
    assert faults_of("copilot", found) == []
    assert (found["as_of"], found["organisation"]) == ("2026-06-15T12:00:00Z", ORG)
    assert found["seats"]["total"] == found["seats"]["billed"] > 0
    assert {day["day"]: day["daily_active_users"] for day in found["days"]} == {
        day: row.daily_active_users for day, row in copilot.days().items()
    }
    logins = {seat["login"] for seat in copilot.sandbox.seats(ORG)}
    assert bool(copilot.stored(CopilotUserDay)) == (user_data == "on")
    assert [login for login in logins if login in json.dumps(found)] == []


@pytest.mark.slow
def test_seats_that_could_not_be_read_are_no_count_of_seats(copilot: Copilot, tmp_path: Path) -> None:
    """The days were read; the seats never were, and 0 would have been a number that nobody said."""
    copilot.set_up(offered_days=2)
    copilot.forget_before(date(2026, 6, 13))
    with copilot.org.sandbox.oddities.telling(without_seats):
        assert written(copilot, tmp_path) == "copilot.json is not written: copilot was never read completely"
    copilot.live_on()
    found = written(copilot, tmp_path)
    assert found["as_of"] == "2026-06-16T12:00:00Z"
    with copilot.org.sandbox.oddities.telling(without_seats):
        copilot.live_on()
        assert written(copilot, tmp_path)["as_of"] == "2026-06-16T12:00:00Z"


def without_seats(request: Any, answer: Any) -> Any:
    return replace(answer, data={"message": "no"}, status=404) if "billing/seats" in request.path else answer


@pytest.mark.slow
def test_seats_of_which_one_could_not_be_understood_are_no_whole_count(copilot: Copilot, tmp_path: Path) -> None:
    copilot.set_up(offered_days=2)
    copilot.forget_before(date(2026, 6, 13))
    with copilot.org.sandbox.oddities.telling(with_a_nameless_seat):
        assert written(copilot, tmp_path) == "copilot.json is not written: copilot was never read completely"


def with_a_nameless_seat(request: Any, answer: Any) -> Any:
    if "billing/seats" not in request.path:
        return answer
    first, *others = answer.data["seats"]
    return replace(answer, data={**answer.data, "seats": [{**first, "assignee": {"id": "odd"}}, *others]})


@pytest.mark.slow
def test_an_organisation_without_copilot_has_no_file(copilot: Copilot, tmp_path: Path) -> None:
    copilot.sandbox.end(ORG)
    assert written(copilot, tmp_path) == "copilot.json is not written: copilot was never read completely"


def test_it_declares_one() -> None:
    [snapshot] = SNAPSHOTS
    assert (snapshot.step_name, snapshot.name, snapshot.data_logger) == ("copilot.snapshot", "copilot", None)
