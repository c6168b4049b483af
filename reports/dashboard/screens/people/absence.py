"""On how few people the work rests, by quarter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from reports import charts
from reports.dashboard.filters import Choice
from reports.dashboard.parts import mark_unfinished, say_limits, show_chart
from reports.dashboard.screens.people.members import quarter_of
from reports.dashboard.screens.people.months import ORGANISATION, REPOSITORY
from reports.dashboard.screens.small_groups import FLOOR, Sum, say_hidden, say_last, small_groups, without
from reports.dashboard.source import Source
from reports.reading import Table, view

KINDS = ("pull_requests", "events")
# Who did it, what they did, and how few of them did half of it.
FACTORS = (
    ("authors", "merged_pull_requests", "authors_absence_factor"),
    ("reviewers", "reviews", "reviewers_absence_factor"),
)
COLUMNS = [name for names in FACTORS for name in names]
QUARTERLY = view("absence_factor_quarterly", f"level org repo quarter {' '.join(COLUMNS)}")
EMPTY = "Nothing was merged or reviewed in this time: choose a longer period, or another repository."
Row = Mapping[str, Any]
Key = tuple[str, date, str]  # level, quarter, name


def show_absence(source: Source, choice: Choice) -> None:
    """Show on how few people the work rests."""
    table = read_quarters(source, choice)
    lines = [name for *_, name in FACTORS]
    say_limits(table, by="quarter", begin=choice.begin, today=source.today)
    figure = charts.lines(table, x="quarter", y=lines, unit="people", n=[name for name, *_ in FACTORS])
    mark_unfinished(figure, table, by="quarter", today=source.today)
    about = (
        "The smallest number of people who wrote half of what was merged, or submitted half of the reviews, in the 12 "
        "months up to each quarter's end; n is how many authors and reviewers there were. "
        f"**Hidden usually means that fewer than {FLOOR} did half of it**, or that fewer than {FLOOR} did the rest. "
        f"The first three quarters tell of less than 12 months. {say_hidden(table)}"
    )
    says = say_last(table, lines, unit="people")
    show_chart(table, figure, key="absence", empty=EMPTY, about=about, says=says)


def read_quarters(source: Source, choice: Choice) -> Table:
    """Read the quarters of the period, without the numbers of small groups."""
    title = "On how few people the work rests, by quarter"
    read = source.read(quarters_query(choice), title=title, kinds=KINDS, orgs=[choice.org])
    rows = [dict(zip(read.columns, row, strict=True)) for row in read.rows]
    level = REPOSITORY if choice.repo else ORGANISATION
    gone = hidden_of(rows)
    shown = [row for row in rows if row["level"] == level]
    cells = [(row["quarter"], *(row[name] for name in COLUMNS)) for row in shown]
    table = Table(title, ["quarter", *COLUMNS], cells, read.as_of, read.view)
    return without(table, [[name for name in COLUMNS if (level, row["quarter"], name) in gone] for row in shown])


def quarters_query(choice: Choice) -> Select[Any]:
    """Ask for the organisation's quarters, and those of the repository that is chosen."""
    rows = QUARTERLY.c
    levels: ColumnElement[bool] = rows.level == ORGANISATION
    if choice.repo:
        levels |= (rows.level == REPOSITORY) & (rows.repo == choice.repo)
    columns = [rows[name] for name in ("level", "quarter", *COLUMNS)]
    query = select(*columns).where(rows.org == choice.org, levels, rows.quarter >= quarter_of(choice.begin))
    return query.order_by(rows.quarter, rows.level)


def hidden_of(rows: Sequence[Row]) -> set[Key]:
    """Tell which numbers to hide: of the organisation first, so that they are the same beside each repository."""
    people, sums = groups_of([row for row in rows if row["level"] == ORGANISATION])
    gone = small_groups(people, sums, unseen=unseen(people))
    own, own_sums = groups_of([row for row in rows if row["level"] == REPOSITORY])
    for level, quarter, name in list(own):
        total = (ORGANISATION, quarter, name)
        if name in ("authors", "reviewers"):
            rest = (level, quarter, f"{name} elsewhere")
            own[rest] = max(0, people[total] - own[level, quarter, name])
            own_sums.append(Sum(total, ((level, quarter, name), rest)))
    gone = small_groups(people | own, own_sums, unseen=unseen(own), kept=set(people), hidden=gone)
    # What a few people did is a number of theirs, too.
    things = {name: thing for name, thing, _ in FACTORS}
    return gone | {(level, quarter, things[name]) for level, quarter, name in gone if name in things}


def unseen(people: Mapping[Key, int]) -> set[Key]:
    """Give the numbers that no column has."""
    return {key for key in people if key[-1] not in COLUMNS}


def groups_of(rows: Sequence[Row]) -> tuple[dict[Key, int], list[Sum[Key]]]:
    """Give how many people are in each group, and what adds up: the few who did half of it, and all others."""
    people: dict[Key, int] = {}
    sums = []
    for row in rows:
        for who, _, factor in FACTORS:
            whole, few, others = ((row["level"], row["quarter"], name) for name in (who, factor, f"{who} besides"))
            people[whole], people[few] = row[who], row[factor] or 0
            people[others] = people[whole] - people[few]
            sums.append(Sum(whole, (few, others)))
    return people, sums
