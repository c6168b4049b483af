"""Compares the tables with GitHub: counts each kind by month, and repairs the months that differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from chalicelib.contributions.sync.reconcile import compare, find_differing_windows, repair
from chalicelib.errors import IncompleteReadError
from chalicelib.ingest.comparisons import Count, Proof, Report
from chalicelib.ingest.context import Context
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.windows import Window, months


def verify(runner: Runner, *, kinds: Sequence[str], window: Window, report: Report) -> Iterator[str]:
    """Compare each kind and month, repair the months that differ, and compare them again; fills `report`.

    Yields the name of each unit before it begins; each has its row in `runner.runs`.
    """
    for kind in kinds:
        for month in months(window):
            yield f"{kind} {month.since:%Y-%m}"
            found: list[Count] = []
            step = partial(_verify_month, kind=kind, month=month, found=found, report=report)
            runner.run(f"{kind}.verify", step, window_start=month.since, window_end=month.until)
            before, after = (*found, None, None)[:2]
            report.proofs.append(Proof(before, after, kind, month))
            if runner.is_refused:
                return


def _verify_month(context: Context, *, kind: str, month: Window, found: list[Count], report: Report) -> None:
    """Count, repair if the counts differ, and count again; appends both counts to `found`."""
    before = compare(context, kind, month)
    found.append(before)
    if before.differs:
        for part in find_differing_windows(context, before):
            report.differences += repair(context, kind, part)
    after = compare(context, kind, month) if before.differs else before
    found.append(after)
    context.run.expected, context.run.fetched = after.github, after.stored
    if after.differs:
        raise IncompleteReadError(
            f"GitHub counts {after.github} {kind} of {month.since:%Y-%m}, the table {after.stored}, even after a repair"
        )
