"""One GitHub JSON object in, one row out. Pure: no network, no database.

A row holds only what its record says: a key that GitHub left out is left out of the row, so that what is stored
stays. A record without what identifies and dates it raises RejectedError; unknown keys are ignored.
"""

from chalicelib.contributions.rows.events import event_row, unknown_kinds
from chalicelib.contributions.rows.items import issue_row, pull_request_row, pull_row
from chalicelib.contributions.rows.members import member_row
from chalicelib.ingest.fields import Row

__all__ = ["Row", "event_row", "issue_row", "member_row", "pull_request_row", "pull_row", "unknown_kinds"]
