"""A table or view, whole: as CSV, JSON and Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from sqlalchemy.orm import Session

from chalicelib.models import Base, CopilotDay, Issue, ProjectItem
from chalicelib.views import VIEWS
from reports import export as exporting
from reports.export import TIMES
from reports.schema import find, relations

Run = Callable[..., int]
AT = datetime(2026, 5, 1, 9, tzinfo=UTC)


def issue(key: int, **columns: Any) -> Issue:
    row: dict[str, Any] = {"id": key, "number": key, "title": f"Title {key}", "org": "acme", "repo": "api"}
    row |= {"user": {"login": "zoe", "id": 9}, "username": "zoe", "created_at": AT, "updated_at": AT, "state": "open"}
    return Issue(**row | columns)


@pytest.fixture
def items(db: Session) -> None:
    db.add(issue(1, title="=1+1"))
    db.add(issue(2, repo="Web", created_at=AT.replace(day=9)))
    db.add(issue(3, org="other"))
    db.commit()


def ids(text: str) -> list[int]:
    return sorted(int(row["id"]) for row in csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], [1, 2, 3]),
        (["--org", "ACME"], [1, 2]),
        (["--repo", "API"], [1, 3]),
        (["--repo", "acme/api"], [1]),
        (["--repo", "acme/web", "--org", "other"], []),
        (["--since", "2026-05-02"], [2]),
        (["--since", "2026-05-01"], [1, 2, 3]),
        (["--since", "5d"], [2]),
    ],
)
@pytest.mark.usefixtures("items")
def test_rows_are_chosen(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: list[int]
) -> None:
    assert run("export", "Issues", *arguments) == 0
    out, err = capsys.readouterr()
    assert (ids(out), err) == (expected, "")


@pytest.mark.usefixtures("items")
def test_csv_and_json_have_the_same_rows(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", "issues", "--repo", "acme/api") == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["title"], row["created_at"], json.loads(row["user"])) == (
        "'=1+1",
        "2026-05-01T09:00:00Z",
        {"login": "zoe", "id": 9},
    )
    assert run("export", "issues", "--repo", "acme/api", "--format", "json") == 0
    (same,) = json.loads(capsys.readouterr().out)
    assert list(same) == list(row) == Base.metadata.tables["issues"].c.keys()
    assert (same["title"], same["created_at"], same["user"]["id"]) == ("=1+1", "2026-05-01T09:00:00Z", 9)


@pytest.mark.parametrize(("form", "expected"), [("csv", "org,day,"), ("json", "[]\n")])
def test_no_rows_are_no_error(run: Run, capsys: pytest.CaptureFixture[str], form: str, expected: str) -> None:
    assert run("export", "copilot_use_daily", "--format", form) == 0
    out, err = capsys.readouterr()
    assert out.startswith(expected)
    assert (out.count("\n"), err) == (1, "")


@pytest.mark.usefixtures("items")
@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_file_is_there_when_it_is_whole(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "BATCH", 2)
    folder = tmp_path / "new" / "exports"
    assert run("export", "issues", "--format", form, "--output", str(folder)) == 0
    assert capsys.readouterr() == ("", f"wrote {folder}/issues.{form}: 3 rows\n")
    assert [path.name for path in folder.iterdir()] == [f"issues.{form}"]


@pytest.mark.usefixtures("items")
def test_parquet_keeps_types(run: Run, tmp_path: Path, db: Session) -> None:
    day = {"org": "acme", "day": date(2026, 5, 1), "source": "report", "revision": 1, "report": {"a": 1}}
    db.add(CopilotDay(**day, first_seen_at=AT))
    db.commit()
    assert run("export", "issues", "--format", "parquet", "--output", str(tmp_path)) == 0
    rows = parquet.read_table(tmp_path / "issues.parquet").to_pylist()
    first = next(row for row in rows if row["id"] == 1)
    assert (first["title"], first["created_at"], json.loads(first["user"])["id"]) == ("=1+1", AT, 9)
    assert first["closed_at"] is None
    assert run("export", "copilot_use_daily", "--format", "parquet", "--output", str(tmp_path)) == 0
    schema = parquet.read_schema(tmp_path / "copilot_use_daily.parquet")
    types = {name: str(schema.field(name).type) for name in ("org", "day", "suggestions", "acceptance_rate")}
    assert types == {"org": "string", "day": "date32[day]", "suggestions": "int64", "acceptance_rate": "double"}


@pytest.mark.parametrize(("repo", "expected"), [("api", 1), ("acme/api", 1), ("acme/a_i", 0), ("pi", 0), ("b/api", 0)])
def test_items_of_boards_have_owner_and_name_in_one(
    run: Run, db: Session, capsys: pytest.CaptureFixture[str], repo: str, expected: int
) -> None:
    item = {"project_id": "P", "type": "issue", "fields": {}, "is_archived": False, "first_seen_at": AT}
    db.add(ProjectItem(id="I_1", repository="acme/API", **item))
    db.add(ProjectItem(id="I_2", **item))
    db.commit()
    assert run("export", "project_items", "--repo", repo, "--format", "json") == 0
    assert len(json.loads(capsys.readouterr().out)) == expected


def test_a_folder_that_cant_be_made_is_one_sentence(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert run("export", "issues", "--output", str(tmp_path / "file")) == 1
    assert capsys.readouterr().err == f"error: {tmp_path}/file can't be written to: File exists\n"


def test_every_table_and_view_can_be_exported() -> None:
    names = [*Base.metadata.tables, *(view.name for view in VIEWS)]
    assert sorted(table.name for table in relations()) == sorted(names)
    assert [find(name.upper()).name for name in names] == names


def test_times_are_names_of_columns() -> None:
    columns = {column.name for table in relations() for column in table.c}
    assert set(TIMES) <= columns | {"at"}
