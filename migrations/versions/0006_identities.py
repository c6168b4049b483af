"""Repositories, organisations and people keep one identity, whatever they are called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ITEMS_COMMENT = "repositories.id; NULL while it is not known. A name may come to be another repository's"
TRANSFERS_COMMENT = "repositories.id of the repository before the move; NULL when it was not known"
FORMER_NAME = "Name that it had before; NULL when this app has never seen another one"
MOVED = "Owner and name now that it is another owner's; NULL when it is not known to be"
LOGIN_BEFORE, LOGIN = "User name on that day", "User name; a person who is renamed has the new one"
# The columns with a repository's id. The first run after this fills those of issues and pull requests.
COLUMNS = {"issues": ITEMS_COMMENT, "pull_requests": ITEMS_COMMENT, "transfers": TRANSFERS_COMMENT}


def upgrade() -> None:
    """Bring the tables forward."""
    for table, comment in COLUMNS.items():
        op.add_column(table, sa.Column("repository_id", sa.BigInteger(), comment=comment))
        op.create_index(op.f(f"ix_{table}_repository_id"), table, ["repository_id"])
    _comment(LOGIN, before=LOGIN_BEFORE)
    op.add_column("repositories", sa.Column("renamed_from", sa.String(), comment=FORMER_NAME))
    op.add_column("repositories", sa.Column("moved_to", sa.String(), comment=MOVED))
    op.create_table(
        "organisations",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="GitHub's organisation id"),
        sa.Column("login", sa.String(), nullable=False, comment="Name: `org` in the other tables"),
        sa.Column("renamed_from", sa.String(), comment=FORMER_NAME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        comment="The organisations that are read; a renamed one is still the same",
    )


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("organisations")
    op.drop_column("repositories", "moved_to")
    op.drop_column("repositories", "renamed_from")
    _comment(LOGIN_BEFORE, before=LOGIN)
    for table in reversed(COLUMNS):
        op.drop_index(op.f(f"ix_{table}_repository_id"), table_name=table)
        op.drop_column(table, "repository_id")
    # Or an upgrade to come would take the ids for filled.
    op.execute("DELETE FROM cursors WHERE name = 'repository_ids'")


def _comment(comment: str, *, before: str) -> None:
    # SQLite has no comments.
    if op.get_context().dialect.supports_comments:
        op.alter_column("copilot_user_days", "login", comment=comment, existing_comment=before)
