"""The backfill of contributions: reads what was created in a time span, page by page; any page can resume."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from chalicelib.contributions.api import ISSUES, MEMBERS, PULL_REQUESTS, SearchAPI, Span
from chalicelib.contributions.settings import EVENT_TYPES
from chalicelib.contributions.sync import items
from chalicelib.contributions.sync.absence import check_nothing
from chalicelib.contributions.sync.costs import Cost
from chalicelib.contributions.sync.counts import count_rows
from chalicelib.contributions.sync.due import count_due_items, find_due_items
from chalicelib.contributions.sync.events import EVENTS
from chalicelib.contributions.sync.members import sync_members
from chalicelib.contributions.sync.node_ids import is_distrusted
from chalicelib.contributions.sync.sizes import follow_sizes
from chalicelib.contributions.sync.timelines import REST, read_timelines
from chalicelib.contributions.sync.transfers import TRANSFERS, reconcile_transfers
from chalicelib.github import PER_PAGE
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Plan, Request
from chalicelib.ingest.reading import step_of
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.windows import Window
from chalicelib.inventory.sync.streams import REPOSITORIES
from chalicelib.store.marks import Mark, Marks
from chalicelib.utils import format_utc

COSTS = {
    PULL_REQUESTS: "one search per 100 pull requests",
    ISSUES: "one search per 100 issues",
    MEMBERS: "all members, one request per 100",
    TRANSFERS: "one request for each issue that looks as if it moved",
    EVENTS: "one point of the GraphQL API per 100 timelines",
}


@dataclass(frozen=True)
class Task:
    """One kind of item in one part of an organisation: the span left to read, and how many items GitHub counts there.

    `since` is where the whole backfill began; the cursor is named after it.
    """

    kind: str
    scope: Scope
    since: datetime
    left: Window
    total: int
    resumed: bool

    @property
    def requests(self) -> int:
        """Estimate the searches that it takes: each brings 100 items, the last one of which comes twice."""
        return max(1, math.ceil((self.total - 1) / (PER_PAGE - 1)))

    @property
    def summary(self) -> str:
        """Say in a line what will be read, and what it costs."""
        place = f" of {self.scope.name}" if self.scope.repos else ""
        resumed = ", continuing where the last run stopped" if self.resumed else ""
        requests = f"about {self.requests:,} request{'' if self.requests == 1 else 's'}"
        return f"{self.kind}{place}: {self.total:,} items, {requests}{resumed}"


class ContributionsHistory:
    """Pull requests and issues by the time of their creation, members, transfers, and timelines."""

    def plan(self, context: Context, request: Request) -> Plan:
        """Ask GitHub how much is left to read; an interrupted backfill with the same start goes on where it stopped."""
        tasks = [
            _plan_task(replace(context, scope=part), kind, request)
            for kind in request.kinds
            if kind in items.MODELS
            for part in context.scope.parts()
        ]
        total, lines = sum(task.total for task in tasks), [task.summary for task in tasks]
        lines += [f"{kind}: {COSTS[kind]}" for kind in (MEMBERS, TRANSFERS) if kind in request.kinds]
        cost = Cost(searches=sum(task.requests for task in tasks))
        if EVENTS in request.kinds:
            timelines = sum(_count_timelines(context, kind, request, tasks) for kind in items.MODELS)
            via = REST if is_distrusted(context) else request.via
            events = Cost.of_timelines(timelines, via=via)
            lines.append(f"{EVENTS}: about {timelines:,} timelines, {events.summary}")
            total += timelines
            cost += events
        lines.append(f"items and timelines together: {cost.summary}, {cost.duration}")
        return Plan(lines, total, tasks)

    def read(self, runner: Runner, request: Request, plan: Plan) -> Iterator[str]:
        """Read items, then members and transfers, then timelines; yields the name of each unit before it begins."""
        yield from _read_items(runner, plan.details, until=request.window.until)
        yield from _read_rest(runner, request)


def _count_timelines(context: Context, kind: str, request: Request, tasks: Sequence[Task]) -> int:
    """Count about how many timelines are to be read: those of stored items that are due, and of items to come."""
    due = count_due_items(context, kind, since=request.window.since, until=request.window.until)
    own = [task for task in tasks if task.kind == kind]
    coming = sum(task.total for task in own) - sum(count_rows(context, kind, task.left) for task in own[:1])
    return due + max(coming, 0)


def _plan_task(context: Context, kind: str, request: Request) -> Task:
    scope, window = context.scope, request.window
    resume_at = _cursor(context.marks, kind, window.since).read()
    left = Window(min(max(resume_at or window.since, window.since), window.until), window.until)
    total = SearchAPI(context.github).fetch_count(scope, kind, Span.created_in(left).qualifier)
    if not total:
        check_nothing(context, kind, scope, Span.created_in(left))
    return Task(kind, scope, window.since, left, total, resumed=resume_at is not None)


def _cursor(marks: Marks, kind: str, since: datetime) -> Mark:
    """Give the cursor of a kind's backfill that began at `since`: where it goes on after an interruption."""
    return marks.cursor(f"backfill:{kind}:{format_utc(since)}")


def _cursor_of(runner: Runner, task: Task) -> Mark:
    return _cursor(Marks(runner.session, task.scope.org, task.scope.name, runner.clock), task.kind, task.since)


def _read_items(runner: Runner, tasks: Sequence[Task], *, until: datetime) -> Iterator[str]:
    if tasks:
        # Items belong to repositories: first what these are called now.
        yield REPOSITORIES.name
        runner.run(REPOSITORIES.name, step_of(REPOSITORIES).run)
    start_watermarks(runner, {task.kind for task in tasks})
    for task in tasks:
        if runner.is_refused or runner.github.is_unreachable:
            break
        yield _name_of(task.kind, task.left)
        step = partial(_read_task, task=task)
        runner.run(f"{task.kind}.created", step, window_start=task.left.since, window_end=task.left.until)
    # The cursors go only when every part is finished: until then, the next run doesn't read finished parts twice.
    cursors = [_cursor_of(runner, task) for task in tasks]
    if all(cursor.read() for cursor in cursors) and not runner.failed:
        for cursor in cursors:
            if (cursor.read() or until) <= until:
                cursor.drop()
        runner.session.commit()


def start_watermarks(runner: Runner, kinds: set[str]) -> None:
    """Start the missing watermarks now, so that the job stores what changes after the backfill has read it.

    A new watermark starts at the oldest one that another part of the organisation has, if there is one.
    """
    begin = min(runner.clock(), runner.github.time or runner.clock())
    for kind in kinds:
        mark = runner.marks.watermark(items.watermark_name(kind))
        if mark.read() is None:
            mark.advance(min(mark.read_oldest() or begin, begin))
    runner.session.commit()


def _name_of(kind: str, window: Window) -> str:
    return f"{kind} {window.since:%Y-%m-%d}..{window.until:%Y-%m-%d}"


def _read_task(context: Context, *, task: Task) -> None:
    cursor = _cursor(replace(context, scope=task.scope).marks, task.kind, task.since)
    span = Span.created_in(task.left)
    items.read_span(context, task.kind, task.scope, span, cursor.advance, planned=task.total)


def _read_rest(runner: Runner, request: Request) -> Iterator[str]:
    """Read the members, the transfers, and the timelines that are due of the items created in the window.

    `event_polls` says which timelines were read, so an interrupted run needs no cursor to go on.
    """
    steps: dict[str, Callable[[Context], None]] = {
        MEMBERS: sync_members,
        TRANSFERS: partial(reconcile_transfers, recheck_deleted=True),
    }
    for kind, step in steps.items():
        if kind in request.kinds and not runner.is_refused:
            yield kind
            runner.run(kind, step)
    if EVENTS in request.kinds and not runner.is_refused:
        yield _name_of(EVENTS, request.window)
        read, window = partial(_read_events, request=request), request.window
        runner.run(f"{EVENTS}.created", read, window_start=window.since, window_end=window.until)
    if PULL_REQUESTS in request.kinds and not runner.is_refused:
        yield f"{PULL_REQUESTS}.sizes"
        runner.run(f"{PULL_REQUESTS}.sizes", partial(follow_sizes, most_queries=None))


def _read_events(context: Context, *, request: Request) -> None:
    window = request.window
    due = find_due_items(context, since=window.since, until=window.until, axis="created_at")
    read_timelines(context, due, types=context.settings.value(EVENT_TYPES), via=request.via)
