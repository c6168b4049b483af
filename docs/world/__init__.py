"""A small made-up organisation, of which the answers in docs/queries.md tell.

What happened from January to May 2025 has fixed times, for questions about days, weeks and months. What goes on now,
or did in the last weeks, has times before `now`, for questions about ages: each lies a while off a full hour or day,
so that the answers are the same whenever they are asked.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from chalicelib.contributions.sync.facts import follow_roles, store_parts
from chalicelib.contributions.sync.working_time import follow_working_time
from chalicelib.ingest.working_time import WORK_DAYS, WORK_HOURS, WORK_TIME_ZONE, WorkingTime
from docs.world.boards import plan_sprints
from docs.world.ci import run_ci
from docs.world.copilot import use_copilot
from docs.world.people import employ
from docs.world.security import audit
from docs.world.work import keep_ledger, work
from docs.world.writer import ORG, Writer


def fill(session: Session, now: datetime) -> None:
    """Write all of it to a database without rows, and what follows from it, in the caller's transaction."""
    writer = Writer(session, now)
    for write in (employ, work, keep_ledger, use_copilot, audit, run_ci, plan_sprints):
        write(writer)
    follow_roles(session, ORG)
    defaults = (WORK_TIME_ZONE.default, WORK_DAYS.default, WORK_HOURS.default)
    follow_working_time(session, ORG, WorkingTime(*defaults), writer.now.date())
    for _ in store_parts(session):
        pass
