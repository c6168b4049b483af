"""How long pull requests take, how big they are, and how they were reviewed."""

from __future__ import annotations

from sqlalchemy import BigInteger, and_, case, cast

from chalicelib.contributions.facts import PULL_REQUESTS
from chalicelib.contributions.models import PullRequest
from chalicelib.contributions.views.columns import age_column, author_columns, place_columns, response_columns
from chalicelib.store.functions import hours, hours_between, later, now, seconds_since, true_if
from chalicelib.store.views import View, ViewColumn

ZERO = "0 when it came before; NULL: none, or never ready"

_facts = PULL_REQUESTS.current()
_fact, _pull = _facts.c, PullRequest.__table__.c
_as_draft = _fact.draft_seconds + case(
    (_fact.draft_since.is_not(None), seconds_since(_fact.draft_since)), else_=cast(0, BigInteger)
)
_is_open = _fact.outcome == "open"
_authored_at = _pull.first_commit_authored_at

PULL_REQUEST_CYCLE = View(
    "pull_request_cycle",
    "A row per pull request: the hours from ready for review to the first response, first review, first approval, "
    "merge and closing. Time as a draft does not count. Responses and reviews by the author, by bots, and after the "
    "merge or last closing do not count",
    [
        ViewColumn("id", _fact.id, "pull_requests.id"),
        *place_columns(_fact, _pull),
        *author_columns(_fact),
        ViewColumn(
            "outcome",
            _fact.outcome,
            "open, merged, unmerged (closed without a merge), or unknown (closed; GitHub has not said yet if merged)",
        ),
        ViewColumn("is_draft", _fact.is_draft, "True while it is a draft, and when it was closed as one"),
        ViewColumn("created_at", _fact.created_at, "When it was opened"),
        ViewColumn(
            "ready_at",
            _fact.ready_at,
            "When the hours begin: the last ready_for_review before the first review; if there is none, the opening, "
            "or, when it was opened as a draft, the first ready_for_review. NULL when it was never ready",
        ),
        *response_columns(_fact, "ready_at"),
        ViewColumn("first_review_at", _fact.first_review_at, "When the first review was submitted; NULL: none"),
        ViewColumn(
            "first_reviewer", _fact.first_reviewer, "Login of that reviewer; NULL also when the account is gone"
        ),
        ViewColumn("first_approval_at", _fact.first_approval_at, "First approval that was not dismissed; NULL: none"),
        ViewColumn("merged_at", _fact.merged_at, "When it was merged; NULL: it was not"),
        ViewColumn("closed_at", _fact.closed_at, "When it was last closed, merging included; NULL while open"),
        ViewColumn("draft_hours", hours(_as_draft), "Hours as a draft, until the merge or last closing, or until now"),
        ViewColumn("hours_to_first_review", _fact.hours_to_first_review, f"Hours from ready_at to the review; {ZERO}"),
        ViewColumn("hours_to_approval", _fact.hours_to_approval, f"Hours from ready_at to the first approval; {ZERO}"),
        ViewColumn("hours_to_merge", _fact.hours_to_merge, f"Hours from ready_at to the merge; {ZERO}"),
        ViewColumn("hours_to_close", _fact.hours_to_close, f"Hours from ready_at to the last closing; {ZERO}"),
        age_column(case((_is_open, hours_between(_fact.created_at, later(now(), _fact.created_at))))),
        ViewColumn(
            "lead_time_hours",
            case((_authored_at <= _fact.merged_at, hours_between(_authored_at, _fact.merged_at))),
            "Hours from when its first commit was written (the author's date) to the merge; NULL: not merged, the "
            "commit is not known, or its date lies after the merge",
        ),
        ViewColumn("reviews", _fact.reviews, "How many reviews there were, dismissed and empty ones included"),
        ViewColumn(
            "empty_reviews",
            _fact.empty_reviews,
            "How many of them have neither a verdict nor a text, such as comments on lines alone",
        ),
        ViewColumn("reviewers", _fact.reviewers, "How many people submitted them; accounts that are gone don't count"),
        ViewColumn(
            "review_rounds",
            _fact.review_rounds,
            "How many rounds of reviews: the first review begins one, and the first review after each push",
        ),
        ViewColumn("late_reviews", _fact.late_reviews, "Reviews after the merge or last closing; in no other column"),
        ViewColumn(
            "merged_without_review",
            true_if(and_(_fact.outcome == "merged", _fact.reviews == 0)),
            "True when it was merged and nobody had reviewed it before",
        ),
        ViewColumn("merged_by", _pull.merged_by, "Login of who merged it"),
        ViewColumn("base_ref", _pull.base_ref, "Branch that it goes into"),
        ViewColumn("additions", _pull.additions, "Lines added; NULL until GitHub was asked"),
        ViewColumn("deletions", _pull.deletions, "Lines deleted"),
        ViewColumn("changed_lines", _pull.additions + _pull.deletions, "additions + deletions"),
        ViewColumn("changed_files", _pull.changed_files, "Files changed"),
    ],
    source=_facts.join(PullRequest.__table__, _pull.id == _fact.id),
)
