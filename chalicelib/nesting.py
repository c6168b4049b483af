"""Foreign JSON that is nested too deeply: what walks through it, such as `json.dumps`, would meet Python's limit."""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 100  # levels; GitHub's own records have about ten
LEFT_OUT = "(nested too deeply)"


def is_deep(value: Any) -> bool:
    """Tell whether a parsed JSON value has more than MAX_DEPTH levels; goes level by level, without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        containers = [each for each in level if isinstance(each, (dict, list))]
        if not containers:
            return False
        level = [child for each in containers for child in (each.values() if isinstance(each, dict) else each)]
    return True


def shallow(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Give a JSON value with LEFT_OUT in place of what is nested too deeply."""
    if not isinstance(value, (dict, list)):
        return value
    if depth == 0:
        return LEFT_OUT
    if isinstance(value, dict):
        return {name: shallow(child, depth - 1) for name, child in value.items()}
    return [shallow(child, depth - 1) for child in value]
