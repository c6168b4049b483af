"""The data dictionary says what the models say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from chalicelib.models import Base
from docs import dictionary
from docs.dictionary import RELATIONS, main, render


def test_the_page_is_not_stale(root: Path) -> None:
    page = (root / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert page == render(), "run `make docs`"


def test_it_has_every_table_and_column_with_its_comment() -> None:
    lines = render().splitlines()
    for table in Base.metadata.sorted_tables:
        start = lines.index(f"### {table.name}")
        end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("#")), len(lines))
        rows = [line.split(" | ") for line in lines[start:end] if line.startswith("| `")]
        assert sorted(row[0] for row in rows) == sorted(f"| `{column.name}`" for column in table.columns)
        assert sorted(row[-1] for row in rows) == sorted(f"{column.comment} |" for column in table.columns)
        assert f"{table.comment}." in lines[start:end]


@pytest.mark.parametrize(
    "line",
    [
        "| `id` | `bigint` |  | PK | GitHub's user id |",
        "| `login` | `varchar` | yes | unique | User name; NULL once somebody else has taken it over |",
        "| `labels` | `json[]` | yes |  | Labels (label objects) |",
        "| `milestone` | `jsonb` | yes |  | Milestone object |",
        "| `created_at` | `timestamptz` |  |  | When it was opened |",
        "| `score` | `double precision` | yes |  | Search score; says nothing of value |",
        "| `username` | `varchar` | yes | indexed | Login of who did it |",
        "Indexes: `(issue_id, created_at)`, `(org, repo, created_at)`.",
    ],
)
def test_a_line_says_type_null_key_and_meaning(line: str) -> None:
    assert line in render().splitlines()


def test_each_join_can_be_asked(engine: Engine) -> None:
    with engine.connect() as connection:
        for relation in RELATIONS:
            question = f"SELECT count(*) FROM {relation.table} JOIN {relation.to} ON {relation.join}"
            assert connection.execute(text(question)).scalar() == 0


def test_make_docs_writes_it_and_a_check_says_when_it_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "data-dictionary.md"
    monkeypatch.setattr(dictionary, "PATH", page)
    stale = "docs/data-dictionary.md is stale: make docs\n"
    assert (main(["--check"]), capsys.readouterr().err) == (1, stale)
    assert (main([]), capsys.readouterr().err) == (0, "")
    assert page.read_text(encoding="utf-8") == render()
    assert (main(["--check"]), capsys.readouterr().err) == (0, "")
    page.write_text(render() + " ", encoding="utf-8")
    assert (main(["--check"]), capsys.readouterr().err) == (1, stale)


def test_it_runs_as_a_command(root: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "docs.dictionary", "--check"], cwd=root, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
