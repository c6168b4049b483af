"""Which repository an item belongs to: by its id, whatever the repository is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from chalicelib.ingest.mapping import Mapped
from chalicelib.inventory.models import Repository
from chalicelib.store.upsert import Row


def is_listed(model: Any) -> ColumnElement[bool]:
    """Match items whose repository GitHub lists; of those of others, nothing is to be concluded one by one.

    The reading of the list of repositories says what became of these.
    """
    unlisted = select(Repository.id).where(Repository.deleted_at.is_not(None))
    return or_(model.repository_id.is_(None), model.repository_id.not_in(unlisted))


def place_rows(session: Session, org: str, model: Any, mapped: Sequence[Mapped[Row]]) -> list[Mapped[Row]]:
    """Give rows their repository's id, and the name by which the repository is known.

    A search may be behind and show a name that is another repository's by now. What an item's node id or an earlier
    reading has told is never changed by a name.
    """
    ids = _stored_ids(session, model, [each for each in mapped if "repository_id" not in each.row])
    names = _ids_by_name(session, org, [each for each in mapped if _own_id(each.row, ids) is None])
    known = [_own_id(each.row, ids) or names.get(each.row["repo"].lower()) for each in mapped]
    columns = _columns_of(session, org, {number for number in known if number is not None})
    return [
        each if number is None else each.with_columns(repository_id=number, **columns.get(number, {}))
        for each, number in zip(mapped, known, strict=True)
    ]


def _own_id(row: Row, stored: dict[int, int]) -> int | None:
    found: int | None = row.get("repository_id") or stored.get(row["id"])
    return found


def _stored_ids(session: Session, model: Any, mapped: Sequence[Mapped[Row]]) -> dict[int, int]:
    ids = [each.row["id"] for each in mapped]
    query = select(model.id, model.repository_id).where(model.id.in_(ids), model.repository_id.is_not(None))
    return dict(session.execute(query).all()) if ids else {}


def _ids_by_name(session: Session, org: str, mapped: Sequence[Mapped[Row]]) -> dict[str, int]:
    names = {each.row["repo"].lower() for each in mapped}
    name = func.lower(Repository.name)
    query = select(name, Repository.id).where(_is_current(org), name.in_(names))
    return dict(session.execute(query).all()) if names else {}


def _columns_of(session: Session, org: str, ids: set[int]) -> dict[int, Row]:
    query = select(Repository.id, Repository.org, Repository.name).where(_is_current(org), Repository.id.in_(ids))
    return {row.id: {"org": row.org, "repo": row.name} for row in session.execute(query)} if ids else {}


def _is_current(org: str) -> ColumnElement[bool]:
    return (Repository.org == org) & Repository.deleted_at.is_(None)
