"""What webhooks tell of contributions, by GitHub's names of the events.

Deliveries come late, twice and in any order. None makes a row older, and none brings back what is gone: only what
GitHub's API shows does.
"""

from chalicelib.contributions.sync.hearing.items import hear_issue, hear_pull
from chalicelib.contributions.sync.hearing.people import hear_organisation
from chalicelib.contributions.sync.hearing.remarks import hear_comment, hear_review
from chalicelib.ingest.deliveries import Event

EVENTS = {
    "issues": Event(hear_issue, frozenset({"issue", "repository"})),
    "pull_request": Event(hear_pull, frozenset({"pull_request", "repository"})),
    "issue_comment": Event(hear_comment, frozenset({"issue", "comment", "repository"})),
    "pull_request_review": Event(hear_review, frozenset({"pull_request", "review", "repository"})),
    "organization": Event(hear_organisation, frozenset({"organization"})),
}
