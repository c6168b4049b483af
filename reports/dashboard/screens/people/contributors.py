"""Who contributes: how many people by month, how many of them come and go, and how many did so on one item only."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from reports import charts
from reports.dashboard.filters import Choice
from reports.dashboard.parts import mark_unfinished, plain, say_limits, show_chart, show_table
from reports.dashboard.screens.people.months import ACTIVE, KINDS, MOVES, read_months
from reports.dashboard.screens.small_groups import HIDDEN, Sum, say_hidden, say_last, small_groups, without
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import Table, view

CONTRIBUTORS = view("contributors", "org user_id username person_kind first_at last_at is_drive_by")
EVERYBODY, DRIVE_BY, OTHERS = "everybody", "drive-by", "others"
TILES = {"People": EVERYBODY, "Drive-bys": DRIVE_BY}
EMPTY = "Nobody has contributed in this time: choose a longer period, or another repository."


def show_active(source: Source, choice: Choice) -> None:
    """Show how many people contributed each month."""
    table = read_months(source, choice, ACTIVE, title="How many people contributed, by month")
    say_limits(table, by="month", begin=choice.begin, today=source.today)
    figure = charts.lines(table, x="month", y=ACTIVE, unit="people")
    mark_unfinished(figure, table, by="month", today=source.today)
    about = (
        "A contribution is an opening, a comment, a review of somebody else's pull request, a merge or a closing. "
        f"Bots are left out. {say_hidden(table)}"
    )
    show_chart(table, figure, key="active", empty=EMPTY, about=about, says=say_last(table, ACTIVE, unit="people"))


def show_moves(source: Source, choice: Choice) -> None:
    """Show how many people came and went each month."""
    table = read_months(source, choice, ("active_people", *MOVES), title="Who came and who went, by month")
    say_limits(table, by="month", begin=choice.begin, today=source.today)
    figure = charts.lines(table, x="month", y=MOVES, unit="people", n=("active_people",))
    mark_unfinished(figure, table, by="month", today=source.today)
    about = (
        "New: had never contributed before, as far as it is stored. New and back: contributed again within 90 days; "
        "**not known until 90 days after the month**. Returning: had contributed, but not in the six months before. "
        "Gone: did not contribute in the six months after; **not known for the last six months**. "
        f"n is how many people contributed. {say_hidden(table)}"
    )
    show_chart(table, figure, key="moves", empty=EMPTY, about=about, says=say_last(table, MOVES, unit="people"))


def show_drive_bys(source: Source, choice: Choice) -> None:
    """Show how many people contributed to one issue or pull request only."""
    rows = CONTRIBUTORS.c
    query = (
        select(rows.person_kind, rows.is_drive_by, func.count().label("people"))
        .where(rows.org == choice.org, rows.first_at.is_not(None))
        .group_by(rows.person_kind, rows.is_drive_by)
    )
    title = "People all of whose contributions are on one issue or pull request"
    read = source.read(query, title=title, kinds=KINDS, orgs=[choice.org])
    people, gone = drive_bys(read.rows)
    about = f"So far: they may come back. Of all who have ever contributed to {plain(choice.org)}, by what they were "
    about += "at their last contribution; neither the repository nor the period changes it. "
    kinds = sorted({row[0] for row in read.rows})
    columns = ["person_kind", "drive_by_people"]
    counts = Table(title, columns, [(kind, people[kind]) for kind in kinds], read.as_of, read.view)
    table = without(counts, [["drive_by_people"] if kind in gone else [] for kind in kinds])
    values = {name: HIDDEN if key in gone else number(people[key]) for name, key in TILES.items()} if kinds else {}
    show_table(table, key="drive-bys", empty=EMPTY, about=about + say_hidden(table), figures=list(values.items()))


def drive_bys(rows: Sequence[tuple[str, bool, int]]) -> tuple[dict[str, int], set[str]]:
    """Count drive-bys by kind of person, and tell which of these numbers to hide."""
    people: dict[str, int] = {kind: 0 for kind, _, _ in rows}
    people |= {EVERYBODY: sum(row[2] for row in rows), DRIVE_BY: 0, OTHERS: 0}
    for kind, is_drive_by, count in rows:
        people[DRIVE_BY if is_drive_by else OTHERS] += count
        if is_drive_by:
            people[kind] += count
    kinds = sorted({row[0] for row in rows})
    sums = [Sum(EVERYBODY, (DRIVE_BY, OTHERS)), Sum(DRIVE_BY, kinds)]
    return people, small_groups(people, sums, unseen={OTHERS}, kept={EVERYBODY})
