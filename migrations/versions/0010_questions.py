"""Questions about people need no JSON: ids of users as numbers; and indexes for what is asked every ten minutes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

AUTHOR = "Author's id, which stays with a person as a login does not; NULL when the account is gone"
DOER = "Id of who did it, which stays with a person as a login does not; NULL when the account is gone"
# Each table's column for the id in its column `user`.
PEOPLE = {
    "issues": ("author_id", AUTHOR),
    "pull_requests": ("author_id", AUTHOR),
    "transfers": ("author_id", AUTHOR),
    "events": ("user_id", DOER),
}
BY_PERSON = {name: [PEOPLE[name][0], "created_at"] for name in ("issues", "pull_requests", "events")}
# Of the columns of the partial indexes: those that they hold, those that PostgreSQL's cover, and of which rows.
DUE: dict[str, tuple[list[str], list[str], str]] = {
    "issues": (["org", "id"], ["created_at", "updated_at", "repository_id"], "deleted_at IS NULL"),
    "pull_requests": (["org", "id"], ["created_at", "updated_at", "repository_id"], "deleted_at IS NULL"),
    "event_polls": (["id"], ["issue_updated_at"], "page_no = 1"),
}
# The id in a user object. Whatever else may be stored there is no id: NULL, and never an error.
USER_ID = {
    "postgresql": """
        CASE WHEN jsonb_typeof("user" -> 'id') = 'number' AND "user" ->> 'id' ~ '^-?[0-9]{1,19}$'
        THEN CASE WHEN CAST("user" ->> 'id' AS NUMERIC) BETWEEN -9223372036854775808 AND 9223372036854775807
             THEN CAST("user" ->> 'id' AS BIGINT) END
        END""",
    # What is wider than a BIGINT is of the JSON type integer too, but comes as a real number.
    "sqlite": """
        CASE WHEN json_valid("user")
        THEN CASE WHEN json_type("user", '$.id') = 'integer' AND typeof(json_extract("user", '$.id')) = 'integer'
             THEN json_extract("user", '$.id') END
        END""",
}


def upgrade() -> None:
    """Bring the tables forward."""
    user_id = USER_ID[op.get_context().dialect.name]
    for table, (column, comment) in PEOPLE.items():
        op.add_column(table, sa.Column(column, sa.BigInteger(), comment=comment))
        rows = sa.table(table, sa.column(column), sa.column("user"))
        op.execute(sa.update(rows).where(rows.c.user.is_not(None)).values({column: sa.text(user_id)}))
    for table, columns in BY_PERSON.items():
        op.create_index(_name(table, columns), table, columns)
    for table, (columns, covered, which) in DUE.items():
        options: dict[str, Any] = {"postgresql_where": sa.text(which), "sqlite_where": sa.text(which)}
        op.create_index(_name(table, columns), table, columns, postgresql_include=covered, **options)


def downgrade() -> None:
    """Take the tables back."""
    for table, (columns, _, _) in DUE.items():
        op.drop_index(_name(table, columns), table_name=table)
    for table, columns in BY_PERSON.items():
        op.drop_index(_name(table, columns), table_name=table)
    for table, (column, _) in PEOPLE.items():
        op.drop_column(table, column)


def _name(table: str, columns: list[str]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"
