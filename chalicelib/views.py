"""Every view in one import, and how to bring those of a database to what the code says."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from chalicelib.domains import DOMAINS
from chalicelib.store.facts import note_redefined
from chalicelib.store.health import DATA_HEALTH
from chalicelib.store.journal import create_journals, drop_journals
from chalicelib.store.view_upgrades import SqliteUpgrade, ViewUpgrade
from chalicelib.store.view_upgrades_postgresql import PostgresqlUpgrade

FACTS = tuple(domain.facts for domain in DOMAINS if domain.facts)
JOURNALS = tuple(journal for facts in FACTS for journal in facts.journals)
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
    drop_journals(connection, JOURNALS)


def start_noting(connection: Connection) -> None:
    """Note again what changes, and all whose facts are defined in another way than the last time."""
    create_journals(connection, JOURNALS)
    note_redefined(connection, FACTS)
