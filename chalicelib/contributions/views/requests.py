"""Who was asked for a review, and how long it took."""

from __future__ import annotations

from sqlalchemy import case

from chalicelib.contributions.facts import REQUESTS
from chalicelib.contributions.models import PullRequest
from chalicelib.contributions.views.columns import author_columns, place_columns
from chalicelib.store.functions import hours_between, later, now
from chalicelib.store.views import View, ViewColumn

_facts = REQUESTS.current()
_fact, _pull = _facts.c, PullRequest.__table__.c
_waits_until = later(now(), _fact.requested_at)

REVIEW_REQUESTS = View(
    "review_requests",
    "A row for each time that a person or a team was asked for a review of a pull request. It ends with a review or "
    "its withdrawal, whichever came first. Asked again before that counts once, from the first time; asked again later "
    "is a new row. Requests that don't say who was asked are left out, such as those of accounts that are gone",
    [
        ViewColumn("id", _fact.item_id, "pull_requests.id"),
        ViewColumn("turn", _fact.turn, "Its place among the requests of the pull request, by time"),
        *place_columns(_fact, _pull),
        *author_columns(_fact),
        ViewColumn("asked", _fact.asked, "What was asked: person, team or bot"),
        ViewColumn("reviewer_id", _fact.reviewer_id, "Id of the person or bot that was asked; NULL for a team"),
        ViewColumn("reviewer", _fact.reviewer, "That one's login, as it was then; NULL for a team"),
        ViewColumn("team_id", _fact.team_id, "teams.id of the team that was asked; NULL for a person"),
        ViewColumn("team", _fact.team, "That team's name in addresses, as it was then; NULL for a person"),
        ViewColumn("requested_at", _fact.requested_at, "When; time as a draft counts, too"),
        ViewColumn("requested_by", _fact.requested_by, "Login of who asked; NULL when the account is gone"),
        ViewColumn("removed_at", _fact.removed_at, "When it was withdrawn without a review; NULL: it was not"),
        ViewColumn(
            "reviewed_at",
            _fact.reviewed_at,
            "The first review after it by that person, or by anybody who was in the team then and is not the author. "
            "It may come after the merge or closing. NULL: none, or withdrawn before",
        ),
        ViewColumn("reviewed_by_id", _fact.reviewed_by_id, "Id of who submitted that review"),
        ViewColumn("reviewed_by", _fact.reviewed_by, "Login of who submitted it"),
        ViewColumn(
            "hours_to_review",
            hours_between(_fact.requested_at, _fact.reviewed_at),
            "Hours from requested_at to reviewed_at; NULL without a review",
        ),
        ViewColumn(
            "is_open",
            _fact.is_open,
            "True while it is waited for: neither reviewed nor withdrawn, and the pull request is open (drafts too)",
        ),
        ViewColumn(
            "hours_waiting",
            case((_fact.is_open, hours_between(_fact.requested_at, _waits_until))),
            "Hours from requested_at to now while it is waited for; NULL when it is not. Read it beside "
            "hours_to_review, which leaves out what has not been reviewed",
        ),
    ],
    # An outer join, which the database leaves out for those who don't ask for the title.
    source=_facts.outerjoin(PullRequest.__table__, _pull.id == _fact.item_id),
)
