"""Every view in one import, and how to bring those of a database to what the code says."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from chalicelib.domains import DOMAINS
from chalicelib.store.facts import note_unsure
from chalicelib.store.health import DATA_HEALTH
from chalicelib.store.journal import create_journals, drop_journals
from chalicelib.store.locks import MIGRATION_SECONDS, take_turn
from chalicelib.store.view_upgrades import SqliteUpgrade, ViewUpgrade
from chalicelib.store.view_upgrades_postgresql import PostgresqlUpgrade

FACTS = tuple(domain.facts for domain in DOMAINS if domain.facts)
# In the order in which they are made: a view may read those before it.
VIEWS = (*(view for domain in DOMAINS for view in domain.views), DATA_HEALTH)
# Views of older versions, in the order in which they were made.
RETIRED = tuple(name for domain in DOMAINS for name in domain.retired_views)
UPGRADES: dict[str, type[ViewUpgrade]] = {"sqlite": SqliteUpgrade, "postgresql": PostgresqlUpgrade}


def prepare_upgrade(connection: Connection, *, tables: Collection[str] = (), all_views: bool = False) -> ViewUpgrade:
    """Prepare an upgrade of the views, in the caller's transaction: `clear`, then migrate, `make` and `put_back`.

    `tables` are those that the migrations rewrite; with `all_views`, none of ours is left standing meanwhile.
    """
    upgrade = UPGRADES.get(connection.dialect.name, ViewUpgrade)
    return upgrade(connection, views=VIEWS, retired=RETIRED, tables=tables, all_views=all_views)


def make_views(connection: Connection) -> None:
    """Make every view what the code says, in the caller's transaction; the tables must be at the newest migration."""
    upgrade = prepare_upgrade(connection)
    upgrade.clear()
    upgrade.make()
    upgrade.put_back()
    start_noting(connection)


def stop_noting(connection: Connection) -> None:
    """Note no more what changes, in the caller's transaction: migrations change tables, and not what they say."""
    for facts in FACTS:
        # Before any table is locked: who stores facts reads these tables, and would wait for this in turn.
        take_turn(connection, facts.name, seconds=MIGRATION_SECONDS)
        drop_journals(connection, facts.journals)


def start_noting(connection: Connection) -> None:
    """Note again what changes, and all that may have changed unnoticed or is defined in another way than before."""
    for facts in FACTS:
        take_turn(connection, facts.name, seconds=MIGRATION_SECONDS)
        note_unsure(connection, facts, unnoticed=create_journals(connection, facts.journals))
