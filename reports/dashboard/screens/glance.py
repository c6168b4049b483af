"""What is the matter now, in a few figures: alerts, the queue for runners, and whether the data is current."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import streamlit as st
from sqlalchemy import ColumnElement, case, func, select

from reports.commands import alerts, queue
from reports.commands.health import HEALTH, health
from reports.dashboard.filters import Choice
from reports.dashboard.parts import MOST_TILES, show_table, words_of_stopped
from reports.dashboard.screens.security import known
from reports.dashboard.source import Source
from reports.output import NOTHING, duration, number
from reports.reading import Table

VIEWS = "`open_alerts`, `queue_now` and `data_health`"


class Glance(NamedTuple):
    """A figure of this moment, and what it says besides."""

    label: str
    value: str
    besides: str | None = None


def show_glance(source: Source, choice: Choice) -> None:
    """Show the figures of now, then the data that is not current."""
    st.header("Now", anchor=False)
    report = health(source, org=choice.org)
    rows = report.results.rows
    bad = [row for row in rows if not str(row[-1]).startswith("current")]
    found = (*alerts_of(source, choice), *queue_of(source, choice))
    stopped = source.stopped(choice.org)
    current = Glance("Current kinds of data", f"{len(rows) - len(bad)} of {len(rows) + len(stopped)}")
    for column, glance in zip(st.columns(MOST_TILES), (*found, current), strict=True):
        column.metric(glance.label, glance.value, glance.besides, delta_color="off", delta_arrow="off", border=True)
    st.caption(f"From the views {VIEWS}. “{NOTHING}” is what is not known.")
    if stopped:
        st.warning(words_of_stopped(stopped))
    if bad or not rows:
        table = Table("Data that is not current", report.results.columns, bad, report.results.as_of, HEALTH.name)
        show_table(table, key="not-current", empty="No job has run in 30 days: see the page Data.")


def alerts_of(source: Source, choice: Choice) -> tuple[Glance, Glance]:
    """Count the open security alerts, and those of them that are overdue."""
    rows = alerts.OPEN.c
    counted: list[ColumnElement[Any]] = [func.count().label("alerts")]
    counted.append(func.sum(case((rows.is_overdue, 1), else_=0)).label("overdue"))
    query = select(*counted).where(rows.org == choice.org)
    if choice.repo:
        query = query.where(rows.repo == choice.repo)
    [counts] = source.all(query)
    is_all = not known.gaps(source, choice.org, alerts.KINDS)
    besides = [*([] if is_all else ["not all is known"]), *(["of all repositories"] if choice.team else [])]
    said = ", ".join(besides) or None
    if not counts["alerts"] and not is_all:  # none stored is no all-clear
        return Glance("Open security alerts", NOTHING, said), Glance("Overdue security alerts", NOTHING, said)
    return (
        Glance("Open security alerts", number(counts["alerts"]), said),
        Glance("Overdue security alerts", number(counts["overdue"] or 0), said),
    )


def queue_of(source: Source, choice: Choice) -> tuple[Glance]:
    """Count the CI jobs that wait for a runner, and say for how long the oldest one does."""
    rows = queue.NOW.c
    query = select(
        func.sum(rows.queued).label("queued"), func.max(rows.oldest_wait_seconds).label("oldest_wait_seconds")
    ).where(rows.org == choice.org)
    [counts] = source.all(query)
    queued, oldest = counts["queued"], counts["oldest_wait_seconds"]
    # Webhooks tell of jobs, too.
    if queued is None and not is_known(source, queue.KINDS, choice):
        return (Glance("CI jobs in the queue", NOTHING),)
    besides = [f"the oldest for {duration(oldest)}"] if oldest is not None else []
    besides += ["of all repositories"] if choice.repo or choice.team else []
    return (Glance("CI jobs in the queue", number(queued or 0), ", ".join(besides) or None),)


def is_known(source: Source, kinds: Collection[str], choice: Choice) -> bool:
    """Tell whether a job has read such data: without one, none stored means nothing."""
    return source.current(kinds, choice.org) is not None
