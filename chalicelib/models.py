"""Every table in one import, and how to make them, with the views over them, and to open a session on them."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from chalicelib.contributions.models import (
    Event,
    EventPoll,
    Issue,
    Member,
    Membership,
    PullRequest,
    Transfer,
    TransferCheck,
)
from chalicelib.copilot.models import (
    CopilotDay,
    CopilotDayRevision,
    CopilotDayTotal,
    CopilotSeat,
    CopilotSeatDay,
    CopilotTeamDay,
    CopilotUserDay,
    CopilotUserPeriod,
    CopilotUserTeam,
)
from chalicelib.errors import DatabaseNotReadyError
from chalicelib.store.base import Base
from chalicelib.store.engine import (
    REVISIONS,
    check_revision,
    create_db_session,
    describe,
    make_engine,
    stored_revision,
)
from chalicelib.store.models import Lease, RejectedRecord, SyncRun, Watermark
from chalicelib.views import create_views

__all__ = [
    "Base",
    "CopilotDay",
    "CopilotDayRevision",
    "CopilotDayTotal",
    "CopilotSeat",
    "CopilotSeatDay",
    "CopilotTeamDay",
    "CopilotUserDay",
    "CopilotUserPeriod",
    "CopilotUserTeam",
    "Event",
    "EventPoll",
    "Issue",
    "Lease",
    "Member",
    "Membership",
    "PullRequest",
    "RejectedRecord",
    "SyncRun",
    "Transfer",
    "TransferCheck",
    "Watermark",
    "create_all",
    "create_db_session",
]


def create_all(db_url: str) -> None:
    """Make every table and view in an empty database, marked as fully migrated; harmless on one that has them.

    Raises DatabaseNotReadyError when the database is down, or stands at another migration (`make migrate` upgrades).
    """
    engine = make_engine(db_url)
    try:
        with engine.begin() as connection:
            _create(connection)
    except SQLAlchemyError as error:
        raise DatabaseNotReadyError(describe(error, db_url)) from error
    finally:
        engine.dispose()


def _create(connection: Connection) -> None:
    if stored_revision(connection) is not None:
        check_revision(connection)
        return
    Base.metadata.create_all(connection)
    connection.execute(
        text(
            "CREATE TABLE alembic_version "
            "(version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    )
    connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": REVISIONS[-1]})
    create_views(connection)
