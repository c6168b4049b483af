"""The tables of checks: which rules each repository and team keeps, since when, and what was looked at."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.security.models.alerts import KIND
from chalicelib.store.base import JSON_OBJECT, Base, JsonObject, UTCDateTime

RESULT = "pass, fail, error (it could not be checked) or not_applicable"


class _Check:
    """The columns that the checks of repositories and of teams share."""

    org: Mapped[str] = mapped_column(String, comment="Organisation")
    result: Mapped[str] = mapped_column(String, comment=RESULT)
    since: Mapped[datetime] = mapped_column(UTCDateTime, comment="Since when this app has seen this result")
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When it was last checked")
    message: Mapped[str] = mapped_column(String, comment="Result in a sentence")
    evidence: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="What the result stands on")


class RepositoryCheck(_Check, Base):
    """A repository and a rule, as last checked."""

    __tablename__ = "repository_checks"
    __table_args__ = (
        Index(None, "org", "rule", "result"),
        {"comment": "Whether each repository keeps each rule: a row for each of the two"},
    )

    repository_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="repositories.id"
    )
    rule: Mapped[str] = mapped_column(String, primary_key=True, comment="Rule, such as readme; docs/security.md")
    repo: Mapped[str] = mapped_column(String, comment="Repository's name, without the owner")
    known_result: Mapped[str | None] = mapped_column(
        String, comment="result, or the last one before the errors; NULL when it could never be checked"
    )
    exception_reason: Mapped[str | None] = mapped_column(
        String, comment="Why the repository need not keep the rule; NULL: it must"
    )
    exception_until: Mapped[date | None] = mapped_column(Date, comment="Last day of that exception")


class RepositoryCheckChange(Base):
    """A check whose result changed."""

    __tablename__ = "repository_check_changes"
    __table_args__ = (
        Index(None, "org", "changed_at"),
        {"comment": "Each change of a check's result, its first result too; errors are left out"},
    )

    repository_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="repositories.id"
    )
    rule: Mapped[str] = mapped_column(String, primary_key=True, comment="Rule")
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True, comment="When this app saw the change")
    org: Mapped[str] = mapped_column(String, comment="Organisation")
    repo: Mapped[str] = mapped_column(String, comment="Repository's name, without the owner")
    before: Mapped[str | None] = mapped_column(String, comment="Result before; NULL for the first one")
    after: Mapped[str] = mapped_column(String, comment="Result after: pass, fail or not_applicable")


class TeamCheck(_Check, Base):
    """A team and a rule, as last checked."""

    __tablename__ = "team_checks"
    __table_args__ = (
        Index(None, "org", "rule", "result"),
        {"comment": "Whether each team keeps each rule of teams: a row for each of the two"},
    )

    team_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="teams.id")
    rule: Mapped[str] = mapped_column(String, primary_key=True, comment="Rule, such as team_maintainer")
    team: Mapped[str] = mapped_column(String, comment="teams.slug")


class RepositoryRating(Base):
    """A repository's rating, with the criteria that it stands on."""

    __tablename__ = "repository_ratings"
    __table_args__ = (Index(None, "org", "rating"), {"comment": "How well each repository keeps the rules"})

    repository_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="repositories.id"
    )
    org: Mapped[str] = mapped_column(String, comment="Organisation")
    repo: Mapped[str] = mapped_column(String, comment="Repository's name, without the owner")
    rating: Mapped[str] = mapped_column(
        String,
        comment="platinum, gold, silver, bronze or unrated; unknown when a rule could never be checked",
    )
    since: Mapped[datetime] = mapped_column(UTCDateTime, comment="Since when this app has seen this rating")
    passed: Mapped[int] = mapped_column(comment="Rules that it keeps, or has an exception for")
    counted: Mapped[int] = mapped_column(comment="Rules that apply to it")
    percent: Mapped[float | None] = mapped_column(Double, comment="passed of counted, 0 to 100; NULL when none applies")
    criteria: Mapped[JsonObject] = mapped_column(
        JSON_OBJECT, comment="Rules, required rules and lowest percentages that the rating stands on"
    )
    rated_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When it was rated")


class AlertLimit(Base):
    """How long an alert may stay open."""

    __tablename__ = "alert_limits"
    __table_args__ = ({"comment": "How many days an alert may stay open, by the settings of the last run"},)

    kind: Mapped[str] = mapped_column(String, primary_key=True, comment=KIND)
    severity: Mapped[str] = mapped_column(
        String, primary_key=True, comment="low, medium, high or critical; empty for secrets, which have none"
    )
    days: Mapped[int] = mapped_column(comment="Days")
    in_working_days: Mapped[bool] = mapped_column(comment="True when only Monday to Friday count")


class SecurityFeatureDay(Base):
    """How many repositories had a security feature on a day."""

    __tablename__ = "security_feature_days"
    __table_args__ = ({"comment": "How many repositories had each of GitHub's security features, by day"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    feature: Mapped[str] = mapped_column(
        String,
        primary_key=True,
        comment="advanced_security, dependabot_alerts, dependabot_security_updates, secret_scanning or "
        "secret_scanning_push_protection",
    )
    enabled: Mapped[int] = mapped_column(comment="Repositories that have it; archived ones are left out of all counts")
    disabled: Mapped[int] = mapped_column(comment="Repositories that don't")
    unknown: Mapped[int] = mapped_column(comment="Repositories of which GitHub doesn't tell")
