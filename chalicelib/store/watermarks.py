"""How far the data is complete. Each call works in the session's transaction, so that a mark never outruns its rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chalicelib.store.models import Watermark


def read_watermark(session: Session, *, name: str, org: str, scope: str) -> datetime | None:
    """Read one watermark; None when there is none yet."""
    mark = session.get(Watermark, (name, org, scope), populate_existing=True)
    return mark.value if mark else None


def oldest_watermark(session: Session, *, name: str, org: str) -> datetime | None:
    """Read the oldest watermark of any scope: a scope that is new starts where every part of it is complete."""
    return session.scalar(
        select(Watermark.value).where(Watermark.name == name, Watermark.org == org).order_by(Watermark.value).limit(1)
    )


def raise_watermark(session: Session, *, name: str, org: str, scope: str, value: datetime) -> None:
    """Move a watermark forward, never back."""
    mark = session.get(Watermark, (name, org, scope), populate_existing=True)
    if mark is None:
        session.add(Watermark(name=name, org=org, scope=scope, value=value))
    elif mark.value < value:
        mark.value = value
    session.flush()


def drop_watermark(session: Session, *, name: str, org: str, scope: str) -> None:
    """Forget a watermark that has served."""
    session.execute(delete(Watermark).where(Watermark.name == name, Watermark.org == org, Watermark.scope == scope))


def has_watermark(session: Session, *, prefix: str, org: str) -> bool:
    """Tell whether an organisation has a watermark whose name begins so."""
    named = Watermark.name.startswith(prefix, autoescape=True)
    return session.scalar(select(Watermark.name).where(named, Watermark.org == org).limit(1)) is not None
