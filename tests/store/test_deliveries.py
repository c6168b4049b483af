"""Failed deliveries: kept once, asked for at growing intervals, and left alone once they are stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.store.deliveries import (
    About,
    Failure,
    Hook,
    due_again,
    fail,
    forget_failures,
    note_asked,
    note_failures,
    record,
)
from chalicelib.store.models import WebhookDelivery

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
HOOK = Hook(7, "organization")
ABOUT = About("a-guid", "workflow_job", "queued", "acme", 1, HOOK.id, HOOK.target_type)


def failure(delivery_id: int, *, minutes: int = 0) -> Failure:
    return Failure(ABOUT, delivery_id, NOW + timedelta(minutes=minutes), "GitHub's log: timed out")


def row(session: Session, *names: str) -> tuple[Any, ...]:
    session.flush()
    return tuple(session.execute(select(*(getattr(WebhookDelivery, name) for name in names))).one())


def due(session: Session, *, minutes: int) -> list[tuple[str, int]]:
    return due_again(session, "acme", HOOK, {"workflow_job"}, now=NOW + timedelta(minutes=minutes), most=10)


def test_a_failure_is_due_after_ten_minutes_then_after_twenty_and_so_on(shared: Session) -> None:
    assert note_failures(shared, [failure(1)]) == 1
    assert note_failures(shared, [failure(1)]) == 0
    assert (due(shared, minutes=9), due(shared, minutes=10)) == ([], [("a-guid", 1)])
    note_asked(shared, "a-guid", now=NOW + timedelta(minutes=10))
    # The log shows the next try, which failed: it counts from when it was asked for.
    note_failures(shared, [failure(2, minutes=11)])
    assert (due(shared, minutes=29), due(shared, minutes=30)) == ([], [("a-guid", 2)])
    note_failures(shared, [failure(1)])  # seen again by the next reading
    assert row(shared, "delivery_id", "asks", "tries", "note") == (2, 1, 0, "GitHub's log: timed out")


def test_in_three_days_it_is_asked_for_eleven_times(shared: Session) -> None:
    note_failures(shared, [failure(1)])
    asks = []
    while (ask_at := row(shared, "ask_at")[0]) is not None:
        asks.append(ask_at - NOW)
        note_asked(shared, "a-guid", now=ask_at)
    assert len(asks) == 11
    assert timedelta(hours=60) < asks[-1] < timedelta(days=3)
    assert max(later - earlier for earlier, later in pairwise(asks)) == timedelta(hours=12)


def test_what_could_not_be_stored_here_is_due_when_the_log_tells_of_it(shared: Session) -> None:
    fail(shared, ABOUT, now=NOW, reason="the disk is full")
    assert due(shared, minutes=1000) == []
    note_failures(shared, [failure(5)])
    assert due(shared, minutes=10) == [("a-guid", 5)]
    assert row(shared, "tries", "note") == (1, "the disk is full")


def test_what_is_stored_is_never_due(shared: Session) -> None:
    note_failures(shared, [failure(1)])
    assert record(shared, ABOUT, now=NOW)
    assert note_failures(shared, [failure(2)]) == 0
    forget_failures(shared, ["a-guid"])
    assert due(shared, minutes=1000) == []
    assert row(shared, "status", "delivery_id") == ("stored", 1)
    assert not record(shared, ABOUT, now=NOW)
