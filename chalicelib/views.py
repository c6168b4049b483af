"""Every view in one import, and how to make them anew."""

from __future__ import annotations

from sqlalchemy import Connection

from chalicelib.contributions.views import VIEWS as CONTRIBUTIONS
from chalicelib.copilot.views import VIEWS as COPILOT
from chalicelib.store import views as store
from chalicelib.store.health import DATA_HEALTH

# In the order to make them: a view may read those before it.
VIEWS = (*CONTRIBUTIONS, *COPILOT, DATA_HEALTH)
# Views of older versions under names that are no more, to be dropped; in the order in which they were made.
RETIRED: tuple[str, ...] = ()


def create_views(connection: Connection) -> None:
    """Make every view, in the caller's transaction; the tables must stand at this code's newest migration."""
    store.create_views(connection, VIEWS)


def drop_views(connection: Connection) -> None:
    """Drop every view that this code or an older one made, in the caller's transaction; others' stay."""
    store.drop_views(connection, [*RETIRED, *(view.name for view in VIEWS)])
