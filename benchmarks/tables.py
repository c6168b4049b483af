"""Plain aligned tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """What a figure should reach, or stay at or under, and how to say it."""

    text: str
    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, figure: float) -> bool:
        """Tell whether a figure does."""
        enough = self.at_least is None or figure >= self.at_least
        return enough and (self.at_most is None or figure <= self.at_most)


def met(goal: Goal | None, figure: float) -> list[str]:
    """The last two cells of a line: the goal, and whether a figure meets it."""
    if goal is None:
        return ["", ""]
    return [goal.text, "yes" if goal.is_met(figure) else "NO"]


def number(figure: float | None) -> str:
    """Write a whole number, or that there is none."""
    return "-" if figure is None else f"{figure:,.0f}"


def heading(words: str) -> None:
    """Say what the next table is about."""
    print(f"\n{words}")


def show(lines: Sequence[Sequence[str]]) -> None:
    """Print a table: its first line names the columns, its first column the lines; all the others are figures."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        show_line(line, widths)


def show_line(line: Sequence[str], widths: Sequence[int]) -> None:
    """Print one line of a table, whose columns are so wide."""
    cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
    print("  " + "  ".join(cells).rstrip(), flush=True)
