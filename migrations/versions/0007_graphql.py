"""Timelines come through GraphQL too: keys that both APIs can tell, the columns that only it tells, and sizes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

JSON_OBJECT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
JSON_ARRAY = sa.JSON(none_as_null=True).with_variant(
    postgresql.ARRAY(postgresql.JSON(none_as_null=True), dimensions=1), "postgresql"
)
MOMENT = sa.DateTime(timezone=True)
REVIEWERS = (
    "Whose review it waits for: people (login, id, type) and teams (slug, id, type). Once it is closed, as they were "
    "when it was last read open; NULL when it was never read open"
)
SIZES: dict[str, tuple[Any, str]] = {
    "additions": (sa.Integer(), "Lines added"),
    "deletions": (sa.Integer(), "Lines deleted"),
    "changed_files": (sa.Integer(), "Files changed"),
    "commits": (sa.Integer(), "Commits"),
    "review_decision": (
        sa.String(),
        "approved, changes_requested or review_required; NULL where no review is required",
    ),
    "merge_commit_oid": (sa.String(), "Hash of the commit that merged it"),
    "merged_by": (sa.String(), "Login of who merged it; NULL when it was not merged, or the account is gone"),
    "base_ref": (sa.String(), "Branch that it goes into"),
    "head_ref": (sa.String(), "Branch that it comes from"),
    "requested_reviewers": (JSON_ARRAY, REVIEWERS),
    "first_commit_authored_at": (
        MOMENT,
        "When its first commit was written (the author's date, which a rebase keeps)",
    ),
    "sized_at": (MOMENT, "updated_at of the pull request when these columns were read; NULL before"),
}
DETAILS = (
    "Fields that only the GraphQL API tells: a board event's project and statuses, the pull request that closed an "
    "issue, where a transferred issue came from, …; NULL while only REST has been asked"
)
TOTAL = "How many events the GraphQL API counted in the timeline, when it was read there; NULL when REST was"
EVENTS = sa.table(
    "events",
    *(sa.column(name) for name in ("id", "issue_id", "event", "username", "user", "created_at")),
    sa.column("details", JSON_OBJECT),
)
CROSS_REFERENCED = "cross-referenced"
BATCH = 10_000
Key = Callable[[Any, dict[str, Any]], int | None]


def upgrade() -> None:
    """Bring the tables forward."""
    for name, (kind, comment) in SIZES.items():
        op.add_column("pull_requests", Column(name, kind, comment=comment))
    op.add_column("events", Column("graphql_details", JSON_OBJECT, comment=DETAILS))
    op.add_column("event_polls", Column("total", sa.Integer(), comment=TOTAL))
    # The stand-in for deleted accounts: GraphQL tells nobody at all.
    ghosts = sa.update(EVENTS).where(EVENTS.c.username == "ghost")
    op.get_bind().execute(ghosts.values(username=None, user=sa.null()))
    _write_keys(_new_key)


def downgrade() -> None:
    """Take the tables back."""
    _write_keys(_old_key)
    op.drop_column("event_polls", "total")
    op.drop_column("events", "graphql_details")
    for name in reversed(SIZES):
        op.drop_column("pull_requests", name)


def _write_keys(key_of: Key) -> None:
    """Give cross-references other keys, through negative ones that no event has: the primary key holds at each step."""
    connection = op.get_bind()
    taken: set[tuple[int, int]] = set()
    changes = []
    for row in _references(connection):
        issue = ((row.details or {}).get("source") or {}).get("issue") or {}
        key = key_of(row, issue)
        if key is None:
            continue
        if (row.issue_id, key) in taken:
            key = _derived(key, issue.get("repository_url"))
        taken.add((row.issue_id, key))
        changes.append({"old": row.id, "of": row.issue_id, "new": key})
    same = (EVENTS.c.id == sa.bindparam("old"), EVENTS.c.issue_id == sa.bindparam("of"), _IS_REFERENCE)
    for start in range(0, len(changes), BATCH):
        write = sa.update(EVENTS).where(*same).values(id=sa.bindparam("new", type_=sa.BigInteger()))
        connection.execute(write, changes[start : start + BATCH])


_IS_REFERENCE = EVENTS.c.event == CROSS_REFERENCED


def _references(connection: sa.Connection) -> Iterator[Any]:
    columns = (EVENTS.c.id, EVENTS.c.issue_id, EVENTS.c.created_at, EVENTS.c.details)
    found = connection.execute(sa.select(*columns).where(_IS_REFERENCE)).all()
    yield from sorted(found, key=lambda row: (row.issue_id, str(row.created_at), _repository(row), row.id))


def _repository(row: Any) -> str:
    return str((((row.details or {}).get("source") or {}).get("issue") or {}).get("repository_url") or "")


def _new_key(row: Any, issue: dict[str, Any]) -> int | None:
    number, form = issue.get("number"), "pull" if issue.get("pull_request") else "issue"
    return _derived(CROSS_REFERENCED, row.issue_id, _text(row.created_at), number, form) if number else None


def _old_key(row: Any, issue: dict[str, Any]) -> int | None:
    """Give the key of before; None for a pull request that was read since, whose issue id is not stored."""
    number = issue.get("id")
    return _derived(CROSS_REFERENCED, row.issue_id, number, _text(row.created_at)) if number else None


def _text(moment: datetime | str) -> str:
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def _derived(*parts: object) -> int:
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
    return -1 - (int.from_bytes(digest[:8], "big") >> 1)
