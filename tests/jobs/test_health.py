"""Whether the data is current: how old each kind may be, and what the command `health` prints and exits with."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import app
from chalicelib.domains import DOMAINS
from chalicelib.errors import JobFailedError
from chalicelib.github import Budget
from chalicelib.jobs.health import FREQUENT, Health, kinds_with_limits, lag_of, read_health
from chalicelib.jobs.schedules import JOBS, run_job
from chalicelib.models import SyncRun, Watermark, create_db_session
from chalicelib.settings import Settings
from chalicelib.store.health import ACCESS, RECONCILIATION
from chalicelib.utils import utc_now
from sandbox import Limits, Plan, World, serve
from tests.organisation import GENEROUS, NEEDED, Organisation, organisation, this_moment
from tests.sandbox.keys import keys

HOURS = timedelta(hours=1)
MINUTES = timedelta(minutes=1)
STEPS = [step for domain in DOMAINS for step in domain.all_steps]


def step_of(kind: str) -> tuple[str, str]:
    """A step of a kind, and a job that it is of."""
    if kind == ACCESS:
        return ACCESS, JOBS[0]
    place, word = (1, "sweep") if kind == RECONCILIATION else (0, kind)
    return next((step.name, step.on[-1]) for step in STEPS if step.name.split(".")[place:][:1] == [word])


# Of each kind that is judged: a step of it, its job, and for how many hours it may not succeed.
KINDS = {
    kind: (*step_of(kind), int(allowed / HOURS))
    for kind, allowed in kinds_with_limits(Settings({"COPILOT": "off"}.get))
}


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands set logging up for their process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.setLevel(level)
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)


def settings(**variables: str) -> Settings:
    return Settings({"GH_ORGS": "acme", "COPILOT": "off", **variables}.get)


def record(
    db: Session,
    step: str,
    age: timedelta,
    *,
    job: str = "every_30_min",
    org: str = "acme",
    status: str = "ok",
    error: str | None = None,
) -> None:
    """Write down that a step ran so long ago."""
    then = utc_now() - age
    db.add(SyncRun(job=job, step=step, org=org, status=status, error=error, started_at=then, finished_at=then))
    db.commit()


def record_all(db: Session, age: timedelta, *, org: str = "acme") -> None:
    for step, job, _ in KINDS.values():
        record(db, step, age, job=job, org=org)


def health_of(db: Session, kind: str, told: Settings | None = None) -> Health:
    (found,) = (health for health in read_health(db, told or settings()) if health.kind == kind)
    return found


def states(db: Session, told: Settings | None = None) -> dict[str, str]:
    return {health.kind: health.state for health in read_health(db, told or settings())}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_stale_when_it_is_older_than_it_may_be(db: Session, kind: str) -> None:
    step, job, hours = KINDS[kind]
    record(db, step, (hours + 1) * HOURS, job=job)
    stale = health_of(db, kind)
    assert (stale.is_stale, stale.is_well, stale.state) == (True, False, f"stale: more than {hours} h")
    record(db, step, hours * HOURS - 5 * MINUTES, job=job)
    current = health_of(db, kind)
    assert (current.is_stale, current.is_well, current.state) == (False, True, "current")


def test_copilot_is_judged_when_it_is_read(db: Session) -> None:
    record_all(db, 10 * MINUTES)
    record(db, "copilot.days", job="daily", age=51 * HOURS)
    assert "copilot" not in states(db)
    assert states(db, settings(COPILOT="on"))["copilot"] == "stale: more than 50 h"


def test_members_may_be_as_old_as_is_set(db: Session) -> None:
    told = settings(MEMBERS_HOURS="72")
    record(db, "members", 73 * HOURS)
    assert health_of(db, "members", told).is_well
    record(db, "members", 75 * HOURS, org="other")
    assert health_of(db, "members", settings(MEMBERS_HOURS="72", GH_ORGS="other")).state == "stale: more than 74 h"


def test_nothing_is_known_of_an_empty_database(db: Session) -> None:
    assert [(health.org, health.kind, health.state, health.is_well) for health in read_health(db, settings())] == [
        ("acme", kind, "stale: never read completely", False) for kind in KINDS
    ]


def test_a_new_organisation_waits_for_its_first_runs(db: Session) -> None:
    """It was called stale, and well at the same time."""
    record(db, "access", 10 * MINUTES)
    found = states(db)
    assert found.pop("access") == "current"
    assert set(found.values()) == {"not completely read yet"}
    assert all(health.is_well for health in read_health(db, settings()))


def test_a_first_run_is_not_waited_for_longer_than_it_may_take(db: Session) -> None:
    record(db, "issues.count", 3 * HOURS, status="partial", error="the run's deadline has passed")
    late = {kind: "stale: never read completely" for kind, (_, _, hours) in KINDS.items() if hours < 3}
    issues = {"issues": "stale: never read completely: the run's deadline has passed"}
    assert states(db) == dict.fromkeys(KINDS, "not completely read yet") | late | issues


def test_a_backfill_starts_no_clock(db: Session) -> None:
    """One that had taken three hours made everything stale as soon as the first Lambda had run."""
    record(db, "pull_requests", 3 * HOURS, job="backfill")
    assert not health_of(db, "events").is_well
    record(db, "issues.count", 5 * MINUTES)
    assert health_of(db, "events").state == "not completely read yet"


def test_the_clock_may_be_another_one(db: Session) -> None:
    record(db, "issues.count", 0 * HOURS, status="partial")
    later = read_health(db, settings(WORKFLOWS="off"), now=lambda: utc_now() + 3 * HOURS)
    kinds = {"pull_requests", "issues", "events", "facts", "projects"}
    assert {health.kind for health in later if health.is_stale} == kinds


def test_a_step_that_failed_needs_somebody_though_the_data_is_current(db: Session) -> None:
    record(db, "issues.count", 40 * MINUTES)
    record(db, "issues.count", 10 * MINUTES, status="failed", error="GitHub answered 502")
    health = health_of(db, "issues")
    assert (health.is_stale, health.is_well, health.state) == (False, False, "failed: GitHub answered 502")


def test_a_step_that_stopped_early_goes_on_by_itself(db: Session) -> None:
    record(db, "events", 40 * MINUTES)
    record(db, "events", 10 * MINUTES, status="partial", error="the run's deadline has passed")
    health = health_of(db, "events")
    assert (health.is_well, health.state) == (True, "current, but the last run stopped early")
    record(db, "events", 5 * HOURS, org="other")
    record(db, "events", 10 * MINUTES, org="other", status="partial", error="the run's deadline has passed")
    stale = health_of(db, "events", settings(GH_ORGS="other"))
    assert stale.state == "stale: more than 1 h: the run's deadline has passed"


def test_an_organisation_is_found_in_any_spelling(db: Session) -> None:
    record_all(db, 10 * MINUTES, org="Acme")
    assert [(health.org, health.state) for health in read_health(db, settings(GH_ORGS="aCME"))] == [
        ("aCME", "current")
    ] * len(KINDS)


@pytest.mark.parametrize(("first", "second"), [("acme", "Acme"), ("Acme", "acme"), ("ACME", "acme")])
def test_what_failed_in_another_spelling_is_over(db: Session, first: str, second: str) -> None:
    """A first run without access is in the ledger as GH_ORGS spells it, the next ones as GitHub does."""
    record(db, "access", 20 * MINUTES, org=first, status="failed", error="GitHub answered 401")
    record(db, "access", 10 * MINUTES, org=second)
    assert health_of(db, "access").state == "current"


def test_only_the_organisations_asked_for_are_judged(db: Session) -> None:
    record_all(db, 10 * MINUTES)
    both = settings(GH_ORGS="acme,globex")
    assert {health.org for health in read_health(db, both)} == {"acme", "globex"}
    assert {health.org for health in read_health(db, both, ["globex"])} == {"globex"}


def test_the_lag_is_that_of_what_is_read_every_few_minutes(db: Session) -> None:
    for age, (step, job, _) in enumerate(KINDS.values(), start=1):
        record(db, step, age * 10 * MINUTES, job=job)
    lag = lag_of(read_health(db, settings()))
    frequent = [age for age, (_, _, hours) in enumerate(KINDS.values(), start=1) if hours * HOURS <= FREQUENT]
    assert 0 < len(frequent) < len(KINDS)
    assert lag is not None
    assert lag // MINUTES == max(frequent) * 10


def test_there_is_no_lag_while_something_was_never_read(db: Session) -> None:
    record(db, "issues.count", 10 * MINUTES)
    record(db, "pull_requests.new", 10 * MINUTES)
    assert lag_of(read_health(db, settings())) is None
    assert lag_of([]) is None


# From a shell


LINE = re.compile(r"(\S+) +(\S+) +(\S+) +(-|\d+ min) +(\d+)  (\S.*)")


def said(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, ...]]:
    """The columns of what health printed, without its heading."""
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["organisation", "kind", "last", "success", "lag", "rejected", "state"]
    found = [LINE.fullmatch(line) for line in lines]
    return [match.groups() for match in found if match] if all(found) else pytest.fail("\n".join(lines))


def test_health_has_a_line_for_each_kind(db: Session, db_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    record_all(db, 10 * MINUTES)
    success = db.query(SyncRun).filter_by(step="events").one().started_at
    assert app.main(["health"], settings(DB_URL=db_url)) == 0
    lines = said(capsys)
    assert [(*line[:2], *line[3:]) for line in lines] == [("acme", kind, "10 min", "0", "current") for kind in KINDS]
    assert {line[1]: line[2] for line in lines}["events"] == success.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_health_exits_1_when_something_is_stale(db: Session, db_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    record_all(db, 10 * MINUTES)
    assert app.main(["health"], settings(DB_URL=db_url, GH_ORGS="acme,globex")) == 1
    lines = said(capsys)
    assert {line[-1] for line in lines if line[0] == "acme"} == {"current"}
    assert [line[1:] for line in lines if line[0] == "globex"] == [
        (kind, "never", "-", "0", "stale: never read completely") for kind in KINDS
    ]


def test_health_exits_1_when_something_failed(db: Session, db_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    record_all(db, 20 * MINUTES)
    record(db, "issues.new", 15 * MINUTES)
    record(db, "issues.new", 10 * MINUTES, status="failed", error="GitHub answered 502")
    assert app.main(["health"], settings(DB_URL=db_url)) == 1
    assert [line[-1] for line in said(capsys) if line[-1] != "current"] == ["failed: GitHub answered 502"]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DB_URL": "sqlite://"}, "the database has no tables of this app yet: run `make migrate`"),
        ({"DB_URL": "postgresql://me:hunter2@127.0.0.1:1/none"}, "the database postgresql+psycopg2://me:***@127"),
        ({"GH_ORGS": "", "DB_URL": "sqlite://"}, "the database has no tables"),
    ],
)
def test_health_exits_2_when_there_is_no_database(
    variables: dict[str, str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.main(["health"], settings(**variables)) == 2
    output = capsys.readouterr()
    assert (output.out, output.err.count("\n")) == ("", 1)
    assert output.err.startswith("error: ")
    assert sentence in output.err
    assert "hunter2" not in output.err


def test_health_exits_2_when_no_organisation_is_named(db_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["health"], settings(GH_ORGS="", DB_URL=db_url)) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == "error: GH_ORGS is not set: name the organisations to read, such as GH_ORGS=my-org\n"


# With the jobs themselves, of organisations of this moment: health reads the database's clock


def run_all(settings: Settings) -> list[str]:
    """Run every job once; gives what failed."""
    failures = []
    for job in JOBS:
        try:
            run_job(job, settings, budget=Budget(sleep=lambda seconds: None))
        except JobFailedError as error:
            failures.append(str(error))
    return failures


@pytest.mark.parametrize("first", JOBS)
def test_after_every_job_ran_all_is_current(db_url: str, first: str, capsys: pytest.CaptureFixture[str]) -> None:
    with organisation(db_url, items=30, now=this_moment()) as org:
        org.environment |= {"SECURITY": "on", "WORKFLOWS": "on", "PROJECTS": "on"}
        assert app.main([first], org.settings) == 0
        assert run_all(org.settings) == []
        capsys.readouterr()
        assert app.main(["health"], org.settings) == 0
    assert {line[1]: line[-1] for line in said(capsys)} == dict.fromkeys(KINDS, "current")


@pytest.fixture
def both(db_url: str) -> Iterator[Organisation]:
    """Two organisations, acme and globex, of which everything that is new is read."""
    plan = Plan(
        organisations=("acme", "globex"), repositories=6, people=20, days=60, items=80, seed=7, now=this_moment()
    )
    with serve(World(plan), limits=Limits(replace(GENEROUS))) as sandbox:
        yield Organisation(sandbox, db_url, {"GH_ORGS": "acme,globex", "NEW_DAYS": "3650"})


def as_app(both: Organisation, organisations: list[str]) -> None:
    """Read as a GitHub App, which is installed in these organisations."""
    registered = both.sandbox.integrations.register(
        public_key=keys().public, permissions=NEEDED, organisations=organisations
    )
    both.environment |= {"GH_TOKEN": "", "GH_APP_ID": str(registered.id), "GH_APP_PRIVATE_KEY": keys().private}


def numbers(both: Organisation, org: str) -> tuple[set[str], set[str]]:
    """The items of an organisation, by their pages' addresses: those that are there, and those that are stored."""
    there = {item["html_url"] for kind in both.kinds for item in both.truth(kind).values()}
    stored = {
        f"{row['org']}/{row['repo']}#{row['number']}" for kind in both.kinds for row in both.stored(kind).values()
    }
    short = {re.sub(r"^https?://[^/]+/(.+)/(?:issues|pull)/(\d+)$", r"\1#\2", url) for url in there}
    return {one for one in short if one.startswith(f"{org}/")}, {one for one in stored if one.startswith(f"{org}/")}


@pytest.mark.parametrize("failing", ["acme", "globex"])
@pytest.mark.parametrize("credentials", ["token", "app"])
def test_one_organisation_that_fails_leaves_the_other_current(
    both: Organisation, credentials: str, failing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (other,) = {"acme", "globex"} - {failing}
    if credentials == "app":
        as_app(both, [other])
    else:
        both.sandbox.tokens.add(both.sandbox.token, [other])
    sentence = f"GitHub answered 404 to GET /orgs/{failing}"
    failures = run_all(both.settings)
    assert len(failures) == 3
    for failure in failures:
        assert failure.startswith(f"{failing} access: ")
        assert sentence in failure
        assert other not in failure
    there, stored = numbers(both, other)
    assert there
    assert stored == there
    assert numbers(both, failing)[1] == set()

    assert app.main(["health"], both.settings) == 1
    lines = said(capsys)
    assert {line[-1] for line in lines if line[0] == other} == {"current"}
    ((state,),) = [line[-1:] for line in lines if line[:2] == (failing, "access")]
    assert state.startswith("failed: ")
    assert sentence in state


@pytest.mark.parametrize("credentials", ["token", "app"])
def test_access_that_is_lost_later_is_found_at_once(
    both: Organisation, credentials: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if credentials == "app":
        as_app(both, ["acme", "globex"])
    assert run_all(both.settings) == []
    if credentials == "app":
        (registered,) = both.sandbox.integrations.all()
        both.sandbox.integrations.change(registered.id, organisations=["acme"])
    else:
        both.sandbox.tokens.add(both.sandbox.token, ["acme"])
    failures = run_all(both.settings)
    assert len(failures) == 3
    assert all(failure.startswith("globex ") and "acme" not in failure for failure in failures)
    assert app.main(["health"], both.settings) == 1
    assert {line[0] for line in said(capsys) if line[-1] != "current"} == {"globex"}


def test_github_s_spelling_is_kept_and_read_again(both: Organisation) -> None:
    both.environment["GH_ORGS"] = "ACME"
    assert run_all(both.settings) == []
    with create_db_session(both.db_url) as session:
        for model in (SyncRun, Watermark):
            assert set(session.scalars(select(model.org))) == {"acme"}
        assert {health.state for health in read_health(session, both.settings)} == {"current"}
