"""History from the shell: what was created in a span of time, window by window, resumable at every page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from chalicelib.context import Context
from chalicelib.contributions.api import ISSUES, MEMBERS, PULL_REQUESTS, SearchAPI
from chalicelib.contributions.sync import items
from chalicelib.contributions.sync.members import sync_members
from chalicelib.contributions.sync.timelines import EVENTS, count_due, due_items, read_timelines
from chalicelib.contributions.sync.transfers import reconcile_transfers
from chalicelib.contributions.sync.windows import Window, cut_windows
from chalicelib.copilot.sync.days import COPILOT
from chalicelib.copilot.sync.history import read_history
from chalicelib.github import PER_PAGE
from chalicelib.github.scopes import Scope
from chalicelib.runner import Runner
from chalicelib.store.ledger import OK
from chalicelib.store.watermarks import drop_watermark, oldest_watermark, raise_watermark, read_watermark
from chalicelib.utils import format_utc

TRANSFERS = "transfers"
KINDS = (PULL_REQUESTS, ISSUES, MEMBERS, TRANSFERS, EVENTS, COPILOT)
# Timelines cost a request an item, Copilot's days some requests each: they are read when they are asked for.
DEFAULT_KINDS = (PULL_REQUESTS, ISSUES, MEMBERS, TRANSFERS)


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
    def mark(self) -> str:
        """Name the watermark that holds how far this task came."""
        return f"backfill:{self.kind}:{format_utc(self.since)}"


@dataclass(frozen=True)
class Plan:
    """What a backfill is to read: items, and, when events are asked for, about how many timelines."""

    tasks: list[Task]
    timelines: int


def plan(context: Context, *, kinds: Sequence[str], window: Window, days: int) -> Plan:
    """Ask GitHub how much there is to read, from where an interrupted backfill of the same start came. Reads only."""
    tasks = [
        _plan_task(replace(context, scope=part), kind=kind, window=window, days=days)
        for kind in kinds
        if kind in items.MODELS
        for part in context.scope.parts()
    ]
    if EVENTS not in kinds:
        return Plan(tasks, 0)
    # What is read first may be known already, and have been read up to its last change: hence "about".
    due = count_due(context, since=window.since, until=window.until)
    return Plan(tasks, max(due, sum(task.total for task in tasks)))


def _plan_task(context: Context, *, kind: str, window: Window, days: int) -> Task:
    scope, mark = context.scope, f"backfill:{kind}:{format_utc(window.since)}"
    reached = read_watermark(context.session, name=mark, org=scope.org, scope=scope.name)
    begin = max(reached, window.since) if reached else window.since
    left = cut_windows(begin, window.until, days=days)
    asked = Window(begin, window.until).span.qualifier
    total = SearchAPI(context.github).fetch_count(scope, kind, asked) if left else 0
    return Task(kind, scope, window.since, left, total, resumed=reached is not None)


def backfill(runner: Runner, tasks: Sequence[Task], *, until: datetime) -> Iterator[str]:
    """Read what was planned; yields the name of each unit before it begins. Each unit has its row in `runner.runs`."""
    start_following(runner, tasks)
    for task in tasks:
        yield from _backfill_task(runner, task)
    # Only a whole that is finished begins anew next time: until then, finished parts are not read twice.
    if all(_reached(runner, task) for task in tasks) and not runner.failed:
        for task in tasks:
            if (_reached(runner, task) or until) <= until:
                drop_watermark(runner.session, name=task.mark, org=task.scope.org, scope=task.scope.name)
        runner.session.commit()


def _reached(runner: Runner, task: Task) -> datetime | None:
    return read_watermark(runner.session, name=task.mark, org=task.scope.org, scope=task.scope.name)


def start_following(runner: Runner, tasks: Sequence[Task]) -> None:
    """Let the job follow changes from now on: what changes after the backfill has read it would be missed otherwise.

    From an earlier moment, if the job has followed any part of the organisation only up to there; and by GitHub's
    clock, for a local one may be ahead of it.
    """
    org, scope = runner.scope.org, runner.scope.name
    begin = min(runner.now(), runner.github_time or runner.now())
    for name in {items.watermark_name(task.kind) for task in tasks}:
        if read_watermark(runner.session, name=name, org=org, scope=scope) is None:
            earlier = oldest_watermark(runner.session, name=name, org=org) or begin
            raise_watermark(runner.session, name=name, org=org, scope=scope, value=min(earlier, begin))
    runner.session.commit()


def _backfill_task(runner: Runner, task: Task) -> Iterator[str]:
    complete = True
    for window in task.windows:
        if runner.is_refused or runner.github.is_unreachable:
            return
        yield f"{task.kind} {window.since:%Y-%m-%d}..{window.until:%Y-%m-%d}"
        step = partial(_read_window, task=task, window=window, complete=complete)
        name = f"{task.kind}.created"
        run = runner.run(name, step, window_start=window.since, window_end=window.until)
        complete = complete and run.status == OK


def _read_window(context: Context, *, task: Task, window: Window, complete: bool) -> None:
    def reached(moment: datetime) -> None:
        # Behind a window that failed nothing counts as reached, so that the next run reads it again.
        if complete:
            org, scope = task.scope.org, task.scope.name
            raise_watermark(context.session, name=task.mark, org=org, scope=scope, value=moment)

    items.read_span(context, task.kind, task.scope, window.span, reached)


def backfill_rest(
    runner: Runner, *, kinds: Sequence[str], window: Window, days: int, types: Sequence[str]
) -> Iterator[str]:
    """Read members, follow transfers, and read the timelines of the items created in a window that need it.

    What was read of a timeline is known from its pages, so an interrupted run goes on by itself.
    """
    for kind, step in ((MEMBERS, sync_members), (TRANSFERS, partial(reconcile_transfers, gone_too=True))):
        if kind in kinds and not runner.is_refused:
            yield kind
            runner.run(kind, step)
    for part in cut_windows(window.since, window.until, days=days) if EVENTS in kinds else ():
        if runner.is_refused:
            return
        yield f"{EVENTS} {part.since:%Y-%m-%d}..{part.until:%Y-%m-%d}"
        read = partial(_read_events, window=part, types=types)
        runner.run(f"{EVENTS}.created", read, window_start=part.since, window_end=part.until)


def backfill_copilot(runner: Runner, *, window: Window, days: int, keeps_people: bool) -> Iterator[str]:
    """Read Copilot's days of a window that are not stored yet; yields the name of each unit before it begins.

    GitHub offers the days of about a year; those that it doesn't are named in the ledger.
    """
    for part in cut_windows(window.since, min(window.until, runner.now() - timedelta(days=1)), days=days):
        if runner.is_refused:
            return
        yield f"{COPILOT} {part.since:%Y-%m-%d}..{part.until:%Y-%m-%d}"
        read = partial(read_history, since=part.since.date(), until=part.until.date(), keeps_people=keeps_people)
        runner.run(f"{COPILOT}.history", read, window_start=part.since, window_end=part.until)


def _read_events(context: Context, *, window: Window, types: Sequence[str]) -> None:
    due = due_items(context, since=window.since, until=window.until, axis="created_at")
    read_timelines(context, due, types=types)
