"""Repositories, releases and teams; notes apart from errors, cursors apart from watermarks; clearer comments."""

from __future__ import annotations

from collections.abc import Iterator
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
LISTS = ("repositories", "releases", "teams", "team_members")
# Comments of tables and columns: which ones | before | after.
COMMENTS = """
copilot_day_revisions | Every different report of a day that was ever seen, whole; the last is in copilot_days | Every version of a day's report that this app has seen; copilot_days has the one that counts
copilot_day_revisions.digest | SHA-256 of source and report: kept once | SHA-256 of source and report
copilot_day_revisions.report copilot_days.report | The day as GitHub wrote it, whole | GitHub's whole record of the day
copilot_day_totals.dimension | What it breaks down by: ide, feature, language_feature, language_model or model_feature; of the APIs that are gone: language_ide, language_ide_model or ide_model. GitHub leaves things out of some, so that they need not add up to the day | What the day is broken down by: ide, feature, language_feature, language_model or model_feature (report); language_ide, language_ide_model or ide_model (usage, metrics). Choose one: each counts the same activity. Its sum may differ from the day's total, because GitHub leaves things out
copilot_day_totals.ide | IDE; empty when it is not broken down by it | IDE; empty in a breakdown that is not by IDE
copilot_day_totals.feature | Feature of Copilot; likewise | Feature of Copilot; empty in a breakdown that is not by feature
copilot_day_totals.language | Programming language; likewise | Programming language; empty in a breakdown that is not by language
copilot_day_totals.model | Language model; likewise | Language model; empty in a breakdown that is not by model
copilot_day_totals.engaged_users | People (usage and metrics only) | People who used it (usage and metrics only)
copilot_days.weekly_active_users | People who used it within 7 days, this one included | People who used it in the 7 days that end with this one
copilot_days.monthly_active_users | People who used it within 28 days | People who used it in the 28 days that end with this one
copilot_days.monthly_active_chat_users | People who used the chat within 28 days | People who used the chat in the 28 days that end with this one
copilot_days.monthly_active_agent_users | People who used agents within 28 days | People who used agents in the 28 days that end with this one
copilot_days.chat_turns | Chats (metrics), or turns of them (usage) | Number of chats (metrics), or of turns in chats (usage)
copilot_days.pull_requests_created_by_copilot | Those that Copilot opened | Pull requests that Copilot opened
copilot_days.source copilot_user_days.source | report (the API of today), or metrics or usage (the two that are gone, from saved files) | Where the figures are from: report (GitHub's API of today), or a saved file of one of the two retired APIs, metrics or usage
copilot_days.revision copilot_user_days.revision | How often what GitHub says has changed since it was first seen, from 1 | 1 at first, and 1 more each time GitHub revised the figures
copilot_days.revised_at copilot_user_days.revised_at | When this app saw the last change; NULL while there was none | When this app saw the last revision; NULL when there was none
copilot_seat_days | Seats by day, as they were when the daily job looked | How many seats there were each day, when the daily job ran
copilot_seat_days.active | Those used within 28 days | Seats that were used within the last 28 days
copilot_seat_days.never_used | Those of which no use was ever seen | Seats without any known use
copilot_seat_days.pending_cancellation | Those that will be taken back | Seats that will be taken back
copilot_seat_days.billed | What GitHub's billing counts (seat_breakdown.total) | Seats in GitHub's billing (seat_breakdown.total)
copilot_seats | Who holds a seat; removed_at once nobody is billed for it any more | Copilot seats: those that people hold, and those that were taken back
copilot_seats.pending_cancellation_date | When it will be taken back | When it will be taken back; NULL: it won't
copilot_seats.last_activity_at | Last use; GitHub forgets it after 90 days, this column doesn't | Last use; kept here though GitHub forgets it after 90 days; NULL: none is known
copilot_seats.last_activity_editor | Where that was: editor and versions | Editor of the last use, and its versions
copilot_seats.seat | The seat as GitHub last wrote it, whole | GitHub's whole record of the seat
copilot_team_days.active_members | Those who used Copilot; somebody in two teams counts in both | People who used Copilot on that day; somebody in two teams counts in both
copilot_team_days.ai_credits_used copilot_user_days.ai_credits_used | Credits spent | AI credits spent
copilot_user_days.report copilot_user_periods.report | The row as GitHub wrote it, whole | GitHub's whole record
event_polls.id | Issue id | issues.id or pull_requests.id
event_polls.issue_updated_at | The issue's updated_at by then | updated_at of the issue or pull request when the page was read
event_polls.events | How many events that page had: a full last page may have a successor | How many events that page had
event_polls.next_url | GitHub's link to the next page, which an unchanged page (304) need not repeat | GitHub's link to the next page; NULL on the last one
events.id | GitHub's id of the event, comment or review; for kinds that GitHub doesn't number, a negative number made from what identifies them, the same on every read | GitHub's id of the event, comment or review. An event without one has a negative number, which is the same on every read
events.event | Kind of event, such as labeled or reviewed; in the key because events, comments and reviews number themselves apart, so that two of one issue may have the same id | Kind of event, such as labeled or reviewed. Part of the key because a comment and a review of the same issue may have the same id
events.created_at | When it happened; of a review: when it was submitted, of a commit: when it was committed | When it happened; for a review, when it was submitted; for a commit, when it was committed
events.details | What only this kind of event says: assignee, milestone, rename, state_reason, commit_id, source, … | Fields that only this kind of event has: assignee, milestone, rename, state_reason, commit_id, …
events.page_no | Page of the timeline it was last read on: tells what has gone from a page that is read again | Page of the timeline that it was last seen on
events.removed_at | When this app saw that GitHub no longer shows it (a deleted comment, say) | When this app saw that GitHub no longer shows it, such as a deleted comment; NULL while it does
issues.score pull_requests.score | Search score; says nothing of value | Relevance to the search that found it
issues.html_url pull_requests.html_url | The page for people | Web page
issues.updated_at pull_requests.updated_at | When GitHub last counted a change | When it last changed, according to GitHub
issues.url pull_requests.url | API: the issue form of this item | API: this item as an issue
issues.user pull_requests.user | Author (user object); NULL for a ghost | Author (user object); NULL when the account is gone
issues.deleted_at pull_requests.deleted_at | When this app saw that GitHub no longer shows it here (deleted or moved), so that counts can agree with GitHub's and nothing stored is lost | When this app saw that it was deleted or moved; NULL while GitHub shows it. Leave out rows that have it to get GitHub's counts
members.inactive | True when a member of none of the organisations any more | True once the person is a member of no organisation
pull_requests.merged | True when merged_at is set, false when GitHub says that it is not, NULL when GitHub has not said | True when it was merged, false when it was not, NULL when GitHub has not said
pull_requests.merged_at | When it was merged, from pull_request.merged_at: merged alone only says whether | When it was merged (pull_request.merged_at); NULL when it was not
pull_requests.pull_id | The id that /pulls and webhooks use for the same pull request, to join the two. A row known only from there has the negative of it as its id until a search tells the issue id | The pull request's id in /pulls and in webhooks, which is not its issue id. While no search has given the issue id, the column id holds the negative of pull_id
transfer_checks | Issues with a twin (same author and moment) that did not move: not to be asked for again | Issues that did not move, though a newer one has the same author and opening time (a twin)
transfer_checks.newest_twin_id | The newest issue like it at that time; a newer one is a reason to ask again | The newest twin at that time; GitHub is asked again when a newer one comes
"""


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
    for table, column, before, after in _comments():
        _comment(table, column, after, before=before)


def downgrade() -> None:
    """Take the tables back."""
    for table, column, before, after in _comments():
        _comment(table, column, before, before=after)
    _forget_lists()
    for table in ("team_members", "teams", "releases", "repositories", "list_polls"):
        op.drop_table(table)
    _rename("copilot_team_days", "copilot_team_totals")
    op.execute("INSERT INTO watermarks (name, org, scope, value) SELECT name, org, scope, value FROM cursors")
    op.drop_table("cursors")
    op.execute("UPDATE sync_runs SET error = note WHERE error IS NULL AND note IS NOT NULL")
    op.drop_column("sync_runs", "note")


def _forget_lists() -> None:
    """Delete what says that the lists were read, whose tables go: the next upgrade's first run reads them again."""
    watermarks, cursors = (sa.table(name, sa.column("name")) for name in ("watermarks", "cursors"))
    runs = sa.table("sync_runs", sa.column("step"))
    op.execute(sa.delete(watermarks).where(watermarks.c.name.in_(LISTS)))
    op.execute(sa.delete(cursors).where(cursors.c.name.in_([f"whole:{name}" for name in LISTS])))
    op.execute(sa.delete(runs).where(runs.c.step.in_(LISTS)))


def _comments() -> Iterator[tuple[str, str, str, str]]:
    for line in COMMENTS.strip().splitlines():
        names, before, after = line.split(" | ")
        for name in names.split():
            table, _, column = name.partition(".")
            yield table, column, before, after


def _comment(table: str, column: str, comment: str, *, before: str) -> None:
    """Change the comment of a column, or of the table when `column` is empty."""
    # SQLite has no comments.
    if not op.get_context().dialect.supports_comments:
        return
    if column:
        op.alter_column(table, column, comment=comment, existing_comment=before)
    else:
        op.create_table_comment(table, comment, existing_comment=before)


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
        _text("html_url", "Web page"),
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
        _text("html_url", "Web page"),
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
        _text("html_url", "Web page"),
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
