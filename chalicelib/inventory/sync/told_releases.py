"""What webhooks tell of releases.

A release that was deleted stays so, unless something is told of it that is newer than its end: then it was polling
that didn't see it, as it doesn't see drafts with most credentials. What has no time can't be compared with what is
stored. It changes nothing, and the list is read whole the next time.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from chalicelib.errors import RejectedError
from chalicelib.ingest.columns import list_row
from chalicelib.ingest.context import Saving
from chalicelib.ingest.deliveries import Delivery
from chalicelib.ingest.fields import Row, positive
from chalicelib.ingest.listings import Place, StoredLists
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.inventory.models import Release
from chalicelib.inventory.sync.belongings import rename
from chalicelib.inventory.sync.repositories import is_older
from chalicelib.inventory.sync.streams import RELEASES
from chalicelib.inventory.sync.told_repositories import stored_repository
from chalicelib.store.locks import take_turn

DELETED = "deleted"


def hear_release(saving: Saving, delivery: Delivery) -> None:
    """Bring the row of a release up to date, or mark it as deleted."""

    def to_row(record: Any) -> Row:
        row, place = list_row(Release, record, is_told=True), delivery.place
        positive("id", row["id"])
        if place is None:
            raise RejectedError("repository is missing, or has no id, name or owner")
        return {**row, **place.columns}

    for each in list(map_records(saving, RELEASES.name, [delivery.payload.get("release")], to_row)):
        saving.run.fetched += 1
        repository = stored_repository(saving, each.row["repository_id"])
        if repository is None or repository.deleted_at is not None:
            saving.note("its repository is not stored, or is gone: its releases are left to polling")
            return
        take_turn(saving.session.connection(), f"release {each.row['id']}")
        _hear(saving, each, is_deleted=delivery.action == DELETED)
        if (each.row["org"], each.row["repo"]) != (repository.org, repository.name):
            rename(saving.session, repository.id, repository.org, repository.name)
        _let_it_be_read(saving, repository)


def _hear(saving: Saving, told: Mapped[Row], *, is_deleted: bool) -> None:
    columns = (Release.updated_at, Release.first_seen_at, Release.deleted_at)
    stored = saving.session.execute(select(*columns).where(Release.id == told.row["id"])).first()
    now, said = saving.now(), told.row.get("updated_at")
    if stored is None:
        # Polling may not see drafts, and would mark what it doesn't see as deleted.
        if not told.row["draft"]:
            _save(saving, told, first_seen_at=now, deleted_at=now if is_deleted else None)
        return
    is_comparable = said is not None and stored.updated_at is not None
    if is_comparable and not is_older(said, stored.updated_at, now=now):
        is_back = not is_deleted and is_older(stored.updated_at, said, now=now)
        _save(saving, told, first_seen_at=stored.first_seen_at, deleted_at=None if is_back else stored.deleted_at)
    if is_deleted and stored.deleted_at is None:
        # Its number is never used again, so this is true however late it comes.
        saving.session.execute(update(Release).where(Release.id == told.row["id"]).values(deleted_at=now))
        saving.run.stored += 1


def _save(saving: Saving, told: Mapped[Row], **columns: Any) -> None:
    save_rows(saving, RELEASES.name, Release, [told.with_columns(**columns)])


def _let_it_be_read(saving: Saving, repository: Any) -> None:
    columns = {"org": repository.org, "repository_id": repository.id}
    path = RELEASES.path_of({"org": repository.org, "name": repository.name})
    StoredLists(saving, RELEASES).doubt_polls(Place(path, columns))
