"""What `chalice deploy` reads, as Chalice itself looks it up; the deployment itself is test_deploy's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chalice.config import Config

import app
from chalicelib.jobs.schedules import JOBS
from deployment.stage import load_stage
from tests.deploying.deployment import APP

# What docs/deploy.md has some deployers add.
ADDITIONS = {"StandInTheVpc", "DecryptOwnParameters"}
STAGES = {"dev": 30, "prod": 90}  # days that logs are kept


def from_disk(root: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((root / ".chalice" / "config.json").read_text())
    return config


def chalice_config(root: Path, stage: str, function: str = "api_handler") -> Config:
    return Config(chalice_stage=stage, function_name=function, config_from_disk=from_disk(root))


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_has_our_limits_and_our_policy(root: Path, stage: str) -> None:
    config = chalice_config(root, stage)
    assert config.app_name == APP
    # Whoever deploys puts more into it.
    assert {"ENV_NAME": stage}.items() <= config.environment_variables.items()
    assert {"app": APP, "stage": stage}.items() <= config.tags.items()
    assert {name: chalice_config(root, stage, name).lambda_timeout for name in JOBS} == dict.fromkeys(JOBS, 900)
    assert config.autogen_policy is False
    assert (root / ".chalice" / config.iam_policy_file).resolve() == root / "policy.json"


@pytest.mark.parametrize(("stage", "days"), STAGES.items())
def test_each_schedule_keeps_its_logs_for_a_while(root: Path, stage: str, days: int) -> None:
    scheduled = [source.name for source in app.app.event_sources]
    assert sorted(scheduled) == sorted(JOBS)
    kept = {name: chalice_config(root, stage, name).log_retention_in_days for name in scheduled}
    assert kept == dict.fromkeys(JOBS, days)


@pytest.mark.parametrize("stage", STAGES)
def test_the_api_answers_within_its_gateways_time_and_under_the_stages_name(root: Path, stage: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""
    config = chalice_config(root, stage)
    assert config.lambda_timeout == 29
    assert (config.api_gateway_stage, config.api_gateway_endpoint_type) == (stage, "REGIONAL")


@pytest.mark.parametrize("stage", STAGES)
def test_no_empty_variable_hides_what_env_says(root: Path, stage: str) -> None:
    """`chalice local` and Chalice's test client put these variables over the environment: GH_ORGS was empty there."""
    assert all(chalice_config(root, stage).environment_variables.values())


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_as_a_whole_keeps_logs(root: Path, stage: str) -> None:
    """Chalice gives a REST API's own function no log group to keep, and fails."""
    assert chalice_config(root, stage).log_retention_in_days is None


def test_there_are_two_stages(root: Path) -> None:
    assert list(from_disk(root)["stages"]) == list(STAGES)


@pytest.mark.parametrize("function", [APP, *(f"{APP}-{job}" for job in JOBS)])
def test_each_function_may_write_its_own_logs(root: Path, function: str) -> None:
    """The API's has no more behind the stage's name, so it is easily forgotten."""
    stage = load_stage("prod", {}, root=root)
    name = function.replace(APP, f"{APP}-prod")
    group = f"arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/{name}"
    assert stage.allows("logs:PutLogEvents", group)


def test_the_policy_allows_what_is_ours_and_nothing_else(root: Path) -> None:
    policy = json.loads((root / "policy.json").read_text())
    assert policy["Version"] == "2012-10-17"
    statements = [statement for statement in policy["Statement"] if statement.get("Sid") not in ADDITIONS]
    allowed = {(action, statement["Resource"]) for statement in statements for action in statement["Action"]}
    logs = "arn:*:logs:*:*:log-group:/aws/lambda/contributor-metrics-*"
    snapshots = "arn:*:s3:::contributor-metrics-*/*"
    assert allowed == {
        ("logs:CreateLogGroup", logs),
        ("logs:CreateLogStream", logs),
        ("logs:PutLogEvents", logs),
        ("ssm:GetParameter", "arn:*:ssm:*:*:parameter/contributor-metrics/*/*"),
        ("lambda:InvokeFunction", "arn:*:lambda:*:*:function:contributor-metrics-*"),
        ("sns:Publish", "arn:*:sns:*:*:contributor-metrics-*"),
        ("s3:GetObject", snapshots),
        ("s3:PutObject", snapshots),
    }
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Allow"}
