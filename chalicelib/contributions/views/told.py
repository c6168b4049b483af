"""What people did, and when items were open: the rows on which the other views stand."""

from __future__ import annotations

from chalicelib.contributions.facts import ACTIVITY as ACTIVITY_FACTS
from chalicelib.contributions.facts import PERIODS
from chalicelib.store.views import View, ViewColumn

_did, _period = ACTIVITY_FACTS.current().c, PERIODS.current().c

ACTIVITY = View(
    "activity",
    "What people did on issues and pull requests: a row for each opening, comment, review, merge and closing. "
    "Comments on lines of code are left out: they come with a review. So are reviews of one's own pull request",
    [
        ViewColumn("item_id", _did.item_id, "issues.id or pull_requests.id"),
        ViewColumn("turn", _did.turn, "Its place among those of the item, by time"),
        ViewColumn("org", _did.org, "Owner of the repository"),
        ViewColumn("repo", _did.repo, "Repository's name, without the owner"),
        ViewColumn("kind", _did.kind, "issue or pull_request"),
        ViewColumn(
            "what",
            _did.what,
            "opened, commented, reviewed (somebody else's pull request), merged (a pull request, whoever wrote it), "
            "closed (not by a merge), or was_merged: the author's own pull request, by anybody",
        ),
        ViewColumn("at", _did.at, "When"),
        ViewColumn("user_id", _did.user_id, "Who did it: an id that stays; NULL when the account is gone"),
        ViewColumn("username", _did.username, "That person's login; NULL when the account is gone"),
        ViewColumn(
            "person_kind", _did.person_kind, "What the person was at that time: member, maintainer, non-member or bot"
        ),
    ],
)

OPEN_PERIODS = View(
    "open_periods",
    "From when to when each issue and pull request was open; one that was reopened has several rows. Closings and "
    "reopenings come from the timeline when it agrees with the item's state, else from closed_at",
    [
        ViewColumn("item_id", _period.item_id, "issues.id or pull_requests.id"),
        ViewColumn("turn", _period.turn, "1 from its opening on, 2 from its first reopening on, and so on"),
        ViewColumn("org", _period.org, "Owner of the repository"),
        ViewColumn("repo", _period.repo, "Repository's name, without the owner"),
        ViewColumn("kind", _period.kind, "issue or pull_request"),
        ViewColumn("opened_at", _period.opened_at, "When it was opened, or reopened"),
        ViewColumn("closed_at", _period.closed_at, "When it was closed after that; NULL: it was not"),
    ],
)
