"""Single persons, for those who ask for them: who it is, not how much each does."""

from __future__ import annotations

from datetime import UTC, datetime, time

import streamlit as st
from sqlalchemy import func, select

from chalicelib.store.functions import ByBytes
from reports.dashboard.filters import Choice, say_unknown
from reports.dashboard.parts import plain, show_table
from reports.dashboard.screens.people.contributors import CONTRIBUTORS
from reports.dashboard.screens.people.months import KINDS
from reports.dashboard.source import Source

ABOUT = (
    "To welcome who is new, to thank, and to ask who is missed. It is no list of merits: it is alphabetical, and says "
    "nothing of how much anybody does. With it, groups that are hidden above can be counted."
)


def show_names(source: Source, choice: Choice) -> None:
    """Show who has contributed since the period began, for those who ask for it."""
    asked = st.query_params.to_dict()
    st.divider()
    is_on = st.toggle("Show single persons", key="names", bind="query-params")
    say_unknown(asked, {"names": ("true", "false")})
    if not is_on:
        return
    rows = CONTRIBUTORS.c
    since = datetime.combine(choice.begin, time(), tzinfo=UTC)
    query = (
        select(rows.username, rows.person_kind, rows.first_at, rows.last_at, rows.is_drive_by)
        .where(rows.org == choice.org, rows.last_at >= since)
        .order_by(ByBytes(func.lower(rows.username)), rows.user_id)
    )
    title = "Single persons, by name"
    table = source.read(query, title=title, kinds=KINDS, orgs=[choice.org])
    whole = f" These are all of {plain(choice.org)}'s: not known by repository." if choice.repo else ""
    empty = "Nobody has contributed in this time: choose a longer period."
    show_table(table, key="names-of-people", empty=empty, about=ABOUT + whole)
