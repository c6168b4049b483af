"""GitHub counts what it doesn't list: a few items for good, many for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from chalicelib.errors import JobFailedError
from chalicelib.models import Cursor, SyncRun, Watermark, create_db_session
from sandbox.api.messages import Answer, Request
from sandbox.server.oddities import Oddity
from tests.contributions.oddities import SEARCH, everywhere, ghosts, nothing
from tests.organisation import DAY, Organisation, at, organisation

pytestmark = pytest.mark.slow
SINCE = "2026-04-01"


@pytest.fixture
def org(db_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organisation]:
    """A page has 10 items, so that few items have many pages."""
    for module in ("api.search", "backfill", "sync.reconcile"):
        monkeypatch.setattr(f"chalicelib.contributions.{module}.PER_PAGE", 10)
    with organisation(db_url, items=70, repositories=2, people=8) as running:
        yield running


def moment_of(org: Organisation, place: int) -> timedelta:
    """How long ago the issue at a place in the order of creation was opened."""
    created = sorted(at(item["created_at"]) for item in org.truth("issues").values())
    return org.now() - created[place]


def a_ghost(org: Organisation, *places: int, number: int = 1) -> Oddity:
    """A ghost beside each of these issues in the order of creation."""
    return ghosts("issues", *(org.now() - moment_of(org, place) for place in places), number=number)


def notes(org: Organisation, step: str) -> list[str]:
    with create_db_session(org.db_url) as session:
        return [
            run.note or "" for run in session.scalars(select(SyncRun).where(SyncRun.step == step).order_by(SyncRun.id))
        ]


def cursors(org: Organisation) -> list[str]:
    with create_db_session(org.db_url) as session:
        return list(session.scalars(select(Cursor.name).where(Cursor.name.like("backfill:%"))))


@pytest.mark.parametrize("places", [(0,), (-1,), (3, 14, 18)], ids=["first", "last", "several"])
def test_an_item_that_is_never_listed_stops_no_backfill(org: Organisation, places: tuple[int, ...]) -> None:
    """It was read three times, and nothing after it, for ever."""
    org.sandbox.oddities.tell(a_ghost(org, *places))
    assert org.backfill("--since", SINCE, "--only", "issues") == 0
    assert org.stored("issues").keys() == org.truth("issues").keys()
    assert cursors(org) == []
    [note] = notes(org, "issues.created")
    assert note.count("GitHub counts 1 issue more than it lists for created:") == len(places)


def test_a_count_that_is_always_too_large_stops_nothing(org: Organisation) -> None:
    """250 were listed, and total_count was 251 for good."""
    org.sandbox.oddities.tell(everywhere("issues", more=1))
    assert org.backfill("--since", SINCE) == 0
    org.advance(DAY)
    org.run_job()
    org.assert_equal_to_truth()


def test_the_job_goes_past_an_item_that_is_never_listed(org: Organisation) -> None:
    """The watermark of the organisation stayed for ever."""
    assert org.backfill("--since", SINCE) == 0
    org.advance(30 * DAY)
    changed = sorted(at(item["updated_at"]) for item in org.truth("issues").values())
    org.sandbox.oddities.tell(ghosts("issues", changed[-8]))
    org.run_job()
    org.assert_equal_to_truth()
    with create_db_session(org.db_url) as session:
        mark = session.scalar(select(Watermark.value).where(Watermark.name == "updated:issues"))
    assert mark == changed[-1]
    [note] = notes(org, "issues.updated")
    assert note.startswith("GitHub counts 1 issue more than it lists for updated:")


def test_what_is_deleted_meanwhile_is_no_gap(org: Organisation) -> None:
    """Two readings of the place differ, so it is read once more, and no more."""
    victim = min((item for item in org.sandbox.world.items.values() if not item.pull_id), key=lambda i: i.created_at)
    searches = []

    def delete_behind_the_first_page(request: Request, answer: Answer) -> Answer:
        searches.append(request.target)
        if "sort=created" in request.target and victim.id in org.sandbox.world.items:
            org.sandbox.world.delete(victim)
        return answer

    whole = -(-len(org.truth("issues")) // 9) + 1
    with org.sandbox.oddities.telling(delete_behind_the_first_page):
        assert org.backfill("--since", SINCE, "--only", "issues") == 0
    assert notes(org, "issues.created") == [""]
    assert len([target for target in searches if SEARCH in target]) <= whole + 3


@pytest.mark.parametrize("place", [0, 12])
def test_more_than_a_handful_is_no_ghost_but_a_partial_answer(
    org: Organisation, capsys: pytest.CaptureFixture[str], place: int
) -> None:
    org.sandbox.oddities.tell(a_ghost(org, place, number=7))
    assert org.backfill("--since", SINCE, "--only", "issues") == 1
    assert "issues.created: GitHub announced " in capsys.readouterr().err
    assert len(cursors(org)) == (place != 0)
    org.sandbox.oddities.clear()
    assert org.backfill("--since", SINCE, "--only", "issues") == 0
    assert org.stored("issues").keys() == org.truth("issues").keys()


def test_the_job_s_watermark_stays_before_a_partial_answer(org: Organisation) -> None:
    assert org.backfill("--since", SINCE) == 0
    org.advance(30 * DAY)
    with create_db_session(org.db_url) as session:
        before = session.scalar(select(Watermark.value).where(Watermark.name == "updated:issues"))
    changed = sorted(at(item["updated_at"]) for item in org.truth("issues").values())
    assert before
    org.sandbox.oddities.tell(ghosts("issues", next(moment for moment in changed if moment > before), number=50))
    with pytest.raises(JobFailedError, match=r"issues\.updated: GitHub announced "):
        org.run_job()
    with create_db_session(org.db_url) as session:
        assert session.scalar(select(Watermark.value).where(Watermark.name == "updated:issues")) == before
    org.sandbox.oddities.clear()
    org.run_job()
    org.assert_equal_to_truth()


# A search that finds nothing


KINDS = ("issues", "pull_requests")


@pytest.mark.parametrize(("kind", "narrowed"), [("issues", False), ("pull_requests", True)])
def test_nothing_is_not_believed_while_a_repository_lists_something(
    org: Organisation, capsys: pytest.CaptureFixture[str], kind: str, narrowed: bool
) -> None:
    """A first backfill whose searches answered 0 for a minute stored no pull request, said done and exited 0."""
    if narrowed:
        org.environment["GH_REPOS"] = ",".join(org.sandbox.world.repositories)
    with org.sandbox.oddities.telling(nothing(kind)):
        assert org.backfill("--since", SINCE) == 1
    words = kind.replace("_", " ")
    assert f"GitHub's search finds no {words} for created:" in capsys.readouterr().err
    assert org.backfill("--since", SINCE) == 0
    org.assert_equal_to_truth()


def test_what_was_planned_is_not_read_as_nothing(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan counted them; the searches answered 0 when they were read."""
    is_told = []

    def is_reading(_: str) -> bool:
        is_told.append(True)
        return len(is_told) > 1

    only = ("--only", "pull_requests")
    with org.sandbox.oddities.telling(nothing("pull_requests", when=is_reading)):
        assert org.backfill("--since", SINCE, *only) == 1
    assert "when asked first, and 0 when read" in capsys.readouterr().err
    assert org.backfill("--since", SINCE, *only) == 0
    assert org.stored("pull_requests").keys() == org.truth("pull_requests").keys()


def test_the_end_of_a_list_is_not_believed_while_more_was_counted(org: Organisation) -> None:
    """The second search answered 0: 10 of 30 were stored."""
    searches = []

    def is_second(query: str) -> bool:
        searches.append(query)
        return len(searches) > 2

    with org.sandbox.oddities.telling(nothing("issues", when=is_second)):
        assert org.backfill("--since", SINCE, "--only", "issues") == 1
    assert org.backfill("--since", SINCE, "--only", "issues") == 0
    assert org.stored("issues").keys() == org.truth("issues").keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_run_of_the_job_does_not_believe_nothing(org: Organisation, kind: str) -> None:
    with (
        org.sandbox.oddities.telling(nothing(kind)),
        pytest.raises(JobFailedError, match=rf"acme {kind}\.updated: GitHub's search finds no "),
    ):
        org.run_job()
    with create_db_session(org.db_url) as session:
        assert session.scalar(select(Watermark).where(Watermark.name == f"updated:{kind}")) is None


def test_a_scope_without_a_kind_is_green(org: Organisation) -> None:
    """Really nothing: the repositories' own lists say so, too."""
    for item in [item for item in org.sandbox.world.items.values() if item.pull_id]:
        org.sandbox.world.delete(item)
    assert org.backfill("--since", SINCE) == 0
    assert org.requests()["/repos/<owner>/<repo>/pulls"] == 2 * len(org.sandbox.world.repositories)
    org.run_job()
    org.assert_equal_to_truth()


def test_a_new_organisation_is_green(db_url: str) -> None:
    with organisation(db_url, items=0) as org:
        org.run_job()
        assert org.backfill("--since", SINCE) == 0
        org.run_job()
