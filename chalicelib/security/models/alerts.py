"""The tables of alerts: what GitHub's scanners found, and each change of an alert's state."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Double, Index, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from chalicelib.store.base import JSON_ARRAY, Base, JsonList, UTCDateTime, from_field, ours

DEPENDABOT, SECRET_SCANNING, CODE_SCANNING = "dependabot", "secret_scanning", "code_scanning"
KIND = "dependabot, secret_scanning or code_scanning"


class _Alert:
    """The columns that all alerts share."""

    comment: ClassVar[str]  # the table's

    repository_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, info=from_field("repository.id"), comment="repositories.id"
    )
    number: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Number; each repository and kind of alert counts apart"
    )
    org: Mapped[str] = mapped_column(String, info=ours(), comment="Owner of the repository")
    repo: Mapped[str] = mapped_column(
        String, info=from_field("repository.name"), comment="Repository's name, without the owner"
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When it was opened")
    updated_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When GitHub last counted a change")
    html_url: Mapped[str | None] = mapped_column(String, comment="Web page")
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, info=ours(), comment="When this app first saw it")
    listed_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        info=ours(),
        comment="When the last reading began that showed it, of the whole list or of it alone; NULL before one",
    )
    asked_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="When GitHub was last asked for it alone; NULL: never"
    )
    not_found_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        info=ours(),
        comment="Since when GitHub has said that it has no such alert; NULL when it was shown since",
    )
    unlisted_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        info=ours(),
        comment="When this app saw that GitHub no longer lists it (its repository is gone, or the feature is off "
        "there); NULL while it does. Its state is then the last one seen",
    )
    unlisted_reason: Mapped[str | None] = mapped_column(
        String,
        info=ours(),
        comment="repository_gone, off (in the repository), organisation_off, not_found (GitHub has no such alert) or "
        "not_listed (it was not listed again when its repository or the feature came back); NULL while it is listed",
    )

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[object, ...]:
        """Index what readers ask for."""
        return (Index(None, "org", "state"), Index(None, "org", "repo"), {"comment": cls.comment})


class _Dismissed:
    """Who dismissed an alert, and why."""

    dismissed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it was dismissed; else NULL")
    dismissed_by: Mapped[str | None] = mapped_column(
        String, info=from_field("dismissed_by.login"), comment="Login of who dismissed it"
    )
    dismissed_reason: Mapped[str | None] = mapped_column(String, comment="Reason that was chosen")
    dismissed_comment: Mapped[str | None] = mapped_column(String, comment="Reason in that person's words")
    fixed_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When GitHub saw it fixed; may be set though the state is another"
    )
    assignees: Mapped[JsonList | None] = mapped_column(
        JSON_ARRAY, info=ours(), comment="Logins of those who are assigned"
    )


class DependabotAlert(_Alert, _Dismissed, Base):
    """Dependabot's alerts: a dependency with a known vulnerability."""

    __tablename__ = "dependabot_alerts"
    comment = "Dependabot's alerts: dependencies with a known vulnerability"

    state: Mapped[str] = mapped_column(String, comment="open, fixed, dismissed or auto_dismissed")
    severity: Mapped[str] = mapped_column(
        String, info=from_field("security_vulnerability.severity"), comment="low, medium, high or critical"
    )
    ecosystem: Mapped[str | None] = mapped_column(
        String, info=from_field("dependency.package.ecosystem"), comment="Where packages are from, such as npm or pip"
    )
    package: Mapped[str | None] = mapped_column(
        String, info=from_field("dependency.package.name"), comment="Package with the vulnerability"
    )
    manifest_path: Mapped[str | None] = mapped_column(
        String, info=from_field("dependency.manifest_path"), comment="File that names the package"
    )
    scope: Mapped[str | None] = mapped_column(
        String, info=from_field("dependency.scope"), comment="runtime or development"
    )
    relationship: Mapped[str | None] = mapped_column(
        String,
        info=from_field("dependency.relationship"),
        comment="direct, transitive, inconclusive or unknown",
    )
    vulnerable_version_range: Mapped[str | None] = mapped_column(
        String, info=from_field("security_vulnerability.vulnerable_version_range"), comment="Vulnerable versions"
    )
    first_patched_version: Mapped[str | None] = mapped_column(
        String,
        info=from_field("security_vulnerability.first_patched_version.identifier"),
        comment="First version without it; NULL when there is none yet",
    )
    ghsa_id: Mapped[str | None] = mapped_column(
        String, info=from_field("security_advisory.ghsa_id"), comment="GitHub's advisory"
    )
    cve_id: Mapped[str | None] = mapped_column(String, info=from_field("security_advisory.cve_id"), comment="CVE")
    summary: Mapped[str | None] = mapped_column(
        String, info=from_field("security_advisory.summary"), comment="Vulnerability in a sentence"
    )
    classification: Mapped[str | None] = mapped_column(
        String, info=from_field("security_advisory.classification"), comment="general or malware"
    )
    cvss_score: Mapped[float | None] = mapped_column(
        Double, info=from_field("security_advisory.cvss_severities.cvss_v3.score"), comment="CVSS v3 score, 0 to 10"
    )
    epss_percentage: Mapped[float | None] = mapped_column(
        Double,
        info=from_field("security_advisory.epss.percentage"),
        comment="Share of such vulnerabilities that are exploited within 30 days, estimated, 0 to 1",
    )
    auto_dismissed_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When a rule of Dependabot's dismissed it; else NULL"
    )
    dismissal_request: Mapped[str | None] = mapped_column(
        String, info=from_field("dismissal_request.status"), comment="Status of a request to dismiss it"
    )


class SecretScanningAlert(_Alert, Base):
    """Secrets that were found in repositories; their text is never stored."""

    __tablename__ = "secret_scanning_alerts"
    comment = "Secrets that were found in repositories, without the secrets themselves"

    state: Mapped[str] = mapped_column(String, comment="open or resolved")
    secret_type: Mapped[str] = mapped_column(String, comment="What secret it is, such as aws_access_key_id")
    secret_type_display_name: Mapped[str | None] = mapped_column(String, comment="The same for people")
    provider: Mapped[str | None] = mapped_column(String, comment="Whose secret it is")
    validity: Mapped[str | None] = mapped_column(String, comment="active, inactive or unknown")
    publicly_leaked: Mapped[bool | None] = mapped_column(comment="True when it is in a public place, too")
    multi_repo: Mapped[bool | None] = mapped_column(comment="True when it is in several repositories")
    is_base64_encoded: Mapped[bool | None] = mapped_column(comment="True when it was found in base64")
    has_more_locations: Mapped[bool | None] = mapped_column(comment="True when it is in more than one place")
    first_location: Mapped[str | None] = mapped_column(
        String, info=from_field("first_location_detected.path"), comment="File where it was first found"
    )
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it was resolved; NULL while open")
    resolved_by: Mapped[str | None] = mapped_column(
        String, info=from_field("resolved_by.login"), comment="Login of who resolved it"
    )
    resolution: Mapped[str | None] = mapped_column(
        String,
        comment="false_positive, wont_fix, revoked, used_in_tests, pattern_edited or pattern_deleted",
    )
    assigned_to: Mapped[str | None] = mapped_column(
        String, info=from_field("assigned_to.login"), comment="Login of who is assigned"
    )
    push_protection_bypassed: Mapped[bool | None] = mapped_column(comment="True when push protection was bypassed")
    push_protection_bypassed_by: Mapped[str | None] = mapped_column(
        String, info=from_field("push_protection_bypassed_by.login"), comment="Login of who bypassed it"
    )
    push_protection_bypassed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it was bypassed")
    resolution_comment: Mapped[str | None] = mapped_column(
        String, comment="Reason in words; NULL unless SECRET_COMMENTS=on, for it may quote the secret"
    )
    push_protection_bypass_request_comment: Mapped[str | None] = mapped_column(
        String, comment="Why somebody asked to bypass; NULL unless SECRET_COMMENTS=on"
    )
    push_protection_bypass_request_reviewer_comment: Mapped[str | None] = mapped_column(
        String, comment="Answer to that; NULL unless SECRET_COMMENTS=on"
    )
    closure_request_comment: Mapped[str | None] = mapped_column(
        String, comment="Why somebody asked to close it; NULL unless SECRET_COMMENTS=on"
    )
    closure_request_reviewer_comment: Mapped[str | None] = mapped_column(
        String, comment="Answer to that; NULL unless SECRET_COMMENTS=on"
    )


class CodeScanningAlert(_Alert, _Dismissed, Base):
    """Code scanning's alerts on the default branch."""

    __tablename__ = "code_scanning_alerts"
    comment = "Code scanning's alerts, on default branches"

    state: Mapped[str] = mapped_column(String, comment="open, fixed or dismissed")
    severity: Mapped[str | None] = mapped_column(
        String,
        info=ours(),
        comment="security_severity, else rule_severity",
    )
    security_severity: Mapped[str | None] = mapped_column(
        String,
        info=from_field("rule.security_severity_level"),
        comment="low, medium, high or critical; NULL for a rule that is not about security",
    )
    rule_severity: Mapped[str | None] = mapped_column(
        String, info=from_field("rule.severity"), comment="none, note, warning or error"
    )
    rule_id: Mapped[str | None] = mapped_column(String, info=from_field("rule.id"), comment="Rule")
    rule_name: Mapped[str | None] = mapped_column(String, info=from_field("rule.name"), comment="Rule's name")
    rule_description: Mapped[str | None] = mapped_column(
        String, info=from_field("rule.description"), comment="What the rule is about"
    )
    tool: Mapped[str | None] = mapped_column(String, info=from_field("tool.name"), comment="Scanner, such as CodeQL")
    tool_version: Mapped[str | None] = mapped_column(
        String, info=from_field("tool.version"), comment="Scanner's version"
    )
    ref: Mapped[str | None] = mapped_column(
        String, info=from_field("most_recent_instance.ref"), comment="Branch where it was last found"
    )
    path: Mapped[str | None] = mapped_column(
        String, info=from_field("most_recent_instance.location.path"), comment="File where it was last found"
    )
    start_line: Mapped[int | None] = mapped_column(
        info=from_field("most_recent_instance.location.start_line"), comment="Line where it was last found"
    )


class AlertTransition(Base):
    """Each change of an alert's state."""

    __tablename__ = "alert_transitions"
    __table_args__ = (
        Index(None, "org", "at"),
        {"comment": "Each change of an alert's state, with its time"},
    )

    kind: Mapped[str] = mapped_column(String, primary_key=True, comment=KIND)
    repository_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="repositories.id"
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="The alert's number")
    at: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True, comment="When it happened")
    action: Mapped[str] = mapped_column(
        String,
        primary_key=True,
        comment="opened, fixed, dismissed, auto_dismissed, resolved, reopened or auto_reopened",
    )
    org: Mapped[str] = mapped_column(String, comment="Owner of the repository")
    repo: Mapped[str] = mapped_column(String, comment="Repository's name, without the owner")
    from_state: Mapped[str | None] = mapped_column(String, comment="State before; NULL when it was opened")
    to_state: Mapped[str] = mapped_column(String, comment="State after")
    actor: Mapped[str | None] = mapped_column(String, comment="Login of who did it; NULL when GitHub doesn't say")
    reason: Mapped[str | None] = mapped_column(String, comment="Reason or resolution that was chosen")
    is_exact: Mapped[bool] = mapped_column(
        comment="True when GitHub tells the time; false when it is the latest at which it can have happened"
    )
