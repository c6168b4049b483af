"""History from the shell: what was created in a span of time, window by window, resumable at every page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from chalicelib.contributions.api import ISSUES, MEMBERS, PER_PAGE, PULL_REQUESTS, Scope, SearchAPI
from chalicelib.contributions.sync import items
from chalicelib.contributions.sync.context import Context
from chalicelib.contributions.sync.members import sync_members
from chalicelib.contributions.sync.windows import Window, cut_windows
from chalicelib.github import GitHubAPI
from chalicelib.jobs import Runner
from chalicelib.store.ledger import OK
from chalicelib.store.watermarks import drop_watermark, raise_watermark, read_watermark
from chalicelib.utils import format_utc

KINDS = (PULL_REQUESTS, ISSUES, MEMBERS)


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


def plan(
    session: Session,
    github: GitHubAPI,
    scope: Scope,
    *,
    kinds: Sequence[str],
    window: Window,
    days: int,
) -> list[Task]:
    """Ask GitHub how much there is to read, from where an interrupted backfill of the same start came. Reads only."""
    return [
        _plan_task(session, github, part, kind=kind, window=window, days=days)
        for kind in kinds
        if kind != MEMBERS
        for part in scope.parts()
    ]


def _plan_task(session: Session, github: GitHubAPI, scope: Scope, *, kind: str, window: Window, days: int) -> Task:
    mark = f"backfill:{kind}:{format_utc(window.since)}"
    reached = read_watermark(session, name=mark, org=scope.org, scope=scope.name)
    begin = max(reached, window.since) if reached else window.since
    left = cut_windows(begin, window.until, days=days)
    total = SearchAPI(github).fetch_count(scope, kind, Window(begin, window.until).span.qualifier) if left else 0
    return Task(kind, scope, window.since, left, total, resumed=reached is not None)


def backfill(runner: Runner, tasks: Sequence[Task], *, members: bool) -> Iterator[str]:
    """Read what was planned; yields the name of each unit before it begins. Each unit has its row in `runner.runs`."""
    start_following(runner, tasks)
    for task in tasks:
        yield from _backfill_task(runner, task)
    if members and not runner.is_refused:
        yield MEMBERS
        runner.run(MEMBERS, sync_members)


def start_following(runner: Runner, tasks: Sequence[Task]) -> None:
    """Let the job follow changes from now on: what changes after the backfill has read it would be missed otherwise."""
    org, scope = runner.scope.org, runner.scope.name
    for name in {items.watermark_name(task.kind) for task in tasks}:
        if read_watermark(runner.session, name=name, org=org, scope=scope) is None:
            raise_watermark(runner.session, name=name, org=org, scope=scope, value=runner.now())
    runner.session.commit()


def _backfill_task(runner: Runner, task: Task) -> Iterator[str]:
    complete = True
    for window in task.windows:
        if runner.is_refused:
            return
        yield f"{task.kind} {window.since:%Y-%m-%d}..{window.until:%Y-%m-%d}"
        step = partial(_read_window, task=task, window=window, complete=complete)
        name = f"{task.kind}.created"
        run = runner.run(name, step, window_start=window.since, window_end=window.until)
        complete = complete and run.status == OK
    if complete:
        drop_watermark(runner.session, name=task.mark, org=task.scope.org, scope=task.scope.name)
        runner.session.commit()


def _read_window(context: Context, *, task: Task, window: Window, complete: bool) -> None:
    def reached(moment: datetime) -> None:
        # Behind a window that failed nothing counts as reached, so that the next run reads it again.
        if complete:
            org, scope = task.scope.org, task.scope.name
            raise_watermark(context.session, name=task.mark, org=org, scope=scope, value=moment)

    items.read_span(context, task.kind, task.scope, window.span, reached)
