"""The workflow that posts reports: what it may do, and the commands that it runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

# What the schedule asks for, besides what a test sets.
USUAL = {"PROJECT": "", "REPORT": "sprint-burndown", "SPRINT": "@current", "UNIT": "issues", "DRY_RUN": "false"}


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / ".github" / "workflows" / "report.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def workflow(text: str) -> dict[Any, Any]:
    return dict(yaml.safe_load(text))


@pytest.fixture(scope="module")
def script(workflow: dict[Any, Any]) -> str:
    return str(workflow["jobs"]["report"]["steps"][-1]["run"])


def test_it_may_read_the_code_and_no_more(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in workflow["jobs"]["report"]


def test_it_uses_the_actions_that_our_checks_use(root: Path, text: str) -> None:
    checks = (root / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert set(used) <= set(re.findall(r"uses: (\S+)", checks))


def test_no_text_of_anybody_gets_into_a_shell(workflow: dict[Any, Any]) -> None:
    scripts = [step["run"] for step in workflow["jobs"]["report"]["steps"] if "run" in step]
    assert [script for script in scripts if "${{" in script] == []
    # True is how YAML 1.1 reads `on`.
    inputs = workflow[True]["workflow_dispatch"]["inputs"]
    assert {each["type"] for each in inputs.values()} == {"choice", "boolean"}


def test_what_may_be_chosen_are_the_commands_that_make_a_report(workflow: dict[Any, Any]) -> None:
    commands = pytest.importorskip("reports.__main__").COMMANDS
    options = workflow[True]["workflow_dispatch"]["inputs"]["report"]["options"]
    assert options == [name for name in commands if name != "export"]


def test_each_schedule_is_told_apart_by_its_own_time(workflow: dict[Any, Any], text: str) -> None:
    crons = [each["cron"] for each in workflow[True]["schedule"]]
    named = re.findall(r"github\.event\.schedule == '([^']+)'", text)
    assert named == crons[1:], "the first is what is left"


@pytest.mark.parametrize(
    ("environment", "arguments"),
    [
        ({}, "sprint-burndown --sprint @current --unit issues --slack"),
        (
            {"REPORT": "sprint-burnup", "SPRINT": "@previous", "PROJECT": "my-org/5", "DRY_RUN": "true"},
            "sprint-burnup --sprint @previous --unit issues --project my-org/5 --slack --dry-run",
        ),
        (
            {"REPORT": "percent-complete", "PROJECT": "a b", "UNIT": "points"},
            "percent-complete --unit points --project 'a b' --slack",
        ),
        ({"REPORT": "queue", "PROJECT": "my-org/5"}, "queue --slack"),
    ],
)
def test_the_command_that_it_runs(tmp_path: Path, script: str, environment: dict[str, str], arguments: str) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    variables = USUAL | environment | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    # As GitHub starts it. https://docs.github.com/en/actions/reference/workflow-syntax-for-github-actions#jobsjob_idstepsshell
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(bash, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["-m", "reports", *shlex.split(arguments)]
