"""Checks that node ids carry the ids of REST: rows that are read through GraphQL get their keys out of them.

Every event of REST that has both is checked. One that differs, and the organisation is read through REST only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.github import numeric_id
from chalicelib.ingest.context import Context
from chalicelib.store.marks import WHOLE

# The cursor that says since when an organisation's node ids are not trusted.
DISTRUST = "node_ids.differ"


def check_node_ids(context: Context, records: Iterable[Any]) -> None:
    """Compare the ids of REST's events with those in their node ids; what differs is remembered, and noted."""
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
            return


def is_distrusted(context: Context) -> bool:
    """Tell whether keys may not be taken out of node ids."""
    return context.marks.cursor(DISTRUST, scope=WHOLE).exists
