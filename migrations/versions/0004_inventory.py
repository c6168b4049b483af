"""Repositories, releases and teams; notes apart from errors, cursors apart from watermarks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

# Written out here and not imported: a migration must stay what it was when the models move on.
TIME = sa.DateTime(timezone=True)
JSON_ARRAY = sa.JSON().with_variant(postgresql.ARRAY(postgresql.JSON(), dimensions=1), "postgresql")
FIRST_SEEN = "When this app first saw it"
# The watermarks that said where a reading goes on, and not up to where everything is stored.
CURSORS = ("access", "copilot.days", "copilot.people", "interrupted:", "backfill:", "reconcile:", "sweep:", "sandbox:")
MARK = ["name", "org", "scope", "value"]


def upgrade() -> None:
    """Bring the tables forward."""
    _keep_notes_apart()
    _keep_cursors_apart()
    _rename("copilot_team_totals", "copilot_team_days")
    _list_polls()
    _repositories()
    _releases()
    _teams()
    _team_members()


def downgrade() -> None:
    """Take the tables back."""
    for table in ("team_members", "teams", "releases", "repositories", "list_polls"):
        op.drop_table(table)
    _rename("copilot_team_days", "copilot_team_totals")
    op.execute("INSERT INTO watermarks (name, org, scope, value) SELECT name, org, scope, value FROM cursors")
    op.drop_table("cursors")
    op.execute("UPDATE sync_runs SET error = note WHERE error IS NULL AND note IS NOT NULL")
    op.drop_column("sync_runs", "note")


def _keep_notes_apart() -> None:
    comment = "What else is to be known, though all is well, such as days that GitHub has no report of"
    op.add_column("sync_runs", Column("note", sa.Text(), comment=comment))
    op.execute("UPDATE sync_runs SET note = error, error = NULL WHERE status = 'ok' AND error IS NOT NULL")


def _keep_cursors_apart() -> None:
    op.create_table(
        "cursors",
        Column("name", sa.String(), nullable=False, comment="What it is of, such as sweep:issues"),
        Column("org", sa.String(), nullable=False, comment="Organisation"),
        Column(
            "scope",
            sa.String(),
            nullable=False,
            comment="The repositories it holds for; * means all of the organisation's",
        ),
        Column("value", TIME, nullable=False, comment="The moment that it stands at"),
        sa.PrimaryKeyConstraint("name", "org", "scope", name=op.f("pk_cursors")),
        comment="Where readings go on; unlike a watermark, it says nothing of what is stored",
    )
    watermarks, cursors = (sa.table(name, *map(sa.column, MARK)) for name in ("watermarks", "cursors"))
    moved = sa.or_(*(watermarks.c.name.like(f"{beginning}%") for beginning in CURSORS))
    op.execute(sa.insert(cursors).from_select(MARK, sa.select(*watermarks.c).where(moved)))
    op.execute(sa.delete(watermarks).where(moved))


def _rename(before: str, after: str) -> None:
    """Rename a table; views of people's own follow."""
    op.rename_table(before, after)
    # SQLite keeps the old name of the key, which nothing refers to.
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {after} RENAME CONSTRAINT pk_{before} TO pk_{after}")


def _text(name: str, comment: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, sa.String(), nullable=nullable, comment=comment)


def _flag(name: str, comment: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, sa.Boolean(), nullable=nullable, comment=comment)


def _time(name: str, comment: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, TIME, nullable=nullable, comment=comment)


def _id(name: str, comment: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable, comment=comment)


def _list_polls() -> None:
    op.create_table(
        "list_polls",
        _text("stream", "Which list it is, such as releases", nullable=False),
        _text("org", "Organisation", nullable=False),
        _text("list", "Path that was asked for, and its parameters", nullable=False),
        Column("page_no", sa.Integer(), autoincrement=False, nullable=False, comment="Page, from 1"),
        _text("etag", "ETag of that page, quotes included"),
        Column("items", sa.Integer(), nullable=False, comment="How many records that page had"),
        _text("next_url", "GitHub's link to the next page"),
        _time("read_at", "When it was last asked for", nullable=False),
        sa.PrimaryKeyConstraint("stream", "org", "list", "page_no", name=op.f("pk_list_polls")),
        comment="The last read of each page of each plain list, such as a repository's releases",
    )


def _repositories() -> None:
    gone = "When this app saw that GitHub no longer lists it (deleted, moved, or hidden); NULL while it does"
    op.create_table(
        "repositories",
        _id("id", "GitHub's repository id"),
        _text("org", "Owner", nullable=False),
        _text("name", "Name, without the owner: `repo` in the other tables", nullable=False),
        _text("node_id", "GraphQL id"),
        _text("description", "What it is, in its owner's words"),
        _text("html_url", "The page for people"),
        _flag("private", "True when not everybody can see it"),
        _flag("fork", "True when it is a fork of another one"),
        _flag("archived", "True when it is read-only"),
        _text("default_branch", "Default branch"),
        _time("created_at", "When it was made"),
        _time("updated_at", "When GitHub last counted a change"),
        _time("pushed_at", "When something was last pushed"),
        _time("first_seen_at", FIRST_SEEN, nullable=False),
        _time("deleted_at", gone),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repositories")),
        comment="Repositories of the organisations",
    )
    op.create_index(op.f("ix_repositories_org_name"), "repositories", ["org", "name"])


def _releases() -> None:
    op.create_table(
        "releases",
        _id("id", "GitHub's release id"),
        _text("org", "Owner of the repository", nullable=False),
        _text("repo", "Repository's name, without the owner", nullable=False),
        Column("repository_id", sa.BigInteger(), nullable=False, comment="repositories.id"),
        _text("node_id", "GraphQL id"),
        _text("tag_name", "Tag that was released, such as v1.2.0", nullable=False),
        _text("target_commitish", "Branch or commit that the tag is made from"),
        _text("name", "Title"),
        _text("body", "Release notes, Markdown"),
        _flag("draft", "True while it is not published", nullable=False),
        _flag("prerelease", "True when it is not meant for everybody", nullable=False),
        Column("author_id", sa.BigInteger(), comment="User id of who made it"),
        _text("author", "Login of who made it"),
        _time("created_at", "Date of the commit that was released"),
        _time("published_at", "When it was published; NULL for a draft"),
        _text("html_url", "The page for people"),
        Column(
            "assets",
            JSON_ARRAY,
            comment="Files (asset objects), with size and download_count when they were last read",
        ),
        _time("first_seen_at", FIRST_SEEN, nullable=False),
        _time("deleted_at", "When this app saw that GitHub no longer lists it; NULL while it does"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        comment="Releases of repositories",
    )
    op.create_index(op.f("ix_releases_org_repo_published_at"), "releases", ["org", "repo", "published_at"])
    op.create_index(op.f("ix_releases_repository_id"), "releases", ["repository_id"])


def _teams() -> None:
    op.create_table(
        "teams",
        _id("id", "GitHub's team id"),
        _text("org", "Organisation", nullable=False),
        _text("slug", "Name in addresses, such as @my-org/platform", nullable=False),
        _text("name", "Name", nullable=False),
        _text("node_id", "GraphQL id"),
        _text("description", "What it is, in its own words"),
        _text("privacy", "closed (all members see it) or secret"),
        _text("permission", "What it may do in new repositories"),
        Column("parent_id", sa.BigInteger(), comment="teams.id of the team that it is part of; NULL: none"),
        _text("html_url", "The page for people"),
        _time("first_seen_at", FIRST_SEEN, nullable=False),
        _time("deleted_at", "When this app saw that GitHub no longer lists it; NULL while it does"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        comment="Teams of the organisations",
    )
    op.create_index(op.f("ix_teams_org_slug"), "teams", ["org", "slug"])


def _team_members() -> None:
    left = "When this app saw that the person had left; NULL while in the team. Who comes back gets a new row"
    op.create_table(
        "team_members",
        _id("team_id", "teams.id"),
        _id("member_id", "GitHub's user id"),
        _time("first_seen_at", "When this app first saw the person in the team", nullable=False),
        _text("org", "Organisation", nullable=False),
        _text("login", "User name", nullable=False),
        _text("role", "maintainer or member; the last one seen", nullable=False),
        _time("left_at", left),
        sa.PrimaryKeyConstraint("team_id", "member_id", "first_seen_at", name=op.f("pk_team_members")),
        comment="Who belonged to which team and when: a row for each stay, members of child teams included",
    )
    op.create_index(op.f("ix_team_members_member_id"), "team_members", ["member_id"])
    op.create_index(op.f("ix_team_members_org_login"), "team_members", ["org", "login"])
