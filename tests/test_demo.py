"""`make run`'s program: from nothing to a database, and again from there."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

import demo
from chalicelib.domains import DOMAINS
from chalicelib.errors import JobFailedError, SettingsError
from chalicelib.jobs.kept import KeptSettings
from chalicelib.models import Base, create_db_session
from chalicelib.settings import load_settings
from chalicelib.store.ledger import close_run, open_run
from chalicelib.utils import utc_now
from sandbox import NotStartedError
from sandbox import running as running_sandbox
from sandbox.server.process import read_greeting
from tests.project import copy_project

pytestmark = pytest.mark.slow

STOPPED = {
    "stopped; `make run` goes on where it was",
    "stopped; what was fetched is stored, and the next run goes on",
    "stopped; what was read is stored: run the same command to go on",
}


# What the sandbox can't fill: held by a run, refused, only in saved files, or a twin by chance.
UNFILLED = {"leases", "changed_items", "listed_people", "rejected_records", "copilot_user_periods", "transfer_checks"}


# A sandbox that is smaller than a newcomer's; and one that is busier for its size, so that all happens in it.
SMALL = {'"--items", "1200"': '"--items", "30"', '"--copilot-days", "100"': '"--copilot-days", "2"'}
BUSY = {
    '"--items", "30"': '"--items", "250"',
    '"--copilot-days", "2"': '"--copilot-days", "15"',
    '"--transfers", "1"': '"--transfers", "12"',
}


def empty_tables(output: str) -> set[str]:
    """The tables that stand in the output with 0 rows."""
    part = output.split("holds now:")[1].split("\n\n", maxsplit=1)[0]
    rows = [line.split()[:2] for line in part.strip().splitlines()]
    assert {name for name, _ in rows} == set(Base.metadata.tables)
    return {name for name, count in rows if count == "0"}


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """A copy whose sandbox is smaller than a newcomer's."""
    folder = copy_project(root, tmp_path / "project")
    replace(folder, SMALL)
    return folder


def stored_deliveries(output: str) -> tuple[int, int]:
    """How many deliveries the webhook stored, and how many it had already; it doesn't keep the events of the others."""
    line = r"^  (\d+) were stored, (\d+) were stored already, \d+ are of no event that is kept$"
    ((stored, already),) = re.findall(line, output, re.MULTILINE)
    return int(stored), int(already)


def assert_deliveries_are_what_is_stored(project: Path, output: str) -> None:
    """Doubles counted as stored, and those that never came as what came."""
    with closing(sqlite3.connect(project / "sandbox.db")) as connection:
        query = "SELECT status, count(*) FROM webhook_deliveries GROUP BY status"
        counts = dict(connection.execute(query).fetchall())
        came = "SELECT event, count(*) AS n FROM webhook_deliveries WHERE status = 'stored' GROUP BY event"
        most = connection.execute(f"{came} ORDER BY n DESC, event LIMIT 1").fetchone()
    stored, already = stored_deliveries(output)
    assert (stored, f"Of the webhooks, {counts['failed']} were lost on purpose." in output) == (counts["stored"], True)
    assert 0 < already < stored
    answer = output.split("What came by webhook?")[1].split("\n\n")[1].splitlines()[1]
    assert tuple(answer.split()[:2]) == (most[0], str(most[1]))


FILLED = {
    "a seat that was never used": "copilot_seats_idle WHERE never_used = 1",
    "a production that was deployed": "deployment_frequency WHERE is_production AND succeeded > 0",
    "a production that failed": "deployment_frequency WHERE is_production AND failed > 0",
    "an earlier month": "ci_minutes_monthly WHERE month < (SELECT max(month) FROM ci_minutes_monthly)",
    "a job that waits": "workflow_jobs WHERE status = 'queued'",
    "GitHub's trouble": "github_status WHERE indicator = 'minor'",
    "somebody who left": "memberships WHERE inactive",
    "an address": "repository_contacts WHERE contact LIKE '%@example.com'",
}


def assert_what_the_dashboard_shows_is_there(project: Path) -> None:
    with closing(sqlite3.connect(project / "sandbox.db")) as connection:
        counts = {
            what: connection.execute(f"SELECT count(*) FROM {rows}").fetchone()[0] for what, rows in FILLED.items()
        }
    assert [what for what, count in counts.items() if not count] == []


def replace(project: Path, words: Mapping[str, str]) -> None:
    program = (project / "demo.py").read_text()
    for before, after in words.items():
        assert before in program
        program = program.replace(before, after)
    (project / "demo.py").write_text(program)


def run(
    project: Path, environment: Mapping[str, str] | None = None, *, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, project / "demo.py"],
        cwd=folder or project,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@contextmanager
def running(project: Path) -> Iterator[subprocess.Popen[str]]:
    """A run whose output can be read as it comes, in a process group of its own, as a terminal makes it."""
    with subprocess.Popen(
        [sys.executable, "-u", project / "demo.py"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    assert any(words in line for line in process.stdout), process.communicate()


def test_the_first_run_fills_a_database_and_the_second_reads_only_what_is_new(project: Path) -> None:
    replace(project, BUSY)
    first = run(project)
    assert first.returncode == 0, first.stderr
    assert "GH_TOKEN is not set: a sandbox on this machine plays GitHub" in first.stdout
    assert "\nsqlite:///sandbox.db holds now:\n" in first.stdout
    assert [path.name for path in project.glob("*.db")] == ["sandbox.db"]
    assert empty_tables(first.stdout) <= UNFILLED
    for question in demo.QUERIES:
        answer = first.stdout.split(question)[1]
        assert "(no rows)" not in answer
    assert "\nLook at it in a browser: make dashboard\n" in first.stdout
    assert stored_deliveries(first.stdout)[0] > 50
    assert_deliveries_are_what_is_stored(project, first.stdout)
    assert_what_the_dashboard_shows_is_there(project)
    second = run(project)
    assert second.returncode == 0, second.stderr
    assert stored_deliveries(second.stdout)[1] > 50
    assert "Backfill" not in second.stdout
    changed = [line for line in second.stdout.splitlines() if "new or changed" in line]
    steps = {line.split(":")[0].removeprefix("octo-sandbox ") for line in changed}
    usual = [step for domain in DOMAINS for step in domain.all_steps if step.enabled(load_settings({}))]
    assert steps >= {step.name for step in usual if step.every is None}
    # Releases are downloaded all the time, and each run has an incident of its own.
    usually_busy = (" releases: ", " github_status: ")
    busy = [line for line in changed if " 0 new or changed" not in line and not any(x in line for x in usually_busy)]
    assert busy == [], busy


def test_a_backfill_that_was_stopped_is_not_taken_for_done(db_url: str) -> None:
    """Ctrl-C while it read events, or its first month: the next run skipped the rest, and exited 0."""
    with create_db_session(db_url) as session:
        run = open_run(session, job="backfill", step="events", org="acme", now=utc_now())
        close_run(session, run, status="failed", error="stopped", now=utc_now())
        assert not demo.is_backfilled(session, "acme")


def test_from_another_folder_it_is_the_same_project(project: Path, tmp_path: Path) -> None:
    """It made an empty database in whatever folder it was started in, and read no `.env`."""
    (project / ".env").write_text("GH_TOKEN=ghp_secret\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    result = run(project, folder=elsewhere)
    assert (result.returncode, result.stderr.split(":")[1]) == (2, " GH_ORGS is not set")
    # Nor do the user's repositories, their company's API or its proxy hide the sandbox.
    (project / ".env").write_text("GH_REPOS=mine/only\nGH_API_URL=https://ghe.example/api/v3\n")
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy"), "http://127.0.0.1:1")
    result = run(project, proxies, folder=elsewhere)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"\nsqlite:///{project}/sandbox.db holds now:\n" in result.stdout
    assert (list(elsewhere.iterdir()), (project / "sandbox.db").exists()) == ([], True)


def test_its_queries_run_on_both_databases(db_url: str) -> None:
    from sqlalchemy import text

    with create_db_session(db_url) as session:
        for query in demo.QUERIES.values():
            assert session.execute(text(query)).all() == []


# Settings


def test_a_token_without_an_organisation_is_one_sentence(project: Path) -> None:
    result = run(project, {"GH_TOKEN": "ghp_secret"})
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "error: GH_ORGS is not set: name the organisations to read, such as GH_ORGS=my-org\n"


@pytest.mark.parametrize(
    ("dotenv", "environment", "names"),
    [
        ("", {"GH_ORGS": "acme"}, "GH_ORGS"),
        ("DB_URL=sqlite:///mine.db", {}, "DB_URL"),
        ("GH_TOKN=ghp_secret\nGH_ORGS=acme\nDB_URL=sqlite:///mine.db", {}, "GH_ORGS and DB_URL"),
        ("GH_TOKEN=ghp_secret\nGH_ORGS=acme", {"GH_TOKEN": ""}, "GH_ORGS"),
    ],
)
def test_a_missing_token_writes_nothing_made_up_into_the_user_s_database(
    project: Path, dotenv: str, environment: dict[str, str], names: str
) -> None:
    (project / ".env").write_text(dotenv)
    result = run(project, environment)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        f"error: GH_TOKEN is missing or misspelt: set it, or, to try the sandbox, unset {names} "
        "(in the environment and in .env)\n"
    )
    assert list(project.glob("*.db")) == []


def test_the_user_s_repositories_do_not_hide_the_sandbox(project: Path) -> None:
    (project / ".env").write_text("GH_REPOS=mine/only\nGH_API_URL=https://ghe.example/api/v3\n")
    place = {"GH_API_URL": "http://127.0.0.1:1", "GH_ORGS": "octo", "GH_TOKEN": "t", "GH_REPOS": ""}
    told = load_settings(place, folder=project)
    assert (told.orgs, told.repos, told.api_url) == (("octo",), (), "http://127.0.0.1:1")


# Its end, and the sandbox's


def test_a_sandbox_that_says_nothing_is_one_sentence() -> None:
    with pytest.raises(NotStartedError, match="the sandbox did not start: it said nothing"):
        read_greeting("")


def test_a_sandbox_that_does_not_answer_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(SettingsError, match="the sandbox did not start: "):
        demo.set_clock("http://127.0.0.1:1", utc_now())


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("GH_TOKEN is not set", signal.SIGINT),
        ("Backfill of", signal.SIGINT),
        ("octo-sandbox", signal.SIGTERM),
        ("The job every_30_min", signal.SIGTERM),
        ("pull_requests.new", signal.SIGINT),
        ("were stored", signal.SIGINT),
    ],
)
def test_stopped_at_any_moment_it_says_one_sentence_and_leaves_nothing_running(
    project: Path, moment: str, number: signal.Signals
) -> None:
    with running(project) as process:
        read_until(process, moment)
        os.killpg(process.pid, number)
        # The sandbox has the same standard error: its end comes when both have ended.
        _, error = process.communicate(timeout=20)
    assert process.returncode == 130, error
    assert error.count("\n") == 1, error
    assert error.strip() in STOPPED


def test_what_the_webhook_does_not_accept_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as 503: a database that is locked must not look like a demo that went well."""
    variables = {"GH_ORGS": "octo-sandbox", "DB_URL": "sqlite:////nowhere/at/all.db", "NO_PROXY": "127.0.0.1"}
    with monkeypatch.context() as patch, running_sandbox("--items", "20", "--runs", "3", "--speed", "0") as place:
        patch.setattr(os, "environ", dict(os.environ))
        os.environ.update(variables)
        demo.set_clock(place.url, utc_now() + timedelta(days=1))
        patch.setattr("chalicelib.jobs.deliveries.KEPT", KeptSettings())
        with pytest.raises(JobFailedError, match=r"the webhook did not accept all .*'503': \d+"):
            demo.deliver(place, load_settings(variables), variables)


def test_when_it_is_killed_the_sandbox_ends_too(project: Path) -> None:
    with running(project) as process:
        read_until(process, "Backfill of")
        process.kill()
        _, error = process.communicate(timeout=20)
    assert (process.returncode, error) == (-signal.SIGKILL, "")


def test_a_reader_that_goes_away_ends_it_quietly(project: Path) -> None:
    """`make run | head -1` printed a page of tracebacks for each line of the job."""
    with running(project) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        error = process.stderr.read() if process.stderr else ""
        process.wait(timeout=20)
    assert (process.returncode, error) == (141, "")
