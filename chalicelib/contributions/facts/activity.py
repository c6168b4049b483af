"""What people did on issues and pull requests, and whether they were one of us at that time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, BigInteger, Select, and_, case, cast, func, literal, or_, select, union_all

from chalicelib.contributions.facts.people import (
    ISSUE,
    Roles,
    by_another,
    is_bot,
    is_shown_event,
    items,
)
from chalicelib.contributions.models import ActivityFact, Event
from chalicelib.store.facts import Chosen
from chalicelib.store.functions import constant

OPENED, WAS_MERGED = "opened", "was_merged"
COMMENTED, REVIEWED, MERGED, CLOSED = "commented", "reviewed", "merged", "closed"
# An order for what happened in the same second: an opening first, being merged last.
FIRST, LAST = -(2**63), 2**63 - 1


def activity_facts(chosen: Chosen) -> Select[Any]:
    """What people did on chosen items, in the columns of ActivityFact."""
    item = select(items(chosen)).cte()
    opened = _by_author(item, OPENED, item.c.created_at, FIRST)
    merged = _by_author(item, WAS_MERGED, item.c.merged_at, LAST).where(item.c.merged_at.is_not(None))
    did, roles = union_all(opened, merged, _by_events(item, chosen)).subquery("did"), Roles()
    order = [did.c.at, did.c.event_id, did.c.what]
    turn = cast(func.row_number().over(partition_by=did.c.item_id, order_by=order), BigInteger)
    kind = roles.kind(is_bot(did.c.user, did.c.username), did.c.username)
    columns: dict[str, Any] = {column.name: column for column in did.c} | {"turn": turn, "person_kind": kind}
    joined = roles.join(did, org=did.c.org, person=did.c.user_id, at=did.c.at)
    return select(*(columns[each.name].label(each.name) for each in ActivityFact.__table__.c)).select_from(joined)


def _by_author(item: CTE, what: str, at: Any, order: int) -> Select[Any]:
    return select(
        *(item.c.id.label("item_id"), item.c.org, item.c.repo, item.c.kind, constant(what).label("what")),
        *(at.label("at"), item.c.author_id.label("user_id"), item.c.user, item.c.username),
        literal(order, BigInteger).label("event_id"),
    )


def _by_events(item: CTE, chosen: Chosen) -> Select[Any]:
    """What people did by the timelines: comments, reviews of others' pull requests, merges and closings."""
    unmerged = or_(item.c.merged_at.is_(None), Event.created_at < item.c.merged_at)
    what = case(
        (Event.event == COMMENTED, COMMENTED),
        (and_(Event.event == REVIEWED, by_another(item)), REVIEWED),
        (Event.event == MERGED, MERGED),
        # A merge closes the pull request too: that closing does not count.
        (and_(Event.event == CLOSED, or_(item.c.kind == ISSUE, unmerged)), CLOSED),
    )
    did = (
        select(
            *(item.c.id.label("item_id"), item.c.org, item.c.repo, item.c.kind, what.label("what")),
            *(Event.created_at.label("at"), Event.user_id, Event.user, Event.username),
            Event.id.label("event_id"),
        )
        .join(item, item.c.id == Event.issue_id)
        .where(is_shown_event(chosen, COMMENTED, REVIEWED, MERGED, CLOSED))
        .subquery("by_events")
    )
    return select(did).where(did.c.what.is_not(None))
