"""Runs the migrations on the database that the settings name (`DB_URL`, `.env`), in one transaction."""

from __future__ import annotations

import sys

from alembic import context
from sqlalchemy.exc import SQLAlchemyError

from chalicelib.errors import ContributorMetricsError, DatabaseNotReadyError
from chalicelib.models import Base
from chalicelib.settings import load_settings
from chalicelib.store.engine import REVISIONS, describe, make_engine, stored_revision


def run() -> None:
    """Migrate; a database newer than this code is left alone."""
    db_url = context.config.attributes.get("db_url") or load_settings().db_url
    engine = make_engine(db_url)
    try:
        with engine.connect() as connection:
            revision = stored_revision(connection)
            if revision is not None and revision not in REVISIONS:
                raise DatabaseNotReadyError(
                    f"the database is at migration {revision}, newer than this code ({REVISIONS[-1]}): update the code"
                )
            connection.rollback()
            context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
            with context.begin_transaction():
                context.run_migrations()
    except SQLAlchemyError as error:
        raise DatabaseNotReadyError(describe(error, db_url)) from error
    finally:
        engine.dispose()


try:
    run()
except ContributorMetricsError as problem:
    if context.config.attributes.get("db_url"):
        raise
    print(f"error: {problem}", file=sys.stderr)
    sys.exit(2)
