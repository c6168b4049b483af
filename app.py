"""Lambda entry points, one for each schedule; `python app.py JOB` runs one here."""

from __future__ import annotations

from chalicelib import shell

if __name__ == "__main__":
    shell.stop_while_loading()

import argparse
import logging
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Cron, Rate

from chalicelib import jobs
from chalicelib.errors import ContributorMetricsError
from chalicelib.github import Budget, Pause
from chalicelib.settings import Settings, load_settings
from chalicelib.utils import format_utc

app = Chalice(app_name="contributor-metrics")
LOG = logging.getLogger("contributor_metrics")

# What a Lambda keeps back of its time to commit, to write the ledger and to give its lease back.
MARGIN_SECONDS = 15

EPILOG = """example: GH_TOKEN=… GH_ORGS=my-org python app.py every_30_min

Settings come from the environment, then from .env in the folder of app.py, from whatever folder this is started.
Exit codes: 0 done, 1 a step failed, 2 wrong settings, arguments or database, 130 stopped (Ctrl-C, SIGTERM)."""

JOBS: dict[str, Callable[..., None]] = {
    "every_30_min": jobs.every_30_min,
    "nrt_events": jobs.nrt_events,
    "daily": jobs.daily,
}


@app.schedule(Rate(30, unit=Rate.MINUTES))
def every_30_min(event: CloudWatchEvent) -> None:
    """Keep pull requests, issues and members current."""
    jobs.every_30_min(load_settings(), budget=lambda_budget(event.context))


@app.schedule(Rate(10, unit=Rate.MINUTES))
def nrt_events(event: CloudWatchEvent) -> None:
    """Read what happened to what changed."""
    jobs.nrt_events(load_settings(), budget=lambda_budget(event.context))


@app.schedule(Cron(0, 5, "*", "*", "?", "*"))
def daily(event: CloudWatchEvent) -> None:
    """Reconcile what searches for changes can't see."""
    jobs.daily(load_settings(), budget=lambda_budget(event.context))


def lambda_budget(context: Any) -> Budget:
    """Give a run the time that its Lambda has left, less a margin."""
    seconds = context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS
    return Budget(deadline=time.monotonic() + seconds)


def main(arguments: Sequence[str] | None = None, settings: Settings | None = None) -> int:
    """Run one job from a shell; returns the exit code: 0, 1 when steps failed, 2 when the set-up is wrong."""
    parser = argparse.ArgumentParser(
        prog="python app.py",
        description="Run one of the scheduled jobs here, once. It waits for GitHub's rate limits and says until when.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("job", choices=sorted(JOBS), help="the job to run")
    job = JOBS[parser.parse_args(arguments).job]
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[shell.LogHandler(sys.stdout)], force=True)
    budget = Budget(on_pause=say_pause)
    try:
        with shell.stoppable(budget.cancel):
            job(settings or load_settings(), budget=budget)
    except ContributorMetricsError as error:
        return shell.complain(error)
    except KeyboardInterrupt as stop:
        return shell.stopped(stop, "stopped; what was fetched is stored, and the next run goes on")
    return 0


def say_pause(pause: Pause) -> None:
    """Tell that and until when a run waits."""
    LOG.info("waiting until %s: %s", format_utc(pause.until), pause.reason)


if __name__ == "__main__":
    shell.run_command(main)
