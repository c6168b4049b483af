"""The command line: its help, its exit codes, and how it ends."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert

from chalicelib.models import ProjectStatus, create_all
from chalicelib.settings import Settings
from reports.__main__ import COMMANDS, PROGRAM, main

Run = Callable[..., int]
# What takes long to load, and is needed for charts, Slack and Parquet alone.
HEAVY = {"plotly", "kaleido", "slack_sdk", "pyarrow", "rich", "chalicelib.domains", "chalicelib.models", "requests"}


def test_help_lists_every_command_with_its_whole_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    for name, command in COMMANDS.items():
        assert f"{name} {str(command.run.__doc__).splitlines()[0]}" in words


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_has_its_examples(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main([name, "--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in lines if line.startswith(PROGRAM)] == [
        f"{PROGRAM} {name} {example}" for example in COMMANDS[name].examples
    ]


@pytest.mark.parametrize("line", [f"{name} {example}" for name in COMMANDS for example in COMMANDS[name].examples])
def test_each_example_is_understood(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """The first thing that is wrong with it is that there is no database."""
    assert main(shlex.split(line), Settings({"DB_URL": "sqlite:///nowhere.db", "SLACK_BOT_TOKEN": "xoxb-1"}.get)) == 2
    assert capsys.readouterr().err.startswith("error: there is no database nowhere.db yet")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("", "Missing command (--help shows what there is)"),
        ("xyzzy", "No such command 'xyzzy' (--help shows what there is)"),
        ("queue --team me", "No such option: --team (--help shows what there is)"),
        ("queue now", "Got unexpected extra argument(s) (now) (--help shows what there is)"),
        ("export", "Missing argument 'VIEW_OR_TABLE' (--help shows what there is)"),
        (
            "issues --format xml",
            "Invalid value for '--format': 'xml' is not one of 'table', 'csv', 'json', 'html', 'png'",
        ),
        ("sprint-burndown --unit hours", "Invalid value for '--unit': 'hours' is not one of 'issues', 'points'"),
        ("issues --since soon", "Invalid value for '--since': 'soon' is neither a date such as 2026-01-31 nor a span"),
        ("issues --since 0d", "Invalid value for '--since': 0d is not from 1 day to 3650 days"),
        ("issues --since 9999w", "Invalid value for '--since': 9999w is not from 1 day to 3650 days"),
        ("issues --org a/b", "Invalid value for '--org': 'a/b' is not an organisation's name"),
        ("issues --repo a/b/c", "Invalid value for '--repo': 'a/b/c' is neither a repository's name nor owner/name"),
        ("issues --repo api --team core", "--repo and --team can't be put together: choose one"),
        ("issues --repo acme/api --org other", "--repo acme/api is not in --org other"),
        ("issues --format png", "--format png writes files: say where with --output DIR"),
        ("issues --dry-run", "--dry-run says what --slack would post: add --slack"),
        ("health --format html", "health has no chart: choose --format table, csv or json"),
        ("issues --slack", "SLACK_CHANNEL is not set: set it, or name the channel with --slack CHANNEL"),
        ("issues --slack #team", "SLACK_BOT_TOKEN is not set"),
        ("export pull_reqests", "there is no table or view 'pull_reqests': did you mean pull_requests or "),
        ("export xyzzy", "there is no table or view 'xyzzy': docs/data-dictionary.md has them all"),
        ("export members --org acme", "members has no column for --org: leave it out"),
        ("export teams --repo api", "teams has no column for --repo: leave it out"),
        ("export data_health --repo api", "data_health has no column for --repo: leave it out"),
        ("export item_labels --since 3d", "item_labels has no column for --since: leave it out"),
        ("export issues --format parquet", "--format parquet writes a file: say where with --output DIR"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: str, sentence: str
) -> None:
    assert run(*arguments.split()) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {sentence}")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("db_url", "sentence"),
    [
        (
            "postgresql://me:hunter2@127.0.0.1:1/none",
            "the database postgresql+psycopg2://me:***@127.0.0.1:1/none ",
        ),
        ("sqlite:////nowhere/at/all.db", "there is no database /nowhere/at/all.db yet: run `make migrate`"),
        ("sqlite://", "there is no database in memory yet"),
        ("sqlite:///empty.db", "the database has no tables of this app yet: run `make migrate`"),
        ("sqlite:///text.db", "the database sqlite:///text.db can't be used: file is not a database"),
        ("mongo://me:hunter2@here/there", "DB_URL needs a driver that isn't installed here: mongo"),
        ("nonsense", "DB_URL is malformed"),
    ],
)
def test_a_database_that_cant_be_used_is_one_sentence_without_a_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], db_url: str, sentence: str
) -> None:
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("no database at all" * 100)
    assert main(["health"], Settings({"DB_URL": db_url}.get)) == 2
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    assert error.startswith(f"error: {sentence}")
    assert "hunter2" not in error


def test_a_report_makes_no_database(tmp_path: Path) -> None:
    assert main(["health"], Settings({"DB_URL": "sqlite:///new.db"}.get)) == 2
    assert list(tmp_path.iterdir()) == []


# As a process


def start(root: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "reports", *arguments],
        cwd=root,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_report_loads_nothing_that_only_others_need(root: Path) -> None:
    code = "import sys, reports.__main__; print(sorted(set(sys.argv[1:]) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code, *HEAVY], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.fixture
def long_table(tmp_path: Path) -> str:
    """A database with more rows than a pipe holds."""
    url = f"sqlite:///{tmp_path / 'long.db'}"
    create_all(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        rows = [{"project_id": f"P_{n}", "name": "Done", "kind": "done", "position": n} for n in range(20_000)]
        connection.execute(insert(ProjectStatus), rows)
    engine.dispose()
    return url


@pytest.mark.slow
def test_a_closed_pipe_ends_it_quietly(root: Path, long_table: str) -> None:
    with start(root, "export", "project_statuses", DB_URL=long_table) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("project_id,")
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


@pytest.mark.slow
def test_ctrl_c_ends_it_with_one_sentence(root: Path, long_table: str) -> None:
    with start(root, "export", "project_statuses", DB_URL=long_table) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("project_id,")
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert (process.returncode, error) == (130, "stopped; nothing was changed in the database\n")
