"""What webhooks tell of contributions, by GitHub's names of the events.

Deliveries come late, twice and in any order. None makes a row older, and none brings back what is gone: only what
GitHub's API shows does.
"""

from chalicelib.contributions.sync.hearing.items import hear_issue, hear_pull
from chalicelib.contributions.sync.hearing.people import hear_organisation
from chalicelib.contributions.sync.hearing.remarks import hear_comment, hear_review
from chalicelib.ingest.deliveries import Handler

EVENTS: dict[str, Handler] = {
    "issues": hear_issue,
    "pull_request": hear_pull,
    "issue_comment": hear_comment,
    "pull_request_review": hear_review,
    "organization": hear_organisation,
}
