"""A job's steps: which, when they are due, and for several organisations with none in another's way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from chalicelib.domains import DOMAINS
from chalicelib.errors import BadAnswerError, JobFailedError, SettingsError
from chalicelib.github import Budget
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Domain
from chalicelib.ingest.steps import DAILY, NRT_EVENTS, Step
from chalicelib.jobs import schedules
from chalicelib.jobs.connections import open_github
from chalicelib.jobs.schedules import JOBS, run_job, steps_of
from chalicelib.models import Issue, PullRequest, SyncRun, create_db_session
from chalicelib.settings import Settings, load_settings
from chalicelib.store.leases import take_lease
from chalicelib.store.marks import WHOLE
from tests.github.local_server import LocalServer, Reply, Seen, reply
from tests.organisation import Organisation

BOTH = ("acme", "umbrella")


def items_of(two: Organisation) -> dict[str, int]:
    with create_db_session(two.db_url) as session:
        counts = {
            org: sum(
                session.scalar(select(func.count()).where(model.org == org)) or 0 for model in (Issue, PullRequest)
            )
            for org in BOTH
        }
    return {org: count for org, count in counts.items() if count}


def statuses(two: Organisation, org: str) -> set[str]:
    with create_db_session(two.db_url) as session:
        return set(session.scalars(select(SyncRun.status).where(SyncRun.org == org)))


def test_an_app_reads_all_its_organisations(two: Organisation, app: Any) -> None:
    assert two.backfill("--since", "2026-01-01", "--only", "issues,pull_requests,members,events") == 0
    for job in JOBS:
        two.run_job(job)
    two.assert_equal_to_truth()
    assert set(items_of(two)) == set(BOTH)
    assert statuses(two, "acme") == statuses(two, "umbrella") == {"ok"}


def test_where_the_app_is_not_installed_is_named_and_holds_nobody_up(two: Organisation, app: Any) -> None:
    two.sandbox.integrations.change(app.id, organisations=["umbrella"])
    with pytest.raises(JobFailedError) as failed:
        two.run_job()
    assert str(failed.value).startswith("acme access: ")
    assert "the GitHub App is not installed in acme" in str(failed.value)
    assert "umbrella" not in str(failed.value)
    assert set(items_of(two)) == {"umbrella"}


def test_tokens_that_end_before_their_time_fail_this_run_and_not_the_next(two: Organisation, app: Any) -> None:
    """An owner may revoke an installation's token; the next run has a new one."""
    with open_github(two.settings) as github:
        client = github("acme")
        client.get("/orgs/acme")
        two.sandbox.integrations.end_tokens(app.id)
    two.run_job()
    assert statuses(two, "acme") == {"ok"}


def test_what_another_run_took_over_does_not_hold_up_the_others(
    two: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended the whole job: the organisations after it were left out."""
    steps = schedules.steps_of

    def take_over(_context: Context) -> None:
        with create_db_session(two.db_url) as session:
            later = two.now() + timedelta(hours=2)
            assert take_lease(session, name="every_30_min:acme", owner="another:1:x", now=later) is None

    def overtaken(job: str, settings: Any) -> Any:
        for number, planned in enumerate(steps(job, settings)):
            yield replace(planned, run=take_over) if number == 2 else planned

    monkeypatch.setattr(schedules, "steps_of", overtaken)
    with pytest.raises(JobFailedError, match="every_30_min:acme: another:1:x took over while this run waited"):
        two.run_job()
    assert "umbrella" in items_of(two)


def test_a_job_may_be_for_one_of_them(two: Organisation) -> None:
    run_job("every_30_min", two.settings, orgs=["umbrella"], budget=two.budget(), now=two.now)
    assert set(items_of(two)) == {"umbrella"}


# Which steps, and when


@pytest.mark.parametrize("job", JOBS)
def test_a_job_has_the_steps_of_every_domain_that_is_read(job: str) -> None:
    steps = [step.name for step in steps_of(job, load_settings({"COPILOT": "on"}))]
    declared = [step for domain in DOMAINS for step in domain.all_steps if job in step.on]
    first = [step.name for step in declared if step.is_first]
    last = [step.name for step in declared if step.is_last]
    # What follows from all that was read is stored in the end.
    assert steps.pop() == "facts"
    assert steps == first + [step.name for step in declared if step.name not in {*first, *last}]
    assert first == ["repositories"]
    messages = {"SLACK_MESSAGES": "sprints,sprints-by-points"}
    settings = load_settings({"COPILOT": "on", "SNAPSHOT_URL": "snapshots", **messages})
    assert [step.name for step in steps_of(job, settings)] == steps + last
    assert last[0] == "facts"
    assert (len(last) > 1) == (job == DAILY)
    read = [step.name for step in steps_of(job, load_settings({"COPILOT": "off"}))]
    assert read == [name for name in [*steps, "facts"] if not name.startswith("copilot")]


def test_a_job_that_nobody_declares_has_no_steps() -> None:
    assert list(steps_of("hourly", load_settings({}))) == []


HOUR = timedelta(hours=1)
LONG_AGO = datetime.fromisoformat("2026-06-15T12:00:00Z")


@dataclass
class Work:
    """Domains of made-up steps, and a GitHub with two organisations; every step that was done, in order."""

    server: LocalServer
    db_url: str
    now: datetime = LONG_AGO
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.answer = self._answer

    def _answer(self, seen: Seen) -> Reply:
        return reply(200, {"login": seen.path.rpartition("/")[2]})

    def step(self, name: str, *on: str, every: Any = None, error: Exception | None = None) -> Step:
        def run(context: Context) -> None:
            self.done.append(f"{context.scope.org} {name}")
            context.marks.watermark(name, scope=WHOLE).advance(context.now())
            if error is not None:
                raise error

        return Step(name, run, on or (DAILY,), every)

    @property
    def settings(self) -> Settings:
        values = {"GH_TOKEN": "t", "GH_ORGS": "acme,umbrella", "GH_API_URL": self.server.url, "DB_URL": self.db_url}
        return Settings(values.get)

    def run(self, job: str = DAILY, *, orgs: tuple[str, ...] = ("acme",)) -> list[str]:
        """Run a job; gives what was done in it."""
        self.done.clear()
        budget = Budget(sleep=lambda seconds: None)
        run_job(job, self.settings, orgs=orgs, budget=budget, now=lambda: self.now)
        return list(self.done)


@pytest.fixture
def work(db_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = LocalServer()
    yield Work(server, db_url)
    server.close()


def declare(monkeypatch: pytest.MonkeyPatch, *domains: Domain) -> None:
    monkeypatch.setattr(schedules, "DOMAINS", domains)


def test_steps_are_done_in_the_domains_order_for_each_organisation(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    off = Domain("off", steps=[work.step("off")], enabled=lambda settings: False)
    declare(
        monkeypatch,
        Domain("a", steps=[work.step("a.1"), work.step("a.often", NRT_EVENTS), work.step("a.2")]),
        off,
        Domain("b", steps=[work.step("b", DAILY, NRT_EVENTS)]),
    )
    assert work.run(orgs=()) == [f"{org} {name}" for org in ("acme", "umbrella") for name in ("a.1", "a.2", "b")]
    assert work.run(NRT_EVENTS) == ["acme a.often", "acme b"]


def test_a_step_that_is_done_now_and_then_waits_until_it_is_due(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [
        work.step("always"),
        work.step("by the hour", every=HOUR),
        work.step("by setting", every=lambda _: 3 * HOUR),
    ]
    declare(monkeypatch, Domain("a", steps=steps))
    assert work.run() == ["acme always", "acme by the hour", "acme by setting"]
    work.now += HOUR / 2
    assert work.run() == ["acme always"]
    # Another organisation's turn is its own.
    assert work.run(orgs=("umbrella",)) == ["umbrella always", "umbrella by the hour", "umbrella by setting"]
    work.now += HOUR / 2
    assert work.run() == ["acme always", "acme by the hour"]
    work.now += 2 * HOUR
    assert work.run() == ["acme always", "acme by the hour", "acme by setting"]


def test_a_step_that_failed_is_due_again_at_once(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = work.step("rare", every=24 * HOUR, error=BadAnswerError("no list"))
    declare(monkeypatch, Domain("a", steps=[failing, work.step("next")]))
    for _ in range(2):
        with pytest.raises(JobFailedError, match="acme rare: "):
            work.run()
        assert work.done == ["acme rare", "acme next"]


def test_a_malformed_setting_of_any_domain_is_said_before_anything_is_asked(work: Work) -> None:
    settings = Settings(({"MEMBERS_HOURS": "soon"} | {"GH_ORGS": "acme", "GH_TOKEN": "t", "DB_URL": work.db_url}).get)
    with pytest.raises(SettingsError, match="MEMBERS_HOURS is malformed"):
        run_job(DAILY, settings)
    assert work.server.seen == []
