"""For the view data_health, which every migration makes anew with the others: an index, and two truer comments."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

# Of sync_runs' columns: before and after.
COMMENTS = {
    "job": ("every_30_min, backfill or verify", "every_30_min, nrt_events, daily, backfill or verify"),
    "rate_limit_left": (
        "What the last answer left of its rate limit",
        "What the last answer left of the hourly rate limit; NULL when only searches were asked",
    ),
}


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_index(op.f("ix_sync_runs_started_at"), "sync_runs", ["started_at"])
    for column, (before, after) in COMMENTS.items():
        _comment(column, after, before=before)


def downgrade() -> None:
    """Take the tables back."""
    for column, (before, after) in COMMENTS.items():
        _comment(column, before, before=after)
    op.drop_index(op.f("ix_sync_runs_started_at"), table_name="sync_runs")


def _comment(column: str, comment: str, *, before: str) -> None:
    # SQLite has no comments.
    if op.get_context().dialect.supports_comments:
        op.alter_column("sync_runs", column, comment=comment, existing_comment=before)
