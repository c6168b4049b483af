"""The jobs from a shell. What a Lambda does is in test_lambdas.py, what the command `health` says in test_health.py."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import app
from chalicelib.models import Lease, create_db_session
from chalicelib.store.leases import take_lease
from chalicelib.utils import utc_now
from tests.organisation import Organisation, organisation
from tests.project import copy_project

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands set logging up for their process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.setLevel(level)
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=24) as running:
        yield running


def test_importing_reads_no_setting_and_needs_no_network(root: Path) -> None:
    code = "import app; print([name for name in app.app.handler_map])"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "GH_API_URL": "nonsense", "DB_URL": "nonsense"}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    assert result.stdout == "['every_30_min', 'nrt_events', 'daily', 'webhook', 'api']\n"


def test_importing_loads_nothing_that_only_a_github_app_needs(root: Path) -> None:
    code = "import sys, app; print(sorted({'jwt', 'cryptography', 'requests'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert result.stdout == "['requests']\n"


def test_from_a_shell_it_says_each_step_and_exits_0(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["every_30_min"], org.settings) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "acme access",
        "acme repositories",
        "acme pull_requests.new",
        "acme pull_requests.closed",
        "acme pull_requests.unmerged",
        "acme issues.returned",
        "acme pull_requests.updated",
        "acme issues.new",
        "acme issues.closed",
        "acme issues.updated",
        "acme issues.transfers",
        "acme issues.unsure",
        "acme pull_requests.count",
        "acme issues.count",
        "acme members",
        "acme facts",
    ]


@pytest.mark.parametrize(
    ("environment", "code", "sentence"),
    [
        ({"GH_TOKEN": "ghp_wrong_token"}, 1, "GitHub answered 401"),
        ({"GH_ORGS": "nobody"}, 1, "there is no organisation nobody"),
        ({"GH_ORGS": ""}, 2, "GH_ORGS is not set"),
        ({"NEW_DAYS": "soon"}, 2, "NEW_DAYS is malformed: 'soon' is not a whole number from 1 to 3650"),
        ({"DB_URL": "postgresql://me:hunter2@127.0.0.1:1/none"}, 2, "the database postgresql+psycopg2://me:***@127"),
        ({"DB_URL": "sqlite:////nowhere/at/all.db"}, 2, "unable to open database file"),
        ({"DB_URL": "sqlite://"}, 2, "the database has no tables of this app yet: run `make migrate`"),
        ({"GH_API_URL": "http://127.0.0.1:1"}, 1, "GET /orgs/acme failed: 127.0.0.1:1 can't be reached"),
        ({"GH_API_URL": "http://127.0.0.1:99999"}, 2, "GH_API_URL is malformed"),
    ],
)
def test_what_is_wrong_is_one_sentence_without_a_secret(
    org: Organisation, capsys: pytest.CaptureFixture[str], environment: dict[str, str], code: int, sentence: str
) -> None:
    org.environment.update(environment)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "Budget", lambda **_: org.budget())
        assert app.main(["every_30_min"], org.settings) == code
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("error: ")
    assert sentence in error
    assert "hunter2" not in error
    assert "ghp_wrong_token" not in error


def test_a_refresh_that_must_wait_has_an_exit_code_of_its_own(
    org: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    with create_db_session(org.db_url) as session:
        take_lease(session, name="every_30_min:acme", owner="elsewhere:1:a", now=utc_now())
    assert app.main(["refresh", "members"], org.settings) == 3
    assert capsys.readouterr().err == "error: another run of every_30_min is reading acme already\n"


def test_help_has_an_example_of_each_kind_of_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        app.main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert "GH_ORGS=my-org .venv/bin/python app.py every_30_min\n" in text
    assert ".venv/bin/python app.py health  " in text
    assert ".venv/bin/python app.py projects  " in text
    assert ".venv/bin/python app.py refresh pull_requests issues\n" in text
    assert "{daily,every_30_min,nrt_events,health,refresh,projects}" in text


@pytest.mark.parametrize("arguments", [[], ["hourly"], ["daily", "nrt_events"], ["health", "issues"]])
def test_what_is_no_command_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        app.main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("usage: .venv/bin/python app.py")


# As a process


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    return copy_project(root, tmp_path / "project")


@contextmanager
def running(org: Organisation, project: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, project / "app.py", *arguments],
        env=os.environ | org.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    found = next((line for line in process.stdout if words in line), None)
    assert found is not None, process.communicate()
    return found


def test_a_reader_that_goes_away_ends_it_quietly(org: Organisation, project: Path) -> None:
    """`app.py every_30_min | head -1` printed "--- Logging error ---" and a traceback for each further line."""
    with running(org, project, "every_30_min") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        error = process.stderr.read()
        process.wait(timeout=20)
    assert (process.returncode, error) == (141, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_it_waits_it_can_be_stopped(org: Organisation, project: Path, number: signal.Signals) -> None:
    org.sandbox.faults.update(retry_after=3600)
    org.sandbox.faults.script("secondary-403", path="/search/issues")
    with running(org, project, "every_30_min") as process:
        assert read_until(process, "waiting until").endswith(": secondary rate limit\n")
        process.send_signal(number)
        out, error = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert error == "stopped; what was fetched is stored, and the next run goes on\n"
    with create_db_session(org.db_url) as session:
        assert session.query(Lease).count() == 0


def test_threads_that_wait_do_not_keep_it(db_url: str, project: Path) -> None:
    """Ctrl-C waited as long as the timelines' threads did: an hour, when a rate limit was spent."""
    with organisation(db_url, items=24, now=int(time.time())) as org:
        org.sandbox.faults.update(retry_after=3600)
        org.sandbox.faults.script("secondary-403", path="/repositories/", count=1000)
        with running(org, project, "nrt_events") as process:
            read_until(process, "waiting until")
            process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=20)
    assert (process.returncode, error) == (130, "stopped; what was fetched is stored, and the next run goes on\n")


def test_it_says_why_it_tries_again(org: Organisation, project: Path) -> None:
    org.sandbox.faults.script("502", path="/orgs/")
    with running(org, project, "every_30_min") as process:
        assert read_until(process, "waiting until").endswith(": retry: GitHub answered 502\n")


def test_from_cron_it_reads_the_project_s_settings_and_database(project: Path, tmp_path: Path) -> None:
    """Started at home, it found no `.env` and made an empty database there."""
    (project / ".env").write_text("GH_TOKEN=t\nGH_ORGS=acme\n")
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, str(project / "app.py"), "every_30_min"]
    result = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "error: the database has no tables of this app yet: run `make migrate`\n"
    assert list(home.iterdir()) == []
