"""Which of GitHub's security features repositories have, now and by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import streamlit as st
from sqlalchemy import Select, case, func, select

from reports import charts
from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_chart
from reports.dashboard.screens.security.known import CHECKS
from reports.dashboard.source import MOST_ROWS, Source
from reports.output import number
from reports.reading import Table, view

ENABLEMENT = view("security_enablement", "org feature day enabled disabled unknown share")
EMPTY = (
    "No day is stored. The daily job counts the features, unless `SECURITY=off` or `GH_REPOS` names some repositories "
    "only."
)


def show(source: Source, choice: Choice) -> None:
    """Show how many repositories have each feature, and how that changed."""
    show_last(source, choice)
    show_days(source, choice)


def show_last(source: Source, choice: Choice) -> None:
    """Show the last day."""
    rows = ENABLEMENT.c
    newest = select(func.max(rows.day)).where(rows.org == choice.org).scalar_subquery()
    query = select(rows.day, rows.feature, rows.enabled, rows.disabled, rows.unknown)
    query = query.where(rows.org == choice.org, rows.day == newest).order_by(rows.feature)
    title = "Repositories with each of GitHub's security features"
    table = source.read(query, title=title, kinds=[CHECKS], orgs=[choice.org])
    figure = charts.bars(table, x="feature", y=("enabled", "disabled", "unknown"), unit="repositories")
    about = "Unknown: GitHub doesn't tell this token. Archived repositories are left out."
    show_chart(table, figure, key="features", empty=EMPTY, about=about, says=say_last(table))


def say_last(table: Table) -> str:
    """Say in a sentence what the chart shows."""
    each = [f"{row[1]} {row[2]} of {row[2] + row[3]}{f' ({row[4]} unknown)' if row[4] else ''}" for row in table.rows]
    return f"Repositories with each on {table.rows[0][0]}: {', '.join(each)}." if each else ""


def show_days(source: Source, choice: Choice) -> None:
    """Show which part of the repositories had each feature, by day."""
    rows = ENABLEMENT.c
    begin = max(choice.begin, source.today - timedelta(days=MOST_ROWS - 1))
    known = select(rows.feature).where(rows.org == choice.org, rows.day >= begin).distinct().order_by(rows.feature)
    features = [row["feature"] for row in source.all(known)]
    if not features:
        return
    if begin > choice.begin:
        st.caption(f"By day, a chart has {number(MOST_ROWS)} days at most: it begins on {begin}.")
    title = "Repositories with each feature, by day (% of those of which GitHub tells)"
    table = source.read(days_query(choice.org, begin, features), title=title, kinds=[CHECKS], orgs=[choice.org])
    figure = charts.lines(table, x="day", y=features, unit="%", n=[f"n_{name}" for name in features])
    about = "n is of how many repositories GitHub tells, in the order of the lines."
    show_chart(table, figure, key="features-days", empty=EMPTY, about=about)


def days_query(org: str, begin: Any, features: Sequence[str]) -> Select[Any]:
    """Ask for each day, with a column for each feature's share and one for its n."""
    rows = ENABLEMENT.c
    columns = [
        func.max(case((rows.feature == name, value))).label(label)
        for name in features
        for label, value in ((name, 100 * rows.share), (f"n_{name}", rows.enabled + rows.disabled))
    ]
    return select(rows.day, *columns).where(rows.org == org, rows.day >= begin).group_by(rows.day).order_by(rows.day)
