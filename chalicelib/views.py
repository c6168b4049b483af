"""Every view in one import, and how to make and drop them."""

from __future__ import annotations

from sqlalchemy import Connection

from chalicelib.domains import DOMAINS
from chalicelib.store import views as store
from chalicelib.store.facts import note_redefined
from chalicelib.store.health import DATA_HEALTH
from chalicelib.store.journal import create_journals, drop_journals

# In the order in which they are made: a view may read those before it.
FACTS = tuple(domain.facts for domain in DOMAINS if domain.facts)
JOURNALS = tuple(journal for facts in FACTS for journal in facts.journals)
VIEWS = (*(view for domain in DOMAINS for view in domain.views), DATA_HEALTH)
# Views of older versions, in the order in which they were made.
RETIRED = tuple(name for domain in DOMAINS for name in domain.retired_views)


def create_views(connection: Connection) -> None:
    """Make every view, in the caller's transaction; the tables must be at this code's newest migration."""
    store.create_views(connection, VIEWS)
    create_journals(connection, JOURNALS)
    note_redefined(connection, FACTS)


def drop_views(connection: Connection) -> None:
    """Drop every view that this code or an older version made, in the caller's transaction; other views stay."""
    drop_journals(connection, JOURNALS)
    store.drop_views(connection, [*RETIRED, *(view.name for view in VIEWS)])
