"""What webhooks tell of boards: the only history that GitHub has of sprints, points and other fields.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#projects_v2_item
https://docs.github.com/en/webhooks/webhook-events-and-payloads#projects_v2
"""

from __future__ import annotations

from functools import partial

from chalicelib.ingest.context import Saving
from chalicelib.ingest.deliveries import Delivery, Event
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.projects.models import Project, ProjectItemEvent
from chalicelib.projects.rows import board_delivery_row, item_delivery_row
from chalicelib.projects.settings import GH_PROJECTS, is_wanted
from chalicelib.projects.sync.following import follow
from chalicelib.projects.sync.saving import BOARDS
from chalicelib.projects.sync.timelines import EVENTS

NOT_WANTED = f"{GH_PROJECTS.name} leaves this board out"


def hear_item(saving: Saving, delivery: Delivery) -> None:
    """Keep what happened to an item, and bring the item up to date; who is not known yet, the next reading tells."""
    if not _is_kept(saving, delivery):
        saving.note(NOT_WANTED)
        return
    to_row = partial(item_delivery_row, received_at=delivery.received_at)
    mapped = map_records(saving, EVENTS, [dict(delivery.payload)], to_row)
    rows = [Mapped(each.row, each.record) for each in mapped if each.row is not None]
    save_rows(saving, EVENTS, ProjectItemEvent, rows)
    for each in rows:
        follow(saving, each.row)


def hear_board(saving: Saving, delivery: Delivery) -> None:
    """Store a board's title and state."""
    to_row = partial(board_delivery_row, org=saving.scope.org, received_at=delivery.received_at)
    mapped = list(map_records(saving, BOARDS, [dict(delivery.payload)], to_row))
    wanted = [each for each in mapped if is_wanted(saving.settings, saving.scope.org, each.row["number"])]
    save_rows(saving, BOARDS, Project, wanted)
    if len(wanted) < len(mapped):
        saving.note(NOT_WANTED)


def _is_kept(saving: Saving, delivery: Delivery) -> bool:
    """Tell whether an item's board is read; its number is not told, so where boards are named it must be stored."""
    if not saving.settings.value(GH_PROJECTS):
        return True
    stored = saving.session.get(Project, str(delivery.part("projects_v2_item").get("project_node_id")))
    return stored is not None and is_wanted(saving.settings, stored.org, stored.number)


EVENTS_KEPT = {
    "projects_v2_item": Event(hear_item, frozenset({"projects_v2_item"})),
    "projects_v2": Event(hear_board, frozenset({"projects_v2"})),
}
