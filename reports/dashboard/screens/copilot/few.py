"""Days and periods in which 1 to 4 people used Copilot: their numbers are hidden, and those that would tell them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Any

from reports.dashboard.screens.small_groups import FLOOR, Sum, small_groups
from reports.reading import Table

ALL = ("the sum of all rows",)
# What tells nothing of anybody.
OPEN = ("days", "n_days", "n_engaged_days", "source", "revision")
# Numbers, and the column that says of how many people each is; a count of people says it itself.
PEOPLE_OF = {
    name: name
    for name in (
        *("daily_active_users", "weekly_active_users", "monthly_active_users", "engaged_users"),
        *("max_daily_active_users", "max_engaged_users", "max_28_day_chat_users", "max_28_day_agent_users"),
        *("max_daily_chat_users", "max_daily_cli_users", "max_daily_cloud_agent_users"),
    )
} | {
    "mean_daily_active_users": "max_daily_active_users",
    "mean_engaged_users": "max_engaged_users",
    "cli_prompts": "max_daily_cli_users",
    "cli_sessions": "max_daily_cli_users",
    "chat_turns": "max_daily_chat_users",
}


def is_few(people: float | None) -> bool:
    """Tell whether a number of people is one to hide; 0 is not, and neither is one that is unknown."""
    return people is not None and 0 < people < FLOOR


def to_hide(people: Mapping[Any, int | None]) -> set[Hashable]:
    """Tell which rows to hide, given of how many people each tells: their sum is shown, so one is never hidden alone.

    A number that is unknown counts as large enough.
    """
    known: dict[Hashable, int] = {key: FLOOR if count is None else count for key, count in people.items()}
    return small_groups(known | {ALL: FLOOR}, [Sum(ALL, list(known))], kept={ALL})


def hidden_periods(table: Table, people: str) -> set[Hashable]:
    """Tell which rows of a table to hide, by its first column, and by the one that counts people."""
    return to_hide(dict(zip(table.values(table.columns[0]), table.values(people), strict=True)))


def hidden_columns(table: Table, periods: Collection[Hashable]) -> list[set[str]]:
    """Name each row's numbers to hide: all of some periods, else those of few people."""
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return [of_period(row) if row[table.columns[0]] in periods else of_few(row) for row in rows]


def of_period(row: Mapping[str, Any]) -> set[str]:
    """Name the numbers of a row, but what is unknown; the first column says which row it is."""
    return {name for name in list(row)[1:] if name not in OPEN and row[name] is not None}


def of_few(row: Mapping[str, Any]) -> set[str]:
    """Name the numbers of a row that tell of few people."""
    named = {name for name in row if is_few(row.get(PEOPLE_OF.get(name, "")))}
    return {name for name in named if row[name] is not None}
