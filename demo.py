"""`make run`: a database that is kept current, from nothing, on GitHub or on the sandbox, and what stands in it."""

from __future__ import annotations

from chalicelib.runtime import shell

if __name__ == "__main__":
    shell.stop_while_loading()

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from alembic import command
from alembic.config import Config
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import app
import backfill
from chalicelib.errors import ContributorMetricsError, SettingsError
from chalicelib.jobs.connections import open_database
from chalicelib.models import Base, Issue, PullRequest, SyncRun
from chalicelib.settings import Settings, load_settings
from chalicelib.store.engine import parse_db_url
from chalicelib.store.marks import WHOLE, Marks
from chalicelib.utils import format_utc, utc_now
from sandbox import NotStartedError, running

HERE = Path(__file__).resolve().parent
DAYS = 90
FOUNDED = "sandbox:founded"
# What the made-up objects carry as their address: the port is another one each time, and no row may change for that.
PUBLIC_URL = "https://api.github.example"
QUERIES = {
    "Which repositories merge the most pull requests?": """
        SELECT repo, count(*) AS merged FROM pull_requests
        WHERE merged GROUP BY repo ORDER BY merged DESC, repo LIMIT 5""",
    "Who opens the most pull requests, and how many of them were merged?": """
        SELECT username, count(*) AS opened, sum(CASE WHEN merged THEN 1 ELSE 0 END) AS merged
        FROM pull_requests GROUP BY username ORDER BY opened DESC, username LIMIT 5""",
    "Which open issues have waited longest?": """
        SELECT repo, number, created_at, title FROM issues
        WHERE state = 'open' AND deleted_at IS NULL ORDER BY created_at LIMIT 5""",
}
NEXT = """
Next, for your own organisation:
  1. Put GH_TOKEN=… and GH_ORGS=your-org into .env (and DB_URL=postgresql://… for PostgreSQL).
  2. make run                                           the same as now, with GitHub
  3. .venv/bin/python backfill.py --since 2024-01-01    as far back as you want
  4. .venv/bin/python backfill.py --verify              proof that nothing is missing
  5. .venv/bin/python app.py every_30_min               from cron, or deploy it: see README.md"""


def migrate(db_url: str) -> None:
    """Bring the database to this code's tables."""
    config = Config(str(HERE / "alembic.ini"))
    config.attributes["db_url"] = db_url
    command.upgrade(config, "head")


@contextmanager
def sandbox(founded: datetime) -> Iterator[Mapping[str, str]]:
    """Run a GitHub on a free port of this machine; gives the settings that lead there.

    The organisation is made anew each time, as it was at `founded`, and then lives on to the present, so that a later
    run finds the same one, only older.
    """
    # From here on nobody but the sandbox is asked, and no company's proxy knows this machine's ports.
    os.environ.update(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    try:
        with running("--now", format_utc(founded), "--public-url", PUBLIC_URL) as place:
            set_clock(place.url, utc_now())
            yield {"GH_API_URL": place.url, "GH_ORGS": place.org, "GH_TOKEN": place.token, "GH_REPOS": ""}
    except NotStartedError as error:
        raise SettingsError(str(error)) from error


def set_clock(url: str, now: datetime) -> None:
    """Let the sandbox's organisation live on to the present; SettingsError when it doesn't answer."""
    try:
        requests.post(f"{url}/_sandbox/clock", json={"now": format_utc(now)}, timeout=60).raise_for_status()
    except requests.RequestException as error:
        raise SettingsError(f"the sandbox did not start: {error}") from error


def founding_of(settings: Settings, org: str) -> datetime:
    """Tell when the sandbox's organisation was made: now, or what an earlier run wrote down."""
    with open_database(settings) as session:
        cursor = Marks(session, org, WHOLE).cursor(FOUNDED)
        founded = cursor.read() or utc_now().replace(microsecond=0)
        cursor.advance(founded)
        session.commit()
        return founded


def keep_current(settings: Settings) -> int:
    """Backfill once, then run the job; returns the exit code."""
    with open_database(settings) as session:
        waiting = [org for org in settings.orgs if not is_backfilled(session, org)]
    since = f"{utc_now() - timedelta(days=DAYS):%Y-%m-%d}"
    if waiting:
        print(f"\nBackfill of {DAYS} days:")
        code = backfill.main(["--since", since, "--orgs", ",".join(waiting)], settings)
        if code:
            return code
    print("\nThe 30-minute job, once:")
    return app.main(["every_30_min"], settings)


def is_backfilled(session: Session, org: str) -> bool:
    """Tell whether a backfill of an organisation was done to its end."""
    begun = session.scalar(select(func.count()).where(SyncRun.org == org, SyncRun.job == "backfill"))
    undone = text("SELECT count(*) FROM cursors WHERE org = :org AND name LIKE 'backfill:%'")
    return bool(begun) and session.scalar(undone, {"org": org}) == 0


def show(settings: Settings, *, since: datetime) -> None:
    """Print what now stands in the database."""
    with open_database(settings) as session:
        print(f"\nWhat now stands in {name_of(settings.db_url)}:")
        for table in Base.metadata.sorted_tables:
            print(f"  {table.name:<18}{session.scalar(select(func.count()).select_from(table)):>10,} rows")
        print(f"  newest item: {newest(session)}")
        spent = select(func.sum(SyncRun.requests)).where(SyncRun.started_at >= since)
        print(f"  requests used by this run: {session.scalar(spent) or 0}")
        for question, query in QUERIES.items():
            print(f"\n{question}\n{tidy(query)}")
            print_rows([dict(row) for row in session.execute(text(query)).mappings()])


def name_of(db_url: str) -> str:
    """Write a database's URL without its password, and a SQLite file in the current folder by its name."""
    return parse_db_url(db_url).render_as_string(hide_password=True).replace(f":///{Path.cwd()}/", ":///")


def newest(session: Session) -> str:
    """Name the item that changed last."""
    kinds: tuple[Any, ...] = (PullRequest, Issue)
    items = [item for kind in kinds for item in session.scalars(select(kind).order_by(kind.updated_at.desc()).limit(1))]
    last = max(items, key=lambda item: item.updated_at, default=None)
    return f"{last.html_url} ({last.title}), changed {format_utc(last.updated_at)}" if last else "none"


def tidy(query: str) -> str:
    """Indent a query for print."""
    return "\n".join(f"    {line.strip()}" for line in query.strip().splitlines())


def print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as a table, long texts cut."""
    lines = [list(rows[0])] if rows else [["(no rows)"]]
    lines += [[str(value).replace("\n", " ")[:60] for value in row.values()] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def run(folder: Path | None = None) -> int:
    """Do it all, with the `.env` of a folder; returns the exit code."""
    started, settings = utc_now(), load_settings(folder=folder)
    if settings.lookup("GH_TOKEN") or settings.lookup("GH_APP_ID"):
        settings.check()
        print(f"Reading {', '.join(settings.orgs)} from {settings.api_url}.")
        migrate(settings.db_url)
        return finish(settings, started)
    check_unused(settings)
    print("GH_TOKEN is not set: a sandbox on this machine plays GitHub, with a made-up organisation.")
    migrate(settings.db_url)
    with sandbox(founding_of(settings, "octo-sandbox")) as place:
        return finish(load_settings({**os.environ, **place}, folder=folder), started)


def check_unused(settings: Settings) -> None:
    """Raise SettingsError when something is set that a sandbox has no use for: no made-up row in a user's database."""
    names = [name for name in ("GH_ORGS", "DB_URL") if settings.lookup(name)]
    if names:
        raise SettingsError(
            "GH_TOKEN is missing or misspelt: set it, or, to try the sandbox, "
            f"unset {' and '.join(names)} (in the environment and in .env)"
        )


def finish(settings: Settings, started: datetime) -> int:
    """Keep current, show, and tell what comes next."""
    code = keep_current(settings)
    if code == 0:
        show(settings, since=started)
        print(NEXT)
    return code


def main() -> int:
    """Run from a shell; returns the exit code."""
    try:
        with shell.stoppable():
            return run()
    except ContributorMetricsError as error:
        return shell.complain(error)
    except KeyboardInterrupt as stop:
        return shell.stopped(stop, "stopped; `make run` goes on where it was")


if __name__ == "__main__":
    shell.run_command(main)
