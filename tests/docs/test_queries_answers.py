"""Each question of docs/queries.md has the answer that stands below it, on both databases."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from chalicelib.models import create_all
from chalicelib.store.engine import make_engine
from chalicelib.views import VIEWS
from docs import queries
from docs.queries import PATH, answer, examples, fill_for_examples, main, written
from tests.docs.pages import blocks, section

pytestmark = pytest.mark.slow
PAGE = PATH.read_text(encoding="utf-8")


@pytest.fixture
def world(db_url: str) -> Iterator[Connection]:
    """A connection to the organisation of the examples, as a SQL tool opens one: SQLite files read-only."""
    engine = make_engine(db_url)
    with Session(engine) as session:
        fill_for_examples(session)
        session.commit()
    if engine.dialect.name == "sqlite":
        engine = create_engine(f"sqlite:///file:{make_url(db_url).database}?mode=ro&uri=true")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def postgres_world(postgres_url: str) -> Iterator[Connection]:
    """An empty database with our tables, in a transaction that is rolled back."""
    create_all(postgres_url)
    engine = make_engine(postgres_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_each_answer_is_what_the_database_says(world: Connection) -> None:
    wrong = {sql: [below, found] for sql, below in examples(PAGE) if (found := answer(world, sql)) != below}
    assert wrong == {}, "run `make docs`; where only one database differs, the SQL means another thing there"


@pytest.fixture(params=["2026-12-31 23:59:40", "2027-03-01 00:05:00", "2028-02-29 12:00:00", "2029-05-07 09:11:00"])
def another_now(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another time, for SQLite too: it finds ours instead of its own functions that know the clock."""
    known = sqlite3.connect(":memory:")

    def datetime_of(*arguments: str) -> str | None:
        marks = ", ".join("?" for _ in arguments)
        values = [request.param if each == "now" else each for each in arguments]
        (time,) = known.execute(f"SELECT datetime({marks})", values).fetchone()
        return str(time) if time else None

    def stop_the_clock(connection: sqlite3.Connection, _: object) -> None:
        connection.create_function("current_timestamp", 0, lambda: request.param)
        connection.create_function("datetime", -1, datetime_of)

    monkeypatch.setattr(queries, "utc_now", lambda: datetime.fromisoformat(f"{request.param}+00:00"))
    event.listen(Engine, "connect", stop_the_clock)
    yield
    event.remove(Engine, "connect", stop_the_clock)
    known.close()


@pytest.mark.usefixtures("another_now")
def test_each_answer_is_the_same_at_another_time() -> None:
    said = "what an example says must not change with the day: ask for an age, or for a time in 2025"
    assert written().splitlines() == PAGE.splitlines(), said


@pytest.mark.postgresql
def test_the_role_for_dashboards_reads_views_and_nothing_else(postgres_world: Connection) -> None:
    script = blocks(section(PAGE, "A role that may only read"), "pgsql")[0]
    # Roles are of the whole server: this one goes with the transaction.
    postgres_world.exec_driver_sql(script.replace("%", "%%"))
    postgres_world.exec_driver_sql("SET LOCAL ROLE dashboards")
    for view in VIEWS:
        assert postgres_world.exec_driver_sql(f"SELECT * FROM {view.name}").all() == []
    with pytest.raises(ProgrammingError, match="permission denied for table issues"):
        postgres_world.exec_driver_sql("SELECT * FROM issues")


@pytest.mark.postgresql
def test_grafanas_panel_can_be_asked(postgres_world: Connection) -> None:
    (panel,) = blocks(section(PAGE, "Grafana"), "pgsql")
    sql = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 BETWEEN '2025-04-01T00:00:00Z' AND '2025-06-01T00:00:00Z'", panel)
    with Session(postgres_world) as session:
        fill_for_examples(session)
        result = session.execute(text(sql))
        assert [*result.keys()] == ["time", "metric", "median_hours_to_merge"]
        assert len(result.all()) == 5
        session.rollback()


@pytest.mark.postgresql
def test_user_without_quotes_is_the_role_as_the_page_warns(postgres_world: Connection) -> None:
    with Session(postgres_world) as session:
        fill_for_examples(session)
        role, asked, quoted, username = session.execute(
            text('SELECT current_user, user, "user", username FROM issues WHERE number = 51')
        ).one()
        session.rollback()
    assert asked == role != username == quoted["login"] == "zoe"


def test_a_new_question_gets_its_answer_and_a_changed_one_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "queries.md"
    monkeypatch.setattr(queries, "PATH", page)
    asked = (
        "```sql\nSELECT repo, merged_without_review, lead_time_hours FROM pull_request_cycle WHERE number = 32;\n```\n"
    )
    page.write_text(f"Who?\n\n{asked}\nHow?\n\n{asked}\n| repo |\n|---|\n| old |\n\nEnd.\n", encoding="utf-8")
    stale = "docs/queries.md is stale: make docs\n"
    assert (main(["--check"]), capsys.readouterr().err) == (1, stale)
    assert (main([]), capsys.readouterr().err) == (0, "")
    table = "| repo | merged_without_review | lead_time_hours |\n|---|---|---|\n| api | true | 2 |\n"
    expected = f"Who?\n\n{asked}\n{table}\nHow?\n\n{asked}\n{table}\nEnd.\n"
    assert page.read_text(encoding="utf-8") == expected
    assert (main(["--check"]), capsys.readouterr().err) == (0, "")


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("SELECT * FROM issue_cycle WHERE repo = 'none'", "an example has 1 to 6 rows, and not 0"),
        ("SELECT * FROM activity", "an example has 1 to 6 rows, and not"),
        ("SELECT neither FROM activity", "no such column: neither"),
    ],
)
def test_a_question_without_an_answer_is_named_and_nothing_is_written(
    sql: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "queries.md"
    monkeypatch.setattr(queries, "PATH", page)
    page.write_text(f"```sql\n{sql};\n```\n", encoding="utf-8")
    assert main([]) == 2
    error = capsys.readouterr().err
    assert problem in error
    assert sql in error
    assert page.read_text(encoding="utf-8") == f"```sql\n{sql};\n```\n"


def test_it_runs_as_a_command(root: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "docs.queries", "--check"], cwd=root, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
