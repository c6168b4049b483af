"""The first responses to issues and pull requests: by anybody, and by one of us.

A response is a comment or a review by somebody who is neither the author nor a bot. One that came after the end of a
pull request delayed nothing and doesn't count; one that came after an issue was closed does.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Subquery, case, func, or_, select

from chalicelib.contributions.facts.people import Roles, by_another, is_bot, is_shown_event
from chalicelib.contributions.models import Event
from chalicelib.store.facts import Chosen

RESPONSES = ("commented", "reviewed")
# The columns of a first response: by anybody, by one of us.
FIRST, OURS = ("first_response_at", "first_responder"), ("our_first_response_at", "our_first_responder")


def first_responses(item: CTE, chosen: Chosen, *, until: ColumnElement[Any] | None = None) -> Subquery:
    """Give the first responses of each item that has one; `until` is a column of the item: later ones don't count."""
    roles = Roles()
    event = Event.__table__.join(item, item.c.id == Event.issue_id)
    joined = roles.join(event, org=item.c.org, person=Event.user_id, at=Event.created_at)
    is_us = roles.is_us(Event.username)
    each = (
        select(
            item.c.id, Event.created_at.label("at"), Event.id.label("event_id"), Event.username, is_us.label("is_us")
        )
        .select_from(joined)
        .where(is_shown_event(chosen, *RESPONSES), by_another(item), ~is_bot(Event.user, Event.username))
    )
    if until is not None:
        each = each.where(or_(until.is_(None), Event.created_at <= until))
    found = each.subquery("response")
    order = [found.c.at, found.c.event_id]
    ranked = select(
        *found.c,
        func.row_number().over(partition_by=found.c.id, order_by=order).label("turn"),
        func.row_number().over(partition_by=[found.c.id, found.c.is_us], order_by=order).label("turn_of_side"),
    ).subquery("ranked_response")
    is_first = ranked.c.turn == 1
    is_ours = ranked.c.is_us.is_(True) & (ranked.c.turn_of_side == 1)
    columns = [
        func.min(case((condition, ranked.c[source]))).label(name)
        for condition, names in ((is_first, FIRST), (is_ours, OURS))
        for source, name in zip(("at", "username"), names, strict=True)
    ]
    return select(ranked.c.id, *columns).group_by(ranked.c.id).subquery("responses")
