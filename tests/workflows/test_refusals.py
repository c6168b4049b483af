"""GitHub refuses, and goes on to do so: nothing is stuck for ever, and one broken run fails no step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.errors import JobFailedError
from sandbox.api.messages import Answer, Request
from tests.organisation import Organisation
from tests.workflows.asking import DAY, HOUR, hear, jobs, ledger, repair, runs

pytestmark = pytest.mark.slow

REFUSALS = {
    "gateway": Answer({"message": "bad gateway"}, 502),
    "forbidden": Answer({"message": "Resource not accessible"}, 403),
    "another one": Answer({"id": 7}),
}


def start(org: Organisation, count: int = 1) -> Any:
    """Start runs that are told of, in a world whose repositories were read; gives the first of them."""
    [repository, *_] = org.sandbox.world.repositories.values()
    first, *_ = [org.sandbox.world.start_run(repository, ["build"]) for _ in range(count)]
    hear(org)
    org.run_job("daily")
    return first


def refusing(refusal: Answer, is_refused: Callable[[str], bool]) -> Callable[[Request, Answer], Answer]:
    return lambda request, answer: refusal if is_refused(request.path) else answer


@pytest.mark.parametrize("name", REFUSALS)
def test_a_run_that_is_always_refused_is_given_up_after_github_s_own_limits(living: Organisation, name: str) -> None:
    run = start(living)
    [job] = run.jobs
    path = f"/repositories/{run.repository.id}/actions/runs/{run.id}"
    with living.sandbox.oddities.telling(refusing(REFUSALS[name], lambda asked: asked.startswith(path))):
        repair(living, 2, every=23 * HOUR)
        assert (runs(living)[run.id]["abandoned_at"], jobs(living)[job.id]["abandoned_at"]) == (None, None)
        assert "could not read 1 run; the first: acme/" in str(ledger(living, "workflow_jobs").note)
        repair(living, 1, every=6 * HOUR)
        reason = jobs(living)[job.id]["abandoned_reason"]
        assert runs(living)[run.id]["abandoned_at"] is None
        repair(living, 2, every=18 * DAY)
        assert runs(living)[run.id]["abandoned_reason"].startswith("GitHub showed it last as queued since ")
    assert reason.startswith(
        "GitHub showed it last as queued since 2026-06-15T12:00:00Z, for more than 48 hours, which is how long a job "
        "may wait for a runner; nothing else was seen since 2026-06-15T12:00:00Z, and it could not be read at "
        "2026-06-17T16:00:00Z: acme/"
    )
    assert {row["status"] for row in (*runs(living).values(), *jobs(living).values())} == {"queued"}
    living.sandbox.world.finish_run(run)
    repair(living, 2, every=5 * DAY)
    for row in (runs(living)[run.id], jobs(living)[job.id]):
        assert (row["status"], row["abandoned_at"]) == ("completed", None)


def test_where_all_is_refused_everything_is_given_up_after_github_s_own_limits(living: Organisation) -> None:
    """The token lost `actions`: each go fails, and nothing is stuck."""
    start(living, 4)
    with living.sandbox.oddities.telling(refusing(REFUSALS["forbidden"], lambda asked: "/actions/" in asked)):
        for days in (1, 2, 18, 18):
            living.advance(days * DAY)
            with pytest.raises(JobFailedError, match="workflow_jobs"):
                living.run_job("nrt_events")
            if days == 1:
                assert {row["abandoned_at"] for row in (*runs(living).values(), *jobs(living).values())} == {None}
    for row in (*runs(living).values(), *jobs(living).values()):
        assert row["status"] == "queued"
        assert "the runs of its repository could not be read at 2026-" in row["abandoned_reason"]


def test_when_no_run_can_be_read_the_step_fails(living: Organisation) -> None:
    start(living, 4)
    refused = refusing(REFUSALS["gateway"], lambda asked: "/actions/runs/" in asked)
    with living.sandbox.oddities.telling(refused):
        living.advance(HOUR)
        with suppress(JobFailedError):
            living.run_job("nrt_events")
        step = ledger(living, "workflow_jobs")
    assert (step.status, "could not read 3 runs; the first: " in str(step.error)) == ("failed", True)
    assert {row["abandoned_at"] for row in jobs(living).values()} == {None}
