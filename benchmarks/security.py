"""What security costs: requests and points of a first load and of a quiet day, and how long a large organisation takes.

The sandbox is in this process. For the time it answers as slowly as GitHub, within GitHub's limits.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine

from benchmarks.places import database
from benchmarks.tables import Goal, heading, met, number, show
from chalicelib.domains import ordered_steps
from chalicelib.ingest.runner import Runner, raise_failures
from chalicelib.jobs.connections import open_github, scope_of
from chalicelib.models import create_db_session
from chalicelib.settings import load_settings
from sandbox import CodeAlert, DependabotAlert, Limits, LimitSettings, Plan, RunningSandbox, SecretAlert, World, serve

ORG = "acme"
DAY = 86_400
KINDS = (DependabotAlert, SecretAlert, CodeAlert)
NO_LIMITS = LimitSettings(**dict.fromkeys(("core", "search", "graphql", "points", "graphql_points"), 10**9))
# Seconds until an answer comes: a page of REST, and a query about 25 repositories.
REST, GRAPHQL = 0.25, 2.5
# What the checks stand on.
INVENTORY = ("repositories", "teams", "team_members")
PER_PAGE, A_POINT = 100, 20
MOST_MINUTES = 3.0


@dataclass(frozen=True)
class Spent:
    """What some steps took: requests of REST, points of GraphQL, seconds."""

    rest: int
    points: int
    seconds: float


@contextmanager
def organisation(*, repositories: int, alerts: int, teams: int, limits: LimitSettings) -> Iterator[RunningSandbox]:
    """Serve an organisation with so many alerts in all, at a time that stands still."""
    now = int(datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp())
    plan = Plan(now, organisations=(ORG,), repositories=repositories, people=400, items=10, days=30, releases=0.0)
    world = World(plan)
    world.stand_still()
    rng = Random(1)
    there = list(world.repositories.values())
    for index in range(alerts):
        world.open_alert(there[index % len(there)], KINDS[index % len(KINDS)])
    owner = world.organisations[ORG]
    for index in range(teams - len(owner.teams)):
        team = world.create_team(owner, f"Team {index}", rng)
        for person in rng.sample(owner.people, 5):
            world.set_team_role(team, person, rng.choice(("member", "maintainer")))
    with serve(world, limits=Limits(limits)) as sandbox:
        yield sandbox


def run_steps(sandbox: RunningSandbox, db_url: str, *, with_inventory: bool) -> dict[str, Spent]:
    """Run the steps of security, and with them those of the inventory; gives what each took."""
    taken: dict[str, Spent] = {}
    environment = {"GH_TOKEN": sandbox.token, "GH_ORGS": ORG, "GH_API_URL": sandbox.url, "DB_URL": db_url}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:  # no `.env` there
        settings = load_settings(environment, folder=Path(folder))
    with create_db_session(db_url) as session, open_github(settings) as github:
        runner = Runner(session, github(ORG), scope_of(settings, ORG), settings, "daily", partial(now_of, sandbox))
        with runner.lease():
            for domain, step in ordered_steps("daily"):
                is_asked = domain.name == "security" or (with_inventory and step.name in INVENTORY)
                if is_asked and step.enabled(settings):
                    queries, points, begun = count(sandbox), points_of(sandbox), time.perf_counter()
                    run = runner.run(step.name, step.run)
                    asked = run.requests - (count(sandbox) - queries)
                    taken[step.name] = Spent(asked, points_of(sandbox) - points, time.perf_counter() - begun)
        raise_failures(runner.runs)
    return taken


def now_of(sandbox: RunningSandbox) -> datetime:
    """Tell the sandbox's time."""
    return datetime.fromtimestamp(sandbox.clock.now(), tz=UTC)


def count(sandbox: RunningSandbox) -> int:
    """How many queries were asked in GraphQL."""
    routes: dict[str, int] = sandbox.stats.summary()["by_route"]
    return routes.get("/graphql", 0)


def points_of(sandbox: RunningSandbox) -> int:
    """How many points they took."""
    used: int = sandbox.limits.window(sandbox.app.tokens.check(f"Bearer {sandbox.token}").account, "graphql").used
    return used


def run(admin: Engine, *, repositories: int, alerts: int, large: int, teams: int, slowness: float) -> None:
    """Measure and print both tables."""
    sizes: dict[str, Any] = {"repositories": repositories, "alerts": alerts, "teams": 10, "limits": NO_LIMITS}
    with organisation(**sizes) as sandbox, database(admin) as url:
        first = run_steps(sandbox, url, with_inventory=True)
        sandbox.clock.set(advance=DAY)
        run_steps(sandbox, url, with_inventory=False)
        sandbox.clock.set(advance=DAY)
        quiet = run_steps(sandbox, url, with_inventory=False)
    heading(f"Security of {repositories:,} repositories with {alerts:,} alerts")
    show([["", "figure", "goal", "met"], *cost_lines(first, quiet, repositories=repositories, alerts=alerts)])
    sizes = {"repositories": large, "alerts": large * 5, "teams": teams, "limits": LimitSettings()}
    with organisation(**sizes) as sandbox, database(admin) as url:
        sandbox.oddities.tell(lambda request, answer: answered_slowly(request, answer, slowness))
        taken = run_steps(sandbox, url, with_inventory=True)
    heading(f"Time for {large:,} repositories and {teams} teams, with GitHub's delays ({REST} and {GRAPHQL} s)")
    lines = [[name, f"{one.seconds:.0f}", "", "", number(one.rest), number(one.points)] for name, one in taken.items()]
    seconds = sum(one.seconds for one in taken.values())
    goal = Goal(at_most=MOST_MINUTES * 60, text=f"at most {MOST_MINUTES * 60:.0f}")
    lines.append(["in all", f"{seconds:.0f}", *met(goal, seconds), "", ""])
    show([["", "seconds", "goal", "met", "requests", "points"], *lines])


def answered_slowly(request: Any, answer: Any, slowness: float) -> Any:
    """Wait as long as GitHub would."""
    time.sleep(slowness * (GRAPHQL if request.path == "/graphql" else REST))
    return answer


def cost_lines(
    first: dict[str, Spent], quiet: dict[str, Spent], *, repositories: int, alerts: int
) -> Iterator[list[str]]:
    """Compare costs with their goals."""
    of_alerts = [name for name in first if name.endswith("_alerts")]
    requests = sum(first[name].rest for name in of_alerts)
    most = math.ceil(alerts / PER_PAGE)
    yield ["first load, requests for alerts", number(requests), *met(Goal(f"at most {most}", at_most=most), requests)]
    points = sum(one.points for one in first.values())
    most = math.ceil(repositories / A_POINT)
    yield ["first load, points for checks", number(points), *met(Goal(f"at most {most}", at_most=most), points)]
    requests = sum(quiet[name].rest for name in of_alerts)
    yield ["a quiet day, requests beside checks", number(requests), *met(Goal("at most 6", at_most=6), requests)]
