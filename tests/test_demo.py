"""`make run`'s program: from nothing to a database, and again from there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import demo
from chalicelib.errors import SettingsError


def run(root: Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, root / "demo.py"],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_first_run_fills_a_database_and_the_second_reads_only_what_is_new(root: Path, tmp_path: Path) -> None:
    first = run(root, tmp_path)
    assert first.returncode == 0, first.stderr
    assert "GH_TOKEN is not set: a sandbox on this machine plays GitHub" in first.stdout
    assert "What now stands in sqlite:///contributor-metrics.db:" in first.stdout
    for question in demo.QUERIES:
        answer = first.stdout.split(question)[1]
        assert "(no rows)" not in answer
    second = run(root, tmp_path)
    assert second.returncode == 0, second.stderr
    assert "Backfill" not in second.stdout
    changed = [line for line in second.stdout.splitlines() if "new or changed" in line]
    assert len(changed) == 9
    assert all(" 0 new or changed" in line for line in changed), changed


def test_its_queries_run_on_both_databases(db_url: str) -> None:
    from sqlalchemy import text

    from chalicelib.models import create_db_session

    with create_db_session(db_url) as session:
        for query in demo.QUERIES.values():
            assert session.execute(text(query)).all() == []


def test_a_token_without_an_organisation_is_one_sentence(root: Path, tmp_path: Path) -> None:
    result = run(root, tmp_path, GH_TOKEN="ghp_secret")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "error: GH_ORGS is not set: name the organisations to read, such as GH_ORGS=my-org\n"


def test_a_sandbox_that_says_nothing_is_one_sentence() -> None:
    with pytest.raises(SettingsError, match="the sandbox did not start: it said nothing"):
        demo.read_greeting("")
