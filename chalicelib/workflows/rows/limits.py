"""When GitHub is asked again for what stands open, and when nobody waits for its end any longer: pure.

https://docs.github.com/en/actions/reference/limits
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.utils import format_utc
from chalicelib.workflows.rows.jobs import WAITING
from chalicelib.workflows.rows.told import COMPLETED, IN_PROGRESS, Row, first, last

# What stands still for so long is asked for; later, after a share of its age: a month of it costs 70 questions.
SOONEST, SHARE = timedelta(minutes=20), 10
# Deliveries of what has just happened have so long to come.
SETTLING = timedelta(minutes=5)
# GitHub is believed that there is no such thing when it has said so twice, so far apart.
SURE = timedelta(hours=1)
# A job that GitHub shows open so long after its run has ended stays so.
LEFT_OVER = timedelta(hours=6)
MARGIN = timedelta(hours=6)
# What waits for an approval, or for others of its concurrency group, is not in the queue for a runner.
HELD = (WAITING, "pending")
# The group of the runners that GitHub hosts.
HOSTED = "GitHub Actions"


class Limit(NamedTuple):
    """A time after which GitHub itself ends something, in words too."""

    time: timedelta
    words: str


APPROVAL = Limit(timedelta(days=30), "30 days, which is how long a job may wait for an approval")
QUEUE = Limit(timedelta(hours=48), "48 hours, which is how long a job may wait for a runner")
HOSTED_JOB = Limit(timedelta(hours=6) + MARGIN, "6 hours, which is how long a hosted runner has for a job")
OWN_JOB = Limit(timedelta(days=5) + MARGIN, "5 days, which is how long a runner has for a job")
WHOLE_RUN = Limit(timedelta(days=35), "35 days, which is how long a run may take")
GHOST = Limit(QUEUE.time, "48 hours, and it has no jobs")


def pause(age: timedelta) -> timedelta:
    """Say how long after the last news or question something of this age is asked for."""
    return max(SOONEST, age / SHARE)


def is_gone(row: Row) -> bool:
    """Tell whether GitHub has said for long enough that there is no such run or job."""
    since, checked_at = row["not_found_at"], row["checked_at"]
    return since is not None and checked_at is not None and bool(checked_at - since >= SURE)


def asked_or_news(row: Row) -> datetime:
    """Give when GitHub was last asked for a run or a job, or when it last had another status."""
    return last(row["checked_at"], row["changed_at"]) or row["changed_at"]


def is_due(row: Row, now: datetime, *, is_unlisted: bool = False) -> bool:
    """Tell whether an open run or job is to be asked for now.

    A run `is_unlisted` while nobody has looked for its jobs: however old it is, that does not wait.
    """
    if is_gone(row):
        return False
    if row["not_found_at"] is not None:
        return bool(now - row["not_found_at"] >= SURE)
    if is_unlisted:
        return now - begun(row) >= SETTLING
    return now - asked_or_news(row) >= pause(now - begun(row))


def needs_jobs(run: Row, now: datetime) -> bool:
    """Tell whether the jobs of a run are to be listed now, because it ended and nobody has listed them since."""
    as_of, checked_at = run["jobs_as_of"], run["checked_at"]
    is_listed = as_of is not None and as_of >= run["updated_at"]
    if run["status"] != COMPLETED or is_listed or is_gone(run):
        return False
    if checked_at is not None and checked_at >= run["changed_at"]:
        return is_due(run, now)  # it was asked for in vain
    return bool(now - run["changed_at"] >= SETTLING)


def run_overdue(run: Row, now: datetime, *, jobs: int | None = None) -> str | None:
    """Say for how long, beyond its limits, an open run has not ended; None when it may still be open.

    `jobs` is how many it has; None when nobody knows.
    """
    is_ghost = jobs == 0 and run["status"] not in (*HELD, IN_PROGRESS)
    return _overdue(run, begun(run), GHOST if is_ghost else WHOLE_RUN, now)


def job_overdue(job: Row, now: datetime) -> str | None:
    """Say for how long, beyond its limits, an open job has not ended; None when it may still be open."""
    if job["status"] == IN_PROGRESS:
        is_hosted = job["runner_group_name"] == HOSTED
        return _overdue(job, job["started_at"] or begun(job), HOSTED_JOB if is_hosted else OWN_JOB, now)
    ready_at = last(begun(job), job["approval_asked_at"], job["approved_at"]) or begun(job)
    return _overdue(job, ready_at, APPROVAL if job["status"] in HELD else QUEUE, now)


def left_over(job: Row, run: Row, now: datetime) -> str | None:
    """Say that an open job's run, or its attempt, ended long ago; None when it did not."""
    if job["run_attempt"] < run["run_attempt"]:
        ended_at, what = begun(run), f"attempt {run['run_attempt']} of its run began"
    elif run["abandoned_at"] is not None:
        ended_at, what = run["abandoned_at"], "its run was abandoned"
    elif run["status"] == COMPLETED:
        ended_at, what = run["updated_at"], "its run was completed"
    else:
        return None
    return f"{job['status']}, although {what} at {format_utc(ended_at)}" if now - ended_at >= LEFT_OVER else None


def _overdue(row: Row, since: datetime, limit: Limit, now: datetime) -> str | None:
    if now - since < limit.time:
        return None
    return f"{row['status']} since {format_utc(since)}, for more than {limit.words}"


def begun(row: Row) -> datetime:
    """Give when a job, or the latest attempt of a run, was made: no later than this app saw how it is now."""
    made_at = last(row["created_at"], row.get("run_started_at"))
    return first(made_at, row["changed_at"]) or row["changed_at"]
