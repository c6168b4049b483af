"""What pages must not conclude: what stopped is not current, and what was not read is no all-clear."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from chalicelib.models import Organisation, Repository, SyncRun
from chalicelib.utils import utc_now
from reports.dashboard import source
from reports.dashboard.filters import REPOSITORIES
from reports.dashboard.screens.overview import FIGURES, row_of
from reports.dashboard.source import Source
from reports.output import NOTHING
from tests.reports.dashboard.pages import figures, open_page, texts

NOW = utc_now().replace(microsecond=0)
OLD = NOW - timedelta(days=40)


@pytest.fixture
def ledger(engine: Engine, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("DB_URL", db_url)
    with Session(engine) as session:
        session.execute(insert(Organisation), [{"id": 1, "login": "acme"}])
        yield session


def runs(session: Session, **kinds: Any) -> None:
    """Write a run of each kind, at its moment."""
    run = {"job": "every_30_min", "org": "acme", "status": "ok", "fetched": 1, "error": None}
    rows = [{**run, "step": f"{kind}.updated", "started_at": at, "finished_at": at} for kind, at in kinds.items()]
    session.execute(insert(SyncRun), rows)
    session.commit()


def visit(path: str) -> AppTest:
    page = open_page(path)
    assert not page.exception
    return page


def test_what_has_stopped_is_not_current(ledger: Session) -> None:
    runs(ledger, pull_requests=NOW, events=OLD, members=OLD)
    page = visit("overview")
    assert figures(page)["Current kinds of data"] == "1 of 3"
    said = f"No job has brought these up to date in 30 days: events (last {OLD:%Y-%m-%d})"
    assert f"{said}, members (last {OLD:%Y-%m-%d})." in texts(page)
    assert f"{said}." in texts(visit("pull-requests"))
    assert f"{said}, members" in texts(visit("data"))
    assert "No job has brought these up to date" not in texts(visit("sprints"))


def test_what_was_opened_before_all_that_was_read_is_said(ledger: Session) -> None:
    day = (NOW - timedelta(days=100)).date()
    run = {"job": "backfill", "org": "acme", "status": "ok", "started_at": NOW, "finished_at": NOW, "fetched": 1}
    steps = [
        {"step": f"{kind}.created", "window_start": NOW - timedelta(days=days)}
        for kind, days in (("issues", 100), ("pull_requests", 100), ("pull_requests", 30), ("copilot", 300))
    ]
    ledger.execute(insert(SyncRun), [{**run, **step} for step in steps])
    ledger.commit()
    said = f"that were opened before {day} were not read: of these, only those that changed later are here."
    assert f"Issues and pull requests {said}" in texts(visit("overview"))
    assert f"Pull requests {said}" in texts(visit("pull-requests"))
    assert "were not read" not in texts(open_page("issues", period="30 days"))


def test_no_alert_is_no_all_clear_while_a_kind_was_not_read(ledger: Session) -> None:
    runs(ledger, dependabot_alerts=NOW)
    page = visit("overview")
    assert figures(page)["Open security alerts"] == figures(page)["Overdue security alerts"] == NOTHING
    [tile] = [each for each in page.metric if each.label == "Open security alerts"]
    assert tile.delta == "not all is known"


def test_figures_count_what_a_page_has_no_room_for(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": key, "org": "acme", "name": f"r{key}", "first_seen_at": NOW} for key in range(7)]
    with Session(engine) as session:
        session.execute(insert(Repository), rows)
        session.commit()
    monkeypatch.setattr(source, "MOST_ROWS", 2)
    st.cache_data.clear()
    reader = Source(engine, utc_now, key=str(engine.url))
    query = select(REPOSITORIES.c.name).order_by(REPOSITORIES.c.name)
    late = REPOSITORIES.c.name > "r3"
    assert len(reader.read(query, title="", kinds=()).rows) == 3
    assert reader.tally(query, late=late) == {"all": 7, "late": 3}


def test_a_month_without_a_row_is_quiet_only_after_one_that_has_a_row() -> None:
    opened = next(figure for figure in FIGURES if figure.column == "opened")
    median = next(figure for figure in FIGURES if figure.counted)
    may, june, july = (date(2026, month, 1) for month in (5, 6, 7))
    rows = {june: {"opened": 3, median.column: 2.0}}
    assert [row_of(rows, month, opened).get("opened") for month in (may, june, july)] == [None, 3, 0]
    assert [row_of(rows, month, median).get(median.column) for month in (may, june, july)] == [None, 2.0, None]
