"""Whether what is kept of items is what follows from their rows and events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chalicelib.contributions.facts import FACTS
from chalicelib.contributions.models import Event
from chalicelib.store.facts import Facts, everything


def assert_facts_are_true(session: Session) -> None:
    """Compare what views read with the same questions asked of all items."""
    for facts in FACTS.facts:
        current = facts.current()
        read, true = _rows(session, select(current)), truth(session, facts)
        assert (read - true, true - read) == (Counter(), Counter()), facts.table.name


def assert_facts_are_stored(session: Session) -> None:
    """Do so, and compare what is stored too: only items may be noted for which something is still to come."""
    assert_facts_are_true(session)
    noted = noted_items(session)
    assert noted <= set(session.scalars(select(Event.issue_id).where(Event.created_at > func.now())))
    for facts in FACTS.facts:
        key = facts.table.c[facts.key]
        stored = _rows(session, select(facts.table).where(key.not_in(noted)))
        assert stored == truth(session, facts, without=noted), facts.table.name


def noted_items(session: Session) -> set[int]:
    """Give the items whose facts are to be stored."""
    return set(session.scalars(select(FACTS.changed.c.item_id)))


def truth(session: Session, facts: Facts, *, without: Collection[int] = ()) -> Counter[str]:
    """Give what follows, asked of all items at once."""
    defined = facts.define(everything).subquery()
    return _rows(session, select(defined).where(defined.c[facts.key].not_in(without)))


def _rows(session: Session, query: Any) -> Counter[str]:
    return Counter(repr(tuple(row)) for row in session.execute(query))
