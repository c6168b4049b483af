"""Records that could not become rows: each is kept whole, once, with the reason, until it is stored after all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chalicelib.nesting import is_deep, shallow
from chalicelib.store.models import RejectedRecord

# What tells a record apart that has neither an id nor a node id: a commit, or a line of a Copilot report.
OTHER_KEYS = ("sha", "organization_id", "day", "date", "team_id", "user_id", "user_login")

KEPT = cast(Table, RejectedRecord.__table__)
# Built once: it is asked for each delivery of a webhook.
OPEN_IDENTITIES = select(KEPT.c.identity).where(
    KEPT.c.kind == bindparam("kind"),
    KEPT.c.org == bindparam("org"),
    KEPT.c.stored_at.is_(None),
    KEPT.c.identity.is_not(None),
)


def save_rejected(session: Session, *, kind: str, org: str, record: Any, reason: str, now: datetime) -> bool:
    """Keep a record, in the session's transaction; returns False when the same record of the kind is kept already.

    One that had been stored meanwhile is open again. The JSON text is pure ASCII, so that the database takes any
    record. What is nested too deeply is left out of it.
    """
    text = json.dumps(shallow(record) if is_deep(record) else record, sort_keys=True, default=str)
    digest = hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()
    kept = session.get(RejectedRecord, digest, populate_existing=True)
    if kept is not None:
        is_open, kept.stored_at = kept.stored_at is None, None
        return not is_open
    about = {"kind": kind, "org": org, "identity": identity_of(record), "reason": reason}
    # Another run may keep the same record at the same moment: one copy is enough.
    with suppress(IntegrityError), session.begin_nested():
        session.execute(insert(RejectedRecord).values(digest=digest, **about, record=text, rejected_at=now))
    return True


def identity_of(record: Any) -> str | None:
    """Write what tells a record apart on GitHub, such as `id=17`; None when nothing does."""
    if not isinstance(record, dict):
        return None
    names = ("id",) if _tells(record, "id") else ("node_id",) if _tells(record, "node_id") else OTHER_KEYS
    parts = [f"{name}={record[name]}" for name in names if _tells(record, name)]
    repository = record.get("repository")
    if not parts and isinstance(repository, dict) and _tells(repository, "id") and _tells(record, "number"):
        parts = [f"repository.id={repository['id']} number={record['number']}"]
    assignee = record.get("assignee")
    if not parts and isinstance(assignee, dict) and _tells(assignee, "id"):
        parts = [f"assignee.id={assignee['id']}"]
    # Comments, reviews and events number themselves apart.
    event = [f"event={record['event']}"] if parts and _tells(record, "event") else []
    return " ".join([*parts, *event]) or None


def _tells(record: Mapping[str, Any], name: str) -> bool:
    value = record.get(name)
    return isinstance(value, (int, str)) and not isinstance(value, bool) and value != ""


def open_identities(session: Session, *, kind: str, org: str) -> set[str]:
    """Give what tells apart the kept records of a kind that were not stored after all."""
    return set(session.connection().scalars(OPEN_IDENTITIES, {"kind": kind, "org": org}))


def count_open(session: Session, *, kind: str, org: str) -> int:
    """Count the kept records of a kind that were not stored after all."""
    return session.scalar(select(func.count()).select_from(RejectedRecord).where(*_open(kind, org))) or 0


def settle(session: Session, *, kind: str, org: str, stored: Mapping[str, Any], now: datetime) -> None:
    """Mark kept records that were stored after all; `stored` are the records that became rows, by identity.

    A kept record that is newer than the stored one stays open: what was stored is what it was before.
    """
    for kept in session.scalars(select(RejectedRecord).where(*_open(kind, org))):
        if (
            kept.identity is not None
            and kept.identity in stored
            and not _is_newer(json.loads(kept.record), stored[kept.identity])
        ):
            kept.stored_at = now
    session.flush()


def rewrite_records(session: Session, *, kind: str, org: str, change: Callable[[Any], Any]) -> None:
    """Change what is kept of an organisation's rejected records of a kind, in the session's transaction."""
    for kept in session.scalars(select(RejectedRecord).where(RejectedRecord.kind == kind, RejectedRecord.org == org)):
        record = json.loads(kept.record)
        if (changed := change(record)) != record:
            text = json.dumps(changed, sort_keys=True)
            digest = hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()
            if session.get(RejectedRecord, digest) is not None:
                session.delete(kept)
            else:
                kept.record, kept.digest = text, digest
            session.flush()


def _open(kind: str, org: str) -> tuple[Any, ...]:
    return RejectedRecord.kind == kind, RejectedRecord.org == org, RejectedRecord.stored_at.is_(None)


def _is_newer(kept: Any, stored: Any) -> bool:
    times = [record.get("updated_at") for record in (kept, stored)]
    return all(isinstance(moment, str) for moment in times) and times[0] > times[1]
