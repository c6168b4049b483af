"""How long issues take to be answered and closed."""

from __future__ import annotations

from sqlalchemy import case

from chalicelib.contributions.facts import ISSUES
from chalicelib.contributions.models import Issue
from chalicelib.contributions.views.columns import age_column, author_columns, place_columns, response_columns
from chalicelib.store.functions import hours_between, later, now
from chalicelib.store.views import View, ViewColumn

_facts = ISSUES.current()
_fact, _issue = _facts.c, Issue.__table__.c

ISSUE_CYCLE = View(
    "issue_cycle",
    "A row per issue: the hours to the first response, by anybody and by one of us, and to the last closing. "
    "A response is a comment by somebody who is neither the author nor a bot. It may come after the closing",
    [
        ViewColumn("id", _fact.id, "issues.id"),
        *place_columns(_fact, _issue),
        *author_columns(_fact),
        ViewColumn("state", _fact.state, "open or closed"),
        ViewColumn(
            "state_reason", _fact.state_reason, "completed, not_planned, duplicate or reopened; NULL when never closed"
        ),
        ViewColumn("created_at", _fact.created_at, "When it was opened"),
        *response_columns(_fact, "the opening"),
        ViewColumn("closed_at", _fact.closed_at, "When it was last closed; NULL while open"),
        ViewColumn(
            "hours_to_close",
            _fact.hours_to_close,
            "Hours from opening to the last closing; the time between a closing and a reopening counts too",
        ),
        age_column(case((_fact.state == "open", hours_between(_fact.created_at, later(now(), _fact.created_at))))),
        ViewColumn("reopen_count", _fact.reopen_count, "How often it was reopened"),
    ],
    source=_facts.join(Issue.__table__, _issue.id == _fact.id),
)
