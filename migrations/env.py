"""Runs the migrations on the database that the settings name (`DB_URL`, `.env`, or a stage's), in one transaction.

Views are brought to what this code says after them, also when nothing is to be migrated. A migration that changes a
column's type, or takes one away, names the table: `REWRITES = ("issues",)`. The views that read it are away meanwhile.
Of several migrations at once, each waits until the one before has ended.
"""

from __future__ import annotations

import os
import sys

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from chalicelib.errors import ContributorMetricsError, DatabaseNotReadyError
from chalicelib.models import Base
from chalicelib.runtime import output, shell
from chalicelib.settings import Settings, load_settings
from chalicelib.store.engine import REVISIONS, describe, make_engine, stored_revision
from chalicelib.store.locks import MIGRATION_SECONDS, take_turn
from chalicelib.store.urls import redact_url
from chalicelib.views import prepare_upgrade, start_noting, stop_noting
from deployment.stage import load_stage


def run() -> None:
    """Migrate; a database newer than this code is left alone."""
    given = context.config.attributes.get("db_url")
    db_url = given or settings().db_url
    engine = make_engine(db_url)
    try:
        with engine.begin() as connection:
            warnings = migrate(connection) if changes_the_schema() else look(connection)
            revision = stored_revision(connection)
    except SQLAlchemyError as error:
        raise DatabaseNotReadyError(describe(error, db_url)) from error
    finally:
        engine.dispose()
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if changes_the_schema() and not given:
        print(f"{redact_url(db_url)} is at migration {revision}.")


def settings() -> Settings:
    """The settings of this shell, or of the stage that is named (`alembic -x stage=prod`), with its secrets in SSM."""
    stage = context.get_x_argument(as_dictionary=True).get("stage")
    return load_stage(stage, os.environ).settings if stage else load_settings()


def check_known(connection: Connection) -> None:
    """Raise DatabaseNotReadyError when newer code has migrated the database."""
    revision = stored_revision(connection)
    if revision is not None and revision not in REVISIONS:
        raise DatabaseNotReadyError(
            f"the database is at migration {revision}, newer than this code ({REVISIONS[-1]}): update the code"
        )


def look(connection: Connection) -> list[str]:
    """Run a command that changes nothing."""
    configure(connection)
    context.run_migrations()
    return []


def migrate(connection: Connection) -> list[str]:
    """Run the migrations inside the connection's transaction; gives warnings of people's own views."""
    take_turn(connection, "migration", seconds=MIGRATION_SECONDS)
    configure(connection)
    # Our views are written for the newest tables: on other ones there are none.
    is_newest = context.get_revision_argument() == REVISIONS[-1]
    tables = rewritten_tables(connection, is_newest=is_newest)
    views = prepare_upgrade(connection, tables=tables, all_views=not is_newest)
    if not is_newest or stored_revision(connection) != REVISIONS[-1]:
        stop_noting(connection)
    views.clear()
    context.run_migrations()
    if stored_revision(connection) == REVISIONS[-1]:
        views.make()
        start_noting(connection)
    return views.put_back()


def configure(connection: Connection) -> None:
    """Tell Alembic what to work on; raises DatabaseNotReadyError when newer code has migrated the database."""
    check_known(connection)
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)


def rewritten_tables(connection: Connection, *, is_newest: bool) -> set[str]:
    """The tables that the migrations to be run rewrite; on a way that isn't to the newest one, those of all."""
    stored = stored_revision(connection)
    done = REVISIONS[: REVISIONS.index(stored) + 1] if stored and is_newest else ()
    scripts = (script for script in context.script.walk_revisions() if script.revision not in done)
    return {table for script in scripts for table in getattr(script.module, "REWRITES", ())}


def changes_the_schema() -> bool:
    """Tell whether the command migrates: `alembic current` and `check` only look, `--sql` only writes a script."""
    if context.is_offline_mode():
        return False
    try:
        context.get_revision_argument()
    except KeyError:  # what Alembic says when the command has no revision to go to
        return False
    return True


def run_in_shell() -> None:
    """Migrate for the command `alembic`, and end it with one sentence when that fails."""
    output.prepare_output()
    context.config.stdout = sys.stdout
    try:
        run()
        sys.stdout.flush()
    except ContributorMetricsError as error:
        sys.exit(shell.print_error(error))
    except KeyboardInterrupt as stop:
        sys.exit(shell.print_stop(stop, "stopped; `make migrate` begins anew"))


if context.config.attributes.get("db_url"):
    run()
else:
    run_in_shell()
