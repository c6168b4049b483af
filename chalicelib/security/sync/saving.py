"""Writes alerts, and with them each change of their state, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from chalicelib.errors import RejectedError
from chalicelib.ingest.columns import list_row
from chalicelib.ingest.context import Context
from chalicelib.ingest.fields import Row, text
from chalicelib.ingest.mapping import Mapped, save_own_rows, save_rows
from chalicelib.security.models import AlertTransition
from chalicelib.security.rows import COMMENTS, find_transitions
from chalicelib.security.sync.sources import Source
from chalicelib.store.among import among

Key = tuple[int, int]


def to_row(source: Source, org: str) -> Callable[[Any], Row]:
    """Make the mapping of a kind of alert to its table's columns.

    It raises RejectedError, also for an alert of another organisation. A comment that a record lacks is NULL.
    """

    def alert_row(record: Any) -> Row:
        row = list_row(source.model, record)
        owner = record["repository"].get("owner")
        login = text("repository.owner.login", owner.get("login") if isinstance(owner, dict) else None)
        if login is None or login.casefold() != org.casefold():
            raise RejectedError("it is not an alert of this organisation")
        return {**row, "org": org, **_made_columns(source, row, record)}

    return alert_row


def _made_columns(source: Source, row: Row, record: Mapping[str, Any]) -> Row:
    columns = source.model.__table__.columns
    made: Row = {name: row.get(name) for name in COMMENTS if name in columns}
    if "assignees" in columns:
        made["assignees"] = _logins(record.get("assignees"))
    if "security_severity" in columns:
        made["severity"] = row.get("security_severity") or row.get("rule_severity")
    return made


def _logins(people: Any) -> list[str]:
    return [
        person["login"]
        for person in (people if isinstance(people, list) else ())
        if isinstance(person, dict) and isinstance(person.get("login"), str)
    ]


def save_alerts(
    context: Context, source: Source, alerts: Sequence[Mapped[Row]], *, listed_at: datetime | None, seen_at: datetime
) -> None:
    """Write alerts and their changes of state; `listed_at` is when the whole reading began that lists them."""
    stored = _stored(context, source, map(_key_of, alerts))
    listed = {} if listed_at is None else {"listed_at": listed_at}
    known = [
        each.with_columns(
            first_seen_at=stored[key]["first_seen_at"] if (key := _key_of(each)) in stored else seen_at,
            unlisted_at=None,
            **listed,
        )
        for each in alerts
    ]
    refused = context.run.rejected
    save_rows(context, source.name, source.model, known)
    if context.run.rejected != refused:
        there = _stored(context, source, map(_key_of, alerts))
        alerts = [each for each in alerts if _key_of(each) in there]
    changes = [
        {"kind": source.kind, **change}
        for each in alerts
        for change in find_transitions(each.row, stored.get(_key_of(each)), seen_at=seen_at)
    ]
    save_own_rows(context, AlertTransition, changes)


def _key_of(alert: Mapped[Row]) -> Key:
    return alert.row["repository_id"], alert.row["number"]


def _stored(context: Context, source: Source, keys: Iterable[Key]) -> dict[Key, Mapping[str, Any]]:
    """Read what is stored of some alerts."""
    wanted, model = set(keys), source.model
    repositories, numbers = ({key[place] for key in wanted} for place in (0, 1))
    rows = select(model.__table__).where(among(model.repository_id, repositories), among(model.number, numbers))
    found = context.session.execute(rows).mappings()
    return {key: dict(row) for row in found if (key := (row["repository_id"], row["number"])) in wanted}
