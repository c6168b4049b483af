"""repositories.json: each repository with what it keeps of the rules, and its rating."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from chalicelib.ingest.context import Context
from chalicelib.inventory.models import Repository
from chalicelib.security.models import RepositoryCheck, RepositoryRating
from chalicelib.security.snapshots.values import A_TIME, as_json
from chalicelib.store.among import among
from chalicelib.store.base import JsonObject
from chalicelib.utils import in_parts

OF_REPOSITORY = (
    *("name", "visibility", "archived", "fork", "default_branch", "description", "language", "license", "topics"),
    *("custom_properties", "created_at", "pushed_at"),
)
OF_CHECK = ("result", "known_result", "since", "checked_at", "message", "evidence")
OF_RATING = ("rating", "since", "passed", "counted", "percent", "criteria", "rated_at")

Checks = Mapping[str, Row[Any]]


def repositories_content(context: Context, as_of: datetime) -> JsonObject:  # noqa: ARG001 - what every snapshot gets
    """Show each repository that GitHub lists, archived ones too."""
    ratings = _ratings_of(context)
    checked = checked_repositories(context)
    return {"repositories": (_repository(each, checks, ratings.get(each.id)) for each, checks in checked)}


def checked_repositories(context: Context) -> Iterator[tuple[Any, Checks]]:
    """Read the repositories that GitHub lists and the settings cover, by name, each with its checks by rule."""
    org, table = context.scope.org, Repository.__table__
    columns = [table.c[name] for name in ("id", "html_url", *OF_REPOSITORY)]
    listed = context.session.execute(select(*columns).where(table.c.org == org, table.c.deleted_at.is_(None)))
    covered = [each for each in listed if context.scope.covers(org, each.name)]
    for part in in_parts(sorted(covered, key=lambda each: (each.name, each.id)), A_TIME):
        checks = _checks_of(context, [each.id for each in part])
        yield from ((each, checks[each.id]) for each in part)


def _checks_of(context: Context, repositories: Sequence[int]) -> Mapping[int, Checks]:
    found: defaultdict[int, dict[str, Row[Any]]] = defaultdict(dict)
    checks = select(*RepositoryCheck.__table__.columns).where(among(RepositoryCheck.repository_id, repositories))
    for check in context.session.execute(checks):
        found[check.repository_id][check.rule] = check
    return found


def _ratings_of(context: Context) -> Mapping[int, Row[Any]]:
    ratings = select(*RepositoryRating.__table__.columns).where(RepositoryRating.org == context.scope.org)
    return {rating.repository_id: rating for rating in context.session.execute(ratings)}


def _repository(repository: Any, checks: Checks, rating: Row[Any] | None) -> JsonObject:
    return {
        **as_json(repository, OF_REPOSITORY),
        "url": repository.html_url,
        "checks": {rule: _check(check) for rule, check in checks.items()},
        "rating": as_json(rating, OF_RATING) if rating else None,
    }


def _check(check: Row[Any]) -> JsonObject:
    """Show a check; beside one that failed to be made stands the last result that is known."""
    exception = as_json(check, ("exception_reason", "exception_until"))
    reason, until = exception["exception_reason"], exception["exception_until"]
    is_excepted = reason is not None
    return {**as_json(check, OF_CHECK), "exception": {"reason": reason, "until": until} if is_excepted else None}
