"""Open issues and pull requests, and for whom they wait."""

from __future__ import annotations

from sqlalchemy import and_, func

from chalicelib.contributions.facts import WAITS
from chalicelib.contributions.facts.people import ISSUE, PULL_REQUEST
from chalicelib.contributions.models import Issue, PullRequest
from chalicelib.contributions.views.columns import author_columns
from chalicelib.store.functions import hours_between, later, now
from chalicelib.store.views import View, ViewColumn

_facts = WAITS.current()
_fact, _issue, _pull = _facts.c, Issue.__table__.c, PullRequest.__table__.c

FIRST_RESPONSES_PENDING = View(
    "first_responses_pending",
    "Open issues and pull requests, and for whom each waits: for us when no member or maintainer has commented or "
    "reviewed since the author's last message, else for the author. Drafts are left out. Messages of bots and third "
    "parties don't count",
    [
        ViewColumn("id", _fact.id, "issues.id or pull_requests.id"),
        ViewColumn("kind", _fact.kind, "issue or pull_request"),
        ViewColumn("org", _fact.org, "Owner of the repository"),
        ViewColumn("repo", _fact.repo, "Repository's name, without the owner"),
        ViewColumn("number", _fact.number, "Number within the repository"),
        ViewColumn("title", func.coalesce(_issue.title, _pull.title), "Title"),
        ViewColumn("html_url", func.coalesce(_issue.html_url, _pull.html_url), "Web page"),
        *author_columns(_fact),
        ViewColumn("created_at", _fact.created_at, "When it was opened"),
        ViewColumn(
            "waiting_for",
            _fact.waiting_for,
            "us: a member or maintainer other than the author should respond; author: one of us responded last",
        ),
        ViewColumn(
            "waiting_since",
            _fact.waiting_since,
            "us: the author's first unanswered message; author: the first response since the author's last message. "
            "For a pull request that was a draft, not before ready_for_review",
        ),
        ViewColumn(
            "hours_waiting",
            hours_between(_fact.waiting_since, later(now(), _fact.waiting_since)),
            "Hours from waiting_since to now",
        ),
        ViewColumn("answered", _fact.answered, "True when one of us has responded; false: the first response is due"),
        ViewColumn(
            "author_last_at",
            _fact.author_last_at,
            "The author's last message: opening, comment, review or reopening. On a pull request also a commit (when "
            "it was committed, not pushed), force-push, review request or ready_for_review, by anybody",
        ),
        ViewColumn("our_last_at", _fact.our_last_at, "The last comment or review by one of us who is not the author"),
    ],
    source=_facts.outerjoin(Issue.__table__, and_(_fact.kind == ISSUE, _issue.id == _fact.id)).outerjoin(
        PullRequest.__table__, and_(_fact.kind == PULL_REQUEST, _pull.id == _fact.id)
    ),
)
