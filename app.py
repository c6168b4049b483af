"""Lambda entry points: the schedules, and the API with the webhook; `.venv/bin/python app.py JOB` runs a job."""

from __future__ import annotations

from chalicelib.runtime import shell

if __name__ == "__main__":
    shell.begin()

import argparse
import time
from collections.abc import Sequence
from typing import Any, cast

from chalice.app import Chalice, CloudWatchEvent, Cron, IAMAuthorizer, Rate, Request, Response

from chalicelib.domains import COMMANDS
from chalicelib.errors import ContributorMetricsError
from chalicelib.github import Budget, Pause
from chalicelib.jobs.commands import run_command
from chalicelib.jobs.connections import open_database
from chalicelib.jobs.deliveries import answer
from chalicelib.jobs.health import Health, read_health
from chalicelib.jobs.kept import KEPT
from chalicelib.jobs.lambdas import LambdaContext, handle
from chalicelib.jobs.read_api import read
from chalicelib.jobs.refresh import SECONDS, refresh
from chalicelib.jobs.schedules import JOBS, run_job
from chalicelib.jobs.webhook import FORM
from chalicelib.runtime.logs import LOG, log_json, log_plainly
from chalicelib.settings import Settings, load_settings
from chalicelib.utils import format_utc

app = Chalice(app_name="contributor-metrics")
HEALTH, REFRESH = "health", "refresh"

SHOWN = "\n".join(f"  .venv/bin/python app.py {each.name:<13} {each.help}" for each in COMMANDS.values())
EPILOG = f"""examples:
  GH_TOKEN=… GH_ORGS=my-org .venv/bin/python app.py every_30_min
  .venv/bin/python app.py health        shows how current the database is; exit code 1 when something is stale or failed
  .venv/bin/python app.py refresh pull_requests issues
                                        runs the jobs that keep these kinds current; without kinds, all jobs.
                                        It ends after 14 minutes, and does nothing while GitHub's rate limit is low
{SHOWN}

Settings come from the environment, then from .env in the folder of app.py.
Exit codes: 0 done, 1 a step failed or something is stale, 2 wrong settings, arguments or database,
3 refresh: not now (the rate limit is low, or another run has the job), 130 stopped (Ctrl-C, SIGTERM)."""


@app.schedule(Rate(30, unit=Rate.MINUTES))
def every_30_min(event: CloudWatchEvent) -> None:
    """Keep pull requests, issues and members current."""
    handle("every_30_min", event.to_dict(), context_of(event))


@app.schedule(Rate(10, unit=Rate.MINUTES))
def nrt_events(event: CloudWatchEvent) -> None:
    """Read the timelines of the items that changed."""
    handle("nrt_events", event.to_dict(), context_of(event))


@app.schedule(Cron(0, 5, "*", "*", "?", "*"))
def daily(event: CloudWatchEvent) -> None:
    """Find what the searches for changes can't see."""
    handle("daily", event.to_dict(), context_of(event))


@app.route("/webhook", methods=["POST"], content_types=["application/json", FORM])
def webhook() -> Response:
    """Store what GitHub's webhook delivers."""
    request = cast(Request, app.current_request)
    reply = answer(request.headers, lambda: cast(bytes, request.raw_body))
    return Response({"message": reply.message}, status_code=int(reply.status))


@app.route("/api/{name}", methods=["GET"], authorizer=IAMAuthorizer())
def api(name: str) -> Response:
    """Answer a front end; API Gateway lets only those pass who sign with rights in AWS. There is no CORS."""
    request: Any = app.current_request
    query: Any = request.query_params or {}
    settings = KEPT.read()
    if settings.in_lambda:
        log_json()
    reply = read(name, {each: query.getlist(each) for each in query}, settings)
    return Response(reply.body, {"Content-Type": "application/json", "Cache-Control": "no-store"}, reply.status)


def context_of(event: CloudWatchEvent) -> LambdaContext:
    """Give Lambda's context, which has the wrong type in Chalice's annotations."""
    context: Any = event.context
    return cast(LambdaContext, context)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; ends the process when it is wrong."""
    parser = argparse.ArgumentParser(
        prog=".venv/bin/python app.py",
        description="Run one of the scheduled jobs once, or show how current the database is, or what GitHub has. "
        "A job waits for GitHub's rate limits, and prints until when.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = [*sorted(JOBS), HEALTH, REFRESH, *COMMANDS]
    parser.add_argument("job", choices=commands, help="the job to run, or what to show")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="after `refresh`: kinds of data, as `health` has them")
    asked = parser.parse_args(arguments)
    if asked.kinds and asked.job != REFRESH:
        parser.error(f"{asked.job} takes no kinds of data")
    return asked


def main(arguments: Sequence[str] | None = None, settings: Settings | None = None) -> int:
    """Run a job or another command from a shell; returns the exit code."""
    asked = parse(arguments)
    command = asked.job
    log_plainly()
    budget = Budget(deadline=time.monotonic() + SECONDS if command == REFRESH else None, on_pause=log_pause)
    try:
        with shell.stoppable(budget.cancel):
            settings = settings or load_settings()
            if command == HEALTH:
                return print_health(settings)
            if command in COMMANDS:
                for line in run_command(command, settings, budget=budget):
                    print(line)
                return 0
            if command == REFRESH:
                refresh(asked.kinds, settings, budget=budget)
            else:
                run_job(command, settings, budget=budget)
    except ContributorMetricsError as error:
        return shell.print_error(error)
    except KeyboardInterrupt as stop:
        return shell.print_stop(stop, "stopped; what was fetched is stored, and the next run goes on")
    return 0


def log_pause(pause: Pause) -> None:
    """Log until when a run waits, and why."""
    LOG.info("waiting until %s: %s", format_utc(pause.until), pause.reason)


def print_health(settings: Settings) -> int:
    """Print how current each kind is; returns the exit code, 1 when a kind is stale or its last run failed."""
    with open_database(settings) as session:
        healths = read_health(session, settings)
    print(f"{'organisation':<24} {'kind':<15} {'last success':<20} {'lag':>9} {'rejected':>8}  state")
    for health in healths:
        print(health_line(health))
    return 0 if all(health.is_well for health in healths) else shell.FAILED


def health_line(health: Health) -> str:
    """Write a kind's health on one line."""
    success = format_utc(health.last_success_at) if health.last_success_at else "never"
    lag = "-" if health.lag is None else f"{int(health.lag.total_seconds() // 60)} min"
    return f"{health.org:<24} {health.kind:<15} {success:<20} {lag:>9} {health.rejected:>8}  {health.state}"


if __name__ == "__main__":
    shell.run_command(main)
