"""`chalice package`: the template that CloudFormation would take instead of `chalice deploy`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.jobs.schedules import JOBS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deploying")]  # one worker has the one deployment


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_cfn_lint_finds_nothing(templates: dict[str, Path], stage: str) -> None:
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--", str(templates[stage])]
    linted = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


@pytest.mark.parametrize(("stage", "days"), [("dev", 30), ("prod", 90)])
def test_it_has_the_four_functions_and_the_logs_of_the_three(templates: dict[str, Path], stage: str, days: int) -> None:
    functions = properties(templates[stage], "AWS::Serverless::Function")
    assert {function["Handler"] for function in functions} == {"app.app", *(f"app.{job}" for job in JOBS)}
    logs = properties(templates[stage], "AWS::Logs::LogGroup")
    assert [group["RetentionInDays"] for group in logs] == [days] * len(JOBS)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_it_has_the_rest_api(templates: dict[str, Path], stage: str) -> None:
    (api,) = properties(templates[stage], "AWS::Serverless::Api")
    assert (api["StageName"], api["EndpointConfiguration"]) == (stage, "REGIONAL")
    assert api["DefinitionBody"]["paths"]["/webhook"].keys() == {"post"}


def properties(template: Path, kind: str) -> list[dict[str, Any]]:
    resources = json.loads(template.read_text())["Resources"].values()
    return [resource["Properties"] for resource in resources if resource["Type"] == kind]
