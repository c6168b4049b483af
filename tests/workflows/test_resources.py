"""What front ends are shown of a running CI is what there is."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chalicelib.jobs.read_api import read
from tests.deliveries import SECRET, post_to
from tests.organisation import Organisation


def shown(org: Organisation, name: str, **parameters: str) -> list[dict[str, Any]]:
    """All rows, page by page."""
    rows: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        reply = read(name, {key: [value] for key, value in (parameters | after).items()}, org.settings)
        rows += reply.body[name]
        if reply.body["next"] is None:
            return rows
        after = {"after": str(reply.body["next"])}


def test_jobs_and_the_queue_are_as_the_sandbox_knows_them(org: Organisation) -> None:
    world = org.sandbox.world
    [repository, *_] = world.repositories.values()
    over, running = world.start_run(repository, ["build", "test"]), world.start_run(repository, ["build"])
    world.start_run(repository, ["lint", "docs"])
    org.advance(60)
    world.advance_run(over)
    world.advance_run(running)
    org.advance(60)
    world.finish_run(over)
    org.sandbox.deliver(post_to(org), SECRET, doubled=0.3, shuffled=True)

    truth = sorted(org.sandbox.truth.jobs(), key=lambda job: -job["id"])
    names = ("id", "name", "status", "conclusion", "created_at", "completed_at", "labels", "runner_name", "head_sha")
    rows = [{name: row[name] for name in names} for row in shown(org, "jobs", limit="2")]
    assert rows == [{name: job[name] for name in names} for job in truth]
    states = Counter(job["status"] for job in truth)
    assert len(states) == 3
    queue = shown(org, "queue")
    assert {state: sum(row[state] for row in queue) for state in ("queued", "in_progress")} == {
        state: states[state] for state in ("queued", "in_progress")
    }
