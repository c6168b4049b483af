"""The button that refreshes a page: the app's own command, as a process, against a sandbox."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine, create_engine, text
from streamlit.testing.v1 import AppTest

from chalicelib.settings import Settings
from chalicelib.utils import format_utc, utc_now
from reports.dashboard import refresh_process as refresh
from reports.dashboard.refresh_process import Refresh, without_secrets
from sandbox import LimitSettings
from tests.organisation import GENEROUS, Organisation, organisation, this_moment
from tests.project import copy_project
from tests.reports.dashboard.organisation import HOSTILE
from tests.reports.dashboard.pages import open_page, texts
from tests.reports.dashboard.serving import free_port, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("refresh")]
SECONDS = 90
WAITING = "waiting until"


@pytest.fixture(scope="module")
def project(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app without the developer's `.env`."""
    return copy_project(root, tmp_path_factory.mktemp("refresh") / "project")


@pytest.fixture(scope="module")
def github() -> Iterator[Organisation]:
    """One sandbox for all tests: they read it, and change its limits and faults."""
    with organisation("", items=24, days=3, repositories=2, people=8, now=this_moment()) as running:
        yield running


@pytest.fixture
def org(github: Organisation, db_url: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organisation]:
    """The settings of a dashboard that may refresh, on each database, and nothing refreshed yet."""
    running = Organisation(github.sandbox, db_url)
    for name, value in {**running.variables, "NO_PROXY": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)
    own = Refresh()
    monkeypatch.setattr(refresh, "REFRESH", own)
    monkeypatch.setattr(refresh, "APP", project / "app.py")
    yield running
    own.close()
    own.wait(SECONDS)
    running.sandbox.faults.clear()
    running.sandbox.limits.update(**{name: getattr(GENEROUS, name) for name in LimitSettings.__slots__})


def press(page: AppTest) -> AppTest:
    return page.button(key="refresh").click().run()


def has_button(page: AppTest) -> bool:
    return "refresh" in [button.key for button in page.button]


def ended(page: AppTest) -> str:
    """Wait for the end, as the page does, and give what it says then."""
    assert refresh.REFRESH.wait(SECONDS)
    page.run()
    assert not page.exception
    kinds = ("success", "warning", "error")
    [said] = [str(each.value) for kind in kinds for each in getattr(page.sidebar, kind)]
    return said.replace("\\", "")


def hold_up(org: Organisation, path: str) -> None:
    """Let a request wait longer than any test."""
    org.sandbox.faults.update(retry_after=600)
    org.sandbox.faults.script("secondary-403", path=path, count=100)


def wait_for_line(words: str) -> None:
    end = time.monotonic() + SECONDS
    while True:
        state = refresh.REFRESH.state
        assert state is not None
        if words in state.line:
            return
        assert time.monotonic() < end, state
        assert state.ended is None, state
        time.sleep(0.05)


def count(db_url: str, table: str) -> int:
    engine = create_engine(db_url)
    with engine.connect() as connection:
        found = int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
    engine.dispose()
    return found


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_pressed_it_fills_the_database_and_the_page_shows_it(org: Organisation) -> None:
    page = open_page("pull-requests")
    assert "nothing is stored in it yet" in page.info[0].value
    press(page)
    assert not page.exception
    assert "Refreshing Pull requests since " in texts(page)
    assert ended(page).startswith("Pull requests: refreshed at ")
    assert count(org.db_url, "issues") + count(org.db_url, "pull_requests") > 10
    assert page.sidebar.selectbox[0].options == ["acme"]
    assert page.title[0].value == "Pull requests"
    assert "As of " in texts(page)
    assert has_button(page)


def test_a_low_limit_refuses_it_and_nothing_is_read(org: Organisation) -> None:
    org.sandbox.limits.update(core=10)
    headers = {"Authorization": f"Bearer {org.sandbox.token}"}
    for _ in range(9):
        assert requests.get(f"{org.sandbox.url}/orgs/acme", headers=headers, timeout=10).ok
    said = ended(press(open_page("issues")))
    assert "GitHub's rate limit is low: 1 of 10 requests are left until 20" in said
    assert said.endswith(" UTC, and the scheduled jobs need these; nothing was read")
    assert count(org.db_url, "sync_runs") == count(org.db_url, "issues") == 0


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "GH_TOKEN",
            "ghp_wrong_token",
            "the refresh failed .*: GitHub answered 401 to GET /rate_limit: Bad",
        ),
        ("GH_APP_ID", "12", "Overview: not refreshed .*: GH_TOKEN and GH_APP_ID are both set: use one of them"),
    ],
)
def test_wrong_settings_are_one_sentence(
    org: Organisation, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    said = ended(press(open_page("overview")))
    assert re.search(sentence, said), said
    assert value not in said or name != "GH_TOKEN"
    assert count(org.db_url, "sync_runs") == 0


def test_pressed_twice_it_is_one_process_and_pages_stay_usable(org: Organisation) -> None:
    mine, other = open_page("issues"), open_page("overview")
    hold_up(org, "/search/issues")
    press(mine)
    pid = refresh.REFRESH.pid
    press(other)
    assert refresh.REFRESH.pid == pid
    wait_for_line(WAITING)
    for page in (mine.run(), other.run(), open_page("data")):
        assert not page.exception
        assert "Refreshing Issues since " in texts(page)
        assert "secondary rate limit" in texts(page)
        assert not has_button(page)
    assert is_alive(pid or 0)


def test_another_run_of_the_job_is_said(org: Organisation) -> None:
    engine = create_engine(org.db_url)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO leases (name, owner, expires_at) VALUES ('nrt_events:acme', 'elsewhere:1:a', :until)"),
            {"until": format_utc(utc_now() + timedelta(minutes=10)).replace("T", " ").rstrip("Z")},
        )
    engine.dispose()
    said = ended(press(open_page("issues")))
    assert said.endswith(": another run of nrt_events is reading acme already")


def test_no_credentials_no_button(organisation: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("overview")
    assert not has_button(page)
    assert "that needs `GH_TOKEN` (or a GitHub App) and `GH_ORGS`" in texts(page)
    monkeypatch.setenv("GH_TOKEN", "t")
    assert "that needs `GH_TOKEN`" in texts(open_page("overview"))


def test_made_up_data_is_never_refreshed(org: Organisation) -> None:
    engine = create_engine(org.db_url)
    with engine.begin() as connection:
        mark = "INSERT INTO cursors (name, org, scope, value) VALUES ('sandbox:founded:1', 'acme', '*', '2026-01-01')"
        connection.execute(text(mark))
    engine.dispose()
    page = open_page("overview")
    assert not has_button(page)
    assert "never mixed with made-up data" in texts(page)


def test_what_it_prints_shows_no_secret_and_is_no_markup(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"GH_TOKEN": "ghp_secret_token", "DB_URL": "postgresql://me:hunter22@127.0.0.1:1/x"}
    assert without_secrets("GHP_SECRET_TOKEN, hunter22", Settings(secrets.get)) == "***, ***"
    page = open_page("overview")
    refresh.REFRESH.state = refresh.State("Overview", utc_now(), HOSTILE)
    assert "evil.example" not in texts(page.run())


# The dashboard as a process

DASHBOARD = """
import sys, threading, time
from pathlib import Path
from chalicelib.settings import load_settings
from reports.dashboard import __main__ as dashboard, refresh_process as refresh

port, refresh.APP = int(sys.argv[1]), Path(sys.argv[2])

def press():
    refresh.REFRESH.start("Issues", ("members",), load_settings())
    while "waiting until" not in refresh.REFRESH.state.line and refresh.REFRESH.is_running:
        time.sleep(0.05)
    print(refresh.REFRESH.pid, refresh.REFRESH.state.line, flush=True)

threading.Thread(target=press, daemon=True).start()
dashboard.serve("127.0.0.1", port)
"""


@contextmanager
def dashboard(root: Path, project: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", DASHBOARD, str(port), str(project / "app.py")]
    with subprocess.Popen(command, cwd=root, env={**os.environ}, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_the_dashboard(org: Organisation, root: Path, project: Path, number: signal.Signals) -> None:
    hold_up(org, "/search/issues")
    port = free_port()
    with dashboard(root, project, port) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("The dashboard: ")
        pid, _, line = process.stdout.readline().partition(" ")
        assert WAITING in line
        assert count(org.db_url, "leases") == 1
        assert wait_for(f"http://127.0.0.1:{port}/_stcore/health") == "ok"
        process.send_signal(number)
        process.wait(timeout=SECONDS)
    assert not is_alive(int(pid))
    assert count(org.db_url, "leases") == 0
