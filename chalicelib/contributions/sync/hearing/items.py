"""What webhooks tell of issues and pull requests: as they are, moved, deleted.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#issues
https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from chalicelib.contributions import rows
from chalicelib.contributions.api import ISSUES, PULL_REQUESTS
from chalicelib.contributions.models import EventPoll, Issue, PullRequest, Transfer
from chalicelib.contributions.sync.events import ask_again
from chalicelib.contributions.sync.hearing.turns import Record, take_turns, whole
from chalicelib.contributions.sync.items import LATE, MODELS, TO_ROW, save_items, save_pulls
from chalicelib.contributions.sync.transfers import delete_rows, mark_as_deleted, transfer_row
from chalicelib.contributions.sync.unsure import note_unsure
from chalicelib.ingest.context import Saving
from chalicelib.ingest.deliveries import Delivery
from chalicelib.ingest.mapping import Mapped, map_records, save_own_rows
from chalicelib.store.upsert import Row

Item = Issue | PullRequest
# By its id, a repository is known under its name of now; a late delivery has a former one.
PLACE = ("org", "repo", "repository_id")


def hear_issue(saving: Saving, delivery: Delivery) -> None:
    """Store an issue; one that moved or was deleted leaves at once."""
    issue = delivery.part("issue")
    new, old = delivery.part("changes", "new_issue"), delivery.part("changes", "old_issue")
    take_turns(
        saving,
        (delivery.part("repository"), issue),
        (delivery.part("changes", "new_repository"), new),
        (delivery.part("changes", "old_repository"), old),
    )
    if delivery.action == "transferred" and new:
        _save_move(saving, issue, new)
    elif delivery.action == "opened" and old:
        _save_move(saving, old, issue)
    else:
        item = save_told(saving, delivery.payload.get("issue"))
        if delivery.action == "deleted" and item is not None:
            mark_as_deleted(saving, item)


def hear_pull(saving: Saving, delivery: Delivery) -> None:
    """Store a pull request."""
    take_turns(saving, (delivery.part("repository"), delivery.part("pull_request")))
    save_told_pull(saving, delivery.payload.get("pull_request"))


def save_told(saving: Saving, record: Any) -> Item | None:
    """Store an issue, or a pull request in its issue form; gives its row as it is then.

    None when there is none to add to: the record can't be mapped, or is out of scope; or it moved or was deleted, for
    its id never comes back.
    """
    kind = PULL_REQUESTS if isinstance(record, dict) and "pull_request" in record else ISSUES
    told = _map(saving, kind, _with_state(record), TO_ROW[kind])
    if told is None:
        return None
    # An issue may have become a pull request under its id, and never the other way round.
    if kind == ISSUES and _find(saving, PullRequest, told.row["id"]) is not None:
        return None
    return _save(saving, kind, told, told.row["id"], save_items)


def _with_state(record: Any) -> Any:
    """Give an issue its state where a payload leaves it out: what has no time of closing is open."""
    if not isinstance(record, dict) or "state" in record or "closed_at" not in record:
        return record
    return {**record, "state": "open" if record["closed_at"] is None else "closed"}


def save_told_pull(saving: Saving, record: Any) -> PullRequest | None:
    """Store a pull request in its own form, of which other events have fewer fields; gives its row as above."""
    told = _map(saving, PULL_REQUESTS, record, rows.pull_row)
    if told is None:
        return None
    known = saving.session.scalar(select(PullRequest.id).where(PullRequest.pull_id == told.row["pull_id"]))
    found = _save(saving, PULL_REQUESTS, told, told.row["id"] if known is None else known, _save_pulls)
    return found if isinstance(found, PullRequest) else None


def _save_pulls(saving: Saving, _kind: str, records: list[Any]) -> int:
    return save_pulls(saving, records)


def _map(saving: Saving, kind: str, record: Any, to_row: Callable[[Any], Row]) -> Mapped[Row] | None:
    for mapped in map_records(saving, kind, [record], to_row):
        if saving.scope.covers(mapped.row["org"], mapped.row["repo"]):
            return mapped
    return None


def _save(
    saving: Saving, kind: str, told: Mapped[Row], key: int, save: Callable[[Saving, str, list[Any]], int]
) -> Item | None:
    model, updated_at = MODELS[kind], told.row["updated_at"]
    stored = _find(saving, model, key)
    before = None if stored is None else stored.updated_at
    if stored is not None and stored.deleted_at is not None:
        return None
    saving.run.fetched += 1
    if stored is not None and before == updated_at:
        if not _says_else(stored, told.row):
            return stored
        note_unsure(saving, kind, key)
    save(saving, kind, [told.record])
    item = _find(saving, model, key) or _find(saving, model, told.row["id"])
    if item is not None and item.id > 0 and before is None and item.updated_at < saving.now() - LATE:
        # No job looks back so far for timelines that were never read.
        ask_again(saving, kind, item.id)
    return item


def _says_else(stored: Item, row: Row) -> bool:
    """Tell whether a row says something else than the stored one; webhooks write node ids in their old form."""
    apart = {"id", "node_id", *PLACE}
    return any(
        _without_node_ids(value) != _without_node_ids(getattr(stored, name))
        for name, value in row.items()
        if name not in apart
    )


def _without_node_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_node_ids(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_node_ids(each) for name, each in value.items() if name != "node_id"}
    return value


def _find(saving: Saving, model: type[Any], key: int) -> Item | None:
    found: Item | None = saving.session.get(model, key, populate_existing=True)
    return found


def ask_again_if_read(saving: Saving, kind: str, item: Item) -> None:
    """Have a timeline read once more that would not be, because it was read since its item changed."""
    read = select(EventPoll.issue_updated_at).where(EventPoll.id == item.id, EventPoll.page_no == 1)
    as_of = saving.session.scalar(read)
    if as_of is not None and as_of >= item.updated_at:
        ask_again(saving, kind, item.id)


def _save_move(saving: Saving, old: Record, new: Record) -> None:
    """Store that an issue moved. Both deliveries of a move tell the same, and polling may have found it before."""
    save_told(saving, dict(old))
    after = next(map_records(saving, ISSUES, [_with_state(dict(new))], rows.issue_row), None)
    if after is None or not (key := whole(old.get("id"))):
        return
    known = saving.session.scalar(select(Transfer.new_issue_id).where(Transfer.issue_id == key))
    # Polling may have found where a chain of moves ends: then this is only a step on its way.
    if known in (None, after.row["id"]):
        save_told(saving, dict(new))
        _let_go(saving, key, after.row, is_known=known is not None)


def _let_go(saving: Saving, key: int, after: Row, *, is_known: bool) -> None:
    before = saving.session.get(Issue, key, populate_existing=True)
    if before is None:
        return
    if not is_known:
        moved = transfer_row(before, after, detected_at=saving.now())
        saving.run.stored += save_own_rows(saving, Transfer, [moved])
    if _is_here(saving, after["id"]):
        delete_rows(saving, before)
    elif before.deleted_at is None:
        mark_as_deleted(saving, before)


def _is_here(saving: Saving, key: int) -> bool:
    """Tell whether an issue is stored, or was, before it moved on."""
    moved_on = select(Transfer.issue_id).where(Transfer.issue_id == key)
    return _find(saving, Issue, key) is not None or saving.session.scalar(moved_on) is not None
