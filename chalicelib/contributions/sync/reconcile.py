"""What no search by `updated` sees: counts that differ, states that differ, silent changes, deletions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from chalicelib.contributions.api import ISSUES, PULL_REQUESTS, SearchAPI, Span
from chalicelib.contributions.sync.items import MODELS, identity_of, in_scope, read_span, save_items, watermark_name
from chalicelib.contributions.sync.transfers import follow_item
from chalicelib.errors import IncompleteReadError
from chalicelib.github import PER_PAGE, GitHubAPI
from chalicelib.ingest.context import Context
from chalicelib.ingest.proofs import Count, Difference
from chalicelib.ingest.windows import SECOND, Window, cut_windows, months
from chalicelib.store.ledger import first_window

GITHUB_BEGAN = datetime(2008, 1, 1, tzinfo=UTC)
# What a check may cost when it runs each half hour; the daily one does what is left.
MOST_REQUESTS = 60
# Searches allowed in a minute, until GitHub has said it.
SEARCH_LIMIT = 30


@dataclass(frozen=True)
class Question:
    """Something to count on both sides: as qualifiers of a search, and as values of rows' columns."""

    qualifiers: tuple[str, ...]
    values: tuple[tuple[str, Any], ...]

    def holds_for(self, model: Any) -> list[ColumnElement[bool]]:
        """Say it as conditions on a model's rows."""
        return [getattr(model, name) == value for name, value in self.values]


EVERY = Question((), ())
OPEN = Question(("is:open",), (("state", "open"),))
MERGED = Question(("is:merged",), (("merged", True),))
UNMERGED = Question(("is:closed", "is:unmerged"), (("state", "closed"), ("merged", False)))
QUESTIONS = {ISSUES: (EVERY, OPEN), PULL_REQUESTS: (EVERY, MERGED, UNMERGED)}


def compare(context: Context, kind: str, window: Window, question: Question = EVERY) -> Count:
    """Count a window on both sides; one search for each six repositories, or for the organisation."""
    search = SearchAPI(context.github)
    asked = (*question.qualifiers, Span.created_in(window).qualifier)
    github = sum(search.fetch_count(part, kind, *asked) for part in context.scope.parts())
    model = MODELS[kind]
    conditions = (_stored_in(context, kind, window), *question.holds_for(model))
    counted = select(func.count()).select_from(model).where(*conditions)
    return Count(kind, window, github, context.session.scalar(counted) or 0)


def _stored_in(context: Context, kind: str, window: Window) -> ColumnElement[bool]:
    model = MODELS[kind]
    return and_(
        in_scope(model, context.scope),
        model.created_at >= window.since,
        model.created_at < window.until + SECOND,
        model.deleted_at.is_(None),
    )


def narrow(context: Context, count: Count, question: Question = EVERY) -> list[Window]:
    """Find the days that differ, unless to list the whole window costs fewer requests than to count its days."""
    days = cut_windows(count.window.since, count.window.until, days=1)
    if count.github / PER_PAGE < len(days):
        return [count.window]
    return [day for day in days if compare(context, count.kind, day, question).differs]


def repair(context: Context, kind: str, window: Window) -> list[Difference]:
    """List a window anew: store what is missing, and follow what GitHub no longer shows; says what differed."""
    model: Any = MODELS[kind]
    stored = select(model.id, model.repo, model.created_at).where(_stored_in(context, kind, window))
    before = {row.id: row for row in context.session.execute(stored)}
    listed: set[int] = set()
    for part in context.scope.parts():
        listed |= read_span(context, kind, part, Span.created_in(window))
    after = {row.id: row for row in context.session.execute(stored)}
    surplus = [row for key, row in before.items() if key not in listed]
    for row in surplus:
        follow_item(context, kind, row.id)
        context.checkpoint()
    return _differences(kind, [row for key, row in after.items() if key not in before], surplus)


def _differences(kind: str, missing: Sequence[Any], surplus: Sequence[Any]) -> list[Difference]:
    lacking = Counter((row.repo, f"{row.created_at:%Y-%m-%d}") for row in missing)
    extra = Counter((row.repo, f"{row.created_at:%Y-%m-%d}") for row in surplus)
    places = sorted(lacking.keys() | extra.keys())
    return [Difference(kind, repo, day, lacking[repo, day], extra[repo, day]) for repo, day in places]


class Allowance:
    """The requests that a step may send, so that a check never takes more than its share of a rate limit."""

    def __init__(self, github: GitHubAPI, most: Callable[[], int]) -> None:
        self._github, self._most = github, most
        self._begin = github.requests_sent

    @property
    def is_spent(self) -> bool:
        """Tell whether the step has had its share."""
        return self._github.requests_sent - self._begin >= self._most()

    @classmethod
    def tenth_of_an_hour(cls, github: GitHubAPI, *, shared_by: int) -> Allowance:
        """One share of a tenth of the searches that GitHub allows in an hour (it counts them by the minute)."""

        def most() -> int:
            limit = github.rate_limits.get("search")
            return (limit.limit if limit else SEARCH_LIMIT) * 60 // 10 // shared_by

        return cls(github, most)


def check_count(context: Context) -> None:
    """Find issues that vanished, by one count; and where they were, by halving, when the counts differ.

    Only what a finished backfill has read can be counted, up to where every change is stored.
    """
    org = context.scope.org
    since = first_window(context.session, job="backfill", step=f"{ISSUES}.created", org=org)
    until = context.marks.watermark(watermark_name(ISSUES)).read()
    unfinished = context.marks.has_cursor(f"backfill:{ISSUES}:")
    if since is None or until is None or unfinished or since >= until:
        return
    _descend(context, Window(since, until), Allowance(context.github, lambda: MOST_REQUESTS))


def _descend(context: Context, window: Window, allowance: Allowance) -> None:
    count = compare(context, ISSUES, window)
    context.run.expected = context.run.expected or count.github
    if not count.differs or allowance.is_spent:
        return
    if count.github <= PER_PAGE or window.since == window.until:
        repair(context, ISSUES, window)
        return
    for half in window.halves():
        _descend(context, half, allowance)


def reconcile_counts(context: Context, kind: str, *, since: datetime | None, shared_by: int = 1) -> None:
    """Compare every month's counts, by state too, and list anew the days that differ; goes on tomorrow when it is dear.

    This is what finds a pull request whose merge was missed, however old. `since` is a moment, or None for the
    beginning of the backfills. The tenth of the hourly rate limit that it may take is shared by so many steps.
    """
    cursor = context.marks.cursor(f"reconcile:{kind}")
    begin = since or first_window(context.session, job="backfill", step=f"{kind}.created", org=context.scope.org)
    if begin is None:
        return
    allowance = Allowance.tenth_of_an_hour(context.github, shared_by=shared_by)
    reached = cursor.read()
    differing: list[str] = []
    for month in months(Window(max(begin, reached or begin), context.now())):
        if allowance.is_spent:
            break
        differing += _reconcile_month(context, kind, month)
        cursor.advance(month.until + SECOND)
        context.checkpoint()
    else:
        cursor.drop()
        context.checkpoint()
    if differing:
        raise IncompleteReadError(f"GitHub and the table still count different {kind}: {'; '.join(differing)}")


def _reconcile_month(context: Context, kind: str, month: Window) -> list[str]:
    """List anew what differs; names what differs still, and lets the other months be compared."""
    differing: list[str] = []
    for question in QUESTIONS[kind]:
        count = compare(context, kind, month, question)
        if not count.differs:
            continue
        for part in narrow(context, count, question):
            repair(context, kind, part)
        if compare(context, kind, month, question).differs:
            differing.append(f"{month.since:%Y-%m} ({' '.join(question.qualifiers) or 'all'})")
    return differing


def sweep_open(context: Context, kind: str, *, shared_by: int = 1) -> None:
    """List all open items: for labels and milestones that changed silently, and for rows that GitHub shows no more.

    Goes on tomorrow where it stopped when it would take more than its share of a tenth of the hourly rate limit.
    """
    allowance = Allowance.tenth_of_an_hour(context.github, shared_by=shared_by)
    for part in context.scope.parts():
        _sweep_part(replace(context, scope=part), kind, allowance)


def _sweep_part(context: Context, kind: str, allowance: Allowance) -> None:
    scope = context.scope
    cursor = context.marks.cursor(f"sweep:{kind}")
    begin = cursor.read() or GITHUB_BEGAN
    listed, reached = set[Any](), begin
    for page in SearchAPI(context.github).fetch_pages(scope, kind, Span("created", begin), "is:open"):
        save_items(context, kind, page.items)
        listed |= {identity_of(item) for item in page.items}
        reached = page.since or reached
        context.checkpoint()
        if allowance.is_spent and page.next_url:
            _follow_unlisted(context, kind, Window(begin, reached), listed)
            cursor.advance(reached)
            context.checkpoint()
            return
    _follow_unlisted(context, kind, Window(begin, context.now()), listed)
    cursor.drop()
    context.checkpoint()


def _follow_unlisted(context: Context, kind: str, window: Window, listed: set[Any]) -> None:
    model: Any = MODELS[kind]
    stored = select(model.id).where(_stored_in(context, kind, window), model.state == "open")
    for item_id in [key for key in context.session.scalars(stored) if key not in listed]:
        follow_item(context, kind, item_id)
        context.checkpoint()
