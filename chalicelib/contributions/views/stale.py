"""Open pull requests, and since when nobody has done anything about them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Subquery, cast, func, null, select, union_all

from chalicelib.contributions.facts import PULL_REQUESTS
from chalicelib.contributions.facts import WAITS as WAITS_FACTS
from chalicelib.contributions.models import PullRequest
from chalicelib.contributions.views.columns import author_columns
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import days_between, later, now
from chalicelib.store.views import View, ViewColumn


def _open() -> Subquery:
    """Open pull requests, with for whom they wait."""
    pull, wait = PULL_REQUESTS.current().c, WAITS_FACTS.current().c
    pulls = select(*(pull[name] for name in KEPT), *(cast(null(), wait[name].type).label(name) for name in WAITS))
    only = {name: cast(null(), pull[name].type).label(name) for name in KEPT}
    waits = select(*(wait[name] if name in PLACE else only[name] for name in KEPT), *(wait[name] for name in WAITS))
    # Neither joined nor chosen by kind: while there are no facts yet, PostgreSQL would compare everything with
    # everything. Those of issues fall out at the end.
    each = union_all(pulls.where(pull.outcome == "open"), waits).subquery("each")
    place = [each.c[name] for name in PLACE]
    told = (func.max(each.c[name], type_=each.c[name].type).over(partition_by=place).label(name) for name in WAITS)
    both = select(*(each.c[name] for name in KEPT), *told).subquery("open_or_wait")
    return select(both).where(both.c.created_at.is_not(None)).subquery("open_pull")


PLACE = ("org", "repo", "id")
KEPT = (*PLACE, "number", "username", "author_id", "author_kind", "is_draft", "created_at", "moved_at")
WAITS = ("waiting_for", "waiting_since")
_pulls = _open()
_row = _pulls.c
_last_at = func.coalesce(_row.moved_at, _row.created_at, type_=UTCDateTime())


def _days_since(time: Any) -> Any:
    return days_between(time, later(now(), time))


STALE_PULL_REQUESTS = View(
    "stale_pull_requests",
    "A row per open pull request, drafts and those by bots included, with when anybody last moved it: choose "
    "days_idle >= 30, or whatever is stale for you",
    [
        ViewColumn("id", _row.id, "pull_requests.id"),
        ViewColumn("org", _row.org, "Owner of the repository"),
        ViewColumn("repo", _row.repo, "Repository's name, without the owner"),
        ViewColumn("number", _row.number, "Number within the repository"),
        ViewColumn("title", PullRequest.__table__.c.title, "Title"),
        ViewColumn("html_url", PullRequest.__table__.c.html_url, "Web page"),
        *author_columns(_row),
        ViewColumn("is_draft", _row.is_draft, "True while it is a draft"),
        ViewColumn("created_at", _row.created_at, "When it was opened"),
        ViewColumn(
            "last_activity_at",
            _last_at,
            "The last comment, review, commit (when it was committed, not pushed), force-push, review request, "
            "reopening or change to or from a draft, by anybody but bots; else the opening. Labels, assignees, "
            "mentions and the like don't count",
        ),
        ViewColumn(
            "updated_at",
            PullRequest.__table__.c.updated_at,
            "When anything last changed, according to GitHub: what bots did and labels count, too",
        ),
        ViewColumn("days_idle", _days_since(_last_at), "Whole days of 24 hours since last_activity_at"),
        ViewColumn("days_open", _days_since(_row.created_at), "Whole days of 24 hours since it was opened"),
        ViewColumn(
            "waiting_for",
            _row.waiting_for,
            "us: a member or maintainer other than the author should respond; author: one of us responded last. As in "
            "first_responses_pending; NULL for a draft, which waits for nobody",
        ),
        ViewColumn("waiting_since", _row.waiting_since, "Since when it waits for them; NULL for a draft"),
    ],
    source=_pulls.join(PullRequest.__table__, PullRequest.id == _row.id),
)
