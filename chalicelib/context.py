"""What every step works with, and how records become rows that are stored or kept aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from chalicelib.errors import RejectedError
from chalicelib.github import GitHubAPI
from chalicelib.github.scopes import Scope
from chalicelib.store.models import SyncRun
from chalicelib.store.rejected import save_rejected
from chalicelib.store.upsert import Row, upsert

T = TypeVar("T")
WITHHELD = {"withheld": "what tells of single people is not stored"}


def nobody_watches(fetched: int, /) -> None:
    """Do nothing with the number of items that a page brought."""


@dataclass
class Context:
    """What a step works with: the database, GitHub, the part of it to read, the clock, and its row in the ledger."""

    session: Session
    github: GitHubAPI
    scope: Scope
    now: Callable[[], datetime]
    run: SyncRun
    keep: Callable[[], None] = field(default=lambda: None)
    on_page: Callable[[int], None] = nobody_watches

    def commit(self) -> None:
        """Commit what was read, and the ledger with it; keep the job's lease; stop here when the run's time is over."""
        self.save()
        self.github.budget.check()

    def save(self) -> None:
        """Commit and keep the lease, but go on: there is more that was fetched in time."""
        self.session.commit()
        self.keep()


def map_rows(
    context: Context, kind: str, items: Sequence[Any], to_row: Callable[[Any], Row]
) -> tuple[list[Row], dict[int, Any]]:
    """Map records to rows; what can't be mapped is kept and counted. Also gives the records by their rows' ids."""
    mapped: list[Row] = []
    records: dict[int, Any] = {}
    for item in items:
        try:
            row = to_row(item)
        except RejectedError as error:
            reject(context, kind, item, str(error))
            continue
        mapped.append(row)
        records[row["id"]] = item
    return mapped, records


def store(context: Context, kind: str, model: type[Any], mapped: Sequence[Row], records: dict[int, Any]) -> int:
    """Write rows; what the database refuses is kept aside, whole. Gives how many were new or changed."""
    result = upsert(context.session, model, mapped)
    for row, reason in result.refused:
        reject(context, kind, records.get(row.get("id", 0), row), reason)
    context.run.stored += result.changed
    return result.changed


def rows_of(
    context: Context, kind: str, records: Iterable[Any], to_row: Callable[[Any], T], *, is_kept: bool = True
) -> Iterator[T]:
    """Map records one by one, as they come; what can't be mapped is counted and kept, or only that there was one."""
    for record in records:
        context.run.fetched += 1
        try:
            yield to_row(record)
        except RejectedError as error:
            reject(context, kind, record if is_kept else WITHHELD, str(error))


def reject(context: Context, kind: str, record: Any, reason: str) -> None:
    """Keep a record that can't become a row, and count it."""
    org, now = context.scope.org, context.now()
    if save_rejected(context.session, kind=kind, org=org, record=record, reason=reason, now=now):
        context.run.rejected += 1


def counted(things: Sized, name: str) -> str:
    """Say how many there are: 1 issue, 2 issues."""
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"
