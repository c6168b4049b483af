"""Finds and repairs what a search for updated items misses: lost items, wrong states, silent changes, deletions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from chalicelib.contributions.api import ISSUES, PULL_REQUESTS, SearchAPI, Span
from chalicelib.contributions.sync.items import MODELS, in_scope, read_span, save_items, watermark_name
from chalicelib.contributions.sync.missing import follow_missing
from chalicelib.contributions.sync.readings import identity_of
from chalicelib.errors import IncompleteReadError
from chalicelib.github import PER_PAGE, GitHubAPI
from chalicelib.ingest.comparisons import Count, Difference
from chalicelib.ingest.context import Context
from chalicelib.ingest.windows import SECOND, Window, cut_windows, months
from chalicelib.store.ledger import first_window

GITHUB_BEGAN = datetime(2008, 1, 1, tzinfo=UTC)
# The requests that the half-hourly check may send; the daily check does the rest.
MAX_REQUESTS = 60
# Searches per minute, until an answer gives GitHub's real limit.
SEARCH_LIMIT = 30


@dataclass(frozen=True)
class Question:
    """What to count, on GitHub by search qualifiers, and in the table by values of columns."""

    qualifiers: tuple[str, ...]
    values: tuple[tuple[str, Any], ...]

    def conditions(self, model: Any) -> list[ColumnElement[bool]]:
        """Give the conditions on a model's rows."""
        return [getattr(model, name) == value for name, value in self.values]


ALL = Question((), ())
OPEN = Question(("is:open",), (("state", "open"),))
MERGED = Question(("is:merged",), (("merged", True),))
UNMERGED = Question(("is:closed", "is:unmerged"), (("state", "closed"), ("merged", False)))
QUESTIONS = {ISSUES: (ALL, OPEN), PULL_REQUESTS: (ALL, MERGED, UNMERGED)}


def compare(context: Context, kind: str, window: Window, question: Question = ALL) -> Count:
    """Count the items created in a window, on GitHub and in the table.

    It takes one search for the organisation, or one for each six repositories.
    """
    search = SearchAPI(context.github)
    qualifiers = (*question.qualifiers, Span.created_in(window).qualifier)
    github = sum(search.fetch_count(part, kind, *qualifiers) for part in context.scope.parts())
    model = MODELS[kind]
    conditions = (_stored_in(context, kind, window), *question.conditions(model))
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


def find_differing_windows(context: Context, count: Count, question: Question = ALL) -> list[Window]:
    """Find the days of a window that differ; gives the whole window when listing it takes fewer requests."""
    days = cut_windows(count.window.since, count.window.until, days=1)
    if count.github / PER_PAGE < len(days):
        return [count.window]
    return [day for day in days if compare(context, count.kind, day, question).differs]


def repair(context: Context, kind: str, window: Window) -> list[Difference]:
    """List a window again: store missing items, and ask about those that GitHub didn't list; gives the differences."""
    model: Any = MODELS[kind]
    stored = select(model.id, model.repo, model.created_at).where(_stored_in(context, kind, window))
    before = {row.id: row for row in context.session.execute(stored)}
    listed: set[int] = set()
    for part in context.scope.parts():
        listed |= read_span(context, kind, part, Span.created_in(window)).seen.keys()
    after = {row.id: row for row in context.session.execute(stored)}
    surplus = [row for key, row in before.items() if key not in listed]
    follow_missing(context, kind, [row.id for row in surplus])
    return _differences(kind, [row for key, row in after.items() if key not in before], surplus)


def _differences(kind: str, missing: Sequence[Any], surplus: Sequence[Any]) -> list[Difference]:
    missing_by_day = Counter((row.repo, f"{row.created_at:%Y-%m-%d}") for row in missing)
    surplus_by_day = Counter((row.repo, f"{row.created_at:%Y-%m-%d}") for row in surplus)
    places = sorted(missing_by_day.keys() | surplus_by_day.keys())
    return [Difference(kind, repo, day, missing_by_day[repo, day], surplus_by_day[repo, day]) for repo, day in places]


class Allowance:
    """The number of requests that a step may send, so that checks use only a part of the rate limit."""

    def __init__(self, github: GitHubAPI, limit: Callable[[], int]) -> None:
        self._github, self._limit = github, limit
        self._sent_before = github.requests_sent

    @property
    def is_spent(self) -> bool:
        """Tell whether the step has sent that many requests."""
        return self._github.requests_sent - self._sent_before >= self._limit()

    @classmethod
    def tenth_of_an_hour(cls, github: GitHubAPI, *, shared_by: int) -> Allowance:
        """Allow a tenth of an hour's searches, divided by `shared_by` steps; GitHub's limit is per minute."""

        def limit() -> int:
            search = github.rate_limits.get("search")
            return (search.limit if search else SEARCH_LIMIT) * 60 // 10 // shared_by

        return cls(github, limit)


def check_count(context: Context) -> None:
    """Compare the count of issues with GitHub's; when they differ, find and repair the windows that do, by bisection.

    It counts from the start of the first backfill to the watermark, and only when no backfill is unfinished.
    """
    org = context.scope.org
    since = first_window(context.session, job="backfill", step=f"{ISSUES}.created", org=org)
    until = context.marks.watermark(watermark_name(ISSUES)).read()
    unfinished = context.marks.has_cursor(f"backfill:{ISSUES}:")
    if since is None or until is None or unfinished or since >= until:
        return
    _bisect(context, Window(since, until), Allowance(context.github, lambda: MAX_REQUESTS))


def _bisect(context: Context, window: Window, allowance: Allowance) -> None:
    count = compare(context, ISSUES, window)
    context.run.expected = context.run.expected or count.github
    if not count.differs or allowance.is_spent:
        return
    if count.github <= PER_PAGE or window.since == window.until:
        repair(context, ISSUES, window)
        return
    for half in window.halves():
        _bisect(context, half, allowance)


def reconcile_counts(context: Context, kind: str, *, since: datetime | None, shared_by: int = 1) -> None:
    """Compare each month's counts, of all items and by state, and repair the days that differ.

    This finds a pull request whose merge was missed, however old it is. It begins at `since`, or with None where the
    first backfill began. It may send a tenth of an hour's searches, divided by `shared_by` steps; when that is spent,
    the next run goes on from there. Raises IncompleteReadError when counts differ even after the repair.
    """
    cursor = context.marks.cursor(f"reconcile:{kind}")
    begin = since or first_window(context.session, job="backfill", step=f"{kind}.created", org=context.scope.org)
    if begin is None:
        return
    allowance = Allowance.tenth_of_an_hour(context.github, shared_by=shared_by)
    resume_at = cursor.read()
    differing: list[str] = []
    for month in months(Window(max(begin, resume_at or begin), context.now())):
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
    """Repair the days that differ; gives the questions whose counts still differ, so that other months go on."""
    differing: list[str] = []
    for question in QUESTIONS[kind]:
        count = compare(context, kind, month, question)
        if not count.differs:
            continue
        for part in find_differing_windows(context, count, question):
            repair(context, kind, part)
        if compare(context, kind, month, question).differs:
            differing.append(f"{month.since:%Y-%m} ({' '.join(question.qualifiers) or 'all'})")
    return differing


def sweep_open(context: Context, kind: str, *, shared_by: int = 1) -> None:
    """List all open items, to find labels and milestones that changed silently, and rows that GitHub no longer shows.

    It may send a tenth of an hour's searches, divided by `shared_by` steps; when that is spent, the next run goes on
    from there.
    """
    allowance = Allowance.tenth_of_an_hour(context.github, shared_by=shared_by)
    for part in context.scope.parts():
        _sweep_part(replace(context, scope=part), kind, allowance)


def _sweep_part(context: Context, kind: str, allowance: Allowance) -> None:
    scope = context.scope
    cursor = context.marks.cursor(f"sweep:{kind}")
    begin = cursor.read() or GITHUB_BEGAN
    listed, listed_until = set[Any](), begin
    for page in SearchAPI(context.github).fetch_pages(scope, kind, Span("created", begin), "is:open"):
        save_items(context, kind, page.items)
        listed |= {identity_of(item) for item in page.items}
        listed_until = page.since or listed_until
        context.checkpoint()
        if allowance.is_spent and page.next_url:
            _follow_unlisted(context, kind, Window(begin, listed_until), listed)
            cursor.advance(listed_until)
            context.checkpoint()
            return
    _follow_unlisted(context, kind, Window(begin, context.now()), listed)
    cursor.drop()
    context.checkpoint()


def _follow_unlisted(context: Context, kind: str, window: Window, listed: set[Any]) -> None:
    model: Any = MODELS[kind]
    stored = select(model.id).where(_stored_in(context, kind, window), model.state == "open")
    follow_missing(context, kind, [key for key in context.session.scalars(stored) if key not in listed])
