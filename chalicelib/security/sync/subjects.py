"""The repositories that are checked, those first that have waited longest, and what is stored of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from chalicelib.ingest.context import Context
from chalicelib.inventory.models import Repository
from chalicelib.security.models import RepositoryCheck
from chalicelib.security.rules import Known
from chalicelib.store.among import among
from chalicelib.store.base import Base
from chalicelib.store.marks import TOLERANCE

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Subject:
    """A repository that is to be checked."""

    id: int
    node_id: str | None
    org: str
    known: Known


def find_subjects(context: Context, rules: Collection[str], *, since: datetime | None) -> list[Subject]:
    """Find the repositories of the scope that are not gone; with `since` those that were not wholly checked since."""
    checks = (
        select(
            RepositoryCheck.repository_id.label("id"),
            func.count().label("rules"),
            func.min(RepositoryCheck.checked_at).label("first"),
            func.max(RepositoryCheck.checked_at).label("last"),
        )
        .where(RepositoryCheck.org == context.scope.org, among(RepositoryCheck.rule, rules))
        .group_by(RepositoryCheck.repository_id)
        .subquery()
    )
    rows = select(Repository.__table__, checks.c.rules, checks.c.first, checks.c.last).select_from(Repository.__table__)
    rows = rows.outerjoin(checks, checks.c.id == Repository.id)
    rows = rows.where(Repository.org == context.scope.org, Repository.deleted_at.is_(None))
    latest, due = context.now() + TOLERANCE, list[tuple[datetime, int, Subject]]()
    for row in context.session.execute(rows):
        if context.scope.covers(row.org, row.name):
            # A check that has not come yet is a wrong clock's.
            is_whole = row.rules == len(rules) and row.last <= latest
            checked_at = row.first if is_whole else NEVER
            if since is None or checked_at < since:
                due.append((checked_at, row.id, _subject_of(row)))
    return [subject for _, _, subject in sorted(due, key=lambda each: each[:2])]


def _subject_of(row: Any) -> Subject:
    visibility = row.visibility or {True: "private", False: "public", None: None}[row.private]
    known = Known(
        name=row.name,
        visibility=visibility,
        archived=row.archived,
        created_at=row.created_at,
        pushed_at=row.pushed_at,
        secret_scanning=row.secret_scanning,
        push_protection=row.secret_scanning_push_protection,
        custom_properties=row.custom_properties,
    )
    return Subject(row.id, row.node_id, row.org, known)


def member_logins(context: Context) -> Iterator[str]:
    """Give the logins of the organisation's members, in lower case."""
    members, memberships = Base.metadata.tables["members"], Base.metadata.tables["memberships"]
    current = (memberships.c.org == context.scope.org, memberships.c.inactive.is_(False), members.c.login.is_not(None))
    joined = members.join(memberships, memberships.c.member_id == members.c.id)
    for login in context.session.scalars(select(members.c.login).select_from(joined).where(*current)):
        yield login.lower()
