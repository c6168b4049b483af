"""What the page CI shows: jobs, runs, runners, deployments and GitHub's status, of two repositories."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chalicelib.inventory.models import Release
from chalicelib.models import (
    Deployment,
    GitHubStatus,
    Runner,
    RunnerSample,
    SyncRun,
    WebhookDelivery,
    WorkflowJob,
    WorkflowRun,
)
from chalicelib.workflows.rows.jobs import queue_time
from tests.reports.dashboard import organisation as acme

OWN, HOSTED = "linux,self-hosted", "ubuntu-latest"
PLACES = {name: {"org": "acme", "repo": name, "repository_id": key} for key, name in ((1, "r"), (2, "s"))}
Row = dict[str, Any]
ENDS = ("success",) * 6 + ("failure",) * 3 + ("cancelled",)


def write_ci(session: Session) -> None:
    """Write it all."""
    now = acme.NOW
    for model, rows in (
        (WorkflowRun, [*old_runs(now), *open_runs(now)]),
        (WorkflowJob, [*old_jobs(now), *last_month(), *open_jobs(now), *gated_jobs(now)]),
        (Runner, list(runners(now))),
        (RunnerSample, list(samples(now))),
        (Deployment, list(deployments())),
        (Release, list(releases())),
        (GitHubStatus, [status(now)]),
        (WebhookDelivery, list(deliveries(now))),
        (SyncRun, [ledger(now)]),
    ):
        empty = dict.fromkeys(column.name for column in model.__table__.columns if not is_made(column))
        session.execute(insert(model), [empty | row for row in rows])


def is_made(column: Any) -> bool:
    """Tell what the database, or the model, fills in by itself."""
    return column.default is not None or column.server_default is not None or column.autoincrement is True


def told(at: datetime) -> Row:
    return {"first_seen_at": at, "told_at": at, "changed_at": at}


# Runs


def run(key: int, repo: str, at: datetime, **columns: Any) -> Row:
    row = PLACES[repo] | told(at) | {"id": key, "workflow_id": 7, "name": "CI", "path": ".github/workflows/ci.yml"}
    row |= {"title": f"Run {key}", "event": "push", "head_branch": "main", "run_attempt": 1, "created_at": at}
    row |= {"run_started_at": at, "updated_at": at + timedelta(seconds=600 + key), "status": "completed"}
    row |= {"conclusion": "success", "html_url": f"https://github.example/runs/{key}"}
    return row | columns


def old_runs(now: datetime) -> Iterator[Row]:
    """Ten runs of r's CI a week ago and 20 days ago, of which some failed; six of a hostile workflow of s."""
    keys = count(1)
    for days in (8, 20):
        for place, conclusion in enumerate(ENDS):
            yield run(
                next(keys),
                "r",
                now - timedelta(days=days, minutes=place),
                conclusion=conclusion,
                run_attempt=2 if place == days % 3 else 1,
                workflow_id=7,
            )
    for place in range(6):
        at = now - timedelta(days=9, minutes=place)
        yield run(
            next(keys),
            "s",
            at,
            workflow_id=8,
            name=acme.HOSTILE,
            path="x.yml",
            conclusion=("failure", "success")[place % 3 > 0],
        )
    yield run(next(keys), "r", now - timedelta(days=200), workflow_id=9, name="Yearly")


def open_runs(now: datetime) -> Iterator[Row]:
    """Runs that go on, one that was given up, and three that somebody must approve, of which one is old."""
    begun = now - timedelta(minutes=30)
    for key, repo, state in ((101, "r", "queued"), (102, "s", "in_progress"), (103, "s", "in_progress")):
        yield run(key, repo, begun - timedelta(minutes=key), status=state, conclusion=None)
    given_up = {"abandoned_at": begun, "abandoned_reason": "GitHub knows no such run"}
    yield run(104, "r", begun - timedelta(days=3), status="queued", conclusion=None, **given_up)
    for key, days in ((105, 2), (106, 3), (107, 100)):
        yield run(
            key,
            "s",
            now - timedelta(days=days),
            conclusion="action_required",
            title=acme.HOSTILE,
            event="pull_request",
            head_branch=acme.HOSTILE,
        )


# Jobs


def job(key: int, repo: str, at: datetime, **columns: Any) -> Row:
    """A job that was made, taken and completed."""
    row = PLACES[repo] | told(at) | {"id": key, "run_id": 101, "run_attempt": 1, "workflow_name": "CI"}
    row |= {"name": f"job {key % 3}", "head_branch": "main", "label_set": OWN, "status": "completed"}
    row |= {"conclusion": "success", "created_at": at, "started_at": at, "completed_at": None}
    row |= {"runner_id": 1, "runner_name": "runner-1", "html_url": f"https://github.example/jobs/{key}"} | columns
    seconds, reason = queue_time(row)
    return row | {"queue_seconds": seconds, "queue_reason": reason}


def ran(key: int, repo: str, at: datetime, *, queued: int, seconds: int, **columns: Any) -> Row:
    started = at + timedelta(seconds=queued)
    return job(key, repo, at, started_at=started, completed_at=started + timedelta(seconds=seconds), **columns)


def old_jobs(now: datetime) -> Iterator[Row]:
    """Jobs of three sets of labels on several days, and jobs without a queue time."""
    keys = count(1000)
    for days, number, labels, repo in (
        *((8, 6, OWN, "r"), (20, 9, OWN, "r"), (8, 7, HOSTED, "s"), (9, 5, acme.HOSTILE, "s"), (20, 2, "", "s")),
        *((120, 8, OWN, "r"), (2, 5, OWN, "r")),
    ):
        for place in range(number):
            key, at = next(keys), now - timedelta(days=days, minutes=7 * place)
            yield ran(
                key,
                repo,
                at,
                queued=days + 11 * place,
                seconds=60 + 13 * place + days,
                label_set=labels,
                run_id=999,
                conclusion=ENDS[(place + days) % len(ENDS)],
                workflow_name=acme.HOSTILE if labels == acme.HOSTILE else "CI",
                name=acme.HOSTILE if labels == acme.HOSTILE else f"job {key % 2}",
            )
    for place in range(2, 10):
        # Of the runs of r a week ago; the third was run again, and this is not its latest attempt.
        at = now - timedelta(days=8, minutes=place) + timedelta(seconds=20 + 15 * place)
        yield ran(next(keys), "r", at, queued=place, seconds=300 + place, run_id=1 + place)
    nobody = {"runner_id": None, "runner_name": None, "conclusion": "skipped"}
    for _ in range(4):
        yield job(next(keys), "r", now - timedelta(days=8), **nobody)
    for _ in range(3):
        yield ran(next(keys), "s", now - timedelta(days=9), queued=5, seconds=33, told_at=None)


def last_month() -> Iterator[Row]:
    """Two jobs of another organisation in the last whole month: 7 minutes in all."""
    for place, seconds in enumerate((240, 180)):
        yield ran(4000 + place, "r", acme.LAST, queued=5, seconds=seconds) | {"org": "crowd", "repo": "xy"[place]}


def open_jobs(now: datetime) -> Iterator[Row]:
    """What goes on now: different numbers in each state, and by repository."""
    keys, begun = count(2000), now - timedelta(minutes=20)
    nobody = {"runner_id": None, "runner_name": None, "conclusion": None}
    for state, repos, more in (
        ("queued", "rrrs", nobody),
        ("waiting", "ss", nobody | {"environment": "production", "approval_asked_at": begun, "deployment_id": 5}),
        ("pending", "r", nobody),
        ("in_progress", "rrsss", {"conclusion": None}),
    ):
        for repo in repos:
            key = next(keys)
            at = begun - timedelta(minutes=key - 2000)
            hostile = {"name": acme.HOSTILE, "label_set": acme.HOSTILE, "head_branch": acme.HOSTILE}
            yield job(key, repo, at, status=state, **more, **(hostile if key in (2003, 2008) else {}))
    for _ in range(6):
        yield ran(next(keys), "r", now - timedelta(minutes=9), queued=61, seconds=120)
    given_up = {"abandoned_at": now - timedelta(minutes=5), "abandoned_reason": "its run is over"}
    yield job(next(keys), "s", begun, status="queued", **nobody, **given_up)


def gated_jobs(now: datetime) -> Iterator[Row]:
    """Jobs that waited for an approval: six of production, two of staging."""
    keys = count(3000)
    for environment, number in (("production", 6), ("staging", 2)):
        for place in range(number):
            at = now - timedelta(days=8, minutes=place)
            asked, approved = at + timedelta(seconds=1), at + timedelta(seconds=100 + 30 * place)
            yield job(
                next(keys),
                "s",
                at,
                label_set=HOSTED,
                environment=environment,
                deployment_id=place,
                approval_asked_at=asked,
                approved_at=approved,
                started_at=approved + timedelta(seconds=4),
                completed_at=approved + timedelta(seconds=90),
            )


# Runners


def runners(now: datetime) -> Iterator[Row]:
    """Two that are busy, three idle, one offline; and one that is gone."""
    for key, state, is_busy, labels, group in (
        *((1, "online", True, OWN, 1), (2, "online", True, OWN, 1), (3, "online", False, OWN, 1)),
        *((4, "online", False, OWN, 2), (5, "online", False, acme.HOSTILE, 2), (6, "offline", False, OWN, 2)),
    ):
        yield runner(key, now, status=state, busy=is_busy, label_set=labels, runner_group_id=group)
    yield runner(7, now, removed_at=now)


def runner(key: int, now: datetime, **columns: Any) -> Row:
    row = {"id": key, "org": "acme", "name": f"runner-{key}", "os": "Linux", "status": "online", "busy": False}
    return row | {"label_set": OWN, "ephemeral": key == 2, "first_seen_at": now - timedelta(days=30)} | columns


def samples(now: datetime) -> Iterator[Row]:
    for ago in (timedelta(minutes=10), timedelta(minutes=20), timedelta(days=2), timedelta(days=8)):
        busy = ago.days % 5 + 1
        for labels, online in ((OWN, 6), (acme.HOSTILE, 2)):
            row = {"org": "acme", "sampled_at": now - ago, "label_set": labels, "runners": online + 1}
            yield row | {"online": online, "busy": busy if labels == OWN else 0}


# Deployments


def deployments() -> Iterator[Row]:
    """Of r to production, of s to staging; in two months."""
    keys = count(1)
    for month, repo, environment, succeeded, failed in (
        *((acme.BEFORE, "r", "production", 2, 0), (acme.LAST, "r", "production", 5, 1)),
        *((acme.LAST, "s", "production", 1, 2), (acme.LAST, "s", acme.HOSTILE, 3, 4)),
    ):
        for place in range(succeeded + failed):
            at = month + timedelta(hours=place)
            has_failed = place >= succeeded
            row = PLACES[repo] | {"id": next(keys), "environment": environment, "created_at": at, "updated_at": at}
            row |= {"is_production": environment == "production", "state": "failure" if has_failed else "success"}
            row |= {"state_at": at, "status_id": place, "first_seen_at": at}
            yield row | {"succeeded_at": None if has_failed else at, "failed_at": at if has_failed else None}


def releases() -> Iterator[Row]:
    for key, (month, repo) in enumerate([(acme.BEFORE, "r"), (acme.LAST, "r"), (acme.LAST, "s")], start=1):
        at = month + timedelta(hours=40 + key)
        row = PLACES[repo] | {"id": key, "tag_name": f"v{key}", "draft": False, "prerelease": False}
        yield row | {"published_at": at, "created_at": at, "first_seen_at": at}


# GitHub


def status(now: datetime) -> Row:
    """GitHub's status page, which says that Actions is slow."""
    return {
        "observed_at": now - timedelta(hours=2),
        "last_observed_at": now,
        "indicator": "minor",
        "description": acme.HOSTILE,
        "components": [
            {"name": "Actions", "status": "degraded_performance"},
            {"name": "Pages", "status": "operational"},
        ],
        "incidents": [{"name": acme.HOSTILE, "impact": "major", "url": "https://stspg.example/1"}],
        "maintenances": [],
    }


def deliveries(now: datetime) -> Iterator[Row]:
    for key, (event, minutes) in enumerate([("workflow_job", 90), ("workflow_job", 7), ("workflow_run", 3)]):
        row = {"guid": f"ci-{key}", "event": event, "org": "acme", "received_at": now - timedelta(minutes=minutes)}
        yield row | {"tries": 1, "status": "done", "changed": 1, "rejected": 0, "asks": 0}


def ledger(now: datetime) -> Row:
    at = now - timedelta(minutes=4)
    row = {"job": "nrt_events", "step": "workflow_jobs.repaired", "org": "acme", "status": "ok", "fetched": 3}
    return row | {"started_at": at, "finished_at": at}
