"""What webhooks tell of repositories: changes, other names, other owners, and their end.

A delivery may be late. What is older than the stored row changes nothing. GitHub's `updated_at` need not move when a
repository is renamed or moves, so what is as old as the row may be from before or after it: then a rename counts when
it goes on from the stored name. All else is left to the next reading of the list, which is made whole for it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update

from chalicelib.errors import RejectedError
from chalicelib.ingest.columns import list_row
from chalicelib.ingest.context import Saving
from chalicelib.ingest.deliveries import Delivery
from chalicelib.ingest.fields import Row, positive
from chalicelib.ingest.listings import Place, StoredLists
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.inventory.models import Repository
from chalicelib.inventory.sync.repositories import end_repository, follow_names, is_older
from chalicelib.inventory.sync.streams import REPOSITORIES
from chalicelib.store.locks import take_turn

CREATED, RENAMED, DELETED, TRANSFERRED = "created", "renamed", "deleted", "transferred"


def hear_repository(saving: Saving, delivery: Delivery) -> None:
    """Bring the row of a repository up to date, and with it all rows that name it, or end what belongs to it."""

    def to_row(record: Any) -> Row:
        row = list_row(Repository, record, is_told=True)
        positive("id", row["id"])
        if delivery.place is None:
            raise RejectedError("the repository has no owner")
        return {**row, "org": saving.scope.org}

    for each in list(map_records(saving, REPOSITORIES.name, [delivery.payload.get("repository")], to_row)):
        saving.run.fetched += 1
        take_turn(saving.session.connection(), f"repository {each.row['id']}")
        _hear(saving, delivery, each)
        _let_it_be_read(saving)


def _hear(saving: Saving, delivery: Delivery, told: Mapped[Row]) -> None:
    stored = stored_repository(saving, told.row["id"])
    moved_to = _new_owners_name(saving, delivery)
    if stored is None:
        if delivery.action in (CREATED, TRANSFERRED) and moved_to is None:
            _save(saving, told, first_seen_at=saving.now(), deleted_at=None)
    elif is_older(told.row.get("updated_at"), stored.updated_at, now=saving.now()):
        saving.note(f"what was told of {stored.org}/{stored.name} is older than what is stored")
    elif delivery.action == DELETED or moved_to is not None:
        _end(saving, stored, moved_to)
    elif _is_certain(saving, delivery, told.row, stored):
        follow_names(saving, [told.row])
        _save(saving, told, first_seen_at=stored.first_seen_at, deleted_at=None)
    else:
        saving.note(f"whether {stored.org}/{stored.name} is so now, the next reading of the list will show")


def stored_repository(saving: Saving, number: int) -> Any:
    """Read what is stored of a repository's whereabouts; None when it was never listed."""
    columns = (Repository.id, Repository.org, Repository.name, Repository.renamed_from, Repository.moved_to)
    times = (Repository.updated_at, Repository.first_seen_at, Repository.deleted_at)
    return saving.session.execute(select(*columns, *times).where(Repository.id == number)).first()


def _new_owners_name(saving: Saving, delivery: Delivery) -> str | None:
    """Give a repository's name at its new owner; None when it is still, or now, this organisation's."""
    place = delivery.place
    if place is None or place.org.casefold() == saving.scope.org.casefold():
        return None
    return f"{place.org}/{place.repo}"


def _is_certain(saving: Saving, delivery: Delivery, told: Row, stored: Any) -> bool:
    """Tell whether a delivery that isn't older than the row is from after it, as far as that matters."""
    is_newer = is_older(stored.updated_at, told.get("updated_at"), now=saving.now())
    if stored.deleted_at is not None:
        return is_newer and delivery.action == TRANSFERRED
    if (stored.org, stored.name) == (told["org"], told["name"]) or is_newer:
        # What tells no time can't be compared.
        return told.get("updated_at") is not None or stored.updated_at is None
    if delivery.action == TRANSFERRED:
        return stored.org in _former_owners(delivery) and stored.name == told["name"]
    goes_on = delivery.part("changes", "repository", "name").get("from") == stored.name and stored.org == told["org"]
    return delivery.action == RENAMED and goes_on and told["name"] != stored.renamed_from


def _former_owners(delivery: Delivery) -> list[Any]:
    return [delivery.part("changes", "owner", "from", kind).get("login") for kind in ("organization", "user")]


def _save(saving: Saving, told: Mapped[Row], **columns: Any) -> None:
    save_rows(saving, REPOSITORIES.name, Repository, [told.with_columns(**columns)])


def _end(saving: Saving, stored: Any, moved_to: str | None) -> None:
    """End a repository that was deleted, or is another owner's; one that was known to have moved has ended."""
    if stored.moved_to is not None or stored.org != saving.scope.org:
        return
    gone = {"deleted_at": func.coalesce(Repository.deleted_at, saving.now())}
    saving.session.execute(update(Repository).where(Repository.id == stored.id).values(gone))
    saving.run.stored += stored.deleted_at is None
    end_repository(saving, stored, moved_to=moved_to)


def _let_it_be_read(saving: Saving) -> None:
    columns = {"org": saving.scope.org}
    StoredLists(saving, REPOSITORIES).doubt_polls(Place(REPOSITORIES.path_of(columns), columns))
