"""backfill.py as its user runs it: a process that is killed, resumed, run twice, given wrong arguments, verified."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from chalicelib.contributions import verify
from chalicelib.jobs.backfill import DEFAULT_KINDS
from chalicelib.models import Cursor, Event, SyncRun, create_db_session
from chalicelib.store.leases import take_lease
from sandbox import Kind
from tests.organisation import DAY, ORG, Organisation, organisation

pytestmark = pytest.mark.slow

SINCE = "2026-04-01"
# `make soak` has the 5,000, and five kills.
ITEMS, KILLS, ITEMS_OF_17_YEARS = (5_000, 5, 2_600) if "SOAK" in os.environ else (400, 2, 620)


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url) as running:
        yield running


class Process:
    """backfill.py in a process of its own."""

    def __init__(self, org: Organisation, root: Path, *arguments: str) -> None:
        environment = os.environ | {
            "GH_TOKEN": org.sandbox.token,
            "GH_ORGS": ORG,
            "GH_API_URL": org.sandbox.url,
            "DB_URL": org.db_url,
        }
        self.process = subprocess.Popen(
            [sys.executable, root / "backfill.py", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait(self) -> tuple[int, str]:
        output, _ = self.process.communicate(timeout=100)
        return self.process.returncode, output

    def kill_after(self, org: Organisation, requests: int) -> None:
        """Kill the process once the sandbox has had so many requests; it must still be running then."""
        while org.sandbox.stats.summary()["total"] < requests:
            assert self.process.poll() is None
            time.sleep(0.002)
        self.process.kill()
        self.wait()


def test_a_backfill_under_faults_and_kills_is_complete(db_url: str, root: Path) -> None:
    with organisation(db_url, items=ITEMS, days=200) as org:
        org.sandbox.faults.update(rate=0.1, retry_after=0)
        arguments = ("--since", "2025-11-01")
        for kill in range(1, KILLS + 1):
            Process(org, root, *arguments).kill_after(org, requests=kill * max(ITEMS // 400, 10))
        code, output = Process(org, root, *arguments).wait()
        assert code == 0, output
        org.sandbox.faults.clear()
        code, output = Process(org, root, "--verify", "--since", "2025-11-01").wait()
        assert code == 0, output
        assert "0 differences found, 0 kinds still differ" in output
        org.assert_equal_to_truth()
        with create_db_session(db_url) as session:
            killed = select(func.count()).where(SyncRun.error == "the run was killed")
            assert session.scalar(killed)
            assert session.scalar(select(func.count()).where(Cursor.name.like("backfill:%"))) == 0


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> int:
    """A page has 10 items, so that a small organisation has several pages."""
    for module in ("api.search", "backfill", "sync.reconcile", "sync.counts"):
        monkeypatch.setattr(f"chalicelib.contributions.{module}.PER_PAGE", 10)
    return 10


@pytest.mark.usefixtures("small_pages")
def test_a_resumed_run_goes_on_where_it_was(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    issues = len(org.truth("issues"))
    org.sandbox.faults.script("502", path="/search/issues", count=10_000, skip=3)
    assert org.backfill("--since", SINCE, "--only", "issues") == 1
    org.sandbox.faults.clear()
    org.sandbox.stats.reset()
    assert org.backfill("--since", SINCE, "--only", "issues") == 0
    # Two pages were read, and the second one's search is sent again.
    assert f"issues: {issues - 9} items" in (output := capsys.readouterr().out)
    assert "continuing where the last run stopped" in output
    assert org.requests()["/search/issues"] == 1 + -(-(issues - 10) // 9)
    assert org.stored("issues").keys() == org.truth("issues").keys()


def test_a_second_run_changes_nothing(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    assert org.backfill("--since", SINCE) == 0
    capsys.readouterr()
    assert org.backfill("--since", SINCE) == 0
    output = capsys.readouterr().out
    assert output.count(" 0 new or changed, 0 rejected") == len([*DEFAULT_KINDS, "pull_requests.sizes", "facts"]), (
        output
    )


def test_it_says_first_what_it_will_do(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    assert org.backfill("--since", "2026-05-01", "--until", "2026-05-31", "--only", "issues") == 0
    in_may = sum(1 for item in org.truth("issues").values() if item["created_at"].startswith("2026-05"))
    lines = capsys.readouterr().out.splitlines()
    # Nobody watches, so there is no bar.
    assert lines == [
        "acme: created from 2026-05-01T00:00:00Z to 2026-05-31T23:59:59Z",
        f"  issues: {in_may} items, about 1 request",
        "  items and timelines together: about 1 request, less than a minute",
        f"repositories: 0 of about {in_may} read so far",
        f"issues 2026-05-01..2026-05-31: 0 of about {in_may} read so far",
        f"facts: {in_may} of about {in_may} read so far",
        "acme repositories: 5 read, 5 new or changed, 0 rejected, 1 requests",
        f"acme issues.created: {in_may} read, {in_may} new or changed, 0 rejected, 1 requests",
        f"acme facts: 0 read, {in_may} new or changed, 0 rejected, 0 requests",
    ]
    assert len(org.stored("issues")) == in_may
    assert not org.stored("pull_requests")


def test_a_long_past_costs_its_items_not_its_years(db_url: str) -> None:
    """Windows of 30 days took 418 searches for 2,607 items of 17 years, and months 410 to verify them."""
    with organisation(db_url, items=ITEMS_OF_17_YEARS, days=17 * 365, repositories=2) as org:
        org.environment["GH_REPOS"] = ",".join(org.sandbox.world.repositories)
        assert org.backfill("--since", "2009-06-01", "--only", "issues,pull_requests") == 0
        assert org.requests()["/search/issues"] == 2 + sum(-(-len(org.truth(kind)) // 99) for kind in org.kinds)
        org.assert_equal_to_truth()
        org.sandbox.stats.reset()
        assert org.backfill("--verify") == 0
        assert min(len(org.truth(kind)) for kind in org.kinds) > verify.FEW
        assert sum(org.requests().values()) <= 10


def test_more_than_a_thousand_items_are_all_read(db_url: str) -> None:
    with organisation(db_url, items=1800, days=20) as org:
        assert len(org.truth("pull_requests")) > 1000
        assert org.backfill("--since", "2026-05-01", "--only", "issues,pull_requests") == 0
        org.assert_equal_to_truth()


def test_repositories_narrow_it_even_when_a_search_cannot_name_them_all(db_url: str) -> None:
    with organisation(db_url, repositories=12) as org:
        names = sorted(repository.full_name for repository in org.sandbox.world.repositories.values())[:8]
        assert org.backfill("--since", SINCE, "--repos", ",".join(names)) == 0
        for kind in ("issues", "pull_requests"):
            wanted = {
                key for key, item in org.truth(kind).items() if item["repository_url"].split("/repos/")[1] in names
            }
            assert org.stored(kind).keys() == wanted
        assert org.backfill("--verify", "--since", SINCE, "--repos", ",".join(names)) == 0


def test_ctrl_c_and_sigterm_stop_it_with_a_sentence(org: Organisation, root: Path) -> None:
    org.sandbox.app.latency = 0.05
    run = Process(org, root, "--since", SINCE)
    while org.sandbox.stats.summary()["total"] < 4:
        time.sleep(0.01)
    run.process.terminate()
    code, output = run.wait()
    assert code == 130
    assert output.splitlines()[-1] == "stopped; what was read is stored: run the same command to go on"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--since", "yesterday"], "'yesterday' is not a date such as 2024-01-31"),
        (["--since", "2026-05-02", "--until", "2026-05-01"], "--since 2026-05-02T00:00:00Z is later than the end"),
        (["--since", "2030-01-01"], "--since 2030-01-01T00:00:00Z is later than the end"),
        ([], "--since is missing: name the oldest date to read"),
        (["--verify"], "acme was never backfilled: name the oldest date to verify with --since"),
        (["--since", SINCE, "--only", "stars"], "'stars' is not one of pull_requests, issues"),
        (["--since", SINCE, "--window", "30"], "unrecognized arguments: --window 30"),
        (["--since", SINCE, "--repos", "acme"], "'acme' is not owner/name"),
        (["--since", SINCE, "--orgs", "no such"], "'no such' is not an organisation's name"),
        (
            ["--since", SINCE, "--orgs", ORG, "--repos", "other/thing"],
            "other/thing belongs to none of the organisations",
        ),
    ],
)
def test_wrong_arguments_are_one_sentence_and_exit_2(
    org: Organisation, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    try:
        code = org.backfill(*arguments)
    except SystemExit as stop:
        code = int(stop.code or 0)
    assert code == 2
    assert sentence in capsys.readouterr().err.splitlines()[-1]
    assert org.sandbox.stats.summary()["total"] == 0


def test_a_wrong_token_is_one_sentence_without_the_token(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    org.environment["GH_TOKEN"] = "ghp_wrongwrongwrong"
    assert org.backfill("--since", SINCE) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "401" in error
    assert "Bad credentials" in error
    assert "ghp_" not in error


def test_an_unknown_organisation_is_one_sentence(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    assert org.backfill("--since", SINCE, "--orgs", "nobody") == 1
    assert "there is no organisation nobody, or this token can't see it" in capsys.readouterr().err


def test_finished_kinds_are_not_read_again_while_others_are_left(
    org: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    org.sandbox.faults.script("502", path="/search/issues", count=10_000, skip=3)
    assert org.backfill("--since", SINCE) == 1
    org.sandbox.faults.clear()
    assert "acme issues.created: 0 read" in capsys.readouterr().out
    assert org.backfill("--since", SINCE) == 0
    plan = capsys.readouterr().out.splitlines()[1]
    assert plan.startswith("  pull_requests: 0 items, about 1 request")
    assert plan.endswith("continuing where the last run stopped")
    org.assert_equal_to_truth()


@pytest.mark.usefixtures("small_pages")
def test_a_shorter_backfill_does_not_forget_how_far_a_longer_one_came(org: Organisation) -> None:
    org.sandbox.faults.script("502", path="/search/issues", count=10_000, skip=3)
    assert org.backfill("--since", SINCE, "--only", "issues") == 1
    org.sandbox.faults.clear()
    with create_db_session(org.db_url) as session:
        mark = session.scalar(select(Cursor.value).where(Cursor.name.like("backfill:%")))
    assert mark is not None
    assert org.backfill("--since", SINCE, "--until", "2026-04-02", "--only", "issues") == 0
    with create_db_session(org.db_url) as session:
        assert session.scalar(select(Cursor.value).where(Cursor.name.like("backfill:%"))) == mark


def test_an_organisation_that_fails_does_not_hold_up_the_others(
    org: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert org.backfill("--since", SINCE, "--orgs", f"nobody,{ORG}") == 1
    assert "there is no organisation nobody" in capsys.readouterr().err
    org.assert_equal_to_truth()


def test_a_second_backfill_asks_github_nothing_while_one_is_running(
    org: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    with create_db_session(org.db_url) as session:
        assert take_lease(session, name=f"backfill:{ORG}", owner="elsewhere:1:x", now=org.now()) is None
    assert org.backfill("--since", SINCE) == 1
    assert "another run is doing" in capsys.readouterr().err
    assert org.sandbox.stats.summary()["total"] == 0


def test_the_ledger_has_every_request(org: Organisation) -> None:
    assert org.backfill("--since", SINCE) == 0
    assert org.backfill("--verify") == 0
    with create_db_session(org.db_url) as session:
        booked = session.scalar(select(func.sum(SyncRun.requests)))
    assert booked == org.sandbox.stats.summary()["total"]


def test_events_and_transfers_are_filled_back(org: Organisation) -> None:
    assert org.backfill("--since", SINCE) == 0
    assert org.backfill("--since", SINCE, "--only", "events,transfers") == 0
    with create_db_session(org.db_url) as session:
        read = set(session.scalars(select(Event.issue_id).distinct()))
    assert read == {key for key, events in org.timelines().items() if events}
    org.sandbox.stats.reset()
    assert org.backfill("--since", SINCE, "--only", "events") == 0
    assert not [route for route in org.requests() if "timeline" in route]


def test_what_moves_while_it_is_read_is_not_lost(org: Organisation) -> None:
    assert org.backfill("--since", SINCE) == 0
    for item in list(org.sandbox.world.items.values())[:20]:
        org.sandbox.world.change(item, Kind.COMMENTED)
    org.advance(DAY)
    org.run_job()
    org.assert_equal_to_truth()
