"""`queue`: which CI jobs wait for a runner, and how long they did before."""

from __future__ import annotations

from sqlalchemy import func, select

from reports.commands.drawing import drawn
from reports.options import Begin, Org, Since, first_day, midnight
from reports.output import duration, number
from reports.reading import Database, Table, among_orgs, view
from reports.report import Report

NOW = view(
    "queue_now",
    "org label_set queued waiting in_progress oldest_wait_seconds queue_times median_queue_seconds p90_queue_seconds",
)
DAILY = view("queue_time_daily", "org day jobs median_seconds p90_seconds max_seconds")
JOBS = view(
    "jobs_now",
    "org repo state state_since queue_wait_seconds workflow_name name head_branch label_set is_self_hosted runner_name "
    "html_url",
)
WAITED = view(
    "workflow_jobs",
    "org repo workflow_name name label_set runner_name created_at started_at queue_seconds conclusion html_url",
)
KINDS = ("workflow_jobs",)


def queue(database: Database, *, org: Org = None, since: Since = None) -> Report:
    """Show the queue for runners now, by labels; with --since, how long jobs waited on each day."""
    orgs = (org,) if org else ()
    whose = org or "all organisations"
    results = read_now(database, orgs, whose) if since is None else read_days(database, orgs, whose, since)
    figure = (
        drawn("bars", results, x="label_set", y=["queued", "in_progress"], unit="jobs")
        if since is None
        else drawn("lines", results, x="day", y=["median_seconds", "p90_seconds"], unit="seconds", n=["jobs"])
    )

    return Report(
        name="queue",
        title=results.title,
        summary=summarise(results) if since is None else [("Jobs", number(sum(results.values("jobs"))))],
        results=results,
        source=read_jobs(database, orgs) if since is None else read_waits(database, orgs, since),
        figure=figure,
        orgs=orgs,
        empty="no job is open, and none began in this time",
    )


def read_now(database: Database, orgs: tuple[str, ...], whose: str) -> Table:
    """Read the queue."""
    rows = NOW.c
    query = select(NOW).where(*among_orgs(rows.org, orgs))
    query = query.order_by(func.coalesce(rows.queued, 0).desc(), rows.org, rows.label_set)
    return database.read(query, title=f"Queue for runners of {whose} now", kinds=KINDS, orgs=orgs)


def read_days(database: Database, orgs: tuple[str, ...], whose: str, since: Begin) -> Table:
    """Read the days since one."""
    rows = DAILY.c
    begin = first_day(since, database.today)
    query = select(DAILY).where(*among_orgs(rows.org, orgs), rows.day >= begin).order_by(rows.org, rows.day)
    return database.read(query, title=f"Queue times by day of {whose}, since {begin}", kinds=KINDS, orgs=orgs)


def read_jobs(database: Database, orgs: tuple[str, ...]) -> Table:
    """Read the jobs that are not completed, or were a short while ago."""
    rows = JOBS.c
    query = select(JOBS).where(*among_orgs(rows.org, orgs)).order_by(rows.state, rows.state_since, rows.org, rows.repo)
    return database.read_source(query, title="Jobs")


def read_waits(database: Database, orgs: tuple[str, ...], since: Begin) -> Table:
    """Read the jobs that the days are made of: a runner took them then, and how long they were queued is known."""
    rows = WAITED.c
    query = select(WAITED).where(*among_orgs(rows.org, orgs), rows.queue_seconds.is_not(None))
    query = query.where(rows.started_at >= midnight(first_day(since, database.today)))
    return database.read_source(query.order_by(rows.started_at, rows.org, rows.repo), title="Jobs")


def summarise(table: Table) -> list[tuple[str, str]]:
    """Count the jobs, and say how long the oldest has waited."""
    longest = max((each for each in table.values("oldest_wait_seconds") if each is not None), default=None)
    return [
        ("Queued", number(sum(table.values("queued")))),
        ("In progress", number(sum(table.values("in_progress")))),
        ("Longest wait now", "-" if longest is None else duration(longest)),
    ]
