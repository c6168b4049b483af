"""What follows from a domain's declaration: its kinds, its needs, its steps by job, and its backfill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from chalicelib.github import Budget, GitHubAPI
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Domain, Plan, Request
from chalicelib.ingest.permissions import Need
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.steps import DAILY, EVERY_30_MIN, NRT_EVENTS, Kind, Step
from chalicelib.ingest.streams import ListStream
from chalicelib.ingest.windows import Window
from chalicelib.inventory.models import Repository, Team
from chalicelib.models import SyncRun
from chalicelib.settings import load_settings
from tests.github.local_server import LocalServer, Reply, Seen, reply
from tests.store.expected import NOW, make_context, stored

HOURS = timedelta(hours=1)
TEAMS = ListStream("teams", Team, "/orgs/{org}/teams", "members", "teams", stale_after=3 * HOURS)
REPOSITORIES = ListStream("repositories", Repository, "/orgs/{org}/repos", "metadata", "repositories", repo="name")
LAMPS = Kind("lamps", 2 * HOURS, "a request a lamp", by_default=True, counted=True)


def do_nothing(_context: Context) -> None:
    """A step's work."""


def need(permission: str, data: str) -> Need:
    return Need(permission, data, lambda github, org: iter(()))


STEPS = (
    Step("lamps.new", do_nothing, (EVERY_30_MIN,)),
    Step("lamps.updated", do_nothing, (EVERY_30_MIN, NRT_EVENTS)),
    Step("lamps.sweep", do_nothing, (DAILY,)),
)
NEEDS = (need("lamps", "lamps"), need("members", "who lights them"))


@dataclass
class Past:
    """A domain's own history: it says what it was asked for."""

    asked: list[Request] = field(default_factory=list)

    def plan(self, context: Context, request: Request) -> Plan:
        self.asked.append(request)
        return Plan(["lamps: 12"], total=4, details="a plan")

    def read(self, runner: Runner, request: Request, plan: Plan) -> Iterator[str]:
        assert plan.details == "a plan"
        yield "lamps of May"
        runner.run("lamps.created", do_nothing)


def lamps(**more: object) -> Domain:
    declared = {"steps": STEPS, "kinds": (LAMPS,), "needs": NEEDS, "streams": (TEAMS, REPOSITORIES), **more}
    return Domain("lamps", **declared)  # type: ignore[arg-type]


def request(*kinds: str) -> Request:
    return Request(kinds, Window(NOW - timedelta(days=30), NOW))


def test_a_list_is_a_kind_that_a_backfill_reads_whole() -> None:
    assert lamps().all_kinds == (
        LAMPS,
        Kind("teams", 3 * HOURS, "one request per 100", by_default=True),
        Kind("repositories", timedelta(hours=50), "one request per 100", by_default=True),
    )


def test_a_permission_is_named_once_and_says_what_the_domain_says_of_it() -> None:
    needs = {need.permission: need.data for need in lamps().all_needs}
    assert needs == {"lamps": "lamps", "members": "who lights them", "metadata": "repositories"}
    assert len(lamps().all_needs) == len(needs)


@pytest.mark.parametrize(
    ("job", "names"),
    [
        (EVERY_30_MIN, ["lamps.new", "lamps.updated"]),
        (NRT_EVENTS, ["lamps.updated"]),
        (DAILY, ["lamps.sweep", "teams", "repositories"]),
        ("backfill", []),
    ],
)
def test_a_job_has_its_steps_in_their_order_and_lists_last(job: str, names: list[str]) -> None:
    assert [step.name for step in lamps().steps_of(job)] == names


def test_without_declarations_there_is_nothing() -> None:
    bare = Domain("bare")
    assert (bare.all_kinds, bare.all_needs, bare.all_steps) == ((), (), ())
    assert bare.enabled(load_settings({}))


# Its backfill


def test_a_plan_has_a_line_for_each_list_that_is_asked_for(shared: Session) -> None:
    past = Past()
    plan = lamps(history=past).plan(make_context(shared), request("lamps", "teams"))
    assert plan == Plan(["lamps: 12", "teams: one request per 100"], total=4, details="a plan")
    assert past.asked == [request("lamps", "teams")]


def test_without_a_history_the_lists_are_all_there_is_to_plan(shared: Session) -> None:
    plan = lamps().plan(make_context(shared), request("repositories"))
    assert plan == Plan(["repositories: one request per 100"])


@dataclass
class Reading:
    """A domain's backfill against a GitHub that answers as it is told."""

    session: Session
    server: LocalServer

    def read(self, domain: Domain, *kinds: str) -> tuple[list[str], Runner]:
        with GitHubAPI("token", api_url=self.server.url, budget=Budget(sleep=lambda seconds: None)) as github:
            runner = Runner(self.session, github, Scope("acme"), load_settings({}), "backfill", lambda: NOW)
            with runner.lease() as is_ours:
                assert is_ours
                plan = Plan(details="a plan")
                return list(domain.read(runner, request(*kinds), plan)), runner


@pytest.fixture
def reading(db: Session, server: LocalServer) -> Reading:
    return Reading(db, server)


def team(number: int) -> dict[str, object]:
    return {"id": number, "slug": f"t{number}", "name": f"T{number}"}


def test_its_history_is_read_first_and_then_the_lists_that_are_asked_for(reading: Reading) -> None:
    reading.server.replies = [reply(200, [team(1), team(2)])]
    units, runner = reading.read(lamps(history=Past()), "lamps", "teams")
    assert units == ["lamps of May", "teams"]
    ledger = [(run["step"], run["status"], run["fetched"], run["stored"]) for run in stored(reading.session, SyncRun)]
    assert ledger == [("lamps.created", "ok", 0, 0), ("teams", "ok", 2, 2)]
    assert [row["slug"] for row in stored(reading.session, Team)] == ["t1", "t2"]
    assert [run.step for run in runner.runs] == ["lamps.created", "teams"]


def test_a_list_that_fails_does_not_hold_up_the_next(reading: Reading) -> None:
    def answer(seen: Seen) -> Reply:
        return reply(404, {"message": "Not Found"}) if seen.path.endswith("/teams") else reply(200, [])

    reading.server.answer = answer
    units, runner = reading.read(lamps(), "teams", "repositories")
    assert units == ["teams", "repositories"]
    assert [run.status for run in runner.runs] == ["failed", "ok"]


def test_after_a_token_was_refused_no_list_is_asked_for(reading: Reading) -> None:
    reading.server.replies = [reply(401, {"message": "Bad credentials"})]
    units, runner = reading.read(lamps(), "teams", "repositories")
    assert units == ["teams"]
    assert [(run.step, run.status) for run in runner.runs] == [("teams", "failed")]
