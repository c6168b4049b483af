"""Counts how many repositories have which of GitHub's security features today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, or_, select

from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import save_own_rows
from chalicelib.inventory.models import Repository
from chalicelib.security.models import RepositoryCheck, SecurityFeatureDay
from chalicelib.security.rules import FAIL, PASS
from chalicelib.security.rules.general import DEPENDABOT_ALERTS, DISABLED, ENABLED

UNKNOWN = "unknown"
LISTED = ("advanced_security", "dependabot_security_updates", "secret_scanning", "secret_scanning_push_protection")
# What the list of repositories doesn't tell comes from the rule about it.
BY_RULE = DEPENDABOT_ALERTS.name
STATUS = {PASS: ENABLED, FAIL: DISABLED}


def count_features(context: Context, *, rules: Collection[str]) -> None:
    """Count today's repositories by feature: those that have it, those that don't, and those GitHub doesn't tell of.

    The days make a series, so that nothing is counted when only some repositories are read, nor a feature whose rule
    is none of `rules`, which are checked.
    """
    if context.scope.repos:
        context.note("not counted: GH_REPOS names some repositories only")
        return
    features = (*LISTED, BY_RULE) if BY_RULE in rules else LISTED
    counts: dict[str, Counter[str]] = {feature: Counter() for feature in features}
    repositories = 0
    for row in context.session.execute(_repositories(context)):
        repositories += 1
        statuses = {feature: _known(getattr(row, feature)) for feature in LISTED}
        statuses[BY_RULE] = STATUS.get(row.result, UNKNOWN)
        for feature in features:
            counts[feature][statuses[feature]] += 1
    if not repositories:
        return
    day = {"org": context.scope.org, "day": context.now().date()}
    rows = [
        {**day, "feature": feature, **{status: found[status] for status in (ENABLED, DISABLED, UNKNOWN)}}
        for feature, found in counts.items()
    ]
    context.run.fetched += repositories
    context.run.stored += save_own_rows(context, SecurityFeatureDay, rows)


def _repositories(context: Context) -> Any:
    columns = [getattr(Repository, feature) for feature in LISTED]
    check = and_(RepositoryCheck.repository_id == Repository.id, RepositoryCheck.rule == BY_RULE)
    is_alive = or_(Repository.archived.is_(None), Repository.archived.is_(False))
    rows = select(*columns, RepositoryCheck.result).outerjoin(RepositoryCheck, check)
    return rows.where(Repository.org == context.scope.org, Repository.deleted_at.is_(None), is_alive)


def _known(status: str | None) -> str:
    return status if status in {ENABLED, DISABLED} else UNKNOWN
