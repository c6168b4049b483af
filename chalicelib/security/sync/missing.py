"""Settles what became of alerts that a whole reading did not list: GitHub is asked for each, or for its repository."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import or_, select, update

from chalicelib.errors import ForbiddenError, GoneError, NotFoundError, SingleSignOnError
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import map_records
from chalicelib.inventory.models import Repository
from chalicelib.security.api.alerts import SecurityAPI
from chalicelib.security.rows import without_secrets
from chalicelib.security.settings import SECRET_COMMENTS
from chalicelib.security.sync.saving import save_alerts, to_row
from chalicelib.security.sync.sources import Source, is_off

# So many alerts are asked for in a run; the next whole reading goes on with the others.
MOST_ASKED = 100


def settle_missing(context: Context, source: Source, api: SecurityAPI, *, listed_before: datetime) -> None:
    """Mark alerts as unlisted that the reading which began at `listed_before` lacks, where there is proof.

    The proof: their repository is gone, the feature is off there, or GitHub has no such alert.
    """
    model, left = source.model, MOST_ASKED
    missing = select(model.repository_id, model.repo, model.number, Repository.deleted_at).where(
        model.org == context.scope.org,
        model.unlisted_at.is_(None),
        or_(model.listed_at.is_(None), model.listed_at < listed_before),
    )
    joined = missing.outerjoin(Repository, Repository.id == model.repository_id)
    rows = [
        row
        for row in context.session.execute(joined.order_by(model.repository_id, model.number)).all()
        if context.scope.covers(context.scope.org, row.repo)
    ]
    context.commit()
    for _, group in groupby(rows, key=lambda row: row.repository_id):
        left -= _settle_repository(context, source, api, list(group), most=left)
        context.checkpoint()
    if left <= 0:
        context.note(f"GitHub did not list more of {source.data} than are asked for in a run: they stay as they were")


def _settle_repository(context: Context, source: Source, api: SecurityAPI, missing: list[Any], *, most: int) -> int:
    """Settle the missing alerts of a repository; gives how many requests it took."""
    if missing[0].deleted_at is not None:
        _mark(context, source, missing)
        return 0
    for asked, row in enumerate(missing[: max(most, 0)], start=1):
        try:
            record = api.fetch_one(context.scope.org, row.repo, source.feature, row.number)
        except SingleSignOnError:
            raise
        except (ForbiddenError, NotFoundError, GoneError) as error:
            if is_off(error):
                _mark(context, source, missing)
                return asked
            if isinstance(error, ForbiddenError):
                raise source.with_advice(error) from error
            _mark(context, source, [row])
        else:
            _save_again(context, source, record, row)
    return min(len(missing), max(most, 0))


def _save_again(context: Context, source: Source, record: dict[str, Any], row: Any) -> None:
    """Store an alert that the list left out though it is there; a repository's own answer doesn't name it."""
    place = {"id": row.repository_id, "name": row.repo, "owner": {"login": context.scope.org}}
    whole = {**record, "repository": place}
    if source.holds_secrets:
        whole = without_secrets(whole, keeps_comments=context.settings.value(SECRET_COMMENTS))
    mapped = list(map_records(context, source.name, [whole], to_row(source, context.scope.org)))
    save_alerts(context, source, mapped, listed_at=None, seen_at=context.now())


def _mark(context: Context, source: Source, rows: list[Any]) -> None:
    model = source.model
    for row in rows:
        same = (model.repository_id == row.repository_id, model.number == row.number)
        context.session.execute(update(model).where(*same).values(unlisted_at=context.now()))
    context.run.stored += len(rows)
