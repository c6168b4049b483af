"""The texts that made-up rows are full of: bodies as long as real ones, JSON, times, ids of nodes."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from chalicelib.store.engine import canonical

Moment = datetime
WORDS = (
    *("the", "a", "when", "after", "before", "with", "without", "should", "fails", "returns", "request", "response"),
    *("test", "build", "release", "cache", "timeout", "retry", "token", "page", "list", "table", "index", "query"),
    *("`config.yml`", "`main()`", "error:", "expected", "actual", "version", "upgrade", "please", "thanks", "merge"),
)
BODIES = 400


class Json(str):
    """JSON that is written already, as the app would write it."""

    __slots__ = ()


def canonical_json(value: Any) -> Json:
    """Write a value once for the many rows that hold it."""
    return Json(canonical(value))


def moment(seconds: int) -> Moment:
    """A time by its seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def bodies() -> list[str]:
    """Texts of 40 to some thousand characters, most of them short, with lines as Markdown has."""
    rng = Random(3)
    made = []
    for _ in range(BODIES):
        words = rng.choices(WORDS, k=6 + min(700, int(rng.lognormvariate(3.6, 0.9))))
        made.append("".join(word + ("\n\n" if rng.random() < 0.04 else " ") for word in words).strip())
    return made


def sha(number: int) -> str:
    """A commit's hash, made of a number."""
    return f"{number * 0x9E3779B97F4A7C15 % (1 << 160):040x}"
