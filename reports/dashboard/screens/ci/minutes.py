"""For how many minutes runners had jobs, by month or week."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import Boolean, case, func, select, type_coerce

from reports.dashboard.filters import Choice, say_unknown
from reports.dashboard.parts import say_limits
from reports.dashboard.screens.ci.asking import JOB_KINDS, LONGER, Lines, of_choice, show_lines, since
from reports.dashboard.source import Source
from reports.reading import view

COLUMNS = "jobs minutes failed_minutes cancelled_minutes superseded_minutes"
MONTHLY = view("ci_minutes_monthly", f"org repo month is_self_hosted {COLUMNS}")
WEEKLY = view("ci_minutes_weekly", f"org repo week is_self_hosted {COLUMNS}")
BY = ("month", "week")


def show(source: Source, choice: Choice) -> None:
    """Show the minutes on GitHub's and on own runners, and how many of them brought nothing."""
    asked = st.query_params.to_dict()
    by = st.selectbox("Minutes by", BY, key="minutes", bind="query-params", width=160)
    say_unknown(asked, {"minutes": BY})
    rows = (MONTHLY if by == "month" else WEEKLY).c
    is_own = type_coerce(rows.is_self_hosted, Boolean)
    kinds = {"hosted_minutes": ~is_own, "self_hosted_minutes": is_own}
    shares = (func.sum(case((whose, rows.minutes), else_=0.0)).label(name) for name, whose in kinds.items())
    counts = (func.sum(rows[name]).label(name) for name in COLUMNS.split())
    query = select(rows[by], *counts, *shares).where(*of_choice(rows, choice), since(rows, choice, by))
    title = f"Minutes for which runners had jobs, by {by}"
    table = source.read(query.group_by(rows[by]).order_by(rows[by]), title=title, kinds=JOB_KINDS, orgs=[choice.org])
    say_limits(table, by=by, begin=choice.begin, today=source.today)
    show_lines(
        source,
        table,
        Lines((*kinds, "failed_minutes", "superseded_minutes"), "minutes", ["jobs"], by=by),
        key="ci-minutes",
        empty=f"No job ended in this time: {LONGER}",
        about="Not what GitHub bills, which rounds up each job. Failed and superseded minutes (of attempts that were "
        "run again) are among the others. Self-hosted are jobs that ask for that label.",
    )
