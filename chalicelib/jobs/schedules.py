"""Runs a job: the steps that the domains declare for its schedule, one organisation after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from chalicelib.domains import DOMAINS, check_settings, ordered_steps
from chalicelib.errors import JobFailedError
from chalicelib.github import Budget
from chalicelib.ingest.runner import Runner, raise_failures
from chalicelib.ingest.steps import SCHEDULES, Step, time_of
from chalicelib.jobs.connections import open_database, open_github, scope_of
from chalicelib.settings import Settings
from chalicelib.store.ledger import PARTIAL
from chalicelib.store.marks import WHOLE
from chalicelib.utils import utc_now

JOBS = tuple(SCHEDULES)


class Left(NamedTuple):
    """What a run left undone, without a failure; `is_held`: another run has the job for an organisation."""

    sentence: str
    is_held: bool = False


def run_job(
    job: str,
    settings: Settings,
    *,
    orgs: Sequence[str] = (),
    budget: Budget | None = None,
    now: Callable[[], datetime] = utc_now,
) -> list[Left]:
    """Run a job once, for all organisations or for those in `orgs`; returns what it left undone.

    Raises SettingsError or DatabaseNotReadyError before anything is fetched. A step that fails does not stop the
    others; JobFailedError at the end names the steps that failed.
    """
    check_settings(settings)
    steps, overtaken = list(steps_of(job, settings)), []
    for step in steps:
        step.check(settings)
    with open_database(settings) as session, open_github(settings, budget) as github:
        runners = [
            Runner(session, github(org), scope_of(settings, org), settings, job, now) for org in orgs or settings.orgs
        ]
        for runner in runners:
            try:
                _run_steps(runner, steps)
            except JobFailedError as error:  # another run took this organisation over; go on with the next one
                overtaken.append(str(error))
        raise_failures([run for runner in runners for run in runner.runs], also=overtaken)
        return list(_left(runners))


def steps_of(job: str, settings: Settings) -> Iterator[Step]:
    """Give the steps of a job that the settings don't switch off, in their order."""
    steps = ordered_steps(job, DOMAINS)
    return (step for domain, step in steps if domain.enabled(settings) and step.enabled(settings))


def _left(runners: Iterable[Runner]) -> Iterator[Left]:
    for runner in runners:
        if not runner.runs:
            yield Left(f"another run of {runner.job} is reading {runner.scope.org} already", is_held=True)
        for run in runner.runs:
            if run.status == PARTIAL:
                yield Left(f"{run.org} {run.step}: {run.error}")


def _run_steps(runner: Runner, steps: Iterable[Step]) -> None:
    with runner.lease() as is_ours:
        if is_ours and runner.can_read():
            for step in steps:
                if _is_due(runner, step):
                    runner.run(step.name, step.run)
                if runner.is_refused:
                    break


def _is_due(runner: Runner, step: Step) -> bool:
    if step.every is None:
        return True
    mark = runner.marks.watermark(step.name, scope=WHOLE)
    return runner.is_due(mark, every=time_of(step.every, runner.settings))
