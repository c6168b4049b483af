"""A repository's rating: how many of the rules that apply to it, it keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.security.rules import FAIL, NOT_APPLICABLE, PASS

UNRATED, UNKNOWN = "unrated", "unknown"


@dataclass(frozen=True)
class Criteria:
    """What ratings stand on: the rules, those that must be kept, and each rating's lowest percentage."""

    rules: tuple[str, ...]
    required: tuple[str, ...]
    levels: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Give them as they are stored beside a rating."""
        return {"rules": list(self.rules), "required": list(self.required), "levels": dict(self.levels)}


@dataclass(frozen=True)
class Rating:
    """A rating, and the rules that it counts; `percent` is None when no rule applies."""

    rating: str
    passed: int
    counted: int
    percent: float | None


def rate(results: Mapping[str, str | None], excepted: Collection[str], criteria: Criteria) -> Rating:
    """Rate a repository by the last known result of each rule; an exception is as good as keeping the rule.

    A rule that doesn't apply never counts. It is unknown while a rule could never be checked, and unrated when a
    required rule is broken.
    """
    known = {rule: results.get(rule) for rule in criteria.rules}
    known |= {rule: PASS for rule, result in known.items() if rule in excepted and result != NOT_APPLICABLE}
    counted = [rule for rule, result in known.items() if result in {PASS, FAIL}]
    passed = [rule for rule in counted if known[rule] == PASS]
    percent = 100 * len(passed) / len(counted) if counted else None
    if None in known.values():
        rating = UNKNOWN
    elif not counted or any(known.get(rule) == FAIL for rule in criteria.required):
        rating = UNRATED
    else:
        rating = _level_of(len(passed), len(counted), criteria.levels)
    return Rating(rating, len(passed), len(counted), percent)


def _level_of(passed: int, counted: int, levels: Mapping[str, int]) -> str:
    best_first = sorted(levels.items(), key=lambda level: -level[1])
    return next((name for name, lowest in best_first if 100 * passed >= lowest * counted), UNRATED)
