"""Which of the issues above an item is its deliverable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def deliverable_of(ancestors: Iterable[Mapping[str, Any]] | None, parent_type: str | None) -> str | None:
    """Give the title of the nearest issue above that has the type, or (without a type) of the topmost one.

    `ancestors` come the nearest first. None when there is no such issue.
    """
    seen = set[Any]()
    topmost: str | None = None
    for each in ancestors or ():
        if each["id"] in seen:  # a circle has no top: the last issue that is new counts
            break
        seen.add(each["id"])
        topmost = each["title"]
        if parent_type is not None and (each["type"] or "").casefold() == parent_type.casefold():
            return topmost
    return topmost if parent_type is None else None
