"""Finds and repairs what a search for updated items misses: lost items, wrong states, silent changes, deletions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from chalicelib.contributions.api import ISSUES, PULL_REQUESTS, SearchAPI, Span, moment_of
from chalicelib.contributions.sync.allowances import Allowance
from chalicelib.contributions.sync.items import MODELS, in_scope, read_span, save_items, watermark_name
from chalicelib.contributions.sync.missing import follow_missing
from chalicelib.contributions.sync.places import is_listed
from chalicelib.contributions.sync.readings import identity_of
from chalicelib.errors import IncompleteReadError
from chalicelib.github import PER_PAGE
from chalicelib.ingest.comparisons import Count, Difference, Findings
from chalicelib.ingest.context import Context
from chalicelib.ingest.windows import SECOND, Window, cut_windows, months
from chalicelib.store.among import among
from chalicelib.store.ledger import first_window

GITHUB_BEGAN = datetime(2008, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Question:
    """What to count, on GitHub by search qualifiers, and in the table by values of columns."""

    qualifiers: tuple[str, ...]
    values: tuple[tuple[str, Any], ...]

    def conditions(self, model: Any) -> list[ColumnElement[bool]]:
        """Give the conditions on a model's rows."""
        return [getattr(model, name) == value for name, value in self.values]

    @property
    def words(self) -> str:
        """Say which items are counted: open, closed unmerged."""
        return " ".join(qualifier.removeprefix("is:") for qualifier in self.qualifiers) or "all"


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
    conditions = (stored_in(context, kind, window), *question.conditions(model))
    counted = select(func.count()).select_from(model).where(*conditions)
    return Count(kind, window, github, context.session.scalar(counted) or 0)


def stored_in(context: Context, kind: str, window: Window) -> ColumnElement[bool]:
    """Give the condition on the rows of items that were created in a window."""
    model = MODELS[kind]
    return and_(
        in_scope(model, context.scope),
        model.created_at >= window.since,
        model.created_at < window.until + SECOND,
        model.deleted_at.is_(None),
        is_listed(model),
    )


def find_differing_windows(context: Context, count: Count, question: Question = ALL) -> list[Window]:
    """Find the days of a window that differ; gives the whole window when listing it takes fewer requests."""
    days = cut_windows(count.window.since, count.window.until, days=1)
    if count.github / PER_PAGE < len(days):
        return [count.window]
    return [day for day in days if compare(context, count.kind, day, question).differs]


def repair(context: Context, kind: str, window: Window) -> Findings:
    """List a window again: store missing items, and ask about those that GitHub didn't list; gives what was found."""
    condition = stored_in(context, kind, window)
    before, stored_before = _rows(context, kind, condition), context.run.stored
    listed, ghosts = dict[Any, datetime | None](), 0
    for part in context.scope.parts():
        reading = read_span(context, kind, part, Span.created_in(window))
        listed |= reading.seen
        ghosts += reading.missing
    after = _rows(context, kind, condition)
    found = _compare_rows(context, kind, before, after, changed=context.run.stored - stored_before)
    found.ahead, found.ghosts = _ahead(after, listed), ghosts
    found.unstored = len(listed.keys() - after.keys())
    surplus = [row for key, row in before.items() if key not in listed]
    follow_missing(context, kind, [row.id for row in surplus])
    found.differences = _differences(kind, [row for key, row in after.items() if key not in before], surplus)
    found.hidden = len({row.id for row in surplus} & _rows(context, kind, condition).keys()) if surplus else 0
    return found


def save_listed(context: Context, kind: str, items: Sequence[Any]) -> Findings:
    """Store some items as GitHub lists them; gives what was missing or altered. Commits nothing."""
    listed = {identity_of(item): moment_of(item, "updated_at") for item in items}
    model: Any = MODELS[kind]
    ids = [key for key in listed if isinstance(key, int)]
    condition = and_(among(model.id, ids), model.deleted_at.is_(None))
    before = _rows(context, kind, condition)
    changed = save_items(context, kind, items)
    after = _rows(context, kind, condition)
    found = _compare_rows(context, kind, before, after, changed=changed)
    found.ahead = _ahead(after, listed)
    found.differences = _differences(kind, [row for key, row in after.items() if key not in before], [])
    return found


def _rows(context: Context, kind: str, condition: ColumnElement[bool]) -> dict[Any, Any]:
    model: Any = MODELS[kind]
    rows = select(model.id, model.repo, model.created_at, model.updated_at).where(condition)
    return {row.id: row for row in context.session.execute(rows)}


def _compare_rows(
    context: Context, kind: str, before: dict[Any, Any], after: dict[Any, Any], *, changed: int
) -> Findings:
    """Count the rows that said something else than GitHub, beside those that changed after the job last looked."""
    mark = context.marks.watermark(watermark_name(kind)).read()
    newer = [row for key, row in after.items() if key in before and row.updated_at > before[key].updated_at]
    unread = len([row for row in newer if mark and row.updated_at > mark])
    return Findings(altered=changed - len(after.keys() - before.keys()) - unread)


def _ahead(rows: dict[Any, Any], listed: dict[Any, datetime | None]) -> list[int]:
    return [key for key, row in rows.items() if (moment := listed.get(key)) and row.updated_at > moment]


def _differences(kind: str, missing: Sequence[Any], surplus: Sequence[Any]) -> list[Difference]:
    missing_by_day = Counter((row.repo, f"{row.created_at:%Y-%m-%d}") for row in missing)
    surplus_by_day = Counter((row.repo, f"{row.created_at:%Y-%m-%d}") for row in surplus)
    places = sorted(missing_by_day.keys() | surplus_by_day.keys())
    return [Difference(kind, repo, day, missing_by_day[repo, day], surplus_by_day[repo, day]) for repo, day in places]


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
            context.note(f"its share of the searches is spent: it goes on from {month.since:%Y-%m} in its next turn")
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
        found = Findings()
        for part in find_differing_windows(context, count, question):
            found.add(repair(context, kind, part))
        # What GitHub counts and never lists, the ledger's note names already.
        if not 0 <= compare(context, kind, month, question).difference <= found.ghosts:
            differing.append(f"{month.since:%Y-%m} ({question.words})")
    return differing


def sweep_open(context: Context, kind: str, *, shared_by: int = 1) -> None:
    """List all open items, to find labels and milestones that changed silently, and rows that GitHub no longer shows.

    It may send a tenth of an hour's searches, divided by `shared_by` steps; when that is spent, the next run goes on
    from there. Of several parts of a scope, each day begins with another one.
    """
    allowance = Allowance.tenth_of_an_hour(context.github, shared_by=shared_by)
    parts = context.scope.parts()
    first = context.now().toordinal() % len(parts)
    for number, part in enumerate(parts[first:] + parts[:first]):
        if allowance.is_spent:
            waiting = len(parts) - number
            verb = "waits" if waiting == 1 else "wait"
            context.note(f"its share of the searches is spent: {waiting} of {len(parts)} parts {verb}")
            break
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
            words = f"it goes on from {listed_until:%Y-%m-%d} in its next turn"
            context.note(f"its share of the searches is spent: {words}")
            context.checkpoint()
            return
    _follow_unlisted(context, kind, Window(begin, context.now()), listed)
    cursor.drop()
    context.checkpoint()


def _follow_unlisted(context: Context, kind: str, window: Window, listed: set[Any]) -> None:
    model: Any = MODELS[kind]
    stored = select(model.id).where(stored_in(context, kind, window), model.state == "open")
    follow_missing(context, kind, [key for key in context.session.scalars(stored) if key not in listed])
