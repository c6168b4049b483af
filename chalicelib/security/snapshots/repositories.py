"""repositories.json: each repository with what it keeps of the rules, and its rating."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from chalicelib.ingest.context import Context
from chalicelib.inventory.models import Repository
from chalicelib.security.models import RepositoryCheck, RepositoryRating
from chalicelib.security.snapshots.values import as_json
from chalicelib.store.base import JsonObject

# In alphabetical order, as in the file.
SHOWN = ("archived", "created_at", "custom_properties", "default_branch", "description", "fork", "language", "license")
ALSO_SHOWN = ("name", "pushed_at", "topics", "visibility")

Checks = Mapping[str, Row[Any]]


def repositories_content(context: Context, as_of: datetime) -> JsonObject:  # noqa: ARG001 - what every snapshot gets
    """Show each repository that GitHub lists, archived ones too."""
    checks, ratings = checks_of(context), _ratings_of(context)
    return {
        "repositories": [
            _repository(each, checks.get(each.id, {}), ratings.get(each.id)) for each in listed_repositories(context)
        ]
    }


def listed_repositories(context: Context) -> list[Repository]:
    """Read the repositories that GitHub lists and the settings cover, in the order of their names."""
    org = context.scope.org
    listed = context.session.scalars(select(Repository).where(Repository.org == org, Repository.deleted_at.is_(None)))
    covered = [each for each in listed if context.scope.covers(org, each.name)]
    return sorted(covered, key=lambda each: (each.name, each.id))


def checks_of(context: Context) -> Mapping[int, Checks]:
    """Read an organisation's checks, by repository and rule."""
    found: defaultdict[int, dict[str, Row[Any]]] = defaultdict(dict)
    for check in context.session.execute(
        select(*RepositoryCheck.__table__.columns).where(RepositoryCheck.org == context.scope.org)
    ):
        found[check.repository_id][check.rule] = check
    return found


def _ratings_of(context: Context) -> Mapping[int, Row[Any]]:
    ratings = select(*RepositoryRating.__table__.columns).where(RepositoryRating.org == context.scope.org)
    return {rating.repository_id: rating for rating in context.session.execute(ratings)}


def _repository(repository: Repository, checks: Checks, rating: Row[Any] | None) -> JsonObject:
    return {
        **{name: as_json(getattr(repository, name)) for name in (*SHOWN, *ALSO_SHOWN)},
        "url": repository.html_url,
        "checks": {rule: _check(check) for rule, check in checks.items()},
        "rating": _rating(rating) if rating else None,
    }


def _check(check: Row[Any]) -> JsonObject:
    """Show a check; beside one that failed to be made stands the last result that is known."""
    names = ("result", "known_result", "since", "checked_at", "message", "evidence")
    is_excepted = check.exception_reason is not None
    exception = {"reason": check.exception_reason, "until": as_json(check.exception_until)} if is_excepted else None
    return {**{name: as_json(getattr(check, name)) for name in names}, "exception": exception}


def _rating(rating: Row[Any]) -> JsonObject:
    names = ("rating", "since", "passed", "counted", "percent", "criteria", "rated_at")
    return {name: as_json(getattr(rating, name)) for name in names}
