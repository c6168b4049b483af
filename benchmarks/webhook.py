"""How many deliveries a second the webhook takes, and how long each waits.

Measured is the way from an event of API Gateway through `app.py` to PostgreSQL and back, without AWS and the network:
a few processes stand for warm Lambdas. Deliveries come at their time, whether the one before is answered or not, and a
delivery's wait begins when it should have come.
"""

from __future__ import annotations

import base64
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, select

from benchmarks.places import database
from benchmarks.tables import Goal, heading, met, number, show
from chalicelib.models import MODELS, create_db_session
from sandbox import Plan, World, serve

ORG, SECRET = "acme", "a secret of this benchmark"
PROCESSES = 4
MOST_SECONDS = 1.0
Delivery = tuple[dict[str, str], bytes]


@dataclass(frozen=True)
class Taken:
    """What one process saw: the waits in seconds, and how often each status was answered."""

    waits: list[float]
    answers: Counter[int]


def deliveries(count: int) -> list[Delivery]:
    """So many deliveries of a running CI, out of order."""
    now = int(datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp())
    world = World(Plan(now, organisations=(ORG,), repositories=20, people=20, items=20, days=5))
    world.stand_still()
    with serve(world) as sandbox:
        repositories = list(world.repositories.values())
        for place in range(count // 11 + 1):  # a run of three jobs is told by eleven deliveries, or more
            world.finish_run(world.start_run(repositories[place % len(repositories)], ["lint", "build", "test"]))
        return sandbox.deliveries(SECRET, shuffled=True)[:count]


def event_of(delivery: Delivery) -> dict[str, Any]:
    """What API Gateway hands to a Lambda.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    headers, body = delivery
    return {
        "resource": "/webhook",
        "path": "/webhook",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {"resourcePath": "/webhook", "httpMethod": "POST", "identity": {}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def take(part: Sequence[tuple[float, Delivery]], begin: float, into: Any) -> None:
    """Take deliveries, each at its time after `begin` (this machine's monotonic clock), as a warm Lambda does."""
    from app import app  # noqa: PLC0415 - in the process that stands for the Lambda

    waits, answers = [], Counter[int]()
    for at, delivery in part:
        due = begin + at
        time.sleep(max(0.0, due - time.monotonic()))
        answers[app(event_of(delivery), None)["statusCode"]] += 1
        waits.append(time.monotonic() - due)
    into.put(Taken(waits, answers))


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set variables for the processes that are started meanwhile."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def measure(told: Sequence[Delivery], *, per_second: int, warm_up: int) -> list[Taken]:
    """Let processes take deliveries at this rate; the first ones warm up, and don't count."""
    context = multiprocessing.get_context("fork")  # what is to be delivered need not be copied
    timed = [((place - warm_up) / per_second, delivery) for place, delivery in enumerate(told)]
    results, begin = context.SimpleQueue(), time.monotonic() + warm_up / per_second + 2.0
    parts = [timed[place::PROCESSES] for place in range(PROCESSES)]
    workers = [context.Process(target=take, args=(part, begin, results)) for part in parts]
    for worker in workers:
        worker.start()
    try:
        return [results.get() for _ in workers]
    finally:
        for worker in workers:
            worker.join(timeout=10)
            worker.kill()


def run(admin: Engine, *, per_second: int, seconds: int) -> None:
    """Print what the webhook took."""
    heading(
        f"Webhook: {per_second} deliveries a second for {seconds} s, from an event of API Gateway through app.py to "
        f"PostgreSQL, in {PROCESSES} processes"
    )
    warm_up = per_second // 5
    told = deliveries(warm_up + per_second * seconds)
    with database(admin) as url, environment(DB_URL=url, GH_ORGS=ORG, WEBHOOK_SECRET=SECRET, GH_TOKEN="unused"):  # noqa: S106
        begun = time.monotonic()
        taken = measure(told, per_second=per_second, warm_up=warm_up)
        lasted = time.monotonic() - begun - 2.0
        stored, jobs = count_rows(url)
    waits = sorted(wait for each in taken for wait in each.waits)
    answers = sum((each.answers for each in taken), Counter[int]())
    lost, slowest = len(told) - stored, waits[int(len(waits) * 0.99)]
    show(
        [
            ["", "figure", "goal", "met"],
            ["deliveries", number(len(told)), "", ""],
            ["answered by 200", number(answers[200]), "", ""],
            ["not stored", number(lost), *met(Goal("0", at_most=0), lost)],
            ["jobs in the table", number(jobs), "", ""],
            ["a second, on average", number(len(told) / lasted), "", ""],
            ["median wait, ms", f"{waits[len(waits) // 2] * 1000:.1f}", "", ""],
            ["p99 wait, ms", f"{slowest * 1000:.1f}", *met(Goal("1,000", at_most=MOST_SECONDS), slowest)],
            ["longest wait, ms", f"{waits[-1] * 1000:.1f}", "", ""],
        ]
    )


def count_rows(db_url: str) -> tuple[int, int]:
    """Count the deliveries that are stored, and the jobs."""
    with create_db_session(db_url) as session:
        delivery = MODELS["WebhookDelivery"]
        stored = select(func.count()).select_from(delivery).where(delivery.status == "stored")
        jobs = select(func.count()).select_from(MODELS["WorkflowJob"])
        return session.scalar(stored) or 0, session.scalar(jobs) or 0
