"""Rejected records know what tells them apart, and whether they were stored after all; no private draft is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0005"
down_revision = "0004"

# Written out here and not imported: a migration must stay what it was when the code moves on.
OTHER_KEYS = ("sha", "organization_id", "day", "date", "team_id", "user_id", "user_login")
REJECTED = sa.table("rejected_records", *map(sa.column, ("digest", "record", "identity")))


def upgrade() -> None:
    """Bring the table forward."""
    identity = "What tells it apart on GitHub, such as id=17; NULL when nothing does"
    stored_at = "When a later reading stored it after all; NULL while it is missing from its table"
    op.add_column("rejected_records", Column("identity", sa.String(), comment=identity))
    op.add_column("rejected_records", Column("stored_at", sa.DateTime(timezone=True), comment=stored_at))
    connection = op.get_bind()
    for digest, text in connection.execute(sa.select(REJECTED.c.digest, REJECTED.c.record)).all():
        record, same = json.loads(text), REJECTED.c.digest == digest
        if _is_private_draft(record):
            connection.execute(sa.delete(REJECTED).where(same))
        else:
            connection.execute(sa.update(REJECTED).where(same).values(identity=_identity_of(record)))


def downgrade() -> None:
    """Take the table back."""
    op.drop_column("rejected_records", "stored_at")
    op.drop_column("rejected_records", "identity")


def _is_private_draft(record: Any) -> bool:
    """Tell whether it is a review that was not submitted, which nobody but its author may see."""
    if not isinstance(record, dict) or record.get("event") != "reviewed":
        return False
    return str(record.get("state")).casefold() == "pending" and not record.get("submitted_at")


def _identity_of(record: Any) -> str | None:
    if not isinstance(record, dict):
        return None
    names = ("id",) if _tells(record, "id") else ("node_id",) if _tells(record, "node_id") else OTHER_KEYS
    parts = [f"{name}={record[name]}" for name in names if _tells(record, name)]
    assignee = record.get("assignee")
    if not parts and isinstance(assignee, dict) and _tells(assignee, "id"):
        parts = [f"assignee.id={assignee['id']}"]
    event = [f"event={record['event']}"] if parts and _tells(record, "event") else []
    return " ".join([*parts, *event]) or None


def _tells(record: Mapping[str, Any], name: str) -> bool:
    value = record.get(name)
    return isinstance(value, (int, str)) and not isinstance(value, bool) and value != ""
