"""backfill.py --verify as its user runs it: what it compares, finds, repairs, and says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from chalicelib.contributions import verify
from chalicelib.models import Issue, PullRequest, create_db_session
from chalicelib.utils import parse_utc
from sandbox import Kind
from tests.contributions.oddities import ghosts, nothing
from tests.organisation import Organisation, organisation

SINCE = "2026-04-01"


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=40) as running:
        yield running


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> int:
    """A page has 10 items, so that a small organisation has several pages."""
    for module in ("api.search", "backfill", "sync.reconcile", "sync.counts"):
        monkeypatch.setattr(f"chalicelib.contributions.{module}.PER_PAGE", 10)
    return 10


def test_verify_finds_and_repairs_what_is_missing(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    org.begin(since=SINCE)
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
    org.begin(since=SINCE)
    lose_one_and_add_another(org)
    capsys.readouterr()
    assert org.backfill("--verify") == 0
    assert "1 were missing, 1 are no longer listed by GitHub" in capsys.readouterr().out
    org.assert_equal_to_truth()


def test_verify_sees_an_altered_row(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    org.begin(since=SINCE)
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
    org.begin(since=SINCE)
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
    org.begin(since=SINCE)
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
    org.begin(since=SINCE)
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
    org.begin(since=SINCE)
    gone = next(item for item in org.sandbox.world.items.values() if item.pull_id)
    org.sandbox.world.delete(gone)
    assert org.backfill("--verify") == 0
    with create_db_session(org.db_url) as session:
        assert session.get_one(PullRequest, gone.id).deleted_at == org.now()
    org.assert_equal_to_truth()
    assert org.backfill("--verify") == 0


def test_verify_brings_back_what_was_marked_by_mistake(org: Organisation) -> None:
    org.begin(since=SINCE)
    with create_db_session(org.db_url) as session:
        session.execute(update(Issue).where(Issue.number == 1).values(deleted_at=org.now()))
        session.commit()
    assert org.backfill("--verify") == 0
    org.assert_equal_to_truth()


def test_verify_exits_1_while_a_difference_remains(
    org: Organisation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    org.begin(since=SINCE)
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


def test_members_alone_cannot_be_verified(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    """It compared nothing, and said that nothing differed."""
    assert org.backfill("--verify", "--since", SINCE, "--only", "members") == 2
    assert "GitHub can't count members, so there is nothing to verify: use --only with" in capsys.readouterr().err


def test_a_kind_that_cannot_be_compared_is_no_proof(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    """It was left out of the report, which then said that nothing differed."""
    org.begin(since=SINCE)
    org.sandbox.faults.script("502", path="/search/issues", count=6)
    capsys.readouterr()
    assert org.backfill("--verify") == 1
    output = capsys.readouterr().out
    assert "could not be compared" in output
    assert "1 kinds still differ" in output
