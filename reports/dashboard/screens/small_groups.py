"""Groups of fewer than five people: a page hides their numbers, and those of its own that would give them away.

Numbers are known to each other by sums. A sum hides nothing when one of its numbers alone is missing, nor when those
that are missing add up to fewer than five people. So one more is hidden then, until no sum tells anything.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from reports.output import number
from reports.reading import Table

FLOOR = 5
HIDDEN = "hidden"  # what stands for a number, and the column that names those of a row
NOT_KNOWN = "not known yet"
RULE = (
    f"This page hides numbers of 1 to {FLOOR - 1} people, and those of its own that would give them away; 0 is shown. "
    "Other pages and the database may still tell them."
)


Key = TypeVar("Key", bound=Hashable)


class Sum(NamedTuple, Generic[Key]):
    """A number, and the numbers that add up to it, by their keys."""

    total: Key
    parts: Sequence[Key]


def small_groups(
    people: Mapping[Key, int],
    sums: Sequence[Sum[Key]],
    *,
    unseen: Collection[Key] = (),
    kept: Collection[Key] = (),
    hidden: Iterable[Key] = (),
) -> set[Key]:
    """Tell which numbers to hide, given of how many people each tells.

    `unseen` are shown nowhere, but follow from the others. `kept` are shown elsewhere, except those that are `hidden`.
    """
    found = {*hidden, *(key for key, count in people.items() if 0 < count < FLOOR)}
    fixed = {*kept, *hidden}

    def seen_last(key: Key) -> tuple[bool, int]:
        return key not in unseen, people[key]

    before = -1
    while before < len(found):
        before = len(found)
        for each in sums:
            if tells(each, people, found) and (choice := choices(each, people, found | fixed)):
                found.add(min(choice, key=seen_last))
    return found


def tells(each: Sum[Key], people: Mapping[Key, int], hidden: Collection[Key]) -> bool:
    """Tell whether a number that is hidden follows from a sum."""
    parts = [key for key in each.parts if key in hidden]
    if each.total in hidden:
        return not parts
    return bool(parts) and (len(parts) == 1 or sum(people[key] for key in parts) < FLOOR)


def choices(each: Sum[Key], people: Mapping[Key, int], taken: Collection[Key]) -> list[Key]:
    """List what can be hidden besides: parts, else the total; to hide a 0 would help nobody."""
    free = [key for key in each.parts if people[key] and key not in taken]
    return free or [key for key in (each.total,) if key not in taken]


def without(table: Table, hidden: Sequence[Collection[str]]) -> Table:
    """Leave numbers out of a table, each row's by their columns' names; a column more says which."""
    rows = [
        (*(None if name in gone else value for name, value in zip(table.columns, row, strict=True)), named(table, gone))
        for row, gone in zip(table.rows, hidden, strict=True)
    ]
    return Table(table.title, [*table.columns, HIDDEN], rows, table.as_of, table.view)


def named(table: Table, hidden: Collection[str]) -> str:
    """Name the numbers that are hidden in a row, in the order of the columns."""
    return ", ".join(name.replace("_", " ") for name in table.columns if name in hidden)


def say_hidden(table: Table, *, rule: str = RULE) -> str:
    """Say by which rule numbers of a table are hidden, and how many; nothing where there is no row."""
    if not table.rows:
        return ""
    count = sum(len(names.split(", ")) for names in table.values(HIDDEN) if names)
    if not count:
        return f"{rule} Nothing is hidden here."
    return f"{rule} {number(count)} {'is' if count == 1 else 'are'} hidden here: the column “{HIDDEN}” names them."


def written(table: Table, row: Sequence[object], column: str) -> str:
    """Write a number of a row, or why it is not there."""
    value = row[table.columns.index(column)]
    if isinstance(value, int | float):
        return number(value)
    is_hidden = column.replace("_", " ") in str(row[table.columns.index(HIDDEN)]).split(", ")
    return HIDDEN if is_hidden else NOT_KNOWN


def say_last(table: Table, columns: Sequence[str], *, unit: str) -> str:
    """Say in a sentence what the last row of a table shows; its first column is the period."""
    if not table.rows:
        return ""
    last = table.rows[-1]
    values = ", ".join(f"{column.replace('_', ' ')} {written(table, last, column)}" for column in columns)
    return f"{table.title}: the last {table.columns[0]}, {last[0]}: {values} ({unit})."
