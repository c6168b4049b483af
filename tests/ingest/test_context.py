"""What a step works with: what it commits, when it stops, and what it counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.errors import OutOfTimeError
from chalicelib.github import Budget, GitHubAPI
from chalicelib.ingest.context import Context, counted
from chalicelib.ingest.scopes import Scope
from chalicelib.models import SyncRun, Watermark, create_db_session
from tests.store.expected import NOW, make_context, stored


def test_its_marks_are_those_of_its_organisation_and_scope(shared: Session) -> None:
    context = replace(make_context(shared), scope=Scope("acme", ("acme/Web", "acme/api")))
    context.marks.watermark("updated:issues").advance(NOW)
    row = {"name": "updated:issues", "org": "acme", "scope": "acme/api,acme/web", "value": NOW}
    assert stored(shared, Watermark) == [row]


def test_a_checkpoint_commits_rows_and_ledger_together(db: Session, db_url: str) -> None:
    context, kept = make_context(db), []
    context.keep_lease = lambda: kept.append(NOW)
    context.marks.watermark("updated:issues").advance(NOW)
    context.run.fetched = 3
    context.checkpoint()
    with create_db_session(db_url) as another:
        assert another.scalars(select(Watermark.value)).all() == [NOW]
        assert another.scalars(select(SyncRun.fetched)).all() == [3]
    assert kept == [NOW]


def out_of_time(session: Session) -> Context:
    return replace(make_context(session), github=GitHubAPI("token", budget=Budget(deadline=1.0, now=lambda: 2.0)))


def test_a_checkpoint_out_of_time_has_committed_before_it_stops(db: Session, db_url: str) -> None:
    context = out_of_time(db)
    context.marks.watermark("updated:issues").advance(NOW)
    with pytest.raises(OutOfTimeError):
        context.checkpoint()
    with create_db_session(db_url) as another:
        assert another.scalars(select(Watermark.value)).all() == [NOW]


def test_a_commit_goes_on_when_time_is_over(shared: Session) -> None:
    context, kept = out_of_time(shared), []
    context.keep_lease = lambda: kept.append(NOW)
    context.commit()
    assert kept == [NOW]


def test_records_are_counted_while_they_pass(shared: Session) -> None:
    context = make_context(shared)
    records = context.count_fetched([{"id": 1}, {"id": 2}, {"id": 3}])
    assert context.run.fetched == 0
    assert (next(records), context.run.fetched) == ({"id": 1}, 1)
    assert (list(records), context.run.fetched) == ([{"id": 2}, {"id": 3}], 3)


def test_notes_are_appended_each_once(shared: Session) -> None:
    context = make_context(shared)
    for sentence in ("one list was passed over", "a day is missing", "one list was passed over"):
        context.note(sentence)
    assert context.run.note == "one list was passed over; a day is missing"


@pytest.mark.parametrize(("number", "words"), [(0, "0 lists"), (1, "1 list"), (2, "2 lists")])
def test_one_is_singular(number: int, words: str) -> None:
    assert counted([None] * number, "list") == words
