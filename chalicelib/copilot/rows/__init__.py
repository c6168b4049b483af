"""Maps one JSON object of GitHub's to rows. Pure: no network, no database.

A row of a report has all its columns; a counter that GitHub left out is None. A record that can't become a row raises
RejectedError. `read_document` finds out what a whole file holds, which decides on the mapper for its records.
"""

from chalicelib.copilot.rows.days import DayRows
from chalicelib.copilot.rows.documents import Document, any_day_rows, read_document, shape_of
from chalicelib.copilot.rows.legacy import metrics_day_rows, usage_day_rows
from chalicelib.copilot.rows.reports import report_day_rows, user_day_row, user_period_row, user_team_row
from chalicelib.copilot.rows.seats import seat_row
from chalicelib.ingest.fields import Row

__all__ = [
    "DayRows",
    "Document",
    "Row",
    "any_day_rows",
    "metrics_day_rows",
    "read_document",
    "report_day_rows",
    "seat_row",
    "shape_of",
    "usage_day_rows",
    "user_day_row",
    "user_period_row",
    "user_team_row",
]
