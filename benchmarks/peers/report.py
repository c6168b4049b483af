"""The tables: for a terminal, and as Markdown for `docs/benchmarks.md`."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import TextWrapper

from benchmarks.peers.objects import GROUPS, OTHERS, Comparison
from benchmarks.peers.results import RUNS, Figures, Result
from benchmarks.tables import number

MEGABYTE = 1_000_000
COSTS = (
    *("", "core", "search", "points", "units", "hours of the limit", "304", "wall s", "CPU s", "peak MB"),
    "rows or records",
)
FIGURES = "## Figures\n"
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
    """Return what is in no table: failures, kinds that are lacking, refusals, and what is stored too often."""
    # What a program said is on the terminal: it may name places of this machine.
    found = [f"{one.title} failed: {one.failure.partition(':')[0]}" for one in results if one.failure]
    for one in results:
        if "first" in one.figures and (kinds := one.figures["first"].comparison.lacking()):
            found.append(f"{one.title}: nothing of {', '.join(kinds)}")
        if units := sum(one.settling.values()):
            found.append(f"{one.title}: what is done once after the first load takes {units:,} units")
        for run, figures in one.figures.items():
            if figures.refused:
                found.append(f"{one.title}, {RUNS[run]}: {figures.refused} requests were refused by a limit")
            if unknown := figures.by_route.get("unmatched"):
                found.append(
                    f"{one.title}, {RUNS[run]}: {unknown:,} requests, not counted, were for what the sandbox lacks"
                )
            if more := figures.comparison.surplus():
                surplus = ", ".join(f"{count:,} {kind}" for kind, count in more.items())
                found.append(f"{one.title}, {RUNS[run]}: more than there is: {surplus}")
    return found


def markdown(lines: Lines) -> str:
    """Write a table as Markdown: the first column to the left, the figures to the right."""
    head, *rest = lines
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in (head, marks, *rest))


def ratios(results: Sequence[Result]) -> list[str]:
    """Return how ours compares with the cheapest of the others that stored everything there is, in each run."""
    found = []
    for run, words in RUNS.items():
        whole = {one.name: one for one in results if run in one.figures and one.figures[run].comparison.is_whole}
        ours = whole.pop("ours", None)
        if ours is None or not whole:
            continue
        peer = min(whole.values(), key=lambda one: one.figures[run].in_all)
        mine, its = ours.figures[run], peer.figures[run]
        units, wall = its.in_all / max(mine.in_all, 1), its.wall / mine.wall
        found.append(
            f"{words.capitalize()}: {peer.title} takes {units:.1f} times the units and {wall:.1f} times the time"
        )
    return found


def page(results: Sequence[Result]) -> str:
    """Return all tables as Markdown, with what is to be remarked and what was measured."""
    parts: list[str] = []
    for run, words in RUNS.items():
        if any(run in one.figures for one in results):
            parts += [f"### {words.capitalize()}", markdown(costs(results, run)), markdown(stored(results, run))]
    parts += ["### Remarks", listed([*ratios(results), *remarks(results)])]
    parts += [
        "### Settings and versions",
        listed([f"**{one.title}** ({_measured(one)}): {one.settings}" for one in results]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _measured(result: Result) -> str:
    return f"{result.versions}; {result.day}, {result.machine}"


def listed(sentences: Sequence[str]) -> str:
    """Write a list in Markdown, in lines that fit a terminal."""
    wrapper = TextWrapper(118, initial_indent="- ", subsequent_indent="  ")
    wrapper.break_long_words = wrapper.break_on_hyphens = False
    return "\n".join(map(wrapper.fill, sentences))


def put_figures(document: str, results: Sequence[Result]) -> str:
    """Return a document with these figures in place of all that stands below its heading `FIGURES`."""
    before, heading, _ = document.partition(FIGURES)
    return f"{before}{heading or FIGURES}\n{page(results)}"
