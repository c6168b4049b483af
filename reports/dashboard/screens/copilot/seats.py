"""Who holds a seat without using it, and what seats cost; single people only when they are asked for."""

from __future__ import annotations

from typing import Any

import streamlit as st
from sqlalchemy import Select, case, func, select

from chalicelib.store.functions import ByBytes, count_if, rounded
from reports import charts
from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_chart, show_figures, show_table
from reports.dashboard.screens.copilot.spending import show_spending
from reports.dashboard.screens.copilot.use import written
from reports.dashboard.screens.copilot.window import KINDS
from reports.dashboard.source import Source
from reports.output import NOTHING, number
from reports.reading import Table, view

COST = view(
    "copilot_seat_cost",
    "org seats idle_seats never_used held_by_non_members seats_without_price monthly_cost idle_monthly_cost",
)
IDLE = view(
    "copilot_seats_idle",
    "org login idle_days is_member last_activity_at created_at pending_cancellation_date plan_type "
    "assigning_team monthly_price",
)
DEFAULT_DAYS, MOST_DAYS = 28, 365
# From so many days on; a group ends where the next one begins.
STEPS = (0, 7, 14, 28, 60, 90)
EMPTY = (
    "No seat is stored of this organisation. The next `daily` reads seats: it needs the permission for them, and "
    " `COPILOT_USER_DATA=off` stores none of them: see docs/copilot.md."
)


def show_seats(source: Source, choice: Choice) -> None:
    """Show the part."""
    cost = source.first(select(COST).where(COST.c.org == choice.org))
    if cost is None:
        st.info(EMPTY)
    else:
        show_cost(cost)
        days = int(
            st.slider("Idle for at least … days", 1, MOST_DAYS, DEFAULT_DAYS, key="idle_days", bind="query-params")
        )
        show_idle(source, choice.org, days)
        show_steps(source, choice.org)
        show_people(source, choice.org, days)
    show_spending(source, choice)


def show_cost(row: dict[str, Any]) -> None:
    """Show how many seats there are now, and what they cost."""
    st.header("Seats now", anchor=False)
    show_figures(
        [
            ("Seats", number(row["seats"])),
            ("Cost a month", dollars(row["monthly_cost"])),
            ("Idle for 28 days or more", number(row["idle_seats"])),
            ("Cost of those a month", dollars(row["idle_monthly_cost"])),
            ("Without any known use", number(row["never_used"])),
            ("Held by non-members", number(row["held_by_non_members"])),
            ("Seats without a price", number(row["seats_without_price"])),
        ]
    )
    st.caption(
        f"From the view `{COST.name}`. Prices are list prices of the plan, unless `COPILOT_SEAT_PRICE` is set; seats "
        "without a price add nothing. What seats cost in earlier months is not stored."
    )


def span(days: int) -> str:
    """Write a number of days."""
    return "1 day" if days == 1 else f"{days} days"


def dollars(value: float | None) -> str:
    """Write an amount; a hyphen when no price is known."""
    return NOTHING if value is None else f"{number(value)} $"


def never_used(rows: Any) -> Any:
    """Whether no use of a seat is known, as the view's column says: in copilot_seat_cost that name is a count."""
    return rows.last_activity_at.is_(None)


def idle_columns(rows: Any) -> list[Any]:
    """What a group of seats adds up to."""
    return [
        func.count().label("seats"),
        rounded(func.sum(rows.monthly_price), 2).label("monthly_cost"),
        count_if(rows.monthly_price.is_(None)).label("seats_without_price"),
        count_if(never_used(rows)).label("never_used"),
        count_if(rows.is_member.is_(False)).label("held_by_non_members"),
        count_if(rows.pending_cancellation_date.is_not(None)).label("to_be_taken_back"),
    ]


def show_idle(source: Source, org: str, days: int) -> None:
    """Show how many seats were not used for so long, and what they cost."""
    rows = IDLE.c
    row = source.first(select(*idle_columns(rows)).where(rows.org == org, rows.idle_days >= days))
    if row is None:
        return
    st.header(f"Seats that were not used for {span(days)} or more", anchor=False)
    show_figures(
        [
            (f"Idle for at least {span(days)}", number(row["seats"])),
            ("Cost of these a month", dollars(row["monthly_cost"] if row["seats"] else 0)),
            ("Of these, never used", written(row["never_used"] or 0)),
            ("Of these, of non-members", written(row["held_by_non_members"] or 0)),
            ("Of these, to be taken back", written(row["to_be_taken_back"] or 0)),
            ("Of these, without a price", written(row["seats_without_price"] or 0)),
        ]
    )
    st.caption(
        f"From the view `{IDLE.name}`. Never used: no use is known. GitHub forgets uses after 90 days; a seat without "
        "one is idle since it was given."
    )


def show_steps(source: Source, org: str) -> None:
    """Show how many seats were idle for how long."""
    title = "Seats by how long they were not used"
    found = source.read(steps_query(org), title=title, kinds=KINDS, orgs=[org])
    by_step = {row[0]: row[1:] for row in found.rows}
    nothing = (0,) * (len(found.columns) - 1)
    rows = [(step_name(step), *by_step.get(step, nothing)) for step in STEPS]
    table = Table(title, found.columns, rows, found.as_of, found.view)
    figure = charts.bars(table, x="idle_for", y=("seats",), unit="seats")
    texts = [f"{row[0]} {number(row[1])}" for row in table.rows]
    show_chart(table, figure, key="idle-steps", empty=EMPTY, says=f"{title}: {', '.join(texts)}.")


def steps_query(org: str) -> Select[Any]:
    """Count the seats of each step."""
    rows = IDLE.c
    pairs = [(rows.idle_days >= step, step) for step in reversed(STEPS)]
    step = case(*pairs, else_=0).label("idle_for")
    return select(step, *idle_columns(rows)).where(rows.org == org).group_by("idle_for").order_by("idle_for")


def step_name(first: int) -> str:
    """Write the days of a step."""
    place = STEPS.index(first) + 1
    return f"{first} to {STEPS[place] - 1} days" if place < len(STEPS) else f"{first} days or more"


def show_people(source: Source, org: str, days: int) -> None:
    """Show the idle seats one by one, when that is asked for."""
    st.header("The people who hold these seats", anchor=False)
    if not st.toggle("Show single persons", key="names", bind="query-params"):
        st.caption("Single people are not shown unless they are asked for: this page is about seats, not about people.")
        return
    rows = IDLE.c
    columns = [rows.login, rows.idle_days, never_used(rows).label("never_used")]
    columns += [each for each in rows if each.name not in ("org", "login", "idle_days")]
    query = select(*columns).where(rows.org == org, rows.idle_days >= days)
    query = query.order_by(rows.idle_days.desc(), ByBytes(rows.login))
    title = f"Seats idle for at least {span(days)}"
    table = source.read(query, title=title, kinds=KINDS, orgs=[org])
    show_table(
        table,
        key="idle-seats",
        empty="No seat is: choose fewer days.",
        about="To take seats back, or to ask what is missing. An unused seat says nothing about anybody's work.",
    )
