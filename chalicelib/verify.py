"""Proof that the tables hold what GitHub has: counts by kind and month, and repair where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from chalicelib.contributions.sync.context import Context
from chalicelib.contributions.sync.reconcile import Count, Difference, compare, narrow, repair
from chalicelib.contributions.sync.windows import Window, months
from chalicelib.errors import IncompleteReadError
from chalicelib.jobs import Runner


@dataclass
class Report:
    """What a comparison found."""

    counts: list[Count] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def remaining(self) -> list[Count]:
        """The months that still differ after the repair."""
        return [count for count in self.counts if count.differs]


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
        for part in narrow(context, count):
            report.differences += repair(context, kind, part)
        count = compare(context, kind, month)
    report.counts.append(count)
    context.run.expected, context.run.fetched = count.github, count.stored
    if count.differs:
        raise IncompleteReadError(
            f"GitHub counts {count.github} {kind} of {month.since:%Y-%m}, the table {count.stored}, after repair"
        )
