"""The calendar of working time, as jobs keep it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text

import app
from chalicelib.contributions.models import WorkingDay
from chalicelib.models import create_db_session
from chalicelib.store.base import table_of
from tests.organisation import Organisation

pytestmark = pytest.mark.slow

HOURS = {"WORK_TIME_ZONE": "Europe/Berlin", "WORK_DAYS": "sat,sun", "WORK_HOURS": "10:00-12:00"}


def calendar(org: Organisation) -> list[Any]:
    table = table_of(WorkingDay)
    with create_db_session(org.db_url) as session:
        return [tuple(row) for row in session.execute(select(table).order_by(table.c.day))]


def a_weeks_seconds(org: Organisation) -> list[int]:
    """Working seconds of each of the last seven days, from Monday on."""
    days = {day.weekday(): closes - opens for day, _, opens, closes, *_ in calendar(org)[-7:]}
    return [days[number] for number in range(7)]


def test_jobs_write_it_and_follow_the_settings(org: Organisation) -> None:
    org.begin("every_30_min")
    before, day = calendar(org), 8 * 3600
    assert (before[0][0].month, before[0][0].day) == (1, 1)
    assert before[0][0] <= org.now().date()
    assert before[-1][0].isoformat() == f"{org.now().year + 1}-12-31"
    assert a_weeks_seconds(org) == [day] * 5 + [0, 0]
    org.environment.update(HOURS)
    org.run_job("nrt_events")
    assert a_weeks_seconds(org) == [0] * 5 + [2 * 3600] * 2
    # Two hours of each Saturday and Sunday in Berlin: winter's are an hour later by UTC.
    assert {row[2:4] for row in calendar(org)} == {(0, 0), (9 * 3600, 11 * 3600), (8 * 3600, 10 * 3600)}


def test_it_is_written_only_when_something_changed(org: Organisation) -> None:
    org.begin("every_30_min")
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "working_days" in statement and not statement.lstrip().startswith("SELECT"):
            written.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        org.run_job("daily")
        assert written == []
        org.environment.update(HOURS)
        org.run_job("daily")
        assert len(written) >= 2
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_what_is_missing_is_put_back(org: Organisation) -> None:
    org.begin("every_30_min")
    before = calendar(org)
    with create_db_session(org.db_url) as session:
        session.execute(text("DELETE FROM working_days WHERE opens = 0"))
        session.commit()
    org.run_job()
    assert calendar(org) == before


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        (
            "WORK_TIME_ZONE",
            "Berlin",
            "'Berlin' is no time zone that this system knows; a name looks like Europe/Berlin",
        ),
        ("WORK_DAYS", "mon-fri", "'mon-fri' is not a list of days such as mon,tue,wed,thu,fri"),
        ("WORK_HOURS", "9-17", "'9-17' is not a beginning and an end within a day, such as 09:00-17:00"),
    ],
)
def test_a_malformed_setting_ends_it_before_anything_is_read(
    org: Organisation, capsys: pytest.CaptureFixture[str], name: str, value: str, problem: str
) -> None:
    org.environment[name] = value
    org.sandbox.stats.reset()
    assert app.main(["daily"], org.settings) == 2
    assert capsys.readouterr().err.startswith(f"error: {name} is malformed: {problem}")
    assert org.requests() == {}
