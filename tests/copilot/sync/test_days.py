"""Organisations' days as the daily job keeps them: complete, revised, and what is lost is named."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.copilot.sync.choice import normalized
from chalicelib.copilot.sync.days import format_days
from chalicelib.errors import RejectedError
from chalicelib.github import downloads
from chalicelib.ingest.mapping import WITHHELD
from chalicelib.models import (
    CopilotDay,
    CopilotDayRevision,
    CopilotDayTotal,
    CopilotSeat,
    CopilotTeamDay,
    CopilotUserDay,
    CopilotUserPeriod,
    CopilotUserTeam,
    RejectedRecord,
    SyncRun,
    create_db_session,
)
from sandbox import Fault
from sandbox.api.messages import Answer, Request
from tests.copilot.conftest import Copilot
from tests.organisation import ORG

pytestmark = pytest.mark.slow

MakeCopilot = Callable[..., Copilot]
# `make soak` has the 400 days.
DAYS, DOWN = (400, 20) if os.environ.get("SOAK") else (8, 3)


def truth(copilot: Copilot, *, final: bool = False) -> dict[str, dict[str, Any]]:
    """Each day's report as it is offered now, or as it will be in the end."""
    return {row["day"]: row["final" if final else "report"] for row in copilot.sandbox.days(ORG)}


def assert_equal(copilot: Copilot, days: dict[str, dict[str, Any]]) -> None:
    rows = copilot.days()
    assert rows.keys() >= days.keys(), sorted(days.keys() - rows.keys())
    for day, report in days.items():
        assert normalized(rows[day].report) == normalized(report), day
        assert rows[day].daily_active_users == report["daily_active_users"]


def test_a_job_that_was_down_misses_no_day_that_is_still_offered(make_copilot: MakeCopilot) -> None:
    """Days are revised for a while, and some are late; the last ones are awaited until they are settled."""
    copilot = make_copilot(days=10)
    offered: dict[str, dict[str, Any]] = {}
    for day in range(DAYS):
        if day % 30 == 0:
            offered |= truth(copilot, final=True)  # GitHub forgets after a year; we don't
        if not DAYS // 2 <= day < DAYS // 2 + DOWN:
            assert {run.status for run in copilot.run()} == {"ok"}
        copilot.live_on()
    copilot.set_up(late_days=0)
    for _ in range(4):
        copilot.run()
        copilot.live_on(7)
    offered |= truth(copilot, final=True)
    settled = {day: report for day, report in offered.items() if day <= str(four_weeks_ago(copilot))}
    assert len(settled) > DAYS
    assert_equal(copilot, settled)
    assert_people_equal(copilot, set(settled))


def assert_people_equal(copilot: Copilot, days: set[str]) -> None:
    offered = {row["day"] for row in copilot.sandbox.days(ORG)} & days
    expected = {(row["day"], row["user_id"]): row for row in copilot.sandbox.users(ORG) if row["day"] in offered}
    rows = {(f"{row.day}", row.user_id): row for row in copilot.stored(CopilotUserDay) if f"{row.day}" in offered}
    assert rows.keys() == expected.keys()
    for key, report in expected.items():
        assert normalized(rows[key].report) == normalized(report), key


def four_weeks_ago(copilot: Copilot) -> date:
    return copilot.org.now().date() - timedelta(days=29)


def test_what_was_lost_meanwhile_is_named(make_copilot: MakeCopilot) -> None:
    copilot = make_copilot(days=8, offered_days=12, late_days=0)
    copilot.run()
    last = max(copilot.days())
    copilot.live_on(40)
    offered = truth(copilot)
    run = copilot.run()[0]
    assert_equal(copilot, offered)
    lost = [
        day
        for day in (date.fromisoformat(last) + timedelta(days=number) for number in range(1, 80))
        if str(day) < min(offered)
    ]
    assert run.note == f"GitHub has no report of {format_days(lost)}"
    assert (run.status, len(lost)) == ("ok", len(lost))
    assert len(lost) > 20
    copilot.live_on()
    assert copilot.run()[0].note is None  # told once


def test_a_late_day_comes_when_it_is_there(make_copilot: MakeCopilot) -> None:
    copilot = make_copilot(days=4, late_days=0)
    tomorrow = copilot.org.now().date()
    copilot.set_up(late={str(tomorrow): 5})
    seen = []
    for _ in range(8):
        copilot.live_on()
        run = copilot.run()[0]
        seen.append(str(tomorrow) in copilot.days())
        assert (run.status, run.note) == ("ok", None)
    assert seen == sorted(seen)
    assert not seen[2]
    assert seen[-1]


def test_a_single_day_that_never_comes_is_named_once(make_copilot: MakeCopilot) -> None:
    copilot = make_copilot(days=4, late_days=0)
    tomorrow = copilot.org.now().date()
    copilot.set_up(late={str(tomorrow): 60})
    said = []
    for _ in range(10):
        copilot.live_on()
        said.append([run.note for run in copilot.run()[:2]])
    sentence = f"GitHub has no report of {tomorrow}"
    assert said.count([sentence, sentence]) == 1
    assert said.count([None, None]) == 9


def test_a_revision_is_visible(make_copilot: MakeCopilot) -> None:
    copilot = make_copilot(days=4, late_days=0)
    copilot.run()
    before = copilot.days()
    moment = copilot.org.now()
    copilot.live_on()
    copilot.run()
    after = copilot.days()
    revised = [day for day in before if normalized(before[day].report) != normalized(after[day].report)]
    assert revised
    for day, row in after.items():
        known = before.get(day)
        if known is None:
            assert (row.revision, row.revised_at) == (1, None)
        elif day in revised:
            assert (row.revision, row.first_seen_at, row.revised_at) == (2, known.first_seen_at, copilot.org.now())
        else:
            assert (row.revision, row.revised_at) == (known.revision, known.revised_at)
    with create_db_session(copilot.org.db_url) as session:
        first = date.fromisoformat(revised[0])
        told = session.scalars(
            select(CopilotDayRevision).where(CopilotDayRevision.day == first).order_by(CopilotDayRevision.seen_at)
        ).all()
    assert [normalized(kept.report) for kept in told] == [
        normalized(rows[revised[0]].report) for rows in (before, after)
    ]
    assert [kept.seen_at for kept in told] == [moment, copilot.org.now()]


def test_a_day_s_breakdowns_are_those_of_its_last_report(make_copilot: MakeCopilot) -> None:
    copilot = make_copilot(days=4)
    for _ in range(4):
        copilot.run()
        copilot.live_on()
    copilot.run()
    by_feature: dict[tuple[str, str], int] = {}
    for row in copilot.stored(CopilotDayTotal):
        if row.dimension == "feature":
            by_feature[f"{row.day}", row.feature] = row.code_generation_activity_count
    expected = {
        (day, line["feature"]): line["code_generation_activity_count"]
        for day, report in truth(copilot).items()
        for line in report["totals_by_feature"]
    }
    assert by_feature == expected


def test_running_twice_changes_nothing(copilot: Copilot) -> None:
    copilot.run()
    assert [run.stored for run in copilot.run()] == [0, 0, 0]


@pytest.mark.parametrize(
    "settings",
    [{"links": 3}, {"wrapped": True}, {"no_data": 200}, {"no_data": 404}],
    ids=["several links", "wrapped", "empty", "not found"],
)
def test_however_github_writes_it(make_copilot: MakeCopilot, settings: dict[str, Any]) -> None:
    copilot = make_copilot(**settings)
    assert {run.status for run in copilot.run()} == {"ok"}
    assert_equal(copilot, truth(copilot))


def test_a_link_that_expired_is_asked_for_anew(copilot: Copilot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports are large, and links short-lived."""
    fetch, expired = downloads.fetch_file, iter([True, False, False, True])

    def late(link: str, budget: Any, **options: Any) -> Any:
        if next(expired, False):
            copilot.org.sandbox.downloads.expire()
        return fetch(link, budget, **options)

    monkeypatch.setattr("chalicelib.copilot.api.fetch_file", late)
    assert {run.status for run in copilot.run()} == {"ok"}
    assert_equal(copilot, truth(copilot))


def test_a_link_into_a_cloud_s_own_network_is_refused(copilot: Copilot) -> None:
    def lead_astray(request: Request, answer: Answer) -> Answer:
        links = isinstance(answer.data, dict) and "download_links" in answer.data
        elsewhere = ["https://169.254.169.254/latest/meta-data"]
        return replace(answer, data={**answer.data, "download_links": elsewhere}) if links else answer

    with copilot.org.sandbox.oddities.telling(lead_astray):
        days, people, _ = copilot.run()
    assert (days.status, people.status) == ("failed", "failed")
    assert "the download link is refused: it leads to a link-local address" in str(days.error)
    assert copilot.days() == {}
    assert {run.status for run in copilot.run()} == {"ok"}
    assert_equal(copilot, truth(copilot))


def test_a_download_that_breaks_off_is_fetched_again(copilot: Copilot) -> None:
    copilot.org.sandbox.faults.script(Fault.TRUNCATED, path="/_sandbox/copilot/downloads/", count=2)
    assert {run.status for run in copilot.run()} == {"ok"}
    assert_equal(copilot, truth(copilot))


def test_without_copilot_there_is_nothing_to_read(copilot: Copilot) -> None:
    copilot.sandbox.end(ORG)
    days, people, seats = copilot.run()
    assert {run.status for run in (days, people, seats)} == {"ok"}
    assert seats.note == "the organisation has no Copilot"
    assert copilot.days() == {}


def test_a_policy_that_is_off_says_what_to_switch_on(copilot: Copilot) -> None:
    copilot.set_up(policy=False)
    days, people, seats = copilot.run()
    assert [run.status for run in (days, people, seats)] == ["failed", "failed", "ok"]
    assert "switch on the policy 'Copilot usage metrics'" in str(days.error)
    assert "or set COPILOT=off" in str(days.error)


def test_a_permission_that_is_missing_is_named(copilot: Copilot) -> None:
    copilot.org.sandbox.tokens.add("poor", [ORG], permissions={"issues": "read", "members": "read"})
    copilot.org.environment["GH_TOKEN"] = "poor"
    for run in copilot.run():
        assert run.status == "failed"
        assert "(needs the permission organization_copilot_" in str(run.error)
        assert "organization_copilot_seat_management=read" in str(run.error)


def test_without_people_s_data_teams_and_days_are_the_same(make_copilot: MakeCopilot, db_url: str) -> None:
    copilot = make_copilot(days=4, people=24)
    copilot.run()
    with_people = {(row.day, row.team_id): row for row in copilot.stored(CopilotTeamDay)}
    assert with_people
    with create_db_session(db_url) as session:
        people = session.scalars(select(CopilotUserDay.user_id).limit(1)).all()
        assert people
        for table in reversed(CopilotDay.metadata.sorted_tables):
            session.execute(table.delete())
        session.commit()
    copilot.org.environment["COPILOT_USER_DATA"] = "off"
    assert {run.status for run in copilot.run()} == {"ok"}
    assert_equal(copilot, truth(copilot))
    without = {(row.day, row.team_id): row for row in copilot.stored(CopilotTeamDay)}
    assert without.keys() == with_people.keys()
    for key, row in without.items():
        assert row.code_generation_activity_count == with_people[key].code_generation_activity_count
        assert (row.members, row.active_members) == (with_people[key].members, with_people[key].active_members)
    assert personal(copilot) == 0


def test_nor_is_a_person_kept_whose_row_is_broken(copilot: Copilot, monkeypatch: pytest.MonkeyPatch) -> None:
    copilot.org.environment["COPILOT_USER_DATA"] = "off"

    def broken(record: Any, *, org: str) -> Any:
        raise RejectedError("user_id is missing")

    for module in ("people.user_day_row", "teams.user_team_row", "seats.seat_row"):
        monkeypatch.setattr(f"chalicelib.copilot.sync.{module}", broken)
    copilot.run()
    told = {row.record for row in copilot.stored(RejectedRecord)}
    assert told == {json.dumps(WITHHELD)}


def personal(copilot: Copilot) -> int:

    return sum(
        len(copilot.stored(model)) for model in (CopilotUserDay, CopilotUserTeam, CopilotUserPeriod, CopilotSeat)
    )


def test_the_daily_job_does_it(copilot: Copilot) -> None:
    copilot.org.run_job("daily")
    with create_db_session(copilot.org.db_url) as session:
        steps = session.scalars(select(SyncRun.step).where(SyncRun.step.like("copilot.%")).order_by(SyncRun.id)).all()
    assert steps == ["copilot.days", "copilot.people", "copilot.seats"]
    copilot.org.environment["COPILOT"] = "off"
    copilot.org.run_job("daily")
    with create_db_session(copilot.org.db_url) as session:
        assert len(session.scalars(select(SyncRun.step).where(SyncRun.step.like("copilot.%"))).all()) == 3
