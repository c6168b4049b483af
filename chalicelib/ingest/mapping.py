"""How records become rows that are stored, or are kept aside, whole, with the reason.

A row and the record that it came from travel together: whatever the database refuses is kept as GitHub's record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chalicelib.errors import RejectedError
from chalicelib.ingest.context import Saving
from chalicelib.ingest.fields import Row
from chalicelib.store.rejected import identity_of, open_identities, save_rejected, settle
from chalicelib.store.upsert import upsert

T = TypeVar("T")
WITHHELD = {"withheld": "what tells of single people is not stored"}


@dataclass(frozen=True)
class Mapped(Generic[T]):
    """A row, and the record of GitHub's that it was made from."""

    row: T
    record: Any

    def with_columns(self: Mapped[Row], **columns: Any) -> Mapped[Row]:
        """Give the same with other columns besides."""
        return Mapped({**self.row, **columns}, self.record)


def map_records(
    context: Saving, kind: str, records: Iterable[Any], to_row: Callable[[Any], T], *, is_kept: bool = True
) -> Iterator[Mapped[T]]:
    """Map records one by one, as they come; what can't be mapped is counted and kept, or only that there was one."""
    for record in records:
        kept = record if is_kept else WITHHELD
        try:
            yield Mapped(to_row(record), kept)
        except RejectedError as error:
            reject(context, kind, kept, str(error))


def save_rows(context: Saving, kind: str, model: type[Any], mapped: Sequence[Mapped[Row]]) -> int:
    """Write rows; the record of one that the database refuses is kept. Gives how many were new or changed."""
    result = upsert(context.session, model, [each.row for each in mapped])
    # By identity: an upsert hands back the very rows that it was given.
    refused = {id(row): reason for row, reason in result.refused}
    _settle_rejected(context, kind, [each.record for each in mapped if id(each.row) not in refused])
    for each in mapped if refused else ():
        if id(each.row) in refused:
            reject(context, kind, each.record, refused[id(each.row)])
    context.run.stored += result.changed
    return result.changed


def _settle_rejected(context: Saving, kind: str, records: Sequence[Any]) -> None:
    """Mark rejected records that are stored now."""
    session, org = context.session, context.scope.org
    if kind not in context.rejected:
        context.rejected[kind] = open_identities(session, kind=kind, org=org)
    waiting = context.rejected[kind]
    stored = {name: record for record in (records if waiting else ()) if (name := identity_of(record)) in waiting}
    if stored:
        settle(session, kind=kind, org=org, stored=stored, now=context.now())
        context.rejected[kind] = open_identities(session, kind=kind, org=org)


def save_own_rows(context: Saving, model: type[Any], rows: Sequence[Row]) -> int:
    """Write rows that this app made by itself; RejectedError when the database refuses one, which is a bug."""
    result = upsert(context.session, model, rows)
    for _, reason in result.refused:
        raise RejectedError(f"a row of {model.__tablename__}: {reason}")
    return result.changed


def reject(context: Saving, kind: str, record: Any, reason: str) -> None:
    """Keep a record that can't become a row, and count it."""
    org, now = context.scope.org, context.now()
    if save_rejected(context.session, kind=kind, org=org, record=record, reason=reason, now=now):
        context.run.rejected += 1
    if kind in context.rejected and (name := identity_of(record)) is not None:
        context.rejected[kind].add(name)
