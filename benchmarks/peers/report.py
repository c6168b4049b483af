"""The tables: for a terminal, and as Markdown for `docs/benchmarks.md`."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers.objects import GROUPS, OTHERS, Comparison
from benchmarks.peers.results import RUNS, Figures, Result
from benchmarks.tables import number

MEGABYTE = 1_000_000
COSTS = (
    *("", "core", "search", "points", "units", "hours of the limit", "304", "wall s", "CPU s", "peak MB"),
    "rows or records",
)
Lines = list[list[str]]


def costs(results: Sequence[Result], run: str) -> Lines:
    """Return what a run took of everything: the head, and a line for each result that has it."""
    return [list(COSTS), *([one.title, *_cost(one.figures[run])] for one in results if run in one.figures)]


def _cost(figures: Figures) -> list[str]:
    units = [number(figures.unit(name)) for name in ("core", "search", "graphql")]
    taken = [f"{figures.wall:,.1f}", f"{figures.cpu:,.1f}", f"{figures.peak / MEGABYTE:,.0f}"]
    hours = f"{figures.hours:.2f}"
    return [*units, number(figures.in_all), hours, number(figures.not_modified), *taken, number(figures.rows)]


def stored(results: Sequence[Result], run: str) -> Lines:
    """Return how much of each sort of object is stored after a run, beside what there is."""
    found = [one for one in results if run in one.figures]
    head = ["", "items", "of them current", *GROUPS, OTHERS]
    return [head, *([one.title, *_stored(one.figures[run].comparison)] for one in found)]


def _stored(comparison: Comparison) -> list[str]:
    there = comparison.items
    items = [share(comparison.items_stored, there), share(comparison.items_current, there)]
    return [*items, *(share(*numbers) for numbers in comparison.groups().values())]


def share(some: int, there: int) -> str:
    """Write how many of all there are: `all 10`, `9 of 10`, `none of 10`."""
    if some == there:
        return f"all {there:,}"
    return f"{some:,} of {there:,}" if some else f"none of {there:,}"


def remarks(results: Sequence[Result]) -> list[str]:
    """Return what can't be said in a table: failures, refusals, and what is stored too often."""
    found = [f"{one.title}: {one.failure}" for one in results if one.failure]
    for one in results:
        for run, figures in one.figures.items():
            if figures.refused:
                found.append(f"{one.title}, {RUNS[run]}: {figures.refused} requests were refused by a limit")
            if more := figures.comparison.surplus():
                kinds = ", ".join(f"{count:,} {kind}" for kind, count in more.items())
                found.append(f"{one.title}, {RUNS[run]}: more than there is: {kinds}")
    return found


def markdown(lines: Lines) -> str:
    """Write a table as Markdown: the first column to the left, the figures to the right."""
    head, *rest = lines
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in (head, marks, *rest))


def page(results: Sequence[Result]) -> str:
    """Return all tables as Markdown, with the trial's sizes and what is to be remarked."""
    parts: list[str] = []
    for run, words in RUNS.items():
        if any(run in one.figures for one in results):
            parts += [f"### {words.capitalize()}", markdown(costs(results, run)), markdown(stored(results, run))]
    parts += ["\n".join(f"- {remark}" for remark in remarks(results))]
    parts += ["\n".join(f"- {one.title}: {one.versions}; {one.day}, {one.machine}" for one in results)]
    return "\n\n".join(part for part in parts if part) + "\n"
