"""How much memory each Lambda takes at its worst: the first run after an outage, over a large organisation.

The handlers run from the zip as Lambda runs them, the SDK's own memory included: their secrets come from a local AWS.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

import backfill
from benchmarks.packaging import ROOT
from benchmarks.places import Sandbox, database, sandbox
from benchmarks.tables import Goal, heading, met, number, show
from chalicelib.github import Budget
from chalicelib.jobs.schedules import JOBS, run_job
from chalicelib.models import SyncRun, create_db_session
from chalicelib.settings import Settings
from chalicelib.store.ledger import OK
from chalicelib.utils import utc_now
from tests.deploying.deployment import APP, deployers_environment
from tests.deploying.local_aws import LocalAWS, local_aws
from tests.deploying.runtime import Runtime
from tests.postgres import close_connections, new_database

STAGE = "dev"
MEBIBYTE = 1 << 20
SHARE = 2 / 3  # of the memory: a third is to spare
HISTORY = timedelta(days=405)  # the sandbox's 400, and some
OUTAGE = timedelta(days=30)


def configured() -> tuple[int, int]:
    """The memory of a Lambda in MiB, and its seconds."""
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    return config["lambda_memory_size"], config["lambda_timeout"]


def function(job: str, place: Sandbox) -> dict[str, Any]:
    """A function's configuration, in AWS's form."""
    name = f"{APP}-{STAGE}-{job}"
    return {
        "FunctionName": name,
        "FunctionArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{name}",
        "MemorySize": configured()[0],
        "Handler": f"app.{job}",
        "Runtime": "python3",
        "Environment": {"Variables": {"ENV_NAME": STAGE, "GH_ORGS": place.org, "GH_API_URL": place.url}},
    }


@contextmanager
def after_outage(admin: Engine, *, items: int) -> Iterator[tuple[Sandbox, str]]:
    """An organisation, and the name of a database that was current when an outage of 30 days began."""
    begun = utc_now() - OUTAGE
    with sandbox(repositories=12, items=items, people=200, now=begun) as place, database(admin) as url:
        bring_up(Settings(place.settings(url).get), now=begun)
        place.live_on(utc_now())
        name = url.rpartition("/")[2].partition("?")[0]
        close_connections(admin, name)
        yield place, name


def bring_up(settings: Settings, *, now: datetime) -> None:
    """Read all items, the events of a month, and run each job once: `now` is the organisation's time."""
    budget = Budget(sleep=lambda _: None)  # the sandbox needs no rest between timelines
    for since, only in ((HISTORY, []), (OUTAGE, ["--only", "events"])):
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            arguments = ["--since", f"{now - since:%Y-%m-%d}", *only]
            code = backfill.main(arguments, settings, budget=budget, now=lambda: now)
        if code:
            raise RuntimeError(f"backfill.py failed:\n{said.getvalue()}")
    for job in JOBS:
        run_job(job, settings, budget=budget, now=lambda: now)


def first_run(job: str, runtime: Runtime, aws: LocalAWS, place: Sandbox, db_url: str) -> list[str]:
    """Run a job's Lambda once and give its line of the table."""
    memory, seconds = configured()
    goal = Goal(at_most=memory * SHARE, text=f"at most {memory * SHARE:.0f}")
    aws.put_secrets(STAGE, {"token": place.token, "db_url": db_url})
    place.count_anew()
    begun = utc_now()
    told = runtime.call(function(job, place), environment={"AWS_ENDPOINT_URL": aws.url}, seconds=seconds)
    took = (utc_now() - begun).total_seconds()
    peak = told["peak"] / MEBIBYTE
    done, stored = ended(db_url, begun)
    figures = [number(stored), number(place.count()), f"{took:.1f}", "yes" if done else "no"]
    return [job, f"{peak:.1f}", *met(goal, peak), *figures]


def ended(db_url: str, begun: datetime) -> tuple[bool, int]:
    """Whether every step came to its end, and how many rows were stored, by the ledger."""
    with create_db_session(db_url) as session:
        recent = SyncRun.started_at >= begun
        unfinished = session.scalar(select(func.count(SyncRun.id)).where(recent, SyncRun.status != OK)) or 0
        return not unfinished, session.scalar(select(func.sum(SyncRun.stored)).where(recent)) or 0


def run(admin: Engine, runtime: Runtime, *, items: int) -> None:
    """Measure each job, each on a copy of the same database, and print the table."""
    lines = []
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        local_aws(Path(folder), deployers_environment()) as aws,
        after_outage(admin, items=items) as (place, template),
    ):
        there = place.items()
        for job in JOBS:
            with new_database(admin, template=template) as url:
                lines.append(first_run(job, runtime, aws, place, url))
    memory, _ = configured()
    heading(
        f"Each Lambda's first run after {OUTAGE.days} days, {there:,} items; Lambda has {memory} MiB, 2/3 is the goal"
    )
    show([["", "peak MiB", "goal", "met", "rows stored", "requests", "seconds", "all done"], *lines])
