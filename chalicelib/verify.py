"""Proof that the tables hold what GitHub has: counts by kind and month, and repair where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from chalicelib.contributions.api import PER_PAGE, ItemAPI, Scope, SearchAPI, Span
from chalicelib.contributions.sync import MODELS, Context, read_span, save_items
from chalicelib.errors import GoneError, IncompleteReadError, NotFoundError
from chalicelib.history import SECOND, Window, cut_windows
from chalicelib.jobs import Runner

MOVED = 301
DAYS_A_MONTH = 31


@dataclass(frozen=True)
class Count:
    """How many items of a kind were created in a span: by GitHub's count, and by the rows stored."""

    kind: str
    window: Window
    github: int
    stored: int

    @property
    def differs(self) -> bool:
        """Tell whether the two disagree."""
        return self.github != self.stored


@dataclass(frozen=True)
class Difference:
    """A repository and day where the table and GitHub disagree."""

    kind: str
    repo: str
    day: str
    missing: int
    surplus: int


@dataclass
class Report:
    """What a comparison found."""

    counts: list[Count] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def remaining(self) -> list[Count]:
        """The months that still differ after the repair."""
        return [count for count in self.counts if count.differs]


def months(window: Window) -> Iterator[Window]:
    """Cut a span at the first of each month, UTC."""
    since = window.since
    while since <= window.until:
        following = datetime(since.year + since.month // 12, since.month % 12 + 1, 1, tzinfo=UTC)
        yield Window(since, min(following - SECOND, window.until))
        since = following


def verify(runner: Runner, *, kinds: Sequence[str], window: Window, report: Report) -> Iterator[str]:
    """Compare each kind and month, repair what differs, and compare that again; fills `report`.

    Yields the name of each unit before it begins; each has its row in `runner.runs`.
    """
    for kind in kinds:
        for month in months(window):
            yield f"{kind} {month.since:%Y-%m}"
            step = partial(_verify_month, kind=kind, month=month, report=report)
            runner.run(f"{kind}.verify", step, window_start=month.since, window_end=month.until)
            if runner.is_refused:
                return


def _verify_month(context: Context, *, kind: str, month: Window, report: Report) -> None:
    count = compare(context, kind, month)
    if count.differs:
        for part in _narrow(context, count):
            report.differences += repair(context, kind, part)
        count = compare(context, kind, month)
    report.counts.append(count)
    context.run.expected, context.run.fetched = count.github, count.stored
    if count.differs:
        raise IncompleteReadError(
            f"GitHub counts {count.github} {kind} of {month.since:%Y-%m}, the table {count.stored}, after repair"
        )


def compare(context: Context, kind: str, window: Window) -> Count:
    """Count a window on both sides; one search for each six repositories, or for the organisation."""
    span = Span("created", window.since, window.until).qualifier
    search = SearchAPI(context.github)
    github = sum(search.fetch_count(part, kind, span) for part in context.scope.parts())
    model = MODELS[kind]
    stored = context.session.scalar(select(func.count()).select_from(model).where(_stored_in(context, kind, window)))
    return Count(kind, window, github, stored or 0)


def _stored_in(context: Context, kind: str, window: Window) -> ColumnElement[bool]:
    model = MODELS[kind]
    return and_(
        in_scope(model, context.scope),
        model.created_at >= window.since,
        model.created_at < window.until + SECOND,
        model.deleted_at.is_(None),
    )


def in_scope(model: Any, scope: Scope) -> ColumnElement[bool]:
    """Say a scope as a condition on rows; GitHub's names ignore case."""
    in_org = func.lower(model.org) == scope.org.lower()
    if not scope.repos:
        return in_org
    return and_(in_org, or_(*(func.lower(model.repo) == repo.split("/")[1].lower() for repo in scope.repos)))


def _narrow(context: Context, count: Count) -> list[Window]:
    """Find the days that differ, unless to list the whole month costs fewer requests than to count its days."""
    if count.github / PER_PAGE < DAYS_A_MONTH:
        return [count.window]
    days = cut_windows(count.window.since, count.window.until, days=1)
    return [day for day in days if compare(context, count.kind, day).differs]


def repair(context: Context, kind: str, window: Window) -> list[Difference]:
    """List a window anew: store what is missing, and mark what GitHub no longer shows; says what differed."""
    model = MODELS[kind]
    stored = select(model.id, model.repo, model.created_at).where(_stored_in(context, kind, window))
    before = {row.id: row for row in context.session.execute(stored)}
    listed = _list_again(context, kind, window)
    after = {row.id: row for row in context.session.execute(stored)}
    surplus = [row for key, row in before.items() if key not in listed]
    for row in surplus:
        _recheck(context, kind, row.id)
    context.commit()
    return _differences(kind, [row for key, row in after.items() if key not in before], surplus)


def _list_again(context: Context, kind: str, window: Window) -> set[int]:
    listed: set[int] = set()
    for part in context.scope.parts():
        listed |= read_span(context, kind, part, Span("created", window.since, window.until))
    return listed


def _recheck(context: Context, kind: str, item_id: int) -> None:
    """Ask GitHub for one stored item that it did not list, and mark it when it is gone or has moved."""
    model: type[Any] = MODELS[kind]
    item = context.session.get(model, item_id, populate_existing=True)
    if item is None:
        return  # a pull request that was known by its pull id alone: the listing has told its issue id
    try:
        answer = ItemAPI(context.github).fetch_issue(item.org, item.repo, item.number)
    except (NotFoundError, GoneError):
        item.deleted_at = context.now()
        return
    if answer.status == MOVED or answer.body.get("id") != item_id:
        item.deleted_at = context.now()
    else:
        save_items(context, kind, [answer.body])


def _differences(kind: str, missing: Sequence[Any], surplus: Sequence[Any]) -> list[Difference]:
    lacking = Counter((row.repo, f"{row.created_at:%Y-%m-%d}") for row in missing)
    extra = Counter((row.repo, f"{row.created_at:%Y-%m-%d}") for row in surplus)
    places = sorted(lacking.keys() | extra.keys())
    return [Difference(kind, repo, day, lacking[repo, day], extra[repo, day]) for repo, day in places]
