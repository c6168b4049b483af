"""No statement's parameters grow with the organisation: databases limit how many one may have."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from chalicelib.store.engine import make_engine
from tests.organisation import DAY, Organisation, organisation

pytestmark = pytest.mark.slow

PEOPLE = 160
# A row of the widest table has less than 60 columns; a page of GitHub's has 100 records.
MOST = 60


def note_long_statements(db_url: str) -> list[tuple[str, int]]:
    """Give a list of the statements that have more parameters than a row has columns, which fills as they are sent."""
    found: list[tuple[str, int]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        # An INSERT of many rows is cut by SQLAlchemy, which knows each database's limit; one of facts has constants.
        if not many and len(parameters) > MOST and "INSERT INTO" not in statement:
            found.append((" ".join(statement.split()), len(parameters)))

    event.listen(make_engine(db_url), "before_cursor_execute", note)
    return found


def run_everything(org: Organisation) -> None:
    assert org.backfill("--since", "2026-04-01") == 0
    for job in ("every_30_min", "nrt_events", "daily"):
        org.run_job(job)


def test_what_is_asked_of_the_database_does_not_grow_with_the_organisation(db_url: str) -> None:
    with organisation(db_url, people=PEOPLE, items=260, repositories=3) as org:
        org.environment["GONE_PERCENT"] = "100"  # the other rows are made up, and gone
        org.environment["COPILOT"] = "on"
        found = note_long_statements(db_url)
        run_everything(org)
        world = org.sandbox.world
        company = world.organisations["acme"]
        for person, _ in list(company.members.values())[: PEOPLE // 2]:
            world.move(company, person, None)
        org.advance(2 * DAY)
        run_everything(org)
    assert found == []
