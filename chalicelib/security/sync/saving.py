"""Writes alerts, and with them each change of their state, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from chalicelib.errors import RejectedError
from chalicelib.ingest.columns import list_row
from chalicelib.ingest.context import Saving
from chalicelib.ingest.fields import Row, ordinal, text
from chalicelib.ingest.mapping import Mapped, map_records, save_own_rows, save_rows
from chalicelib.security.models import AlertTransition
from chalicelib.security.rows import COMMENTS, find_transitions, is_changed, moment_of, without_secrets
from chalicelib.security.settings import SECRET_COMMENTS
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
        if row["state"] not in source.states:
            raise RejectedError(f"state is none of {', '.join(source.states)}")
        ordinal("number", row["number"])
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


def save_page(
    context: Saving, source: Source, records: Sequence[Any], *, listed_at: datetime | None, seen_at: datetime
) -> list[datetime]:
    """Store a page of alerts; gives when each of them changed.

    `listed_at` is when the whole reading began that lists them, `seen_at` when this reading did.
    """
    context.run.fetched += len(records)
    safe = [safe_record(context, source, record) for record in records]
    mapped = list(map_records(context, source.name, safe, to_row(source, context.scope.org)))
    covered = [each for each in mapped if context.scope.covers(each.row["org"], each.row["repo"])]
    save_alerts(context, source, covered, listed_at=listed_at, seen_at=seen_at)
    return [moment_of(each.row) for each in mapped]


def save_single(context: Saving, source: Source, record: dict[str, Any], alert: Any) -> None:
    """Store an alert that was asked for alone: a repository's own answer does not say where the alert is."""
    place = {"id": alert.repository_id, "name": alert.repo, "owner": {"login": context.scope.org}}
    now = context.now()
    save_page(context, source, [{**record, "repository": place}], listed_at=now, seen_at=now)


def safe_record(context: Saving, source: Source, record: Any) -> Any:
    """Give what may be kept of a record: of one about a secret, nothing that may quote it."""
    if not source.holds_secrets:
        return record
    return without_secrets(record, keeps_comments=context.settings.value(SECRET_COMMENTS))


def save_alerts(
    context: Saving, source: Source, alerts: Iterable[Mapped[Row]], *, listed_at: datetime | None, seen_at: datetime
) -> None:
    """Write alerts, each once, and their changes of state."""
    chosen: dict[Key, Mapped[Row]] = {}
    for each in alerts:
        if (key := key_of(each)) not in chosen or moment_of(each.row) >= moment_of(chosen[key].row):
            chosen[key] = each
    stored = stored_alerts(context, source, chosen)
    listed = {} if listed_at is None else {"listed_at": listed_at}
    refused = context.run.rejected
    save_rows(
        context,
        source.name,
        source.model,
        [
            each.with_columns(
                first_seen_at=stored[key]["first_seen_at"] if key in stored else seen_at,
                unlisted_at=None,
                unlisted_reason=None,
                not_found_at=None,
                **listed,
            )
            for key, each in chosen.items()
        ],
    )
    there = chosen.keys() if context.run.rejected == refused else stored_alerts(context, source, chosen).keys()
    changed = {key for key in there if key in stored and is_changed(chosen[key].row, stored[key])}
    last = _last_changes(context, source, changed)
    changes = [
        {"kind": source.kind, **change}
        for key in there
        for change in find_transitions(chosen[key].row, stored.get(key), seen_at=seen_at, last=last.get(key))
    ]
    save_own_rows(context, AlertTransition, changes)


def _last_changes(context: Saving, source: Source, keys: Iterable[Key]) -> dict[Key, datetime]:
    """Tell when the state of alerts last changed."""
    wanted, change = set(keys), AlertTransition
    if not wanted:
        return {}
    repositories, numbers = ({key[place] for key in wanted} for place in (0, 1))
    rows = (
        select(change.repository_id, change.number, func.max(change.at))
        .where(change.kind == source.kind, among(change.repository_id, repositories), among(change.number, numbers))
        .group_by(change.repository_id, change.number)
    )
    return {key: at for *found, at in context.session.execute(rows) if (key := (found[0], found[1])) in wanted}


def key_of(alert: Mapped[Row]) -> Key:
    """Give what tells an alert apart from others of its kind: its repository and its number."""
    return alert.row["repository_id"], alert.row["number"]


def stored_alerts(context: Saving, source: Source, keys: Iterable[Key]) -> dict[Key, Mapping[str, Any]]:
    """Read what is stored of some alerts."""
    wanted, model = set(keys), source.model
    repositories, numbers = ({key[place] for key in wanted} for place in (0, 1))
    rows = select(model.__table__).where(among(model.repository_id, repositories), among(model.number, numbers))
    found = context.session.execute(rows).mappings()
    return {key: dict(row) for row in found if (key := (row["repository_id"], row["number"])) in wanted}
