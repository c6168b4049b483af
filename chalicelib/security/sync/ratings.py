"""Writes how well repositories keep the rules, with the criteria beside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import save_own_rows
from chalicelib.security.models import RepositoryRating
from chalicelib.security.rules.rating import Criteria, rate
from chalicelib.store.among import among
from chalicelib.store.upsert import Row


def save_ratings(context: Context, criteria: Criteria, checks: Sequence[Row], *, now: datetime) -> None:
    """Rate repositories by all rows of their checks."""
    by_repository: dict[int, list[Row]] = {}
    for check in checks:
        by_repository.setdefault(check["repository_id"], []).append(check)
    columns = (RepositoryRating.repository_id, RepositoryRating.rating, RepositoryRating.since)
    stored = select(*columns).where(among(RepositoryRating.repository_id, by_repository))
    ratings = {number: (rating, since) for number, rating, since in context.session.execute(stored)}
    rows = [_row(criteria, own, ratings.get(number, (None, now)), now=now) for number, own in by_repository.items()]
    save_own_rows(context, RepositoryRating, rows)


def _row(criteria: Criteria, checks: Sequence[Row], before: tuple[str | None, datetime], *, now: datetime) -> Row:
    results = {check["rule"]: check["known_result"] for check in checks}
    excepted = {check["rule"] for check in checks if check["exception_reason"]}
    found = rate(results, excepted, criteria)
    return {
        **{name: checks[0][name] for name in ("repository_id", "org", "repo")},
        "rating": found.rating,
        "since": min(before[1], now) if found.rating == before[0] else now,
        "passed": found.passed,
        "counted": found.counted,
        "percent": found.percent,
        "criteria": criteria.as_json(),
        "rated_at": now,
    }
