"""Empties comments about secrets that were stored while the setting SECRET_COMMENTS was on."""

from __future__ import annotations

from sqlalchemy import or_, update

from chalicelib.ingest.context import Context
from chalicelib.security.rows import COMMENTS, without_comments
from chalicelib.security.sync.sources import Source
from chalicelib.store.rejected import rewrite_records


def forget_comments(context: Context, source: Source) -> None:
    """Empty them in the table of alerts, and in the records that could not become rows; the caller commits."""
    columns = [source.model.__table__.c[name] for name in COMMENTS]
    stored = or_(*(column.is_not(None) for column in columns))
    empty = {column.name: None for column in columns}
    context.session.execute(update(source.model).where(source.model.org == context.scope.org, stored).values(empty))
    rewrite_records(context.session, kind=source.name, org=context.scope.org, change=without_comments)
