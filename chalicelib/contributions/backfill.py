"""The history of contributions: what was created in a span of time, window by window, resumable at every page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from chalicelib.contributions.api import ISSUES, MEMBERS, PULL_REQUESTS, SearchAPI, Span
from chalicelib.contributions.settings import EVENT_TYPES
from chalicelib.contributions.sync import items
from chalicelib.contributions.sync.members import sync_members
from chalicelib.contributions.sync.timelines import EVENTS, count_due, due_items, read_timelines
from chalicelib.contributions.sync.transfers import TRANSFERS, reconcile_transfers
from chalicelib.github import PER_PAGE
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Plan, Request
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.windows import Window, cut_windows
from chalicelib.store.ledger import OK
from chalicelib.store.marks import Mark, Marks
from chalicelib.utils import format_utc

COSTS = {
    PULL_REQUESTS: "a search a hundred",
    ISSUES: "a search a hundred",
    MEMBERS: "everybody, a request a hundred",
    TRANSFERS: "a request for each issue that looks like one that moved",
    EVENTS: "a request or more for each timeline, at most 14 a second",
}


@dataclass(frozen=True)
class Task:
    """One kind of one part of an organisation: what is left to read of it, and how many items GitHub announces."""

    kind: str
    scope: Scope
    since: datetime
    windows: tuple[Window, ...]
    total: int
    resumed: bool

    @property
    def requests(self) -> int:
        """How many searches are to be expected: at least one a window, and a page a hundred items."""
        return len(self.windows) + math.ceil(self.total / PER_PAGE)

    @property
    def sentence(self) -> str:
        """Say what is to be read, and what it costs."""
        place = f" of {self.scope.name}" if self.scope.repos else ""
        resumed = ", going on where the last run was" if self.resumed else ""
        return (
            f"{self.kind}{place}: {self.total:,} items in {len(self.windows)} windows, "
            f"about {self.requests:,} requests{resumed}"
        )


class ContributionsHistory:
    """Pull requests and issues by their creation, members, transfers, and the timelines of what was created."""

    def plan(self, context: Context, request: Request) -> Plan:
        """Ask GitHub how much there is to read, from where an interrupted backfill of the same start came."""
        tasks = [
            _plan_task(replace(context, scope=part), kind, request)
            for kind in request.kinds
            if kind in items.MODELS
            for part in context.scope.parts()
        ]
        total, lines = sum(task.total for task in tasks), [task.sentence for task in tasks]
        lines += [f"{kind}: {COSTS[kind]}" for kind in (MEMBERS, TRANSFERS) if kind in request.kinds]
        if EVENTS in request.kinds:
            # What is read first may be known already, and have been read up to its last change: hence "about".
            timelines = max(total, count_due(context, since=request.window.since, until=request.window.until))
            lines.append(f"{EVENTS}: about {timelines:,} timelines, {COSTS[EVENTS]}")
            total += timelines
        return Plan(lines, total, tasks)

    def read(self, runner: Runner, request: Request, plan: Plan) -> Iterator[str]:
        """Read items, then members and transfers, then timelines; yields the name of each unit before it begins."""
        yield from _read_items(runner, plan.details, until=request.window.until)
        yield from _read_rest(runner, request)


def _plan_task(context: Context, kind: str, request: Request) -> Task:
    scope, window = context.scope, request.window
    reached = _cursor(context.marks, kind, window.since).read()
    begin = max(reached, window.since) if reached else window.since
    left = cut_windows(begin, window.until, days=request.days)
    asked = Span("created", begin, window.until).qualifier
    total = SearchAPI(context.github).fetch_count(scope, kind, asked) if left else 0
    return Task(kind, scope, window.since, left, total, resumed=reached is not None)


def _cursor(marks: Marks, kind: str, since: datetime) -> Mark:
    """Name the cursor that holds how far a backfill of a kind came, which began at some moment."""
    return marks.cursor(f"backfill:{kind}:{format_utc(since)}")


def _cursor_of(runner: Runner, task: Task) -> Mark:
    return _cursor(Marks(runner.session, task.scope.org, task.scope.name), task.kind, task.since)


def _read_items(runner: Runner, tasks: Sequence[Task], *, until: datetime) -> Iterator[str]:
    start_following(runner, {task.kind for task in tasks})
    for task in tasks:
        yield from _read_task(runner, task)
    # Only a whole that is finished begins anew next time: until then, finished parts are not read twice.
    cursors = [_cursor_of(runner, task) for task in tasks]
    if all(cursor.read() for cursor in cursors) and not runner.failed:
        for cursor in cursors:
            if (cursor.read() or until) <= until:
                cursor.drop()
        runner.session.commit()


def start_following(runner: Runner, kinds: set[str]) -> None:
    """Let the job follow changes from now on: what changes after the backfill has read it would be missed otherwise.

    From an earlier moment, if the job has followed any part of the organisation only up to there; and by GitHub's
    clock, for a local one may be ahead of it.
    """
    begin = min(runner.now(), runner.github_time or runner.now())
    for kind in kinds:
        mark = runner.marks.watermark(items.watermark_name(kind))
        if mark.read() is None:
            mark.advance(min(mark.read_oldest() or begin, begin))
    runner.session.commit()


def _read_task(runner: Runner, task: Task) -> Iterator[str]:
    complete = True
    for window in task.windows:
        if runner.is_refused or runner.github.is_unreachable:
            return
        yield _name_of(task.kind, window)
        step = partial(_read_window, task=task, window=window, complete=complete)
        run = runner.run(f"{task.kind}.created", step, window_start=window.since, window_end=window.until)
        complete = complete and run.status == OK


def _name_of(kind: str, window: Window) -> str:
    return f"{kind} {window.since:%Y-%m-%d}..{window.until:%Y-%m-%d}"


def _read_window(context: Context, *, task: Task, window: Window, complete: bool) -> None:
    # Behind a window that failed nothing counts as reached, so that the next run reads it again.
    cursor = _cursor(replace(context, scope=task.scope).marks, task.kind, task.since) if complete else None
    items.read_span(context, task.kind, task.scope, Span.created_in(window), cursor.advance if cursor else None)


def _read_rest(runner: Runner, request: Request) -> Iterator[str]:
    """Read members, follow transfers, and read the timelines of the items created in a window that need it.

    What was read of a timeline is known from its pages, so an interrupted run goes on by itself.
    """
    steps: dict[str, Callable[[Context], None]] = {
        MEMBERS: sync_members,
        TRANSFERS: partial(reconcile_transfers, gone_too=True),
    }
    for kind, step in steps.items():
        if kind in request.kinds and not runner.is_refused:
            yield kind
            runner.run(kind, step)
    window = request.window
    for part in cut_windows(window.since, window.until, days=request.days) if EVENTS in request.kinds else ():
        if runner.is_refused:
            return
        yield _name_of(EVENTS, part)
        read = partial(_read_events, window=part)
        runner.run(f"{EVENTS}.created", read, window_start=part.since, window_end=part.until)


def _read_events(context: Context, *, window: Window) -> None:
    due = due_items(context, since=window.since, until=window.until, axis="created_at")
    read_timelines(context, due, types=context.settings.value(EVENT_TYPES))
