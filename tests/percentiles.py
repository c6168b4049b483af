"""Percentiles in plain Python, to compare the views with."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor


def percentile(numbers: Iterable[float], share: float) -> float:
    """The number at this share (0 to 1), interpolated in the order in which PostgreSQL calculates, digit by digit."""
    ordered = sorted(numbers)
    position = share * (len(ordered) - 1)
    below = floor(position)
    above = below if position == below else below + 1
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def nearest(number: float) -> int:
    """The nearest whole number, halves up."""
    return floor(number + 0.5)
