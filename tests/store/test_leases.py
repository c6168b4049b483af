"""Two runs at once are one run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from chalicelib.models import Lease, create_db_session
from chalicelib.store.leases import LAMBDA_LEASE, end_lease, lease, new_owner, take_lease
from tests.store.expected import stored

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def take(session: Session, owner: str, now: datetime = NOW) -> str:
    """Say who holds the lease after an owner has tried to take it."""
    other = take_lease(session, name="job:acme", owner=owner, now=now)
    return owner if other is None else other.owner


def leases(session: Session) -> list[tuple[str, str, datetime]]:
    session.rollback()
    return [(row["name"], row["owner"], row["expires_at"]) for row in stored(session, Lease)]


def test_of_two_owners_the_first_holds_it(db: Session, db_url: str) -> None:
    with create_db_session(db_url) as other:
        assert take(db, "a") == "a"
        assert take(other, "b") == "a"
        assert leases(other) == [("job:acme", "a", NOW + LAMBDA_LEASE)]


def test_leases_of_other_names_are_free(db: Session) -> None:
    assert take(db, "a") == "a"
    assert take_lease(db, name="job:other", owner="b", now=NOW) is None


def test_the_owner_renews_it(db: Session) -> None:
    take(db, "a")
    assert take(db, "a", NOW + 5 * SECOND) == "a"
    assert leases(db) == [("job:acme", "a", NOW + LAMBDA_LEASE + 5 * SECOND)]


@pytest.mark.parametrize(("late", "holder"), [(-SECOND, "a"), (0 * SECOND, "b"), (SECOND, "b")])
def test_it_is_free_when_it_has_expired(db: Session, late: timedelta, holder: str) -> None:
    take(db, "a")
    assert take(db, "b", NOW + LAMBDA_LEASE + late) == holder


def test_only_its_owner_gives_it_back(db: Session) -> None:
    take(db, "a")
    end_lease(db, name="job:acme", owner="b")
    assert [owner for _, owner, _ in leases(db)] == ["a"]
    end_lease(db, name="job:acme", owner="a")
    assert leases(db) == []


def test_a_block_holds_it_and_gives_it_back_whatever_happens(db: Session, db_url: str) -> None:
    with create_db_session(db_url) as other:

        def work() -> None:
            with lease(db, name="job:acme", owner="a", now=NOW) as held_by:
                assert held_by is None
                with lease(other, name="job:acme", owner="b", now=NOW) as another:
                    assert another is not None
                    assert another.owner == "a"
                assert [owner for _, owner, _ in leases(other)] == ["a"]
                db.add(Lease(name="half-written", owner="a", expires_at=NOW))
                db.flush()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            work()
        assert leases(other) == []


# Processes of this machine


@pytest.fixture
def gone() -> str:
    """An owner whose process has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{socket.gethostname()}:{process.pid}:12345678"


def test_an_owner_names_its_machine_and_process_and_itself() -> None:
    host, process, run = new_owner().split(":")
    assert (host, int(process)) == (socket.gethostname(), os.getpid())
    assert new_owner().split(":")[2] != run


def test_the_lease_of_a_dead_process_is_taken_over(db: Session, gone: str) -> None:
    take(db, gone)
    assert take(db, "b") == "b"


@pytest.mark.parametrize("pid", [os.getpid(), 1], ids=["ours", "another user's"])
def test_the_lease_of_a_live_process_is_not(db: Session, pid: int) -> None:
    owner = f"{socket.gethostname()}:{pid}:12345678"
    take(db, owner)
    assert take(db, "b") == owner


def test_a_process_of_another_machine_counts_as_alive(db: Session, gone: str) -> None:
    elsewhere = f"elsewhere{gone}"
    take(db, elsewhere)
    assert take(db, "b") == elsewhere


def test_in_lambda_a_process_number_says_nothing(db: Session, gone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "every_30_min")
    take(db, gone)
    assert take(db, "b") == gone


# Races


@pytest.mark.parametrize("before", ["free", "expired", "dead"])
def test_of_several_at_once_exactly_one_gets_it(db: Session, db_url: str, gone: str, before: str) -> None:
    owners, rounds, start = ["a", "b", "c"], 5, Barrier(3, timeout=20)
    if before != "free":
        take(db, gone if before == "dead" else "old", NOW if before == "dead" else NOW - LAMBDA_LEASE)

    def race(owner: str) -> list[str]:
        with create_db_session(db_url) as session:
            holders = []
            for _ in range(rounds):
                start.wait()
                holders.append(take(session, owner))
                start.wait()
                end_lease(session, name="job:acme", owner=owner)
            return holders

    with ThreadPoolExecutor(len(owners)) as pool:
        for said in zip(*pool.map(race, owners), strict=True):
            assert len(set(said)) == 1, said  # all three name the same holder, who is one of them
            assert said[0] in owners


def test_a_lease_that_was_given_back_just_now_is_taken_and_not_thought_to_be(db: Session, db_url: str) -> None:
    """The quicker run's lease was gone when the slower one looked who had it, which then believed it had it itself."""
    with create_db_session(db_url) as quicker:
        # It takes the lease once the slower one has seen it free, and gives it back once that one has failed.
        event.listen(db.get_bind(), "after_cursor_execute", lambda *_: take(quicker, "quicker"), once=True)
        event.listen(db, "after_commit", lambda _: end_lease(quicker, name="job:acme", owner="quicker"), once=True)
        assert take(db, "slower") == "slower"
        assert [owner for _, owner, _ in leases(quicker)] == ["slower"]
