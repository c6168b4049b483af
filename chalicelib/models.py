"""Every table in one import; how to make the tables and views, and how to open a session."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

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
from chalicelib.store.locks import MIGRATION_SECONDS, take_turn
from chalicelib.store.models import Cursor, Lease, RejectedRecord, SyncRun, Watermark
from chalicelib.views import make_views

# `chalicelib.views` imports every domain, so every table is registered by now.
MODELS: dict[str, Any] = {mapper.class_.__name__: mapper.class_ for mapper in Base.registry.mappers}

__all__ = [
    "MODELS",
    "Base",
    "Cursor",
    "Lease",
    "RejectedRecord",
    "SyncRun",
    "Watermark",
    "create_all",
    "create_db_session",
]


def __getattr__(name: str) -> Any:
    """Find a domain's model by its name: `from chalicelib.models import PullRequest`."""
    try:
        return MODELS[name]
    except KeyError:
        raise AttributeError(f"there is no model {name}") from None


def create_all(db_url: str) -> None:
    """Make every table and view in an empty database, marked as fully migrated; does nothing if they exist already.

    Raises DatabaseNotReadyError when the database is down, or at another migration (`make migrate` upgrades it).
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
    take_turn(connection, "migration", seconds=MIGRATION_SECONDS)
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
    make_views(connection)
