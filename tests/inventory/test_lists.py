"""Every declared list, read from the sandbox while it lives on: its table equals the list, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.ingest.streams import ListStream
from chalicelib.inventory.domain import INVENTORY
from chalicelib.models import SyncRun, create_db_session
from chalicelib.store.base import UTCDateTime
from tests.organisation import DAY, ORG, Organisation, at, organisation

# Those of other domains have tests of their own: they are switched off here.
STREAMS = INVENTORY.streams


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """A small organisation that releases often, and in which teams change all the time."""
    with organisation(db_url, items=20, days=30, repositories=3, releases=0.3, team_changes=4) as running:
        yield running


def listed(org: Organisation, path: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """A list as the sandbox shows it now, whole."""
    records: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {org.sandbox.token}", "X-GitHub-Next-Global-ID": "1"}
    url, params = f"{org.sandbox.url}{path}", {"per_page": "100", **query}
    while url:
        answer = requests.get(url, params=params, headers=headers, timeout=30)
        answer.raise_for_status()
        records += answer.json()
        url, params = answer.links.get("next", {}).get("url", ""), {}
    return records


def rows_of(session: Session, stream: ListStream) -> list[dict[str, Any]]:
    """The rows that are current, as they are stored."""
    current = select(stream.model.__table__).where(getattr(stream.model, stream.gone).is_(None))
    return [dict(row) for row in session.execute(current).mappings()]


def said(record: Mapping[str, Any], field: str) -> Any:
    """What a record says in a field, which may be within others."""
    value: Any = record
    for name in field.split("."):
        value = None if value is None else value.get(name)
    return value


def expected(stream: ListStream, record: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that GitHub fills, by the record alone."""
    row = {}
    for column in stream.model.__table__.columns:
        if not column.info.get("ours"):
            value = said(record, column.info.get("field", column.name))
            row[column.name] = at(value) if value and isinstance(column.type, UTCDateTime) else value
    return row


def assert_equal_to_lists(org: Organisation, stream: ListStream) -> None:
    with create_db_session(org.db_url) as session:
        rows = rows_of(session, stream)
        parents = rows_of(session, stream.parent) if stream.parent else [{"org": ORG}]
    truth = [
        expected(stream, record)
        | {"org": ORG, **{own: parent[name] for own, name in stream.copies.items()}}
        | dict(query)
        for parent in parents
        for query in stream.queries()
        for record in listed(org, stream.path_of(parent), query)
    ]
    key = [column.name for column in stream.model.__table__.primary_key if column.name in truth[0]]
    stored, shown = (sorted(part, key=lambda row: [row[name] for name in key]) for part in (rows, truth))
    assert [{name: row[name] for name in truth[0]} for row in stored] == shown


def test_each_table_equals_what_is_listed_however_often_it_changes(org: Organisation) -> None:
    for days in (0, 1, 3, 10):
        org.advance(days * DAY)
        org.run_job("daily")
        for stream in STREAMS:
            assert_equal_to_lists(org, stream)
    with create_db_session(org.db_url) as session:
        runs = session.scalars(select(SyncRun).where(SyncRun.step.in_([stream.name for stream in STREAMS])))
        assert {(run.status, run.rejected) for run in runs} == {("ok", 0)}


def test_a_day_without_changes_costs_nothing_of_the_rate_limit(org: Organisation) -> None:
    org.run_job("daily")
    org.run_job("daily")
    with create_db_session(org.db_url) as session:
        names = {stream.name for stream in STREAMS}
        lists = select(SyncRun).where(SyncRun.step.in_(names)).order_by(SyncRun.id.desc())
        last = session.scalars(lists.limit(len(STREAMS))).all()
    assert {run.step for run in last} == names
    assert all(run.requests == run.not_modified > 0 and run.stored == 0 for run in last)
