"""What webhooks tell of comments and reviews: each is an event of its item's timeline.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#issue_comment
https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request_review
"""

from __future__ import annotations

from functools import partial
from typing import Any

from chalicelib.contributions.api import ISSUES, PULL_REQUESTS
from chalicelib.contributions.models import Event, PullRequest
from chalicelib.contributions.rows import event_row
from chalicelib.contributions.settings import EVENT_TYPES
from chalicelib.contributions.sync.events import EVENTS, TOLD, merge_details
from chalicelib.contributions.sync.hearing.items import Item, ask_again_if_read, save_told, save_told_pull
from chalicelib.contributions.sync.hearing.turns import take_turns
from chalicelib.ingest.context import Saving
from chalicelib.ingest.deliveries import Delivery
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.store.upsert import Row

COMMENTED, REVIEWED = "commented", "reviewed"
DISMISSED, PENDING = "dismissed", "pending"


def hear_comment(saving: Saving, delivery: Delivery) -> None:
    """Store a comment, and the issue or pull request that it is on."""
    take_turns(saving, (delivery.part("repository"), delivery.part("issue")))
    item = save_told(saving, delivery.payload.get("issue"))
    if item is None or not _is_wanted(saving, COMMENTED):
        return
    for told in _map(saving, item, COMMENTED, delivery.payload.get("comment")):
        _save_comment(saving, delivery, item, told)


def hear_review(saving: Saving, delivery: Delivery) -> None:
    """Store a review, and its pull request; not while that is known by its pull id only: events belong to the other."""
    take_turns(saving, (delivery.part("repository"), delivery.part("pull_request")))
    pull = save_told_pull(saving, delivery.payload.get("pull_request"))
    # Nobody but its author may see a draft.
    is_draft = str(delivery.part("review").get("state")).casefold() == PENDING
    if pull is None or pull.id < 0 or is_draft or not _is_wanted(saving, REVIEWED):
        return
    for told in _map(saving, pull, REVIEWED, delivery.payload.get("review")):
        _save_review(saving, delivery, pull, told)


def _is_wanted(saving: Saving, kind: str) -> bool:
    wanted = saving.settings.value(EVENT_TYPES)
    return not wanted or kind in wanted


def _map(saving: Saving, item: Item, kind: str, record: Any) -> list[Mapped[Row]]:
    """Map a comment or review, as it would stand in the timeline."""
    event = {**record, "event": kind} if isinstance(record, dict) else record
    to_row = partial(event_row, issue_id=item.id, org=item.org, repo=item.repo)
    return [each.with_columns(page_no=TOLD) for each in map_records(saving, EVENTS, [event], to_row)]


def _save_comment(saving: Saving, delivery: Delivery, item: Item, told: Mapped[Row]) -> None:
    stored, is_deleted = _stored(saving, told.row), delivery.action == "deleted"
    if stored is None:
        _insert(saving, item, told.with_columns(removed_at=saving.now() if is_deleted else None))
    elif stored.removed_at is not None:
        return  # What comes late doesn't bring it back.
    elif is_deleted:
        _change(saving, stored, removed_at=saving.now())
    elif _is_newer(stored, told.row) or _is_next_edit(stored, delivery):
        details = merge_details(stored.details, told.row["details"])
        save_rows(saving, EVENTS, Event, [told.with_columns(page_no=stored.page_no, details=details)])


def _save_review(saving: Saving, delivery: Delivery, pull: PullRequest, told: Mapped[Row]) -> None:
    """Store a review. One that is dismissed stays so; its text goes from one to the next."""
    stored = _stored(saving, told.row)
    if stored is None:
        _insert(saving, pull, told)
    elif stored.removed_at is not None:
        return
    elif told.row.get("state") == DISMISSED and stored.state != DISMISSED:
        _change(saving, stored, state=DISMISSED)
    elif delivery.action == "edited" and told.row.get("body", stored.body) != stored.body:
        if _is_newer(stored, told.row) or _is_next_edit(stored, delivery):
            _change(saving, stored, body=told.row["body"])
        else:
            ask_again_if_read(saving, PULL_REQUESTS, pull)


def _stored(saving: Saving, row: Row) -> Event | None:
    key = (row["id"], row["issue_id"], row["event"])
    found: Event | None = saving.session.get(Event, key, populate_existing=True)
    return found


def _insert(saving: Saving, item: Item, told: Mapped[Row]) -> None:
    save_rows(saving, EVENTS, Event, [told])
    # It may be gone by now, and only a reading of the timeline would show it.
    ask_again_if_read(saving, PULL_REQUESTS if isinstance(item, PullRequest) else ISSUES, item)


def _change(saving: Saving, stored: Event, **columns: Any) -> None:
    for name, value in columns.items():
        setattr(stored, name, value)
    saving.session.flush()
    saving.run.stored += 1


def _is_newer(stored: Event, row: Row) -> bool:
    updated_at = row.get("updated_at")
    return updated_at is not None and stored.updated_at is not None and updated_at > stored.updated_at


def _is_next_edit(stored: Event, delivery: Delivery) -> bool:
    """Tell whether the text that was changed is the one that is stored: times are whole seconds, or there are none."""
    text = delivery.part("changes", "body").get("from")
    return delivery.action == "edited" and isinstance(text, str) and text == (stored.body or "")
