"""Checks that node ids carry the ids of REST: rows that are read through GraphQL get their keys out of them.

Every event of REST that has both is checked. One that differs, and the organisation is read through REST only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from chalicelib.contributions.models import EventPoll, Issue, PullRequest
from chalicelib.github import numeric_id
from chalicelib.ingest.context import Context
from chalicelib.store.among import among
from chalicelib.store.marks import WHOLE

# The cursor that says since when an organisation's node ids are not trusted.
DISTRUST = "node_ids.differ"
# The cursor that says when they were last checked before a reading through GraphQL.
CHECKED = "node_ids.checked"
DAY = timedelta(days=1)


def check_node_ids(context: Context, records: Iterable[Any]) -> None:
    """Compare the ids of REST's events with those in their node ids; what differs is remembered, and noted.

    Then timelines that were read through GraphQL are to be read again.
    """
    if is_distrusted(context):
        return
    for record in records:
        if not isinstance(record, dict) or not isinstance(record.get("node_id"), str):
            continue
        number, carried = record.get("id"), numeric_id(record["node_id"])
        if isinstance(number, int) and carried is not None and carried != number:
            context.note(
                f"the node id {record['node_id']} carries {carried}, and REST's id is {number}: from now on timelines "
                "are read through REST only"
            )
            context.marks.cursor(DISTRUST, scope=WHOLE).advance(context.now())
            _forget_readings(context)
            return


def _forget_readings(context: Context) -> None:
    for model in (Issue, PullRequest):
        ours = select(model.id).where(model.org == context.scope.org)
        read = select(EventPoll.id).where(EventPoll.id.in_(ours), EventPoll.total.is_not(None)).distinct()
        ids = list(context.session.scalars(read))
        context.session.execute(delete(EventPoll).where(among(EventPoll.id, ids)))


def must_check(context: Context) -> bool:
    """Tell whether some timelines are to be read through REST first: once a day, so that node ids are checked."""
    last = context.marks.cursor(CHECKED, scope=WHOLE).read()
    return last is None or context.now() - last >= DAY


def note_check(context: Context) -> None:
    """Remember that node ids were checked now."""
    context.marks.cursor(CHECKED, scope=WHOLE).advance(context.now())
    context.commit()


def is_distrusted(context: Context) -> bool:
    """Tell whether keys may not be taken out of node ids."""
    return context.marks.cursor(DISTRUST, scope=WHOLE).exists
