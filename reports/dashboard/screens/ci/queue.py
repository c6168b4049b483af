"""How long jobs were in the queue for a runner, by time, labels and repository, and of which nobody knows it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import streamlit as st
from sqlalchemy import func, select

from reports import charts
from reports.dashboard.filters import Choice, pick, say_unknown
from reports.dashboard.parts import period_end, say_limits, show_chart, show_table, titled
from reports.dashboard.screens.ci.asking import (
    DRAWN,
    FEW,
    JOB_KINDS,
    LONGER,
    NO_LABELS,
    Lines,
    of_all,
    of_choice,
    say_longest,
    show_lines,
    since,
    with_labels,
)
from reports.dashboard.screens.ci.waits import show_approval_waits, show_run_waits
from reports.dashboard.source import Source
from reports.options import midnight
from reports.reading import Table, view

TIMES = "jobs median_seconds p90_seconds p99_seconds max_seconds"
HOURLY = view("queue_time_hourly", f"org hour {TIMES}")
DAILY = view("queue_time_daily", f"org day {TIMES}")
BY_LABELS = view("queue_time_by_labels_weekly", f"org label_set week {TIMES}")
BY_REPOSITORY = view("queue_time_by_repository_weekly", f"org repo week {TIMES}")
LABELS = view("longest_waiting_labels", f"org label_set queued_now longest_wait_seconds {TIMES}")
REASONS = view("queue_reasons", "org day reason jobs share")
EVERY = ("day", "hour")
# Of days and hours there are many: so many are enough to look at, and a page reads 1,000 rows.
MOST_DAYS, HOURS_OF_DAYS = 365, 7
NO_TIMES = f"No job of this time has a queue time: {LONGER} Below stands why jobs have none."
MEANINGS = {
    "not_started": "no runner has taken it yet",
    "no_runner": "no runner is known: it was skipped, or cancelled in the queue",
    "copied": "a later attempt took it over from an earlier one, with its old times",
    "not_told": "no webhook told of it, so nobody knows when it was ready",
    "approval_unknown": "it waited for an approval, and it was not told when it was let in",
    "concurrency_unknown": "it waited for its concurrency group, and nothing tells until when",
    "created_unknown": "GitHub did not tell when it was made",
    "started_unknown": "GitHub did not tell when it began",
    "out_of_order": "its times contradict each other",
}


def show(source: Source, choice: Choice) -> None:
    """Show the part."""
    st.markdown(
        "A job is in the queue from when it is ready until a runner takes it. To wait for an approval, for another "
        f"run, or for other jobs is no queue time. Numbers count when a runner took the job. {FEW}"
    )
    show_times(source, choice)
    show_labels(source, choice)
    show_repositories(source, choice)
    show_reasons(source, choice)
    show_approval_waits(source, choice)
    show_run_waits(source, choice)


def show_times(source: Source, choice: Choice) -> None:
    """Show queue times by day or hour."""
    asked = st.query_params.to_dict()
    every = st.selectbox("Every", EVERY, key="every", bind="query-params", width=160)
    say_unknown(asked, {"every": EVERY})
    rows = (DAILY if every == "day" else HOURLY).c
    days = MOST_DAYS if every == "day" else HOURS_OF_DAYS
    begin = max(choice.begin, source.today - timedelta(days=days))
    first = begin if every == "day" else midnight(begin)
    query = select(*(each for each in rows if each.name != "org"))
    query = query.where(rows.org == choice.org, rows[every] >= first).order_by(rows[every])
    title = f"How long jobs were in the queue, by {every}, since {begin}"
    table = source.read(query, title=title, kinds=JOB_KINDS, orgs=[choice.org])
    about = f"The last {every} may not be over." + of_all(choice)
    if begin > choice.begin:
        about += f" At most {days} days are shown."
    if table.rows and table.values(every)[0] > first:
        about += f" Before {table.values(every)[0]:%Y-%m-%d} no queue time is known."
    show_lines(
        source, table, Lines(DRAWN, "seconds", ["jobs"], by=every), key="queue-times", empty=NO_TIMES, about=about
    )


def read_labels(source: Source, choice: Choice) -> Table:
    """Read for which labels jobs wait, those that wait longest first."""
    rows = LABELS.c
    query = select(*(each for each in rows if each.name != "org")).where(rows.org == choice.org)
    query = query.order_by(func.coalesce(rows.p90_seconds, 0).desc(), rows.jobs.desc(), rows.label_set)
    title = "How long jobs were in the queue in the last 30 days, by the labels that they ask for"
    return source.read(query, title=title, kinds=JOB_KINDS, orgs=[choice.org])


def show_labels(source: Source, choice: Choice) -> None:
    """Show queue times by labels, and the weeks of those that are chosen."""
    read = read_labels(source, choice)
    table = with_labels(read)
    figure = charts.bars(table, x="label_set", y=DRAWN, unit="seconds", n=["jobs"])
    empty = "No runner took a job in the last 30 days."
    show_chart(
        table,
        figure,
        key="labels-queue",
        empty=empty,
        about=of_all(choice).strip(),
        says=say_longest(table, "label_set"),
    )
    label_set = pick_labels(read.values("label_set"))
    if label_set is None:
        st.caption("Choose labels to see their weeks.")
        return
    rows = BY_LABELS.c
    query = select(*(each for each in rows if each.name not in ("org", "label_set")))
    query = query.where(rows.org == choice.org, rows.label_set == label_set, since(rows, choice, "week"))
    title = f"How long jobs for {label_set or NO_LABELS} were in the queue, by week"
    weeks = source.read(query.order_by(rows.week), title=title, kinds=JOB_KINDS, orgs=[choice.org])
    say_limits(weeks, by="week", begin=choice.begin, today=source.today)
    show_lines(
        source,
        weeks,
        Lines(DRAWN, "seconds", ["jobs"]),
        key="labels-weeks",
        empty=NO_TIMES,
        about=of_all(choice).strip(),
    )


def pick_labels(label_sets: Collection[str]) -> str | None:
    """Let one set of labels be chosen; None is all of them."""
    options = {label_set or NO_LABELS: label_set for label_set in sorted(label_sets)}
    asked = st.query_params.to_dict()
    chosen = pick("Labels", list(options), key="labels", placeholder="All labels")
    say_unknown(asked, {"labels": options})
    return None if chosen is None else options[chosen]


def show_repositories(source: Source, choice: Choice) -> None:
    """Show queue times by repository: the weeks of the one that is chosen, else the newest week of all."""
    rows = BY_REPOSITORY.c
    query = select(*(each for each in rows if each.name != "org"))
    query = query.where(*of_choice(rows, choice), since(rows, choice, "week"))
    query = query.order_by(rows.week.desc(), func.coalesce(rows.p90_seconds, 0).desc(), rows.jobs.desc(), rows.repo)
    title = "How long jobs were in the queue, by repository and week"
    table = source.read(query, title=title, kinds=JOB_KINDS, orgs=[choice.org])
    if choice.repo:
        weeks = Table(title, table.columns, table.rows[::-1], table.as_of, table.view)
        show_lines(source, weeks, Lines(DRAWN, "seconds", ["jobs"]), key="repository-weeks", empty=NO_TIMES)
        return
    if table.rows:
        newest = newest_week(table)
        figure = charts.bars(newest, x="repo", y=DRAWN, unit="seconds", n=["jobs"])
        about = unfinished(newest.values("week")[0], source.today)
        show_chart(newest, figure, key="repositories", empty=NO_TIMES, about=about, says=say_longest(newest, "repo"))
    about = "Choose a repository to see its weeks as a chart."
    show_table(table, key="repositories-weeks", empty=NO_TIMES, about=about)


def newest_week(table: Table) -> Table:
    """Give the rows of the newest week: weeks come the newest first."""
    weeks = table.values("week")
    rows = [row for row, week in zip(table.rows, weeks, strict=True) if week == weeks[0]]
    return titled(Table("", table.columns, rows, table.as_of, table.view), f"By repository in the week of {weeks[0]}")


def unfinished(week: date, today: date) -> str:
    """Say that a week is not over, when it isn't."""
    return "This week is not over: its numbers still change." if period_end(week, "week") > today else ""


def show_reasons(source: Source, choice: Choice) -> None:
    """Show how many jobs have no queue time, and why."""
    rows = REASONS.c
    query = select(rows.reason, func.sum(rows.jobs).label("jobs"))
    query = query.where(rows.org == choice.org, since(rows, choice, "day")).group_by(rows.reason)
    query = query.order_by(func.sum(rows.jobs).desc(), rows.reason)
    read = source.read(query, title="Jobs without a queue time, and why", kinds=JOB_KINDS, orgs=[choice.org])
    explained = [(*row, MEANINGS.get(row[0], "")) for row in read.rows]
    table = Table(read.title, [*read.columns, "meaning"], explained, read.as_of, read.view)
    figure = charts.bars(table, x="reason", y=("jobs",), unit="jobs")
    about = "The times above leave these jobs out. With `not_told` for many, deliveries of the webhook are lost."
    empty = "None: the queue time of every job of this time is known."
    show_chart(table, figure, key="reasons", empty=empty, about=about + of_all(choice), says=say_reasons(table))
    show_reason_days(source, choice)


def say_reasons(table: Table) -> str:
    """Say in a sentence what the chart shows."""
    each = ", ".join(f"{jobs:,} {reason}" for reason, jobs, _ in table.rows)
    return f"{sum(table.values('jobs')):,} jobs have no queue time. By reason: {each}." if table.rows else ""


def show_reason_days(source: Source, choice: Choice) -> None:
    """Show the same by day, with the share of all jobs of the day."""
    rows = REASONS.c
    query = select(rows.day, rows.reason, rows.jobs, (100.0 * rows.share).label("percent_of_jobs"))
    query = query.where(rows.org == choice.org, since(rows, choice, "day")).order_by(rows.day.desc(), rows.reason)
    table = source.read(query, title="The same by day", kinds=JOB_KINDS, orgs=[choice.org])
    if table.rows:
        show_table(table, key="reasons-days", empty="")
