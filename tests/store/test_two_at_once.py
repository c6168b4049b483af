"""Two processes write at the same time: neither stops the other, and what they leave is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

from chalicelib.models import Issue, create_db_session
from chalicelib.store.upsert import Row, upsert
from tests.store.expected import stored, whole

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def issue(key: int, *, day: int) -> Row:
    row: Row = {"id": key, "number": key, "title": f"Day {day}", "state": "open", "org": "acme", "repo": "r"}
    return row | {"created_at": NOW, "updated_at": NOW + timedelta(days=day)}


def at_once(*tasks: Callable[[], object]) -> None:
    """Run each task in a thread, and raise what one of them raises."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        for done in [pool.submit(task) for task in tasks]:
            done.result()


def test_two_that_bring_the_same_rows_in_opposite_orders_do_not_deadlock(db_url: str) -> None:
    """The job reads newest first and a backfill oldest first; PostgreSQL broke one of the two off."""
    days, start = range(1, 9), Barrier(2, timeout=10)

    def write(keys: Sequence[int], days: Sequence[int]) -> None:
        with create_db_session(db_url) as session:
            for day in days:
                start.wait()
                upsert(session, Issue, [issue(key, day=day) for key in keys])
                session.commit()

    keys = range(500)
    at_once(lambda: write(keys, days), lambda: write(keys[::-1], days[::-1]))
    with create_db_session(db_url) as session:
        assert stored(session, Issue) == [whole(Issue, issue(key, day=days[-1])) for key in keys]
