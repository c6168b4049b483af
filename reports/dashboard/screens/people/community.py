"""Community: how much of what is opened, reviewed and commented comes from members, and how much from others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import streamlit as st
from sqlalchemy import Select, case, func, select

from chalicelib.store.functions import MonthOf
from reports import charts
from reports.dashboard.filters import Choice, say_unknown
from reports.dashboard.parts import mark_unfinished, plain, show_chart
from reports.dashboard.screens.people.months import KINDS
from reports.dashboard.screens.small_groups import FLOOR, Sum, say_hidden, say_last, small_groups, without
from reports.dashboard.source import Source
from reports.reading import Table, view

BY = {
    "member": "by_members",
    "maintainer": "by_maintainers",
    "non-member": "by_non_members",
    "bot": "by_bots",
}
SHARES = view(
    "community_share", "org month kind total by_members by_maintainers by_non_members by_bots non_member_share"
)
ACTIVITY = view("activity", "org at kind what user_id person_kind")
THINGS = {"issues": "issue", "pull requests": "pull_request", "reviews": "review", "comments": "comment"}
EMPTY = "Nothing was opened, reviewed or commented in this time: choose a longer period."
RULE = (
    f"What 1 to {FLOOR - 1} people of a kind did in a month is hidden, with a second kind where the total would give "
    "it away. The totals and what bots did stay, since other pages have them: they and the database may still tell it. "
    "People whose account is gone can't be counted for this."
)
KNOWN = (BY["bot"], "total")  # on other pages as well
Key = tuple[date, str, str]  # month, kind of contribution, column
Row = Mapping[str, Any]


def show_community(source: Source, choice: Choice) -> None:
    """Show how much comes from whom, of one kind of contribution, and the non-members' part of all."""
    asked = st.query_params.to_dict()
    thing = st.selectbox("Contributions", list(THINGS), key="what", bind="query-params", width=200)
    say_unknown(asked, {"what": THINGS})
    read = source.read(shares_query(choice), title="", kinds=KINDS, orgs=[choice.org])
    rows = [dict(zip(read.columns, row, strict=True)) for row in read.rows]
    hidden = hidden_of(rows, people_of(source, choice))
    about = f" Known for the organisation only: these are all of {plain(choice.org)}'s." if choice.repo else ""
    show_counts(by_kind(read, rows, hidden, thing), source, thing, about)
    show_parts(non_members_part(read, rows, hidden), source, about)


def show_counts(table: Table, source: Source, thing: str, about: str) -> None:
    """Show how many there were of a kind of contribution, by kind of person."""
    columns = tuple(BY.values())
    figure = charts.lines(table, x="month", y=columns, unit=thing, n=("total",))
    mark_unfinished(figure, table, by="month", today=source.today)
    about = f"What people were when they did it; n is the total. {say_hidden(table, rule=RULE)}{about}"
    says = say_last(table, ("total", *columns), unit=thing)
    show_chart(table, figure, key="community", empty=EMPTY, about=about, says=says)


def show_parts(table: Table, source: Source, about: str) -> None:
    """Show which part of each kind of contribution came from non-members."""
    columns = [percent(kind) for kind in THINGS.values()]
    figure = charts.lines(table, x="month", y=columns, unit="% by non-members")
    mark_unfinished(figure, table, by="month", today=source.today)
    about = f"Of how many each is (n) stands in the table. {say_hidden(table, rule=RULE)}{about}"
    says = say_last(table, columns, unit="% by non-members")
    show_chart(table, figure, key="non-members", empty=EMPTY, about=about, says=says)


def shares_query(choice: Choice) -> Select[Any]:
    """Ask how much came from whom in the months of the period."""
    rows = SHARES.c
    columns = (rows.month, rows.kind, rows.total, *(rows[name] for name in BY.values()), rows.non_member_share)
    begin = choice.begin.replace(day=1)
    return select(*columns).where(rows.org == choice.org, rows.month >= begin).order_by(rows.month, rows.kind)


def people_of(source: Source, choice: Choice) -> dict[Key, int]:
    """Count the people behind each number of a month."""
    did, begin = ACTIVITY.c, datetime.combine(choice.begin.replace(day=1), time(), tzinfo=UTC)
    what = case((did.what == "opened", did.kind), (did.what == "reviewed", "review"), else_="comment")
    each = (
        select(MonthOf(did.at).label("month"), what.label("thing"), did.person_kind, did.user_id)
        .where(did.org == choice.org, did.what.in_(("opened", "reviewed", "commented")))
        .where(did.person_kind != "bot", did.at >= begin)
        .subquery("did")
        .c
    )
    keys = (each.month, each.thing, each.person_kind)
    query = select(*keys, func.count(each.user_id.distinct()).label("people")).group_by(*keys).order_by(*keys)
    return {(row["month"], row["thing"], BY[row["person_kind"]]): row["people"] for row in source.all(query)}


def hidden_of(rows: Sequence[Row], people: Mapping[Key, int]) -> set[Key]:
    """Tell which numbers to hide: never those that other pages have, since that would help nobody."""
    counts: dict[Key, int] = {}
    sums = []
    for row in rows:
        keys = [(row["month"], row["kind"], name) for name in BY.values()]
        total = (row["month"], row["kind"], "total")
        for key in (*keys, total):
            known = FLOOR if key[-1] in KNOWN else people.get(key, 0)
            counts[key] = max(1, known) if row[key[-1]] else 0
        sums.append(Sum(total, keys))
    return small_groups(counts, sums, kept={key for key in counts if key[-1] in KNOWN})


def by_kind(read: Table, rows: Sequence[Row], hidden: set[Key], thing: str) -> Table:
    """Give the months of one kind of contribution."""
    columns = ["total", *BY.values()]
    chosen = [row for row in rows if row["kind"] == THINGS[thing]]
    cells = [(row["month"], *(row[name] for name in columns)) for row in chosen]
    gone = [[name for name in columns if (row["month"], row["kind"], name) in hidden] for row in chosen]
    title = f"From whom {thing} came, by month"
    return without(Table(title, ["month", *columns], cells, read.as_of, read.view), gone)


def percent(kind: str) -> str:
    """Name the column of a kind of contribution."""
    return f"percent_of_{kind}s"


def non_members_part(read: Table, rows: Sequence[Row], hidden: set[Key]) -> Table:
    """Give the non-members' part of each kind of contribution, with how many there were."""
    months: dict[date, dict[str, Any]] = {}
    gone: dict[date, list[str]] = {}
    for row in rows:
        month, kind = row["month"], row["kind"]
        cells, absent = months.setdefault(month, {}), gone.setdefault(month, [])
        cells |= {percent(kind): 100 * row["non_member_share"], f"n_{kind}s": row["total"]}
        # The total is shown: a part of it tells the number.
        if (month, kind, BY["non-member"]) in hidden:
            absent.append(percent(kind))
    columns = [name for kind in THINGS.values() for name in (percent(kind), f"n_{kind}s")]
    cells_of = [(month, *(cells.get(name) for name in columns)) for month, cells in months.items()]
    title = "Which part of the contributions came from non-members, by month"
    return without(Table(title, ["month", *columns], cells_of, read.as_of, read.view), list(gone.values()))
