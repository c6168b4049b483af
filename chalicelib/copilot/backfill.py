"""The backfill of Copilot: days that GitHub still offers, for about a year, and that are not stored yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from chalicelib.copilot.settings import USER_DATA
from chalicelib.copilot.sync.days import COPILOT
from chalicelib.copilot.sync.history import read_history
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Plan, Request
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.windows import Window, months

COST = "about five requests for each day that is not stored yet"


class CopilotHistory:
    """The days of a window; the ledger names those of which GitHub has no report."""

    def plan(self, context: Context, request: Request) -> Plan:  # noqa: ARG002 - the protocol's
        """Say what each day costs; GitHub doesn't say in advance which days it has."""
        return Plan([f"{COPILOT}: {COST}"], (request.window.until - request.window.since).days)

    def read(self, runner: Runner, request: Request, plan: Plan) -> Iterator[str]:  # noqa: ARG002 - the protocol's
        """Read the days that are not stored yet; yields the name of each unit before it begins."""
        until = min(request.window.until, runner.now() - timedelta(days=1))
        keeps_people = runner.settings.value(USER_DATA)
        for part in months(Window(request.window.since, until)):
            if runner.is_refused:
                return
            yield f"{COPILOT} {part.since:%Y-%m-%d}..{part.until:%Y-%m-%d}"
            read = partial(read_history, since=part.since.date(), until=part.until.date(), keeps_people=keeps_people)
            runner.run(f"{COPILOT}.history", read, window_start=part.since, window_end=part.until)
