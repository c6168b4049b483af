"""Members of large organisations, and of two at once."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from chalicelib.contributions.sync.members import end_memberships, member_row, save_members
from chalicelib.ingest.mapping import Mapped
from chalicelib.jobs.schedules import run_job
from chalicelib.models import Member, Membership, create_db_session
from chalicelib.store.engine import make_engine
from tests.organisation import Organisation, organisation
from tests.store.expected import make_context
from tests.store.test_two_at_once import at_once

pytestmark = pytest.mark.slow

ACME, UMBRELLA = "acme", "umbrella"


def test_an_organisation_of_40_001_members_can_be_stored_and_can_leave(shared: Session) -> None:
    """Their ids were a variable each: "too many SQL variables" on SQLite, where nobody has raised its limit."""
    driver: Any = shared.connection().connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
    context = make_context(shared, org=ACME)
    records: list[dict[str, Any]] = [{"id": key, "login": f"person-{key}"} for key in range(1, 40_002)]
    save_members(context, [Mapped(member_row(record), record) for record in records], role="member")
    end_memberships(context, [record["id"] for record in records[:-1]])
    for model in (Member, Membership):
        assert shared.scalar(select(func.count()).select_from(model)) == 40_001
        assert shared.scalar(select(func.count()).select_from(model).where(model.inactive.is_(False))) == 1


def meet_between_the_roles(db_url: str) -> None:
    """Let two sessions that write members wait for each other after their first write; one alone goes on soon."""
    meeting = Barrier(2)

    def wait(_connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO members "):
            with suppress(BrokenBarrierError):
                meeting.wait(timeout=0.7)

    event.listen(make_engine(db_url), "after_cursor_execute", wait)


def run(org: Organisation, name: str) -> None:
    run_job("every_30_min", org.settings, orgs=[name], budget=org.budget(), now=org.now)


def test_two_organisations_members_can_be_written_at_once(db_url: str) -> None:
    """Of two people in both, each an admin in one of them: PostgreSQL broke one of the runs off as a deadlock."""
    with organisation(db_url, organisations=(ACME, UMBRELLA), people=6, items=10) as org:
        org.environment["GH_ORGS"] = f"{ACME},{UMBRELLA}"
        acme, umbrella = (org.sandbox.world.organisations[name] for name in (ACME, UMBRELLA))
        for person in org.sandbox.world.people[:2]:
            for company in (acme, umbrella):
                org.sandbox.world.move(company, person, None)
        one, two = org.sandbox.world.people[:2]
        for company, member, admin in ((acme, one, two), (umbrella, two, one)):
            org.sandbox.world.move(company, member, "member")
            org.sandbox.world.move(company, admin, "admin")
        meet_between_the_roles(db_url)
        at_once(lambda: run(org, ACME), lambda: run(org, UMBRELLA))
        with create_db_session(db_url) as session:
            roles = select(Membership.org, Membership.role).where(Membership.member_id == one.id)
            assert set(map(tuple, session.execute(roles))) == {(ACME, "member"), (UMBRELLA, "admin")}
            assert session.scalar(select(func.count()).where(Member.inactive.is_(False))) == 6
