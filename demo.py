"""`make run`: a database that is kept current, from nothing, on GitHub or on the sandbox, and what stands in it."""

from __future__ import annotations

from chalicelib.runtime import shell

if __name__ == "__main__":
    shell.begin()

import hashlib
import logging
import os
import secrets
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from textwrap import shorten
from typing import Any

import requests
from alembic import command
from alembic.config import Config
from chalice.config import Config as ChaliceConfig
from chalice.local import ChaliceRequestHandler, LocalDevServer, ThreadedHTTPServer
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import app
import backfill
from chalicelib.domains import check_settings
from chalicelib.errors import ContributorMetricsError, JobFailedError, SettingsError
from chalicelib.jobs.backfill import DEFAULT_KINDS
from chalicelib.jobs.connections import open_database
from chalicelib.jobs.schedules import JOBS
from chalicelib.models import Base, SyncRun, WebhookDelivery
from chalicelib.runtime.logs import LOG
from chalicelib.settings import Settings, load_settings
from chalicelib.store.deliveries import FAILED, STORED
from chalicelib.store.marks import WHOLE, Marks
from chalicelib.store.urls import redact_url
from chalicelib.utils import format_utc, utc_now
from sandbox import NotStartedError, Place, running

HOST = "127.0.0.1"
HERE = Path(__file__).resolve().parent
DAYS = 90
FOUNDED = "sandbox:founded:"
BACKFILLED = "demo:backfilled"
WIDTH = 88  # of what is said of a table
# Made-up data has a database of its own, never the one that GitHub's goes into.
SANDBOX_DB = "sandbox.db"
# So long before the first run the sandbox's history was read; the jobs find what has changed since.
LIVED_ON = timedelta(days=2)
# What the made-up objects carry as their address: the port is another one each time, and no row may change for that.
PUBLIC_URL = "https://api.github.example"
# A small organisation in which everything happens, and limits that don't make a newcomer wait.
SANDBOX = (
    *("--items", "1200", "--days", "150", "--copilot-days", "100"),
    *("--transfers", "1", "--deletions", "0.5", "--silent-changes", "1", "--releases", "0.1", "--team-changes", "0.5"),
    *("--alerts", "12", "--runs", "1", "--told-days", "65", "--boards", "3"),
    *("--rush-hours", str(LIVED_ON // timedelta(hours=1)), "--turnover", "3"),
    *("--search-limit", "10000", "--core-limit", "100000", "--points-limit", "100000"),
)
INCIDENT = {"name": "Jobs are slow to start", "component": "Actions", "state": "degraded_performance"}  # meanwhile
# How GitHub's deliveries go wrong, and more often than they do.
TROUBLES = {"lost": 0.05, "doubled": 0.1, "shuffled": True}
QUERIES = {
    "How long do pull requests wait for their first review and for the merge?": """
        SELECT month, opened, n_hours_to_first_review AS reviewed, still_open, merged,
               round(CAST(median_hours_to_first_review AS numeric), 1) AS hours_to_first_review,
               round(CAST(median_hours_to_merge AS numeric), 1) AS hours_to_merge
        FROM pull_request_cycle_monthly WHERE level = 'organisation' ORDER BY org, month""",
    "Who has waited longest for a first answer?": """
        SELECT kind, repo, number, username, round(CAST(hours_waiting AS numeric)) AS hours, title
        FROM first_responses_pending ORDER BY hours_waiting DESC, repo, number LIMIT 5""",
    "How do teams' pull requests fare?": """
        SELECT team, sum(opened) AS opened, sum(merged) AS merged FROM pull_request_cycle_monthly
        WHERE level = 'team' GROUP BY team ORDER BY opened DESC, team LIMIT 5""",
    "How often do repositories release?": """
        SELECT repo, sum(releases) AS releases, max(month) AS last_month,
               round(CAST(avg(median_days_between) AS numeric), 1) AS days_between
        FROM releases_monthly GROUP BY repo ORDER BY releases DESC, repo LIMIT 5""",
    "How long do jobs wait for a runner?": """
        SELECT label_set, count(*) AS jobs, count(queue_seconds) AS known, sum(queue_seconds) / 60 AS minutes,
               max(queue_seconds) AS longest_in_seconds
        FROM workflow_jobs GROUP BY label_set ORDER BY jobs DESC, label_set LIMIT 5""",
    "What came by webhook?": """
        SELECT event, count(*) AS deliveries, sum(changed) AS rows_stored
        FROM webhook_deliveries WHERE status = 'stored' GROUP BY event ORDER BY deliveries DESC, event LIMIT 5""",
    "How does the sprint go?": """
        SELECT project, sprint, total_issues AS issues, completed_issues AS done, total_points AS points,
               round(CAST(percent_completed_points AS numeric)) AS percent
        FROM sprint_report WHERE state = 'current' ORDER BY project_number""",
    "Which security alerts are open for too long?": """
        SELECT kind, sum(open_alerts) AS open_alerts, sum(overdue) AS overdue, max(oldest_days) AS oldest_days
        FROM open_alerts_by_age GROUP BY kind ORDER BY overdue DESC, kind""",
    "Which rules are broken most?": """
        SELECT rule, repositories, broken, round(CAST(100 * share_broken AS numeric)) AS percent
        FROM rules_broken WHERE broken > 0 ORDER BY share_broken DESC, rule LIMIT 5""",
    "What becomes of Copilot's suggestions?": """
        SELECT month, round(CAST(mean_daily_active_users AS numeric), 1) AS daily_users, suggestions, acceptances,
               round(CAST(100 * acceptance_rate AS numeric), 1) AS percent
        FROM copilot_acceptance_monthly ORDER BY month""",
}
NEXT = """
Look at it in a browser: make dashboard

Next, for your own organisation:
  1. Put GH_TOKEN=… and GH_ORGS=your-org into .env (and DB_URL=postgresql://… for PostgreSQL).
  2. make run                                 the same as now, with GitHub
  3. .venv/bin/python backfill.py --since 2024-01-01    as far back as you want
  4. .venv/bin/python backfill.py --verify              proof that nothing is missing
  5. .venv/bin/python app.py every_30_min               from cron, or deploy it: see README.md"""


def migrate(db_url: str) -> None:
    """Bring the database to this code's tables."""
    config = Config(str(HERE / "alembic.ini"))
    config.attributes["db_url"] = db_url
    command.upgrade(config, "head")


@contextmanager
def sandbox(founded: datetime) -> Iterator[Place]:
    """Run a GitHub on a free port of this machine.

    The organisation is made anew each time, as it was at `founded`; `set_clock` lets it live on to the present, so
    that a later run finds the same one, only older.
    """
    # From here on nobody but the sandbox is asked, and no company's proxy knows this machine's ports.
    os.environ.update(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    try:
        with running("--now", format_utc(founded), "--public-url", PUBLIC_URL, "--speed", "0", *SANDBOX) as place:
            yield place
    except NotStartedError as error:
        raise SettingsError(str(error)) from error


def set_clock(url: str, now: datetime) -> None:
    """Let the sandbox's organisation live on to a moment; SettingsError when it doesn't answer."""
    control(url, "clock", {"now": format_utc(now)})


def control(url: str, call: str, body: Mapping[str, str]) -> None:
    """Make a call to the sandbox's control plane; SettingsError when it doesn't answer."""
    try:
        requests.post(f"{url}/_sandbox/{call}", json=body, timeout=60).raise_for_status()
    except requests.RequestException as error:
        raise SettingsError(f"the sandbox did not start: {error}") from error


class Handler(ChaliceRequestHandler):
    """Answers requests, each in one packet, and prints nothing of them."""

    wbufsize = -1

    def log_message(self, *_: object) -> None:
        """Print nothing: a line for each delivery would hide the demo's own."""


class Server(ThreadedHTTPServer):
    """A server that doesn't mind when it is no longer listened to, as when the demo is stopped."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what went wrong, unless the sandbox has gone away."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def webhook(variables: Mapping[str, str]) -> Iterator[str]:
    """Serve the webhook on a free port of this machine, as `chalice local` does; yields its URL."""
    os.environ.update(variables)
    local = LocalDevServer(app.app, ChaliceConfig.create(), HOST, 0, Handler, Server)
    threading.Thread(target=local.server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{local.server.server_port}/webhook"
    finally:
        local.shutdown()
        local.server.server_close()


def deliver(place: Place, settings: Settings, variables: Mapping[str, str]) -> None:
    """Let the sandbox post what happened to the webhook, signed; JobFailedError when some of it is not accepted."""
    secret, begun = secrets.token_hex(32), utc_now()
    LOG.setLevel(logging.WARNING)  # it logs each delivery
    try:
        with webhook({**variables, "WEBHOOK_SECRET": secret}) as url:
            body = {"url": url, "secret": secret, **TROUBLES}
            answer = requests.post(f"{place.url}/_sandbox/deliver", json=body, timeout=600)
            answer.raise_for_status()
    except requests.RequestException as error:
        raise SettingsError(f"the sandbox could not deliver webhooks: {error}") from error
    finally:
        LOG.setLevel(logging.NOTSET)
    statuses: dict[str, int] = answer.json()
    if set(statuses) - {"200", "202"}:
        raise JobFailedError(f"the webhook did not accept all that was delivered (by status: {statuses})")
    stored = count_deliveries(settings, STORED, since=begun)
    print(
        f"\nWebhooks of what has happened since, and of earlier deployments, some lost, some twice, in any order:\n"
        f"  {stored} were stored, {statuses.get('200', 0) - stored} were stored already, "
        f"{statuses.get('202', 0)} are of no event that is kept"
    )


def count_deliveries(settings: Settings, status: str, *, since: datetime) -> int:
    """Count the deliveries that are stored, or failed, of those that last came since then."""
    same = (WebhookDelivery.status == status, WebhookDelivery.received_at >= since)
    with open_database(settings) as session:
        return session.scalar(select(func.count()).select_from(WebhookDelivery).where(*same)) or 0


def say_what_is_missing(settings: Settings, *, since: datetime) -> None:
    """Say what the sandbox holds back on purpose, and how it is mended."""
    lost = count_deliveries(settings, FAILED, since=since)
    print(
        f"\nOf the webhooks, {lost} were lost on purpose. "
        "GitHub's log says so: ten minutes later, nrt_events asks for them again.\n"
        "Runs that stand in open_runs as queued for weeks are ghosts, as GitHub has some. "
        "A later nrt_events gives them up."
    )


def founding_of(settings: Settings) -> datetime:
    """Tell when the sandbox's organisation was made: two days ago, or what an earlier run wrote down.

    Raises SettingsError when that run made another one, as older versions of this code did.
    """
    made_of = f"{FOUNDED}{hashlib.sha256(' '.join(SANDBOX).encode()).hexdigest()[:8]}"
    with open_database(settings) as session:
        marks = Marks(session, "octo-sandbox", WHOLE, utc_now)
        cursor = marks.cursor(made_of)
        if marks.has_cursor(FOUNDED.removesuffix(":")) and not cursor.exists:
            raise SettingsError(
                f"{name_of(settings.db_url)} holds another made-up organisation, of an older version of this code: "
                "delete that database, and run again"
            )
        founded = cursor.read() or utc_now().replace(microsecond=0) - LIVED_ON
        cursor.advance(founded)
        session.commit()
        return founded


def backfill_once(settings: Settings, kinds: Sequence[str], *, now: datetime | None = None) -> int:
    """Read the last 90 days, unless that was done already; returns the exit code."""
    with open_database(settings) as session:
        waiting = [org for org in settings.orgs if not is_backfilled(session, org)]
    if not waiting:
        return 0
    end = now or utc_now()
    print(f"\nBackfill of the {DAYS} days up to {end:%Y-%m-%d}:")
    arguments = ["--since", f"{end - timedelta(days=DAYS):%Y-%m-%d}", "--only", ",".join(kinds)]
    clock = (lambda: end) if now else utc_now
    code = backfill.main([*arguments, "--orgs", ",".join(waiting)], settings, now=clock)
    if code == 0:
        with open_database(settings) as session:
            for org in waiting:
                Marks(session, org, WHOLE, utc_now).cursor(BACKFILLED).advance(end)
            session.commit()
    return code


def run_jobs(settings: Settings, jobs: Sequence[str]) -> int:
    """Run jobs, each once; returns the exit code of the first that failed."""
    for job in jobs:
        print(f"\nThe job {job}, once:")
        code = app.main([job], settings)
        if code:
            return code
    return 0


def is_backfilled(session: Session, org: str) -> bool:
    """Tell whether an earlier run's backfill of an organisation came to its end."""
    return Marks(session, org, WHOLE, utc_now).cursor(BACKFILLED).read() is not None


def show(settings: Settings, *, since: datetime) -> None:
    """Print what the database holds now: a line a table, then five questions with their answers."""
    with open_database(settings) as session:
        print(f"\n{name_of(settings.db_url)} holds now:")
        for table in Base.metadata.sorted_tables:
            rows = session.scalar(select(func.count()).select_from(table)) or 0
            print(f"  {table.name:<22}{rows:>8,}  {shorten(table.comment or '', WIDTH, placeholder='…')}")
        for question, query in QUERIES.items():
            print(f"\n{question}\n{tidy(query)}\n")
            print_rows([dict(row) for row in session.execute(text(query)).mappings()])
        spent = select(func.sum(SyncRun.requests)).where(SyncRun.started_at >= since)
        print(f"\nThis run sent {session.scalar(spent) or 0:,} requests.")


def name_of(db_url: str) -> str:
    """Write a database's URL without its password, and a SQLite file in the current folder by its name."""
    return redact_url(db_url).replace(f":///{Path.cwd()}/", ":///")


def tidy(query: str) -> str:
    """Indent a query for print."""
    return "\n".join(f"    {line.strip()}" for line in query.strip().splitlines())


def cell(value: Any) -> str:
    """Write a value for a table: numbers without needless zeros, long texts cut."""
    if value is None:
        return "-"
    if isinstance(value, float | Decimal):
        return f"{value:,.1f}".removesuffix(".0")
    return str(value).replace("\n", " ")[:60]


def print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as a table, long texts cut."""
    lines = [list(rows[0])] if rows else [["(no rows)"]]
    lines += [[cell(value) for value in row.values()] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def run(folder: Path | None = None) -> int:
    """Do it all, with the `.env` of a folder; returns the exit code."""
    settings = load_settings(folder=folder)
    if settings.lookup("GH_TOKEN") or settings.lookup("GH_APP_ID"):
        return run_on_github(settings)
    check_unused(settings)
    return run_on_sandbox(folder)


def run_on_github(settings: Settings) -> int:
    """Read the organisations that are set, as far as every token may; returns the exit code."""
    check_settings(settings)
    started = utc_now()
    print(f"Reading {', '.join(settings.orgs)} from {settings.api_url}.")
    migrate(settings.db_url)
    code = backfill_once(settings, DEFAULT_KINDS) or run_jobs(settings, ["every_30_min", "nrt_events"])
    return code or finish(settings, started)


def run_on_sandbox(folder: Path | None) -> int:
    """Read the sandbox's organisation, all of it, into a database of its own; returns the exit code."""
    started = utc_now()
    print("GH_TOKEN is not set: a sandbox on this machine plays GitHub, with a made-up organisation.")
    variables = {**os.environ, "DB_URL": f"sqlite:///{(folder or HERE) / SANDBOX_DB}", "GH_REPOS": ""}
    settings = load_settings(variables, folder=folder)
    migrate(settings.db_url)
    founded = founding_of(settings)
    with sandbox(founded) as place:
        credentials = {"GH_API_URL": place.url, "GH_ORGS": place.org, "GH_TOKEN": place.token}
        # Its third board has a status of another name, and deliverables that are issues.
        credentials["GH_PROJECT_FIELDS"] = f"{place.org}/3: status=State; deliverable=parents:Deliverable"
        credentials["GH_STATUS_URL"] = f"{place.url}/_status/summary.json"
        variables |= credentials
        settings = load_settings(variables, folder=folder)
        if code := backfill_once(settings, DEFAULT_KINDS, now=founded):
            return code
        set_clock(place.url, utc_now())
        control(place.url, "status", INCIDENT)
        deliver(place, settings, variables)
        if code := run_jobs(settings, JOBS):
            return code
        say_what_is_missing(settings, since=founded)
        return finish(settings, started)


def check_unused(settings: Settings) -> None:
    """Raise SettingsError when something is set that a sandbox has no use for: no made-up row in a user's database."""
    names = [name for name in ("GH_ORGS", "DB_URL") if settings.lookup(name)]
    if names:
        raise SettingsError(
            "GH_TOKEN is missing or misspelt: set it, or, to try the sandbox, "
            f"unset {' and '.join(names)} (in the environment and in .env)"
        )


def finish(settings: Settings, started: datetime) -> int:
    """Show the result, and say what comes next; returns 0."""
    show(settings, since=started)
    print(NEXT)
    return 0


def main() -> int:
    """Run from a shell; returns the exit code."""
    try:
        with shell.stoppable():
            return run()
    except ContributorMetricsError as error:
        return shell.print_error(error)
    except KeyboardInterrupt as stop:
        return shell.print_stop(stop, "stopped; `make run` goes on where it was")


if __name__ == "__main__":
    shell.run_command(main)
