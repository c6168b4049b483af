"""One run at a time for each job: a row says which run holds the job, and until when."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chalicelib.store.models import Lease

# A Lambda runs for 15 minutes at most; the lease of a killed one must not block the next run for longer.
LAMBDA_LEASE = timedelta(minutes=15)
# A run from a shell may wait an hour for a rate limit between two renewals. If it dies, `_has_died` notices sooner.
SHELL_LEASE = timedelta(minutes=75)


def new_owner() -> str:
    """Name this run: host, process id and a random number."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def take_lease(
    session: Session, *, name: str, owner: str, now: datetime, time: timedelta = LAMBDA_LEASE
) -> Lease | None:
    """Take or renew a lease, and commit; returns None, or the lease of another run that holds it."""
    expires_at = now + time
    held = _find(session, name)
    while True:
        if held is None:
            taken = _insert(session, name=name, owner=owner, expires_at=expires_at)
        else:
            taken = _take_over(session, held, owner=owner, now=now, expires_at=expires_at)
        session.commit()
        if taken:
            return None
        held = _find(session, name)
        # If the other run has given it back since, try again.
        if held is not None:
            return held


def _find(session: Session, name: str) -> Lease | None:
    return session.scalar(select(Lease).where(Lease.name == name).execution_options(populate_existing=True))


def _insert(session: Session, *, name: str, owner: str, expires_at: datetime) -> bool:
    # Another run may have inserted it since we looked: the primary key lets only one of the two succeed.
    with suppress(IntegrityError), session.begin_nested():
        session.execute(insert(Lease).values(name=name, owner=owner, expires_at=expires_at))
        return True
    return False


def _take_over(session: Session, held: Lease, *, owner: str, now: datetime, expires_at: datetime) -> bool:
    # No lease holds longer than a shell's: one that does was taken by a clock that was wrong.
    free = or_(Lease.owner == owner, Lease.expires_at <= now, Lease.expires_at > now + 2 * SHELL_LEASE)
    if _has_died(held.owner):
        free = or_(free, Lease.owner == held.owner)
    statement = update(Lease).where(Lease.name == held.name, free).values(owner=owner, expires_at=expires_at)
    return bool(session.connection().execute(statement).rowcount)


def _has_died(owner: str) -> bool:
    """Tell whether an owner was a process on this machine that has ended; when in doubt, it is alive."""
    host, _, rest = owner.partition(":")
    process = rest.partition(":")[0]
    # In Lambda every instance may have the same host name and process id, so only the expiry counts there.
    if host != socket.gethostname() or not process.isdigit() or "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def end_lease(session: Session, *, name: str, owner: str) -> None:
    """Give a lease back if this run still holds it, and commit."""
    session.execute(delete(Lease).where(Lease.name == name, Lease.owner == owner))
    session.commit()


@contextmanager
def lease(
    session: Session, *, name: str, owner: str, now: datetime, time: timedelta = LAMBDA_LEASE
) -> Iterator[Lease | None]:
    """Hold a lease for a block; yields None when this run has it, else the lease of the run that has it."""
    other = take_lease(session, name=name, owner=owner, now=now, time=time)
    try:
        yield other
    finally:
        if other is None:
            session.rollback()
            end_lease(session, name=name, owner=owner)
