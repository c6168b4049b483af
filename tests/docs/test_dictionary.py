"""The data dictionary says what the models say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from chalicelib.domains import DOMAINS
from chalicelib.models import Base
from chalicelib.views import VIEWS
from docs import dictionary
from docs.dictionary import main, other_of, render

RELATIONS = [relation for domain in DOMAINS for relation in domain.relations]


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
        "| `score` | `double precision` | yes |  | Relevance to the search that found it |",
        "| `username` | `varchar` | yes | indexed | Login of who did it |",
        "Indexes: `(org, created_at)`, `(org, repo, number)`.",
    ],
)
def test_a_line_says_type_null_key_and_meaning(line: str) -> None:
    assert line in render().splitlines()


def test_tables_stand_below_their_domain_and_the_app_comes_last() -> None:
    headings = [line for line in render().splitlines() if line.startswith(("## ", "### "))]
    domains = [f"## {domain.name.capitalize()}" for domain in DOMAINS]
    assert [line for line in headings if line in {*domains, "## The app itself"}] == [*domains, "## The app itself"]
    begin = headings.index("## Inventory")
    tables = ["### repositories", "### releases", "### teams", "### team_members"]
    assert headings[begin + 1 : begin + 5] == tables
    assert headings[headings.index("## The app itself") + 1] == "### sync_runs"


def test_the_contents_link_to_every_table_and_view() -> None:
    contents = render().split("\n## ")[0]
    names = [*Base.metadata.tables, *(view.name for view in VIEWS)]
    assert sorted(re.findall(r"^\| \[`(\w+)`\]\(#\1\) \| .+ \|$", contents, re.MULTILINE)) == sorted(names)


def test_each_relation_is_drawn_and_explained() -> None:
    lines = render().splitlines()
    for relation in RELATIONS:
        to, join = other_of(relation)
        assert f"| `{relation.table}` | `{to}` | `{join}` | {relation.words} |" in lines
    assert "| `teams` | `teams AS other` | `teams.parent_id = other.id` | the team that it is part of |" in lines
    assert '    repositories |o--o{ releases : "repository_id"' in lines
    assert sum("--o{" in line for line in lines) == len(RELATIONS) > 0


def test_each_join_can_be_asked(engine: Engine) -> None:
    with engine.connect() as connection:
        for relation in RELATIONS:
            to, join = other_of(relation)
            question = f"SELECT count(*) FROM {relation.table} JOIN {to} ON {join}"
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
