"""`make bench` works: small sizes through the same code, the real processes and a real PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

pytestmark = pytest.mark.slow


def command(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a module of ours in a session of its own, so that what it leaves running can be seen."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=root,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    out, err = process.communicate(timeout=100)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


# Each part's figures. `make soak` looks at all of them.
FIGURES = {
    "loading": (
        *("COPY, text made beforehand", "our upsert", "SQLAlchemy's upsert", "our upsert, on SQLite"),
        *(
            "our upsert / COPY, text made beforehand, insert",
            "our upsert / SQLAlchemy's upsert, all changed",
        ),
    ),
    "views": ("refresh", "as it is", "pull_request_cycle", "data_health"),
    "dashboard": ("overview", "copilot, Use", "data"),
    "backfill": ("PostgreSQL", "SQLite", "the libraries alone"),
    "idle": ("3 repositories", "30 repositories"),
    "security": (
        *("first load, requests for alerts", "first load, points for checks", "a quiet day, requests beside checks"),
        *("team_members", "dependabot_alerts", "repository_checks", "in all"),
    ),
    "webhook": ("answered by 200", "not stored", "p99 wait, ms"),
    "lambda": (
        *("MB of the zip", "times the seconds of its libraries", "of jwt and cryptography, loaded"),
        *("seconds more with an App's key", "every_30_min", "nrt_events", "daily"),
    ),
}
PARTS = list(FIGURES) if "SOAK" in os.environ else ["loading", "views"]


def test_it_prints_every_figure_and_leaves_nothing_behind(root: Path, postgres: Engine, tmp_path: Path) -> None:
    server = postgres.url.render_as_string(hide_password=False)
    only = [word for part in PARTS for word in ("--only", part)]

    told = command(root, "benchmarks", "--quick", *only, TEST_DATABASE_URL=server, TMPDIR=str(tmp_path))

    assert (told.returncode, told.stderr) == (0, "")
    begins = [line.strip().split("  ")[0] for line in told.stdout.splitlines()]
    for part in PARTS:
        assert set(FIGURES[part]) <= set(begins)
    assert list(tmp_path.iterdir()) == []


def test_ours_is_measured_beside_its_peers_without_any_of_them(root: Path, postgres: Engine, tmp_path: Path) -> None:
    server = postgres.url.render_as_string(hide_password=False)
    small = ["--only", "ours", "--runs", "first", "--items", "19", "--latency-ms", "0"]

    told = command(root, "benchmarks", "peers", *small, TEST_DATABASE_URL=server, TMPDIR=str(tmp_path))

    assert (told.returncode, told.stderr) == (0, "")
    taken, stored = (line.split() for line in told.stdout.splitlines() if line.startswith("  contributor-metrics"))
    core, search, points, units = map(int, taken[1:5])
    assert core + search + points == units
    # Timelines by the hundred, and a few searches and pages.
    assert 0 < points <= 5 < units < 19
    assert "of" not in stored


def test_help_has_examples(root: Path) -> None:
    told = command(root, "benchmarks", "--help")

    assert told.returncode == 0
    assert ".venv/bin/python -m benchmarks --quick" in told.stdout


def test_a_peak_is_the_scripts_own_and_outlives_what_it_freed(root: Path, tmp_path: Path) -> None:
    script, report = tmp_path / "script.py", tmp_path / "report"
    script.write_text("import sys\nmuch = bytearray(b'x') * 80_000_000\ndel much\nsys.exit(int(sys.argv[1]))\n")
    parents_own = bytearray(b"x") * 150_000_000

    told = command(root, "benchmarks.peak", str(report), str(script), "3")

    assert told.returncode == 3
    assert 80_000_000 < int(report.read_text()) < len(parents_own)
