"""Deployments and delivery: how often, how often that fails, and how soon changes are merged and released."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import streamlit as st
from sqlalchemy import Boolean, Select, func, select, type_coerce

from reports.dashboard.filters import Choice
from reports.dashboard.parts import plain, say_limits, show_figures, show_table, titled
from reports.dashboard.screens.ci.asking import LONGER, Lines, of_choice, percent, show_lines, since
from reports.dashboard.source import Source
from reports.output import HOUR, NOTHING, duration, number
from reports.reading import Table, view

DELIVERY = view(
    "delivery_monthly",
    "level org repo month merged median_lead_time_hours n_lead_time_hours pull_requests_released "
    "median_hours_merge_to_release n_hours_merge_to_release median_lead_time_to_release_hours "
    "n_lead_time_to_release_hours releases deployments deployments_per_week failed_deployments change_failure_rate "
    "reverts",
)
FREQUENCY = view("deployment_frequency", "org repo environment week succeeded failed is_production")
# Nothing polls deployments: what no webhook told of is asked for again for some days.
TOLD, MADE = ("webhook_deliveries",), ("pull_requests", "releases", "repositories")
LEADS = ("lead_time_hours", "hours_merge_to_release", "lead_time_to_release_hours")
NO_DEPLOYMENT = (
    "No deployment to production is known. Only webhooks tell of them (docs/webhook.md), and production is what "
    "GitHub marks so."
)
NO_CHANGE = f"No pull request was merged or released in this time: {LONGER}"
WHAT_FAILS = (
    "Change failure rate: deployments to production that failed and never succeeded, of all that succeeded or failed. "
    "It is not DORA's in full: what broke after it was deployed counts as a success."
)
WHAT_LEADS = (
    "Lead time: from the first commit, by its author's date, to the merge; and on to the first release after it, which "
    "may be one of another branch. It is no lead time to a deployment. Pull requests by bots are left out. Each median "
    "has its own number of pull requests (n)."
)


def show(source: Source, choice: Choice) -> None:
    """Show the part."""
    table = source.read(delivery_query(choice), title="Delivery by month", kinds=MADE, orgs=[choice.org])
    show_figures(figures(table, source.today))
    st.caption(f"Counts are of the months since {choice.begin:%Y-%m}, medians of {last_month(source.today):%Y-%m}.")
    say_limits(table, by="month", begin=choice.begin, today=source.today)
    show_months(source, table)
    show_leads(source, table)
    show_weeks(source, choice)
    show_environments(source, choice)


def delivery_query(choice: Choice) -> Select[Any]:
    """Ask for the months of the organisation, or of the repository that is chosen."""
    rows = DELIVERY.c
    failures = (100.0 * rows.change_failure_rate).label("change_failure_percent")
    ended = (rows.deployments + rows.failed_deployments).label("n_change_failure")
    left_out = ("level", "org", "repo", "change_failure_rate")
    query = select(*(each for each in rows if each.name not in left_out), failures, ended)
    level = "repository" if choice.repo else "organisation"
    return query.where(rows.level == level, *of_choice(rows, choice), since(rows, choice, "month")).order_by(rows.month)


def figures(table: Table, today: date) -> list[tuple[str, str]]:
    """Add up what can be added, and give the medians of the last month that is over."""
    months = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    deployments, failed = (total(months, name) for name in ("deployments", "failed_deployments"))
    ended = (deployments or 0) + (failed or 0)
    last = last_month(today)
    month = next((each for each in months if each["month"] == last), {})
    return [
        ("Deployed to production", NOTHING if deployments is None else number(deployments)),
        (f"Change failure rate (n = {number(ended)})", f"{100 * (failed or 0) / ended:.1f} %" if ended else NOTHING),
        ("Releases", NOTHING if (releases := total(months, "releases")) is None else number(releases)),
        *(median(month, name, label) for name, label in zip(LEADS, LEAD_LABELS, strict=True)),
    ]


LEAD_LABELS = ("Median lead time", "Merge to release", "Median to release")


def last_month(today: date) -> date:
    """Give the last month that is over."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def total(months: list[dict[str, Any]], name: str) -> int | None:
    """Add up a count; None where it is known of no month."""
    known = [month[name] for month in months if month[name] is not None]
    return sum(known) if known else None


def median(month: dict[str, Any], name: str, label: str) -> tuple[str, str]:
    """Write a median of a month with its number of values."""
    hours, n = month.get(f"median_{name}"), month.get(f"n_{name}") or 0
    return f"{label} (n = {number(n)})", NOTHING if hours is None else duration(hours * HOUR)


def show_months(source: Source, table: Table) -> None:
    """Show how often was deployed to production and released, and how often that failed."""
    counts = ("deployments", "failed_deployments", "releases")
    known = with_any(table, counts)
    show_lines(
        source,
        titled(known, "Deployments to production, and releases, by month"),
        Lines(counts, "a month", by="month"),
        key="deliveries",
        empty=NO_DEPLOYMENT,
        about="A deployment counts when it first succeeded, or first failed if it never succeeded. Unknown until the "
        "first one that a webhook told of.",
    )
    show_lines(
        source,
        titled(with_any(table, ("change_failure_percent",)), "Change failure rate, by month"),
        Lines(("change_failure_percent",), "% of deployments", ["n_change_failure"], by="month"),
        key="change-failures",
        empty=NO_DEPLOYMENT,
        about=WHAT_FAILS,
    )


def with_any(table: Table, names: tuple[str, ...]) -> Table:
    """Give the rows that know one of some columns."""
    places = [table.columns.index(name) for name in names]
    rows = [row for row in table.rows if any(row[place] is not None for place in places)]
    return Table(table.title, table.columns, rows, table.as_of, table.view)


def show_leads(source: Source, table: Table) -> None:
    """Show how soon changes are merged and released."""
    medians, counts = [f"median_{name}" for name in LEADS], [f"n_{name}" for name in LEADS]
    show_lines(
        source,
        titled(with_any(table, tuple(medians)), "Lead time for changes, by month (medians, in hours)"),
        Lines(medians, "hours", counts, by="month"),
        key="lead-times",
        empty=NO_CHANGE,
        about=WHAT_LEADS,
    )


def show_weeks(source: Source, choice: Choice) -> None:
    """Show how many deployments to production succeeded and failed, by week."""
    rows = FREQUENCY.c
    counts = (func.sum(rows[name]).label(name) for name in ("succeeded", "failed"))
    query = select(rows.week, *counts).where(*of_choice(rows, choice), since(rows, choice, "week"))
    query = query.where(type_coerce(rows.is_production, Boolean)).group_by(rows.week).order_by(rows.week)
    table = source.read(query, title="Deployments to production, by week", kinds=TOLD, orgs=[choice.org])
    drawn = Lines(("succeeded", "failed"), "deployments")
    about = "A week without a row had none."
    show_lines(source, table, drawn, key="deployment-weeks", empty=NO_DEPLOYMENT, about=about)


def show_environments(source: Source, choice: Choice) -> None:
    """Show how many deployments succeeded and failed in each environment."""
    rows = FREQUENCY.c
    ended = rows.succeeded + rows.failed
    query = select(
        *(rows.repo, rows.environment),
        func.max(rows.week).label("last_week"),
        func.sum(rows.succeeded).label("succeeded"),
        func.sum(rows.failed).label("failed"),
        func.sum(ended).label("ended"),
        percent(rows.failed, ended).label("percent_failed"),
    ).where(*of_choice(rows, choice), since(rows, choice, "week"))
    query = query.group_by(rows.repo, rows.environment).order_by(func.sum(ended).desc(), rows.repo, rows.environment)
    title = f"Deployments by repository and environment, in the weeks since {choice.begin}"
    table = source.read(query, title=title, kinds=TOLD, orgs=[choice.org])
    empty = f"No deployment of this time is known, to any environment. Only webhooks tell of them: {LONGER}"
    show_table(table, key="environments", empty=empty, about=f"Of {plain(choice.name)}, production or not.")
