"""Questions about people need no JSON: ids of users as numbers; and indexes for what is asked every ten minutes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0010"
down_revision = "0009"

# Written out here and not imported: a migration must stay what it was when the models move on.
TIME = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OF_ITEM = ["issue_id", "event", "created_at"]
NOTES = "changed_items"
MERGED = "event = 'merged' AND removed_at IS NULL"

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


def _place() -> list[Column[Any]]:
    """Make the columns that say where an item is."""
    return [
        Column("org", sa.String(), nullable=False, comment="Owner of the repository"),
        Column("repo", sa.String(), nullable=False, comment="Repository's name, without the owner"),
    ]


def _opened() -> list[Column[Any]]:
    """Make those, and the ones that say who opened it when."""
    return [
        Column("number", sa.Integer(), nullable=False, comment="Number within the repository"),
        Column("author_id", sa.BigInteger(), comment="Author's id; NULL when the account is gone"),
        Column("username", sa.String(), comment="Author's login; NULL when the account is gone"),
        Column(
            "author_kind",
            sa.String(),
            nullable=False,
            comment="What the author was at its opening: member, maintainer, non-member or bot",
        ),
        Column("created_at", TIME, nullable=False, comment="When it was opened"),
        *_place(),
    ]


# Each table of facts and what they need: its comment, its columns and its indexes.
TABLES: dict[str, tuple[str, list[Column[Any]], list[list[str]]]] = {
    "fact_definitions": (
        "How each table of facts was defined when it was last made anew: another code, another digest",
        [
            Column("name", sa.String(), primary_key=True, comment="Name of the table"),
            Column("digest", sa.String(), nullable=False, comment="SHA-256 of the SQL that says what follows"),
        ],
        [],
    ),
    "changed_items": (
        "Items whose rows or events changed since what follows from them was stored",
        [
            Column("id", SERIAL, primary_key=True, comment="Number of the note"),
            Column("item_id", sa.BigInteger(), nullable=False, comment="issues.id or pull_requests.id"),
        ],
        [["item_id"]],
    ),
    "person_roles": (
        "Who counts as one of us, and from when to when: made from what is stored",
        [
            Column("org", sa.String(), primary_key=True, comment="Organisation"),
            Column("user_id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="GitHub's user id"),
            Column(
                "role",
                sa.String(),
                primary_key=True,
                comment="member (of the organisation), maintainer (merged, or is in GH_MAINTAINERS), or team/ and a teams.id",
            ),
            Column("since", TIME, comment="From when on; NULL: always"),
            Column("until", TIME, comment="Until when; NULL: until now"),
        ],
        [],
    ),
    "listed_people": (
        "The settings GH_MAINTAINERS and GH_BOTS, as the last job had them",
        [
            Column("login", sa.String(), primary_key=True, comment="Login in small letters, or organisation/team"),
            Column("role", sa.String(), primary_key=True, comment="maintainer or bot"),
        ],
        [],
    ),
    "pull_request_facts": (
        "What follows from each pull request's events: read pull_request_cycle instead",
        [
            Column("id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="pull_requests.id"),
            Column("outcome", sa.String(), nullable=False, comment="open, merged, unmerged or unknown"),
            Column(
                "is_draft",
                sa.Boolean(),
                nullable=False,
                comment="True while it is a draft, and when it was closed as one",
            ),
            Column("ready_at", TIME, comment="When the hours begin"),
            Column("first_response_at", TIME, comment="First comment or review"),
            Column("first_responder", sa.String(), comment="Who that was by"),
            Column("our_first_response_at", TIME, comment="First comment or review by one of us"),
            Column("our_first_responder", sa.String(), comment="Who that was by"),
            Column("first_review_at", TIME, comment="First review"),
            Column("first_reviewer", sa.String(), comment="Who that was by"),
            Column("first_approval_at", TIME, comment="First approval that was not dismissed"),
            Column("merged_at", TIME, comment="When it was merged"),
            Column("closed_at", TIME, comment="When it was last closed"),
            Column(
                "draft_seconds",
                sa.BigInteger(),
                nullable=False,
                comment="Seconds as a draft, up to draft_since or the end",
            ),
            Column("draft_since", TIME, comment="Since when it has been a draft; NULL: it is none, or closed"),
            Column("hours_to_first_response", sa.Double(), comment="Hours from ready_at to first_response_at"),
            Column("hours_to_our_first_response", sa.Double(), comment="Hours from ready_at to our_first_response_at"),
            Column("hours_to_first_review", sa.Double(), comment="Hours from ready_at to first_review_at"),
            Column("hours_to_approval", sa.Double(), comment="Hours from ready_at to first_approval_at"),
            Column("hours_to_merge", sa.Double(), comment="Hours from ready_at to merged_at"),
            Column("hours_to_close", sa.Double(), comment="Hours from ready_at to closed_at"),
            Column("reviews", sa.BigInteger(), nullable=False, comment="Reviews before the end"),
            Column(
                "empty_reviews",
                sa.BigInteger(),
                nullable=False,
                comment="How many of them have neither a verdict nor a text",
            ),
            Column("reviewers", sa.BigInteger(), nullable=False, comment="How many people submitted them"),
            Column(
                "review_rounds",
                sa.BigInteger(),
                nullable=False,
                comment="How many rounds of reviews, with pushes between them",
            ),
            Column("late_reviews", sa.BigInteger(), nullable=False, comment="Reviews after the end"),
            Column("moved_at", TIME, comment="When anybody but bots last moved it; NULL: nobody, or closed"),
            *_opened(),
        ],
        [["org", "created_at"], ["org", "repo", "number"]],
    ),
    "issue_facts": (
        "What follows from each issue's events: read issue_cycle instead",
        [
            Column("id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="issues.id"),
            Column("state", sa.String(), nullable=False, comment="open or closed"),
            Column("state_reason", sa.String(), comment="completed, not_planned, duplicate or reopened"),
            Column("closed_at", TIME, comment="When it was last closed"),
            Column("first_response_at", TIME, comment="First comment"),
            Column("first_responder", sa.String(), comment="Who that was by"),
            Column("our_first_response_at", TIME, comment="First comment by one of us"),
            Column("our_first_responder", sa.String(), comment="Who that was by"),
            Column("hours_to_first_response", sa.Double(), comment="Hours from created_at to first_response_at"),
            Column(
                "hours_to_our_first_response", sa.Double(), comment="Hours from created_at to our_first_response_at"
            ),
            Column("hours_to_close", sa.Double(), comment="Hours from created_at to closed_at"),
            Column("reopen_count", sa.BigInteger(), nullable=False, comment="How often it was reopened"),
            *_opened(),
        ],
        [["org", "created_at"], ["org", "repo", "number"]],
    ),
    "wait_facts": (
        "For whom each open item waits: read first_responses_pending instead",
        [
            Column(
                "id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="issues.id or pull_requests.id"
            ),
            Column("kind", sa.String(), nullable=False, comment="issue or pull_request"),
            Column("waiting_for", sa.String(), nullable=False, comment="us or author"),
            Column("waiting_since", TIME, nullable=False, comment="Since when"),
            Column("answered", sa.Boolean(), nullable=False, comment="True when one of us has responded"),
            Column("author_last_at", TIME, nullable=False, comment="The author's last message"),
            Column("our_last_at", TIME, comment="The last message by one of us"),
            *_opened(),
        ],
        [["org", "repo", "number"]],
    ),
    "open_period_facts": (
        "From when to when each item was open: read open_periods instead",
        [
            Column(
                "item_id",
                sa.BigInteger(),
                primary_key=True,
                autoincrement=False,
                comment="issues.id or pull_requests.id",
            ),
            Column(
                "turn",
                sa.BigInteger(),
                primary_key=True,
                autoincrement=False,
                comment="1 from its opening on, 2 from its first reopening on, and so on",
            ),
            Column("kind", sa.String(), nullable=False, comment="issue or pull_request"),
            Column("opened_at", TIME, nullable=False, comment="When it was opened, or reopened"),
            Column("closed_at", TIME, comment="When it was closed after that; NULL: it was not"),
            *_place(),
        ],
        [["org", "repo", "kind"]],
    ),
    "activity_facts": (
        "What people did on issues and pull requests: read activity instead",
        [
            Column(
                "item_id",
                sa.BigInteger(),
                primary_key=True,
                autoincrement=False,
                comment="issues.id or pull_requests.id",
            ),
            Column(
                "turn",
                sa.BigInteger(),
                primary_key=True,
                autoincrement=False,
                comment="Its place among those of the item, by time",
            ),
            Column("kind", sa.String(), nullable=False, comment="issue or pull_request"),
            Column(
                "what",
                sa.String(),
                nullable=False,
                comment="opened, commented, reviewed (somebody else's pull request), merged (it, whoever wrote it), closed (not by a merge), or was_merged: the author's own pull request, by anybody",
            ),
            Column("at", TIME, nullable=False, comment="When"),
            Column("user_id", sa.BigInteger(), comment="Who did it; NULL when the account is gone"),
            Column("username", sa.String(), comment="That person's login; NULL when the account is gone"),
            Column(
                "person_kind",
                sa.String(),
                nullable=False,
                comment="What the person was at that time: member, maintainer, non-member or bot",
            ),
            *_place(),
        ],
        [["org", "at"], ["org", "repo", "at"], ["user_id", "at"]],
    ),
    "label_facts": (
        "The labels of each item: read item_labels instead",
        [
            Column(
                "item_id",
                sa.BigInteger(),
                primary_key=True,
                autoincrement=False,
                comment="issues.id or pull_requests.id",
            ),
            Column("name", sa.String(), primary_key=True, comment="Label's name"),
            Column("kind", sa.String(), nullable=False, comment="issue or pull_request"),
            Column("number", sa.Integer(), nullable=False, comment="Number within the repository"),
            *_place(),
        ],
        [["org", "name"], ["org", "repo", "name"]],
    ),
    "review_request_facts": (
        "Who was asked for a review of which pull request: read review_requests instead",
        [
            Column("item_id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="pull_requests.id"),
            Column(
                "turn",
                sa.BigInteger(),
                primary_key=True,
                autoincrement=False,
                comment="Its place among those of the pull request, by time",
            ),
            Column("asked", sa.String(), nullable=False, comment="person, team or bot"),
            Column("reviewer_id", sa.BigInteger(), comment="Who was asked; NULL for a team"),
            Column("reviewer", sa.String(), comment="That person's login then"),
            Column("team_id", sa.BigInteger(), comment="Which team was asked; NULL for a person"),
            Column("team", sa.String(), comment="That team's name in addresses then"),
            Column("requested_at", TIME, nullable=False, comment="When"),
            Column("requested_by", sa.String(), comment="Login of who asked; NULL when it is gone"),
            Column("removed_at", TIME, comment="When it was withdrawn unanswered"),
            Column("reviewed_at", TIME, comment="When it was answered with a review"),
            Column("reviewed_by_id", sa.BigInteger(), comment="Whose review that was"),
            Column("reviewed_by", sa.String(), comment="That person's login"),
            Column("is_open", sa.Boolean(), nullable=False, comment="True while the review is waited for"),
            *_opened(),
        ],
        [["org", "repo", "requested_at"], ["org", "requested_at"], ["reviewer_id", "requested_at"]],
    ),
    "working_days": (
        "Working time of each UTC day, by the settings WORK_TIME_ZONE, WORK_DAYS and WORK_HOURS",
        [
            Column("day", sa.Date(), primary_key=True, comment="Day, UTC; also those without any working time"),
            Column(
                "seconds_before",
                sa.BigInteger(),
                nullable=False,
                comment="Working seconds from the table's first day until this day begins",
            ),
            Column(
                "opens",
                sa.BigInteger(),
                nullable=False,
                comment="Second of the day, UTC, at which working time begins; 0, as closes is: it has none",
            ),
            Column(
                "closes",
                sa.BigInteger(),
                nullable=False,
                comment="Second at which it ends; 86400: it goes on the next day",
            ),
            Column(
                "opens_again",
                sa.BigInteger(),
                nullable=False,
                comment="Second at which it begins once more, where the local night is in between; 0: it doesn't",
            ),
            Column("closes_again", sa.BigInteger(), nullable=False, comment="Second at which that ends"),
        ],
        [],
    ),
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
    op.create_index(_name("events", OF_ITEM), "events", OF_ITEM)
    op.drop_index("ix_events_issue_id_created_at", table_name="events")
    merged = {"postgresql_where": sa.text(MERGED), "sqlite_where": sa.text(MERGED)}
    op.create_index("ix_events_merged", "events", ["org", "user_id", "created_at"], **merged)  # type: ignore[arg-type]
    for name, (comment, made, indexes) in TABLES.items():
        op.create_table(
            name, *made, sa.PrimaryKeyConstraint(name=f"pk_{name}"), comment=comment, sqlite_autoincrement=name == NOTES
        )
        for index in indexes:
            op.create_index(_name(name, index), name, index)


def downgrade() -> None:
    """Take the tables back."""
    for name in reversed(TABLES):
        op.drop_table(name)
    op.drop_index("ix_events_merged", table_name="events")
    op.create_index("ix_events_issue_id_created_at", "events", ["issue_id", "created_at"])
    op.drop_index(_name("events", OF_ITEM), table_name="events")
    for table, (columns, _, _) in DUE.items():
        op.drop_index(_name(table, columns), table_name=table)
    for table, columns in BY_PERSON.items():
        op.drop_index(_name(table, columns), table_name=table)
    for table, (column, _) in PEOPLE.items():
        op.drop_column(table, column)


def _name(table: str, columns: list[str]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"
