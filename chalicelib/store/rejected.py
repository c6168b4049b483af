"""Records that could not become rows: kept whole, once, with the reason."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.store.models import RejectedRecord


def save_rejected(session: Session, *, kind: str, org: str, record: Any, reason: str, now: datetime) -> None:
    """Keep a record in the session's transaction; the same record of the same kind is kept once.

    The JSON text is pure ASCII, so that it stores whatever the record holds.
    """
    text = json.dumps(record, sort_keys=True, default=str)
    digest = hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()
    if session.get(RejectedRecord, digest) is None:
        session.add(RejectedRecord(digest=digest, kind=kind, org=org, reason=reason, record=text, rejected_at=now))
        session.flush()
