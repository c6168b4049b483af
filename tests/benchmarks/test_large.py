"""The large organisation: its rows agree with each other, and are the same on both databases."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from benchmarks.large.filling import LARGE, fill
from benchmarks.large.kept import sqlite_url
from benchmarks.large.questions import ORGANISATION, PAGE, QUESTIONS, Answer, Asking, places_of, questions
from benchmarks.large.refreshing import EVENTS, live_a_day
from benchmarks.large.servers import plain_server
from benchmarks.views import POSTGRESQL_GOALS, folder_for, line
from chalicelib.models import Base, Event, EventPoll, Issue, PullRequest, create_db_session
from chalicelib.store.engine import canonical
from chalicelib.utils import utc_now
from chalicelib.views import VIEWS

pytestmark = pytest.mark.slow

TODAY = utc_now().replace(microsecond=0)  # some views look at the last days only
ITEMS = 300
Rows = Sequence[dict[str, Any]]


@pytest.fixture
def filled(db_url: str) -> Iterator[Session]:
    fill(db_url, items=ITEMS, today=TODAY)
    with create_db_session(db_url) as session:
        yield session


def read(session: Session, model: Any) -> Rows:
    return [dict(row) for row in session.execute(select(model.__table__)).mappings()]


def histories(session: Session) -> dict[int, Rows]:
    """The events of each item in their order."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for event in sorted(read(session, Event), key=lambda event: (event["created_at"], abs(event["id"]))):
        found[event["issue_id"]].append(event)
    return dict(found)


def last(events: Rows, *kinds: str) -> Any:
    """The last event of some kinds."""
    return next((event for event in reversed(events) if event["event"] in kinds), None)


def disagreements(session: Session) -> dict[str, list[int]]:
    """The items whose columns are not what their events say, by column."""
    found, wrong = histories(session), defaultdict(list)
    items = [*read(session, Issue), *read(session, PullRequest)]
    for item in items:
        for name, value in expected(item, found.get(item["id"], ())).items():
            if item[name] != value:
                wrong[name].append(item["id"])
    return dict(wrong)


def expected(item: dict[str, Any], events: Rows) -> dict[str, Any]:
    """The columns that follow from the events."""
    turn, merge = last(events, "closed", "reopened"), last(events, "merged")
    is_closed = turn is not None and turn["event"] == "closed"
    row = {
        "state": "closed" if is_closed else "open",
        "closed_at": turn["created_at"] if is_closed else None,
        "updated_at": max(item["created_at"], *(event["created_at"] for event in events), item["created_at"]),
        "labels": labels(events),
    }
    if "merged" in item:
        commits = [event["created_at"] for event in events if event["event"] == "committed"]
        row |= {"merged": merge is not None, "merged_at": merge and merge["created_at"]}
        row |= {"merged_by": merge and merge["username"], "commits": len(commits)}
        row |= {"first_commit_authored_at": min([*commits, item["created_at"]])}
        if ready := last(events, "ready_for_review", "convert_to_draft"):
            row["draft"] = ready["event"] == "convert_to_draft"
    return row


def labels(events: Rows) -> list[Any]:
    """The labels that were put on and not taken off."""
    found: dict[str, Any] = {}
    for event in events:
        if event["event"] == "labeled":
            found[event["label"]["name"]] = event["label"]
        elif event["event"] == "unlabeled":
            found.pop(event["label"]["name"], None)
    return list(found.values())


def test_states_follow_from_events(filled: Session) -> None:
    assert disagreements(filled) == {}


def test_nothing_is_of_the_future_and_sizes_are_as_asked(filled: Session) -> None:
    items = [*read(filled, Issue), *read(filled, PullRequest)]
    events = read(filled, Event)
    assert len(items) == ITEMS
    assert 7 * ITEMS < len(events) < 13 * ITEMS
    assert max(row["created_at"] for row in [*items, *events]) <= TODAY
    assert max(Counter((item["org"], item["repo"], item["number"]) for item in items).values()) == 1
    assert {item["org"]: item["org"] == LARGE for item in items} == {LARGE: True, "other": False}
    assert len(events) == len({event["id"] for event in events})


def test_timelines_count_as_read_to_their_end(filled: Session) -> None:
    found = histories(filled)
    updated = {item["id"]: item["updated_at"] for item in [*read(filled, Issue), *read(filled, PullRequest)]}
    polls = read(filled, EventPoll)
    assert {poll["id"]: poll["issue_updated_at"] for poll in polls} == updated
    assert {poll["id"]: poll["events"] for poll in polls} == {key: len(found.get(key, ())) for key in updated}


def test_both_databases_get_the_same_rows(postgres_copies: Any, sqlite_file: Any) -> None:
    with postgres_copies.borrow() as first, sqlite_file.borrow() as second:
        tables = [whole(url) for url in (first, second)]
    assert tables[0].keys() == tables[1].keys()
    assert [name for name, rows in tables[0].items() if rows != tables[1][name]] == []
    assert {"events", "pull_requests", "team_members", "releases"} <= {name for name, rows in tables[0].items() if rows}


# Each database notes what changed, and how facts are defined, in a way of its own.
THEIR_OWN = {"changed_items", "fact_definitions"}


def whole(db_url: str) -> dict[str, list[str]]:
    """All rows of all tables, in no order of the database's."""
    fill(db_url, items=ITEMS, today=TODAY)
    with create_db_session(db_url) as session:
        return {
            table.name: sorted(repr([plain(value) for value in row]) for row in session.execute(select(table)))
            for table in Base.metadata.sorted_tables
            if table.name not in THEIR_OWN
        }


def plain(value: Any) -> Any:
    """JSON as a text: PostgreSQL has an order of its own for keys."""
    return canonical(value) if isinstance(value, dict | list) else value


def test_every_view_answers_every_question(filled: Session, db_url: str) -> None:
    live_a_day(db_url)  # for what looks at the last days only
    answered = {}
    with Asking(db_url) as asking:
        places = places_of(asking.engine)
        for view in VIEWS:
            found = {name: asking.ask(asked) for name, asked in questions(view, places, now=utc_now()).items()}
            answered[view.name] = {name: answer.rows for name, answer in found.items()}
    assert [view for view, rows in answered.items() if not rows[PAGE] or rows.get(ORGANISATION) == 0] == []
    assert set(answered["pull_request_cycle"]) == set(QUESTIONS)
    assert answered["pull_request_cycle"]["organisation"] == count(filled, PullRequest)
    assert answered["pull_request_cycle_monthly"]["organisation"] <= 12 * 5 + 1
    assert set(answered["github_status_now"]) == {"last 90 days", "page of 1,000"}


def count(session: Session, model: Any) -> int | None:
    query = select(func.count()).select_from(model).where(model.org == LARGE, model.deleted_at.is_(None))
    return session.scalar(query)


def test_a_question_that_takes_too_long_is_given_up(db_url: str) -> None:
    steps = "WITH RECURSIVE step(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM step WHERE n < 900000000)"
    endless: Select[Any] = select(text("*")).select_from(text(f"({steps} SELECT count(*) FROM step) AS counted"))
    with Asking(db_url, patience=0.1) as asking:
        assert asking.ask(endless).seconds is None
        assert asking.ask(select(text("7"))).rows == 1


def test_a_line_says_what_was_given_up_and_what_cannot_be_asked() -> None:
    found = {PAGE: Answer(0.25, 1000), ORGANISATION: Answer(None)}
    assert line("some", found, POSTGRESQL_GOALS) == ["some", "-", "> 60", "-", "-", "-", "0.25", "NO"]
    assert line("some", {PAGE: Answer(0.25, 1000)}, POSTGRESQL_GOALS)[1::6] == ["1,000", "yes"]


def test_a_day_changes_items_and_adds_events_that_agree(filled: Session, db_url: str) -> None:
    before = len(read(filled, Event))
    filled.rollback()
    live_a_day(db_url)
    changed = sum(item["updated_at"] > TODAY for model in (Issue, PullRequest) for item in read(filled, model))
    assert changed * 5 == len(read(filled, Event)) - before <= EVENTS
    assert changed > 200
    assert disagreements(filled) == {}


def test_kept_databases_are_used_again_and_half_filled_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "filling.db").write_text("the rest of a run that was killed")
    url = sqlite_url(tmp_path, items=ITEMS)
    execute(url, "UPDATE issues SET title = 'kept'", "DROP VIEW data_health")

    assert sqlite_url(tmp_path, items=ITEMS) == url

    with create_db_session(url) as session:
        assert set(session.scalars(select(Issue.title))) == {"kept"}
        assert session.execute(text("SELECT count(*) FROM data_health")).scalar_one()


def execute(db_url: str, *statements: str) -> None:
    with create_db_session(db_url) as session:
        for statement in statements:
            session.execute(text(statement))
        session.commit()


def test_the_server_has_its_defaults_and_its_data_stays() -> None:
    with folder_for(None) as folder:
        with plain_server(folder / "pg") as admin, admin.connect() as connection:
            found = [connection.scalar(text(f"SHOW {name}")) for name in ("fsync", "shared_buffers", "jit")]
            connection.execute(text("CREATE TABLE kept (number INTEGER)"))
        with plain_server(folder / "pg") as admin, admin.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM kept")) == 0
    assert found == ["on", "128MB", "on"]
    assert not folder.exists()
