"""Turns what GitHub says of boards into rows."""

from chalicelib.projects.rows.deliveries import board_delivery_row, item_delivery_row
from chalicelib.projects.rows.events import timeline_event_row
from chalicelib.projects.rows.items import item_row
from chalicelib.projects.rows.projects import field_row, iteration_rows, project_row

__all__ = [
    "board_delivery_row",
    "field_row",
    "item_delivery_row",
    "item_row",
    "iteration_rows",
    "project_row",
    "timeline_event_row",
]
