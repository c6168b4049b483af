"""Brings what the app derives from its tables up to date, as its jobs do, after a first load and after a day."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.large.repositories import label
from chalicelib.contributions.sync.facts import follow_roles, store_parts
from chalicelib.models import Event, Issue, PullRequest, create_db_session
from chalicelib.store.upsert import upsert
from chalicelib.utils import utc_now

ITEMS, EVENTS = 300, 1_500
EACH = EVENTS // ITEMS
KINDS = ("commented", "commented", "labeled", "mentioned", "subscribed")
LABEL: dict[str, Any] = json.loads(label(7, "seen"))
Row = dict[str, Any]


def prepare(db_url: str) -> None:
    """Bring up to date all that is derived, as the last step of each job does."""
    with create_db_session(db_url) as session:
        for org in session.scalars(select(PullRequest.org).distinct()).all():
            follow_roles(session, org)
            session.commit()
        for _ in store_parts(session):
            session.commit()


def live_a_day(db_url: str) -> None:
    """Change 300 issues and pull requests, and add 1,500 events about them, by the upsert, as a day's jobs do."""
    with create_db_session(db_url) as session:
        now = utc_now().replace(microsecond=0)
        rng = Random(int(now.timestamp()))
        for model in (Issue, PullRequest):
            change_some(session, rng, model, now)
        session.commit()


def change_some(session: Session, rng: Random, model: Any, now: datetime) -> None:
    """Change those of one table that were active last: comments and the like, and half of them are closed or opened."""
    table = model.__table__
    found = session.execute(select(table).order_by(table.c.updated_at.desc()).limit(ITEMS // 2)).mappings()
    rows = [dict(row) for row in found]
    events: list[Row] = []
    last = session.scalar(select(func.max(Event.id))) or 0
    for row in rows:
        kinds = rng.choices(KINDS, k=EACH - 1)
        kinds.append(turn(row, now) if rng.random() < 0.5 else "commented")
        for minute, kind in enumerate(kinds, 1 - EACH):
            key, at = last + len(events) + 1, now + timedelta(minutes=minute)
            events.append(event(key, kind, at, about=row, by=rng.choice(rows)))
            if kind == "labeled":
                row["labels"] = with_label(row["labels"])
        row["updated_at"] = now
    upsert(session, model, rows)
    upsert(session, Event, events)


def with_label(labels: list[Row] | None) -> list[Row]:
    """Labels with the one that everything gets on such a day."""
    return [*(each for each in labels or () if each["name"] != LABEL["name"]), LABEL]


def turn(row: Row, now: datetime) -> str:
    """Close what is open, reopen what may be; gives the event's kind."""
    if row["state"] == "open":
        row |= {"state": "closed", "closed_at": now}
        return "closed"
    if row.get("merged"):
        return "commented"
    row |= {"state": "open", "closed_at": None}
    return "reopened"


def event(key: int, kind: str, at: datetime, *, about: Row, by: Row) -> Row:
    """An event about an item, by the author of another."""
    row = {name: about[name] for name in ("org", "repo")} | {name: by[name] for name in ("user", "username")}
    row |= {"id": key, "issue_id": about["id"], "event": kind, "created_at": at, "page_no": 1}
    row |= {"body": by["body"] if kind == "commented" else None, "label": LABEL if kind == "labeled" else None}
    row |= {"user_id": by.get("author_id")}
    return {name: value for name, value in row.items() if name in Event.__table__.columns}
