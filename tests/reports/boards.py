"""Boards and sprints in tables that stand in for the views: what the views count is for their own tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Date, Double, Engine, MetaData, String, Table, insert, inspect, text

from chalicelib.models import Project, SyncRun
from reports.commands import deliverables, sprints
from reports.commands.boards import SPRINTS
from reports.reading import type_of

NOW = datetime(2026, 5, 13, 10, tzinfo=UTC)
READ_AT = datetime(2026, 5, 13, 9, 30, tzinfo=UTC)
VIEWS = (SPRINTS, sprints.BURNDOWN, sprints.BURNUP, sprints.REPORT, sprints.ITEMS, deliverables.PROGRESS)
TEXTS = (
    *("project_id", "iteration_id", "project", "sprint", "state", "turn", "told_by", "item_id", "type"),
    *("repository", "title", "url", "status", "deliverable"),
)


def stand_in(connection: Connection) -> dict[str, Table]:
    """Put tables in the place of the views, which a test fills as it likes."""
    views = inspect(connection).get_view_names()
    metadata = MetaData()
    cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
    for view in VIEWS:
        if view.name in views:
            connection.execute(text(f"DROP VIEW IF EXISTS {view.name}{cascade}"))
        Table(view.name, metadata, *(Column(each.name, real_type(each.name)) for each in view.c))
    metadata.create_all(connection)
    return dict(metadata.tables)


def real_type(name: str) -> Any:
    known = type_of(name)
    if isinstance(known, (Boolean, Date)) or name.endswith("_at"):
        return known
    return String() if name in TEXTS else Double()


def fill(connection: Connection, table: Table, *rows: Mapping[str, Any]) -> None:
    empty = dict.fromkeys(table.c.keys())
    connection.execute(insert(table), [{**empty, **row} for row in rows])


def board(number: int, title: str, *, org: str = "acme", **columns: Any) -> Mapping[str, Any]:
    return {"id": f"P_{org}{number}", "org": org, "number": number, "title": title, **columns}


def sprint(key: str, title: str, start: date, turn: str | None = None, *, of: str = "P_acme1") -> Mapping[str, Any]:
    state = {"current": "current", "next": "future"}.get(turn or "", "past")
    return {
        "project_id": of, "iteration_id": key, "sprint": title, "start_date": start,
        "end_date": start + timedelta(days=13), "state": state, "turn": turn,
    }  # fmt: skip


def write_boards(engine: Engine) -> None:
    """Three boards, two of one title; the first has four sprints, two of one title, the current one with rows."""
    with engine.begin() as connection:
        tables = stand_in(connection)
        boards = [board(1, "Road=map"), board(2, "Twin"), board(3, "Twin"), board(4, "Old", closed_at=NOW)]
        for each in (*boards, board(9, "Theirs", org="other")):
            connection.execute(insert(Project), [each])
        fill(
            connection,
            tables["sprints"],
            sprint("s1", "Sprint 1", date(2026, 4, 6)),
            sprint("s1b", "Sprint 1", date(2026, 4, 20), "previous"),
            sprint("s2", "Sprint 2", date(2026, 5, 4), "current"),
            sprint("s3", "Sprint 3", date(2026, 5, 18), "next"),
            sprint("t1", "Sprint 2", date(2026, 4, 6), of="P_acme2"),
        )
        write_sprint(connection, tables)
        ledger = {"job": "daily", "step": "projects.items", "org": "acme", "status": "ok", "started_at": READ_AT}
        connection.execute(insert(SyncRun), [{**ledger, "finished_at": READ_AT}])


def write_sprint(connection: Connection, tables: Mapping[str, Table]) -> None:
    key = {"project_id": "P_acme1", "iteration_id": "s2", "project": "Road=map", "sprint": "Sprint 2"}
    day = key | {"is_working": True, "told_by": "snapshot", "unpointed": 1, "issues_added": 0, "issues_removed": 0}
    first, second = {"day": date(2026, 5, 4), "day_number": 1}, {"day": date(2026, 5, 5), "day_number": 2}
    third = {"day": date(2026, 5, 18), "day_number": 15, "told_by": None, "unpointed": None, "is_working": False}
    points = {"points_added": 0, "points_removed": 0}
    fill(
        connection,
        tables["sprint_burndown"],
        day | first | points | {"open_issues": 4, "open_points": 6.5, "ideal_issues": 4, "ideal_points": 6.5},
        day | second | points | {"open_issues": 3, "open_points": 6, "ideal_issues": 2, "ideal_points": 3.25}
        | {"issues_added": 1, "points_added": 0.5},
        day | third | {"ideal_issues": 0, "ideal_points": 0, "issues_added": None, "issues_removed": None},
        # Another board's sprint with the same id and title.
        day | first | points | {"project_id": "P_acme2", "project": "Twin", "open_issues": 99, "ideal_issues": 99},
    )  # fmt: skip
    fill(
        connection,
        tables["sprint_burnup"],
        day | first | points | {"scope_issues": 4, "scope_points": 6.5, "done_issues": 0, "done_points": 0},
        day
        | second
        | points
        | {
            "issues_added": 1,
            "points_added": 0.5,
            "scope_issues": 5,
            "scope_points": 7,
            "done_issues": 2,
            "done_points": 1,
        },
    )
    counts: dict[str, tuple[float, float]] = {"total": (5, 7), "completed": (2, 1), "committed": (4, 6.5)}
    counts |= {"added": (1, 0.5), "removed": (0, 0)}
    both = {f"{name}_issues": issues for name, (issues, _) in counts.items()}
    both |= {f"{name}_points": points for name, (_, points) in counts.items()}
    percents = {"percent_completed_issues": 40, "percent_completed_points": 100 / 7, "percent_pointed": 80}
    fill(connection, tables["sprint_report"], {**key, **both, **percents, "state": "current", "told_by": "snapshot"})
    item = key | {"item_id": "I_1", "type": "issue", "repository": "acme/api", "number": 7, "title": "=2+3"}
    fill(connection, tables["sprint_items"], item | {"points": 0.5, "was_committed": True, "is_completed": False})
    progress = {"project_id": "P_acme1", "project": "Road=map", "unpointed": 1, "percent_pointed": 75}
    fill(
        connection,
        tables["deliverable_progress"],
        progress | {"deliverable": "Search", "issues": 4, "closed_issues": 1, "open_issues": 3, "points": 8,
                    "closed_points": 0.5, "open_points": 7.5, "percent_complete_issues": 25,
                    "percent_complete_points": 6.25},
        progress | {"deliverable": "Empty", "issues": 0, "closed_issues": 0, "open_issues": 0},
    )  # fmt: skip
