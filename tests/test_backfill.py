"""backfill.py as its user runs it: a process that is killed, resumed, run twice, given wrong arguments, verified."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from chalicelib.contributions import verify
from chalicelib.jobs.backfill import DEFAULT_KINDS
from chalicelib.models import Cursor, Event, Issue, PullRequest, SyncRun, create_db_session
from chalicelib.store.leases import take_lease
from chalicelib.utils import parse_utc
from sandbox import Kind
from tests.contributions.oddities import ghosts, nothing
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
    assert output.count(" 0 new or changed, 0 rejected") == len(DEFAULT_KINDS), output


def test_it_says_first_what_it_will_do(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    assert org.backfill("--since", "2026-05-01", "--until", "2026-05-31", "--only", "issues") == 0
    in_may = sum(1 for item in org.truth("issues").values() if item["created_at"].startswith("2026-05"))
    lines = capsys.readouterr().out.splitlines()
    # Nobody watches, so there is no bar.
    assert lines == [
        "acme: created from 2026-05-01T00:00:00Z to 2026-05-31T23:59:59Z",
        f"  issues: {in_may} items, about 1 request",
        f"repositories: 0 of about {in_may} read so far",
        f"issues 2026-05-01..2026-05-31: 0 of about {in_may} read so far",
        "acme repositories: 5 read, 5 new or changed, 0 rejected, 1 requests",
        f"acme issues.created: {in_may} read, {in_may} new or changed, 0 rejected, 1 requests",
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
        assert org.backfill("--since", "2026-05-01") == 0
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


def test_verify_finds_and_repairs_what_is_missing(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    assert org.backfill("--since", SINCE) == 0
    with create_db_session(org.db_url) as session:
        lost = session.scalars(select(Issue.id).order_by(Issue.id).limit(3)).all()
        session.execute(delete(Issue).where(Issue.id.in_(lost)))
        session.commit()
    capsys.readouterr()
    assert org.backfill("--verify") == 0
    output = capsys.readouterr().out
    assert output.count("1 were missing") + 2 * output.count("2 were missing") + 3 * output.count("3 were missing") == 3
    assert "0 kinds still differ" in output
    org.assert_equal_to_truth()


def lose_one_and_add_another(org: Organisation) -> None:
    """Exchange a stored issue for one that GitHub doesn't have, created at the same time: every count stays equal."""
    with create_db_session(org.db_url) as session:
        lost = session.scalars(select(Issue).order_by(Issue.created_at).offset(5).limit(1)).one()
        values = {column.key: getattr(lost, column.key) for column in Issue.__table__.columns}
        session.execute(delete(Issue).where(Issue.id == lost.id))
        session.add(Issue(**values | {"id": 987654321, "number": 98765}))
        session.commit()


def test_verify_sees_a_missing_row_beside_a_surplus_one(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    """It compared counts alone, and they were equal."""
    assert org.backfill("--since", SINCE) == 0
    lose_one_and_add_another(org)
    capsys.readouterr()
    assert org.backfill("--verify") == 0
    assert "1 were missing, 1 are no longer listed by GitHub" in capsys.readouterr().out
    org.assert_equal_to_truth()


def test_verify_sees_an_altered_row(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    assert org.backfill("--since", SINCE) == 0
    with create_db_session(org.db_url) as session:
        altered = session.scalars(select(Issue.id).order_by(Issue.id).limit(2)).all()
        session.execute(update(Issue).where(Issue.id == altered[0]).values(title="altered"))
        # No older record replaces this one, so nothing that GitHub says of it would ever be stored.
        values = {"title": "frozen", "updated_at": org.now() - timedelta(minutes=1)}
        session.execute(update(Issue).where(Issue.id == altered[1]).values(values))
        session.commit()
    capsys.readouterr()
    assert org.backfill("--verify") == 0
    output = capsys.readouterr().out
    assert "acme: issues: 2 said something else than GitHub" in output
    assert "2 differences found, 0 kinds still differ" in output
    org.assert_equal_to_truth()


def test_what_changed_since_the_last_job_is_no_difference(
    org: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert org.backfill("--since", SINCE) == 0
    org.advance(60)
    changed = next(item for item in org.sandbox.world.items.values() if not item.pull_id)
    org.sandbox.world.change(changed, Kind.COMMENTED)
    org.advance(60)
    assert org.backfill("--verify") == 0
    assert "0 differences found, 0 kinds still differ" in capsys.readouterr().out
    org.assert_equal_to_truth()


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten items are too many to be compared all at once."""
    monkeypatch.setattr(verify, "FEW", 9)
    monkeypatch.setattr(verify, "PART", 9)


@pytest.mark.usefixtures("small_pages", "small_parts")
def test_of_many_items_another_part_is_compared_each_time_and_the_report_names_it(
    org: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert org.backfill("--since", SINCE) == 0
    with create_db_session(org.db_url) as session:
        created = session.scalars(select(Issue.created_at).order_by(Issue.created_at)).all()
    lose_one_and_add_another(org)
    parts = -(-len(created) // 9)
    assert org.backfill("--verify", "--only", "issues", "--since", f"{created[-1]:%Y-%m-%d}") == 0
    found = []
    for _ in range(parts):
        capsys.readouterr()
        assert org.backfill("--verify", "--only", "issues", "--since", SINCE) == 0
        output = capsys.readouterr().out
        assert "compared the count of all, the 10 items that changed last, the count of open ones, and the" in output
        assert f" of {parts}; the next time, the next one)" in output
        found.append("0 differences found" not in output)
    assert found.count(True) == 1
    org.assert_equal_to_truth()


@pytest.mark.usefixtures("small_pages", "small_parts")
@pytest.mark.parametrize("model", [Issue, PullRequest], ids=["issues", "pull_requests"])
def test_of_many_items_those_that_are_missing_or_in_a_wrong_state_are_found(
    org: Organisation, model: type[Issue] | type[PullRequest], capsys: pytest.CaptureFixture[str]
) -> None:
    assert org.backfill("--since", SINCE) == 0
    with create_db_session(org.db_url) as session:
        lost = session.scalars(select(model.id).order_by(model.created_at)).all()[3::12]
        session.execute(delete(model).where(model.id.in_(lost)))
        closed = select(model.id).where(model.state == "closed").order_by(model.updated_at).limit(1)
        wrong = session.scalars(closed).one()
        session.execute(update(model).where(model.id == wrong).values(state="open", closed_at=None))
        session.commit()
    assert org.backfill("--verify") == 0
    assert f"; repaired: now {len(org.truth(model.__tablename__))}" in capsys.readouterr().out
    org.assert_equal_to_truth()


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("few", [9, 199], ids=["many", "few"])
def test_verify_names_what_is_counted_and_never_listed(
    org: Organisation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """It failed for ever."""
    monkeypatch.setattr(verify, "FEW", few)
    assert org.backfill("--since", SINCE) == 0
    created = sorted(parse_utc(item["created_at"]) for item in org.truth("issues").values())
    org.sandbox.oddities.tell(ghosts("issues", created[12]))
    assert org.backfill("--verify") == 0
    assert "; 1 are counted and never listed" in capsys.readouterr().out
    org.assert_equal_to_truth()


def test_verify_believes_no_count_of_nothing(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was stored and nothing was found: equal, it said."""
    assert org.backfill("--since", SINCE, "--only", "issues") == 0
    with create_db_session(org.db_url) as session:
        session.execute(delete(Issue))
        session.commit()
    with org.sandbox.oddities.telling(nothing("issues")):
        assert org.backfill("--verify", "--only", "issues") == 1
    assert "GitHub's search finds no issues for created:" in capsys.readouterr().err
    assert org.backfill("--verify", "--only", "issues") == 0
    assert org.stored("issues").keys() == org.truth("issues").keys()


def test_verify_marks_what_github_no_longer_shows_and_deletes_nothing(org: Organisation) -> None:
    assert org.backfill("--since", SINCE) == 0
    gone = next(item for item in org.sandbox.world.items.values() if item.pull_id)
    org.sandbox.world.delete(gone)
    assert org.backfill("--verify") == 0
    with create_db_session(org.db_url) as session:
        assert session.get_one(PullRequest, gone.id).deleted_at == org.now()
    org.assert_equal_to_truth()
    assert org.backfill("--verify") == 0


def test_verify_brings_back_what_was_marked_by_mistake(org: Organisation) -> None:
    assert org.backfill("--since", SINCE) == 0
    with create_db_session(org.db_url) as session:
        session.execute(update(Issue).where(Issue.number == 1).values(deleted_at=org.now()))
        session.commit()
    assert org.backfill("--verify") == 0
    org.assert_equal_to_truth()


def test_verify_exits_1_while_a_difference_remains(
    org: Organisation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert org.backfill("--since", SINCE) == 0
    hidden = next(item for item in org.sandbox.world.items.values() if not item.pull_id)
    find = org.sandbox.app.index.find
    # GitHub leaves items of accounts it holds for spam out of its searches, and shows them all the same.
    monkeypatch.setattr(
        org.sandbox.app.index, "find", lambda *args, **kwargs: [i for i in find(*args, **kwargs) if i is not hidden]
    )
    assert org.backfill("--verify", "--only", "issues") == 1
    output, error = capsys.readouterr()
    assert "1 kinds still differ" in output
    assert "issues.verify: GitHub counts" in error
    assert "even after a repair" in error
    assert hidden.id in org.stored("issues")


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


def test_members_alone_cannot_be_verified(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    """It compared nothing, and said that nothing differed."""
    assert org.backfill("--verify", "--since", SINCE, "--only", "members") == 2
    assert "GitHub can't count members, so there is nothing to verify: use --only with" in capsys.readouterr().err


def test_a_kind_that_cannot_be_compared_is_no_proof(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    """It was left out of the report, which then said that nothing differed."""
    assert org.backfill("--since", SINCE) == 0
    org.sandbox.faults.script("502", path="/search/issues", count=6)
    capsys.readouterr()
    assert org.backfill("--verify") == 1
    output = capsys.readouterr().out
    assert "could not be compared" in output
    assert "1 kinds still differ" in output


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
