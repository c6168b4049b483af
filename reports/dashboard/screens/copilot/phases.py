"""How many people are in each of GitHub's phases of adoption; groups under five are hidden."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import JSON, Select, and_, func, select, type_coerce

from chalicelib.store.functions import ByBytes
from reports import charts
from reports.dashboard.parts import show_chart
from reports.dashboard.screens.copilot.few import to_hide
from reports.dashboard.screens.copilot.window import KINDS, LEAST_PEOPLE, REVISED_DAYS, USERS, Window
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import Table


def show_phases(source: Source, window: Window) -> None:
    """Show how many people were in each phase when they last used Copilot."""
    begin = source.today - timedelta(days=REVISED_DAYS)
    title = f"People by phase of adoption, since {begin}"
    found = source.read(phases_query(window.org, begin), title=title, kinds=KINDS, orgs=[window.org])
    gone = to_hide(dict(found.rows))
    rows = [row for row in found.rows if row[0] not in gone]
    table = Table(title, found.columns, rows, found.as_of, USERS.name)
    hidden = f"{len(found.rows) - len(rows)} of {len(found.rows)}"
    about = (
        f"Each person who used Copilot in the last {REVISED_DAYS} days, in the phase of GitHub's last report of that "
        f"person. Phases with fewer than {LEAST_PEOPLE} people are hidden on this part: {hidden}. One more is hidden "
        "where these would follow from all monthly active users, whose number is on the part Use."
    )
    show_chart(
        table,
        charts.bars(table, x="phase", y=("people",), unit="people"),
        key="phases",
        empty="All phases are hidden."
        if found.rows
        else "No phase of anybody is known: GitHub's reports of people have them since 2026-05-29, "
        "and COPILOT_USER_DATA=off stores nothing about people.",
        about=about,
        says="People by phase of adoption: " + ", ".join(f"{row[0]} {number(row[1])}" for row in table.rows) + ".",
    )


def phases_query(org: str, begin: date) -> Select[Any]:
    """Ask how many people are in each phase, by each one's last day."""
    rows = USERS.c
    phase = type_coerce(rows.report, JSON)[("ai_adoption_phase", "phase")].as_string()
    last = (
        select(rows.user_id.label("person"), func.max(rows.day).label("last_date"))
        .where(rows.org == org, rows.day >= begin)
        .group_by(rows.user_id)
        .cte("last")
    )
    people = (
        select(phase.label("phase"), rows.user_id.label("person"))
        .join_from(USERS, last, and_(last.c.person == rows.user_id, last.c.last_date == rows.day))
        .where(rows.org == org, phase.is_not(None))
        .subquery("copilot_user_days_last")
    )
    query = select(people.c.phase, func.count().label("people")).group_by(people.c.phase)
    return query.order_by(ByBytes(people.c.phase))
