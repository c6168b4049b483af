"""Security: alerts with each change of their state, checks of repositories and teams; more of each repository."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

# Written out here and not imported: a migration must stay what it was when the models move on.
TIME = sa.DateTime(timezone=True)
JSON_OBJECT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
JSON_ARRAY = sa.JSON(none_as_null=True).with_variant(
    postgresql.ARRAY(postgresql.JSON(none_as_null=True), dimensions=1), "postgresql"
)


def _alert() -> list[Column[Any]]:
    """Make the columns that all alerts share."""
    return [
        Column("repository_id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="repositories.id"),
        Column(
            "number",
            sa.Integer(),
            primary_key=True,
            autoincrement=False,
            comment="Number; each repository and kind of alert counts apart",
        ),
        Column("org", sa.String(), nullable=False, comment="Owner of the repository"),
        Column("repo", sa.String(), nullable=False, comment="Repository's name, without the owner"),
        Column("created_at", TIME, nullable=False, comment="When it was opened"),
        Column("updated_at", TIME, comment="When GitHub last counted a change"),
        Column("html_url", sa.String(), comment="Web page"),
        Column("first_seen_at", TIME, nullable=False, comment="When this app first saw it"),
        Column(
            "listed_at",
            TIME,
            comment="When the last reading began that showed it, of the whole list or of it alone; NULL before one",
        ),
        Column("asked_at", TIME, comment="When GitHub was last asked for it alone; NULL: never"),
        Column(
            "not_found_at",
            TIME,
            comment="Since when GitHub has said that it has no such alert; NULL when it was shown since",
        ),
        Column(
            "unlisted_at",
            TIME,
            comment="When this app saw that GitHub no longer lists it (its repository is gone, or the feature is off there); NULL while it does. Its state is then the last one seen",
        ),
        Column(
            "unlisted_reason",
            sa.String(),
            comment="repository_gone, off (in the repository), organisation_off, not_found (GitHub has no such alert) or not_listed (it was not listed again when its repository or the feature came back); NULL while it is listed",
        ),
    ]


def _dismissed() -> list[Column[Any]]:
    """Make those of alerts that are dismissed or fixed."""
    return [
        Column("dismissed_at", TIME, comment="When it was dismissed; else NULL"),
        Column("dismissed_by", sa.String(), comment="Login of who dismissed it"),
        Column("dismissed_reason", sa.String(), comment="Reason that was chosen"),
        Column("dismissed_comment", sa.String(), comment="Reason in that person's words"),
        Column("fixed_at", TIME, comment="When GitHub saw it fixed; may be set though the state is another"),
        Column("assignees", JSON_ARRAY, comment="Logins of those who are assigned"),
    ]


# Each table: its comment, its columns and its indexes.
TABLES: dict[str, tuple[str, list[Column[Any]], list[tuple[str, ...]]]] = {
    "dependabot_alerts": (
        "Dependabot's alerts: dependencies with a known vulnerability",
        [
            *_alert(),
            *_dismissed(),
            Column("state", sa.String(), nullable=False, comment="open, fixed, dismissed or auto_dismissed"),
            Column("severity", sa.String(), nullable=False, comment="low, medium, high or critical"),
            Column("ecosystem", sa.String(), comment="Where packages are from, such as npm or pip"),
            Column("package", sa.String(), comment="Package with the vulnerability"),
            Column("manifest_path", sa.String(), comment="File that names the package"),
            Column("scope", sa.String(), comment="runtime or development"),
            Column("relationship", sa.String(), comment="direct, transitive, inconclusive or unknown"),
            Column("vulnerable_version_range", sa.String(), comment="Vulnerable versions"),
            Column(
                "first_patched_version", sa.String(), comment="First version without it; NULL when there is none yet"
            ),
            Column("ghsa_id", sa.String(), comment="GitHub's advisory"),
            Column("cve_id", sa.String(), comment="CVE"),
            Column("summary", sa.String(), comment="Vulnerability in a sentence"),
            Column("classification", sa.String(), comment="general or malware"),
            Column("cvss_score", sa.Double(), comment="CVSS v3 score, 0 to 10"),
            Column(
                "epss_percentage",
                sa.Double(),
                comment="Share of such vulnerabilities that are exploited within 30 days, estimated, 0 to 1",
            ),
            Column("auto_dismissed_at", TIME, comment="When a rule of Dependabot's dismissed it; else NULL"),
            Column("dismissal_request", sa.String(), comment="Status of a request to dismiss it"),
        ],
        [("org", "repo"), ("org", "state")],
    ),
    "secret_scanning_alerts": (
        "Secrets that were found in repositories, without the secrets themselves",
        [
            *_alert(),
            Column("state", sa.String(), nullable=False, comment="open or resolved"),
            Column("secret_type", sa.String(), nullable=False, comment="What secret it is, such as aws_access_key_id"),
            Column("secret_type_display_name", sa.String(), comment="The same for people"),
            Column("provider", sa.String(), comment="Whose secret it is"),
            Column("validity", sa.String(), comment="active, inactive or unknown"),
            Column("publicly_leaked", sa.Boolean(), comment="True when it is in a public place, too"),
            Column("multi_repo", sa.Boolean(), comment="True when it is in several repositories"),
            Column("is_base64_encoded", sa.Boolean(), comment="True when it was found in base64"),
            Column("has_more_locations", sa.Boolean(), comment="True when it is in more than one place"),
            Column("first_location", sa.String(), comment="File where it was first found"),
            Column("resolved_at", TIME, comment="When it was resolved; NULL while open"),
            Column("resolved_by", sa.String(), comment="Login of who resolved it"),
            Column(
                "resolution",
                sa.String(),
                comment="false_positive, wont_fix, revoked, used_in_tests, pattern_edited or pattern_deleted",
            ),
            Column("assigned_to", sa.String(), comment="Login of who is assigned"),
            Column("push_protection_bypassed", sa.Boolean(), comment="True when push protection was bypassed"),
            Column("push_protection_bypassed_by", sa.String(), comment="Login of who bypassed it"),
            Column("push_protection_bypassed_at", TIME, comment="When it was bypassed"),
            Column(
                "resolution_comment",
                sa.String(),
                comment="Reason in words; NULL unless SECRET_COMMENTS=on, for it may quote the secret",
            ),
            Column(
                "push_protection_bypass_request_comment",
                sa.String(),
                comment="Why somebody asked to bypass; NULL unless SECRET_COMMENTS=on",
            ),
            Column(
                "push_protection_bypass_request_reviewer_comment",
                sa.String(),
                comment="Answer to that; NULL unless SECRET_COMMENTS=on",
            ),
            Column(
                "closure_request_comment",
                sa.String(),
                comment="Why somebody asked to close it; NULL unless SECRET_COMMENTS=on",
            ),
            Column(
                "closure_request_reviewer_comment",
                sa.String(),
                comment="Answer to that; NULL unless SECRET_COMMENTS=on",
            ),
        ],
        [("org", "repo"), ("org", "state")],
    ),
    "code_scanning_alerts": (
        "Code scanning's alerts, on default branches",
        [
            *_alert(),
            *_dismissed(),
            Column("state", sa.String(), nullable=False, comment="open, fixed or dismissed"),
            Column("severity", sa.String(), comment="security_severity, else rule_severity"),
            Column(
                "security_severity",
                sa.String(),
                comment="low, medium, high or critical; NULL for a rule that is not about security",
            ),
            Column("rule_severity", sa.String(), comment="none, note, warning or error"),
            Column("rule_id", sa.String(), comment="Rule"),
            Column("rule_name", sa.String(), comment="Rule's name"),
            Column("rule_description", sa.String(), comment="What the rule is about"),
            Column("tool", sa.String(), comment="Scanner, such as CodeQL"),
            Column("tool_version", sa.String(), comment="Scanner's version"),
            Column("ref", sa.String(), comment="Branch where it was last found"),
            Column("path", sa.String(), comment="File where it was last found"),
            Column("start_line", sa.Integer(), comment="Line where it was last found"),
        ],
        [("org", "repo"), ("org", "state")],
    ),
    "alert_transitions": (
        "Each change of an alert's state, with its time",
        [
            Column("kind", sa.String(), primary_key=True, comment="dependabot, secret_scanning or code_scanning"),
            Column("repository_id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="repositories.id"),
            Column("number", sa.Integer(), primary_key=True, autoincrement=False, comment="The alert's number"),
            Column("at", TIME, primary_key=True, comment="When it happened"),
            Column(
                "action",
                sa.String(),
                primary_key=True,
                comment="opened, fixed, dismissed, auto_dismissed, resolved, reopened or auto_reopened",
            ),
            Column("org", sa.String(), nullable=False, comment="Owner of the repository"),
            Column("repo", sa.String(), nullable=False, comment="Repository's name, without the owner"),
            Column("from_state", sa.String(), comment="State before; NULL when it was opened"),
            Column("to_state", sa.String(), nullable=False, comment="State after"),
            Column("actor", sa.String(), comment="Login of who did it; NULL when GitHub doesn't say"),
            Column("reason", sa.String(), comment="Reason or resolution that was chosen"),
            Column(
                "is_exact",
                sa.Boolean(),
                nullable=False,
                comment="True when GitHub tells the time; false when it is the latest at which it can have happened",
            ),
        ],
        [("org", "at")],
    ),
    "repository_checks": (
        "Whether each repository keeps each rule: a row for each of the two",
        [
            Column("repository_id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="repositories.id"),
            Column("rule", sa.String(), primary_key=True, comment="Rule, such as readme; docs/security.md"),
            Column("repo", sa.String(), nullable=False, comment="Repository's name, without the owner"),
            Column(
                "known_result",
                sa.String(),
                comment="result, or the last one before the errors; NULL when it could never be checked",
            ),
            Column("exception_reason", sa.String(), comment="Why the repository need not keep the rule; NULL: it must"),
            Column("exception_until", sa.Date(), comment="Last day of that exception"),
            Column("org", sa.String(), nullable=False, comment="Organisation"),
            Column(
                "result",
                sa.String(),
                nullable=False,
                comment="pass, fail, error (it could not be checked) or not_applicable",
            ),
            Column("since", TIME, nullable=False, comment="Since when this app has seen this result"),
            Column("checked_at", TIME, nullable=False, comment="When it was last checked"),
            Column("message", sa.String(), nullable=False, comment="Result in a sentence"),
            Column("evidence", JSON_OBJECT, nullable=False, comment="What the result stands on"),
        ],
        [("org", "rule", "result")],
    ),
    "repository_check_changes": (
        "Each change of a check's result, its first result too; errors are left out",
        [
            Column("repository_id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="repositories.id"),
            Column("rule", sa.String(), primary_key=True, comment="Rule"),
            Column("changed_at", TIME, primary_key=True, comment="When this app saw the change"),
            Column("org", sa.String(), nullable=False, comment="Organisation"),
            Column("repo", sa.String(), nullable=False, comment="Repository's name, without the owner"),
            Column("before", sa.String(), comment="Result before; NULL for the first one"),
            Column("after", sa.String(), nullable=False, comment="Result after: pass, fail or not_applicable"),
        ],
        [("org", "changed_at")],
    ),
    "team_checks": (
        "Whether each team keeps each rule of teams: a row for each of the two",
        [
            Column("team_id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="teams.id"),
            Column("rule", sa.String(), primary_key=True, comment="Rule, such as team_maintainer"),
            Column("team", sa.String(), nullable=False, comment="teams.slug"),
            Column("org", sa.String(), nullable=False, comment="Organisation"),
            Column(
                "result",
                sa.String(),
                nullable=False,
                comment="pass, fail, error (it could not be checked) or not_applicable",
            ),
            Column("since", TIME, nullable=False, comment="Since when this app has seen this result"),
            Column("checked_at", TIME, nullable=False, comment="When it was last checked"),
            Column("message", sa.String(), nullable=False, comment="Result in a sentence"),
            Column("evidence", JSON_OBJECT, nullable=False, comment="What the result stands on"),
        ],
        [("org", "rule", "result")],
    ),
    "repository_ratings": (
        "How well each repository keeps the rules",
        [
            Column("repository_id", sa.BigInteger(), primary_key=True, autoincrement=False, comment="repositories.id"),
            Column("org", sa.String(), nullable=False, comment="Organisation"),
            Column("repo", sa.String(), nullable=False, comment="Repository's name, without the owner"),
            Column(
                "rating",
                sa.String(),
                nullable=False,
                comment="platinum, gold, silver, bronze or unrated; unknown when a rule could never be checked",
            ),
            Column("since", TIME, nullable=False, comment="Since when this app has seen this rating"),
            Column("passed", sa.Integer(), nullable=False, comment="Rules that it keeps, or has an exception for"),
            Column("counted", sa.Integer(), nullable=False, comment="Rules that apply to it"),
            Column("percent", sa.Double(), comment="passed of counted, 0 to 100; NULL when none applies"),
            Column(
                "criteria",
                JSON_OBJECT,
                nullable=False,
                comment="Rules, required rules and lowest percentages that the rating stands on",
            ),
            Column("rated_at", TIME, nullable=False, comment="When it was rated"),
        ],
        [("org", "rating")],
    ),
    "alert_limits": (
        "How many days an alert may stay open, by the settings of the last run",
        [
            Column("kind", sa.String(), primary_key=True, comment="dependabot, secret_scanning or code_scanning"),
            Column(
                "severity",
                sa.String(),
                primary_key=True,
                comment="low, medium, high or critical; empty for secrets, which have none",
            ),
            Column("days", sa.Integer(), nullable=False, comment="Days"),
            Column("in_working_days", sa.Boolean(), nullable=False, comment="True when only Monday to Friday count"),
        ],
        [],
    ),
    "security_feature_days": (
        "How many repositories had each of GitHub's security features, by day",
        [
            Column("org", sa.String(), primary_key=True, comment="Organisation"),
            Column("day", sa.Date(), primary_key=True, comment="Day, UTC"),
            Column(
                "feature",
                sa.String(),
                primary_key=True,
                comment="advanced_security, dependabot_alerts, dependabot_security_updates, secret_scanning or secret_scanning_push_protection",
            ),
            Column(
                "enabled",
                sa.Integer(),
                nullable=False,
                comment="Repositories that have it; archived ones are left out of all counts",
            ),
            Column("disabled", sa.Integer(), nullable=False, comment="Repositories that don't"),
            Column("unknown", sa.Integer(), nullable=False, comment="Repositories of which GitHub doesn't tell"),
        ],
        [],
    ),
}
# What `repositories` gains.
REPOSITORIES: list[Column[Any]] = [
    Column("visibility", sa.String(), comment="public, private or internal"),
    Column("topics", JSON_ARRAY, comment="Topics (texts)"),
    Column("language", sa.String(), comment="Language that most of its code is in"),
    Column("license", sa.String(), comment="Licence's SPDX id, NOASSERTION when GitHub doesn't know it; NULL: none"),
    Column("size", sa.BigInteger(), comment="Size in kilobytes, as GitHub last counted it"),
    *(
        Column(name, sa.String(), comment="enabled or disabled; NULL when GitHub doesn't tell this token")
        for name in (
            *("advanced_security", "dependabot_security_updates"),
            *("secret_scanning", "secret_scanning_push_protection"),
        )
    ),
    Column("security_and_analysis", JSON_OBJECT, comment="All of GitHub's security features, with their status"),
    Column(
        "custom_properties",
        JSON_OBJECT,
        comment="Values of the organisation's custom properties (a text or a list of texts)",
    ),
]
PAGES = sa.table("list_polls", sa.column("stream"))
# What says that something was read: of the tables that go, and marks that the version before does not have.
KINDS = ("dependabot_alerts", "secret_scanning_alerts", "code_scanning_alerts", "repository_checks")
MARKS = ("copilot.days", "copilot.seats")


def upgrade() -> None:
    """Bring the tables forward."""
    for column in REPOSITORIES:
        op.add_column("repositories", column)
    # Unchanged pages would not be sent again, and the new columns would stay empty.
    op.execute(sa.delete(PAGES).where(PAGES.c.stream == "repositories"))
    for name, (comment, columns, indexes) in TABLES.items():
        op.create_table(name, *columns, sa.PrimaryKeyConstraint(name=f"pk_{name}"), comment=comment)
        for index in indexes:
            op.create_index(f"ix_{name}_{'_'.join(index)}", name, list(index))


def downgrade() -> None:
    """Take the tables back."""
    _forget()
    for name in reversed(TABLES):
        op.drop_table(name)
    for column in reversed(REPOSITORIES):
        op.drop_column("repositories", column.name)


def _forget() -> None:
    """Delete what says that the tables were read: after the next upgrade they are read again."""
    watermarks, cursors = (sa.table(name, sa.column("name")) for name in ("watermarks", "cursors"))
    runs = sa.table("sync_runs", sa.column("step"))
    op.execute(sa.delete(PAGES).where(PAGES.c.stream.in_(KINDS)))
    op.execute(sa.delete(watermarks).where(watermarks.c.name.in_((*KINDS, *MARKS))))
    op.execute(sa.delete(runs).where(runs.c.step.like("%.snapshot")))
    for table, column in ((cursors, cursors.c.name), (runs, runs.c.step)):
        for kind in KINDS:
            theirs = sa.or_(column == kind, column.like(f"{kind}.%"), column.like(f"%:{kind}"))
            op.execute(sa.delete(table).where(theirs))
