"""People by month, without the numbers of small groups: what is hidden must not follow from what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from reports.dashboard.filters import Choice
from reports.dashboard.screens.small_groups import Sum, small_groups, without
from reports.dashboard.source import Source
from reports.reading import Table, view

KINDS = ("issues", "pull_requests", "events")
MONTHLY = view(
    "contributors_monthly",
    "level org repo month active_people new_people new_people_back returning_people gone_people active_non_members",
)
ORGANISATION, REPOSITORY = "organisation", "repository"
ACTIVE = ("active_people", "active_non_members")
MOVES = ("new_people", "new_people_back", "returning_people", "gone_people")
# What the numbers of a month add up to, with those that no column has.
SUMS = (
    ("active_people", ("new_people", "returning_people", "stayed")),
    ("active_people", ("gone_people", "not_gone")),
    ("active_people", ("active_non_members", "members")),
    ("new_people", ("new_people_back", "not_back")),
)
Row = Mapping[str, Any]
Key = tuple[str, date, str]  # level, month, name
EVERYBODY: Key = (ORGANISATION, date.min, "everybody")
SEEN = (*ACTIVE, *MOVES, EVERYBODY[-1])


@dataclass(frozen=True)
class Groups:
    """How many people are in each group, and which numbers add up."""

    people: dict[Key, int]
    sums: list[Sum[Key]]

    @property
    def unseen(self) -> set[Key]:
        """The numbers that no column has."""
        return {key for key in self.people if key[-1] not in SEEN}


def read_months(source: Source, choice: Choice, columns: Sequence[str], *, title: str) -> Table:
    """Read the months of the period, without the numbers of small groups.

    What is hidden is chosen among all months, so that it is the same whichever period is asked for.
    """
    read = source.read(months_query(choice), title=title, kinds=KINDS, orgs=[choice.org])
    rows = [dict(zip(read.columns, row, strict=True)) for row in read.rows]
    gone = hidden_of(rows)
    level = REPOSITORY if choice.repo else ORGANISATION
    shown = [row for row in rows if row["level"] == level and row["month"] >= choice.begin.replace(day=1)]
    table = Table(
        title,
        ["month", *columns],
        [(row["month"], *(row[name] for name in columns)) for row in shown],
        read.as_of,
        read.view,
    )
    return without(table, [[name for name in columns if (level, row["month"], name) in gone] for row in shown])


def months_query(choice: Choice) -> Select[Any]:
    """Ask for all months of the organisation, and of the repository that is chosen."""
    rows = MONTHLY.c
    levels: ColumnElement[bool] = rows.level == ORGANISATION
    if choice.repo:
        levels |= (rows.level == REPOSITORY) & (rows.repo == choice.repo)
    columns = [rows[name] for name in ("level", "month", *ACTIVE, *MOVES)]
    return select(*columns).where(rows.org == choice.org, levels).order_by(rows.month, rows.level)


def hidden_of(rows: Sequence[Row]) -> set[Key]:
    """Tell which numbers to hide: of the organisation first, so that they are the same beside each repository."""
    groups = organisation_groups(rows)
    gone = small_groups(groups.people, groups.sums, unseen=groups.unseen, kept={EVERYBODY})
    own = repository_groups(rows, groups.people)
    return small_groups(groups.people | own.people, own.sums, unseen=own.unseen, kept=set(groups.people), hidden=gone)


def organisation_groups(rows: Sequence[Row]) -> Groups:
    """Give an organisation's groups; everybody has been new in one of its months."""
    months = [row for row in rows if row["level"] == ORGANISATION]
    groups = groups_of(months)
    groups.people[EVERYBODY] = sum(row["new_people"] for row in months)
    groups.sums.append(Sum(EVERYBODY, [(ORGANISATION, row["month"], "new_people") for row in months]))
    return groups


def repository_groups(rows: Sequence[Row], organisation: Mapping[Key, int]) -> Groups:
    """Give a repository's groups; who else was active in the month contributed to other repositories only."""
    months = [row for row in rows if row["level"] == REPOSITORY]
    groups = groups_of(months)
    for row in months:
        for name in ACTIVE:
            total, own = (ORGANISATION, row["month"], name), (REPOSITORY, row["month"], name)
            rest = (REPOSITORY, row["month"], f"{name} elsewhere")
            groups.people[rest] = max(0, organisation[total] - row[name])
            groups.sums.append(Sum(total, (own, rest)))
    return groups


def groups_of(rows: Sequence[Row]) -> Groups:
    """Give the groups of each month; a sum with a number that is not known yet tells nothing."""
    groups = Groups({}, [])
    for row in rows:
        level, month = row["level"], row["month"]
        groups.people.update({(level, month, name): count for name, count in counts_of(row)})
        for total, parts in SUMS:
            keys = [(level, month, name) for name in parts]
            if all(key in groups.people for key in keys):
                groups.sums.append(Sum((level, month, total), keys))
    return groups


def counts_of(row: Row) -> Iterator[tuple[str, int]]:
    """Give the numbers of a month that are known, and those that follow from them."""
    for name in (*ACTIVE, *MOVES):
        if row[name] is not None:
            yield name, row[name]
    active, new = row["active_people"], row["new_people"]
    yield "stayed", active - new - row["returning_people"]
    yield "members", active - row["active_non_members"]
    if row["gone_people"] is not None:
        yield "not_gone", active - row["gone_people"]
    if row["new_people_back"] is not None:
        yield "not_back", new - row["new_people_back"]
