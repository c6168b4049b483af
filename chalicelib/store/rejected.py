"""Records that could not become rows: each is kept whole, once, with the reason."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chalicelib.store.models import RejectedRecord


def save_rejected(session: Session, *, kind: str, org: str, record: Any, reason: str, now: datetime) -> bool:
    """Keep a record, in the session's transaction; returns False when the same record of the kind is already kept.

    The JSON text is pure ASCII, so that the database takes any record.
    """
    text = json.dumps(record, sort_keys=True, default=str)
    digest = hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()
    if session.get(RejectedRecord, digest) is not None:
        return False
    # Another run may keep the same record at the same moment: one copy is enough.
    with suppress(IntegrityError), session.begin_nested():
        session.execute(
            insert(RejectedRecord).values(
                digest=digest, kind=kind, org=org, reason=reason, record=text, rejected_at=now
            )
        )
    return True
