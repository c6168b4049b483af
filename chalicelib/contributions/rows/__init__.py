"""Maps one JSON object of GitHub's to one row. Pure: no network, no database.

A key that GitHub left out is left out of the row too, so that the stored value stays. A record that lacks a required
key raises RejectedError; unknown keys are ignored.
"""

from chalicelib.contributions.rows.events import event_row, is_private_draft
from chalicelib.contributions.rows.items import issue_row, pull_request_row, pull_row
from chalicelib.ingest.fields import Row

__all__ = ["Row", "event_row", "is_private_draft", "issue_row", "pull_request_row", "pull_row"]
