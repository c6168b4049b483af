"""What goes on now: GitHub's own state, and the jobs and runs that wait, go on, and ended a short while ago."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlalchemy import case, func, not_, select

from reports import charts
from reports.commands.queue import queue
from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_chart, show_figures, show_table, titled
from reports.dashboard.screens.ci.asking import JOB_KINDS, RUN_KINDS, of_all, of_choice, say_sums, with_labels
from reports.dashboard.screens.ci.status import show_status
from reports.dashboard.source import Source
from reports.options import midnight
from reports.output import NOTHING, duration, number
from reports.reading import view

JOBS = view(
    "jobs_now",
    "org repo state workflow_name name label_set is_self_hosted environment runner_name state_since state_seconds "
    "queue_wait_seconds head_branch conclusion abandoned_reason html_url",
)
OPEN_RUNS = view(
    "open_runs",
    "org repo workflow_name title event head_branch status run_started_at age_seconds jobs is_abandoned "
    "abandoned_reason html_url",
)
RUNS = view("workflow_runs", "org repo name title event head_branch conclusion created_at run_started_at html_url")
DELIVERIES = view("webhook_deliveries", "org event received_at")
JOB_EVENT, ACTION_REQUIRED = "workflow_job", "action_required"
QUEUED, RUNNING, OVER = ("queued",), ("in_progress",), ("completed", "abandoned")
HELD = ("waiting", "pending", "requested")
WHAT = ("repo", "workflow_name", "name", "label_set")


def show(source: Source, choice: Choice) -> None:
    """Show the part."""
    show_status(source)
    show_jobs(source, choice)
    show_queue(source, choice)
    show_approvals(source, choice)
    show_open_runs(source, choice)


def show_jobs(source: Source, choice: Choice) -> None:
    """Show the jobs by what they do, each with where it runs and since when."""
    st.header("Jobs now", anchor=False)
    st.caption(how_live(source, choice))
    show_figures(count_jobs(source, choice))
    show_states(
        source,
        choice,
        (*QUEUED, *HELD),
        title="Jobs that wait",
        columns=("state", *WHAT, "environment", "state_since", "queue_wait_seconds", "head_branch", "html_url"),
        key="jobs-waiting",
        empty="No job waits, as far as webhooks and the last reading told.",
        about="`queued` waits for a runner, `waiting` for an approval of its environment, `pending` for another job "
        "of its concurrency group. The queue wait is unknown where nobody told since when a job is ready.",
    )
    show_states(
        source,
        choice,
        RUNNING,
        title="Jobs in progress",
        columns=(*WHAT, "runner_name", "state_since", "state_seconds", "head_branch", "html_url"),
        key="jobs-running",
        empty="No runner has a job, as far as webhooks and the last reading told.",
    )
    show_states(
        source,
        choice,
        OVER,
        title="Jobs that ended within the last hour",
        columns=(
            "state",
            "conclusion",
            *WHAT,
            "runner_name",
            "state_since",
            "head_branch",
            "abandoned_reason",
            "html_url",
        ),
        key="jobs-over",
        empty="No job ended within the last hour. The part Workflows has those of longer ago.",
        about="`abandoned` is a job of whose end GitHub will never tell.",
    )


def how_live(source: Source, choice: Choice) -> str:
    """Say how old the picture is: it is made of webhooks, and of what is read between them."""
    rows = DELIVERIES.c
    # The newest first: an index finds it, where a maximum would read all.
    query = select(rows.received_at).where(rows.event == JOB_EVENT, rows.org == choice.org)
    told = source.first(query.order_by(rows.received_at.desc()).limit(1))
    read = source.current(JOB_KINDS, choice.org)
    webhook = f"{told['received_at']:%Y-%m-%d %H:%M} UTC" if told else "never: docs/webhook.md says how to set it up"
    reading = f"{read:%Y-%m-%d %H:%M} UTC" if read else "not within 30 days"
    return (
        f"This is no live picture: what GitHub did not tell yet is not in it. Last webhook about a job: {webhook}. "
        f"Jobs last read from GitHub: {reading}."
    )


def count_jobs(source: Source, choice: Choice) -> list[tuple[str, str]]:
    """Count the jobs by what they do."""
    rows = JOBS.c
    query = (
        select(rows.state, func.count().label("jobs"), func.max(rows.queue_wait_seconds).label("longest"))
        .where(*of_choice(rows, choice))
        .group_by(rows.state)
    )
    found = {row["state"]: row for row in source.all(query)}

    def count(*states: str) -> str:
        return number(sum(found[state]["jobs"] for state in states if state in found))

    longest = found["queued"]["longest"] if "queued" in found else None
    return [
        ("Queued for a runner", count(*QUEUED)),
        ("Wait for something else", count(*HELD)),
        ("In progress", count(*RUNNING)),
        ("Ended within the last hour", count("completed")),
        ("Given up within the last hour", count("abandoned")),
        ("Longest wait in the queue", NOTHING if longest is None else duration(longest)),
    ]


def show_states(
    source: Source,
    choice: Choice,
    states: Sequence[str],
    *,
    title: str,
    columns: Sequence[str],
    key: str,
    empty: str,
    about: str = "",
) -> None:
    """Show the jobs in some states: what waits longest first, what ended last first."""
    rows = JOBS.c
    place = case({state: place for place, state in enumerate(states)}, value=rows.state)
    when = rows.state_since.desc() if states == OVER else rows.state_since
    query = select(*(rows[name] for name in columns)).where(*of_choice(rows, choice), rows.state.in_(states))
    query = query.order_by(place, when, rows.repo, rows.workflow_name, rows.name, rows.html_url)
    table = source.read(query, title=title, kinds=JOB_KINDS, orgs=[choice.org])
    show_table(with_labels(table), key=key, empty=empty, about=about)


def show_queue(source: Source, choice: Choice) -> None:
    """Show the queue by labels, as the report of that name has it."""
    table = with_labels(queue(source, org=choice.org).results)
    table = titled(table, "The queue now, by labels that jobs ask for")
    columns = ("queued", "waiting", "in_progress")
    figure = charts.bars(table, x="label_set", y=columns, unit="jobs")
    about = "The table has the queue times of the last 24 hours, and of how many jobs they are." + of_all(choice)
    empty = "No job is open, and none began in the last 24 hours."
    show_chart(table, figure, key="queue-now", empty=empty, about=about, says=say_sums(table, columns, "jobs"))


def show_approvals(source: Source, choice: Choice) -> None:
    """Show the runs that have not begun because somebody must approve them first."""
    rows = RUNS.c
    columns = (rows.repo, rows.name.label("workflow_name"), rows.title, rows.event, rows.head_branch)
    query = select(*columns, rows.run_started_at.label("waits_since"), rows.html_url)
    query = query.where(*of_choice(rows, choice), rows.conclusion == ACTION_REQUIRED)
    query = query.where(rows.created_at >= midnight(choice.begin)).order_by(rows.run_started_at.desc(), rows.html_url)
    table = source.read(query, title="Runs that somebody must approve", kinds=RUN_KINDS, orgs=[choice.org])
    show_table(
        table,
        key="approvals",
        empty="None of this time: each run was allowed to begin.",
        about="Runs of forks begin when a maintainer approves them. One that nobody ever approves stays here, the "
        "newest first. Jobs that wait for an approval of their environment are among the jobs above.",
        figures=[("To approve", number(source.tally(query)["all"]))],
    )


def show_open_runs(source: Source, choice: Choice) -> None:
    """Show the runs whose end GitHub has not told, those that will never end last."""
    rows = OPEN_RUNS.c
    query = select(*(each for each in rows if each.name != "org")).where(*of_choice(rows, choice))
    query = query.order_by(rows.is_abandoned, rows.age_seconds.desc(), rows.html_url)
    table = source.read(query, title="Runs that have not ended", kinds=RUN_KINDS, orgs=[choice.org])
    counts = source.tally(query, gone=rows.is_abandoned, open=not_(rows.is_abandoned))
    show_table(
        table,
        key="open-runs",
        empty="Every run that is known has ended.",
        about="Runs that this app gave up waiting for are last, with the reason.",
        figures=[("Open", number(counts["open"])), ("Given up", number(counts["gone"]))],
    )
