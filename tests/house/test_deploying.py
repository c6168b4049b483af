"""What `chalice deploy` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chalice.config import Config


def chalice_config(root: Path, stage: str) -> Config:
    """The configuration of a stage, as Chalice itself looks it up."""
    from_disk = json.loads((root / ".chalice" / "config.json").read_text())
    return Config(chalice_stage=stage, config_from_disk=from_disk)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_each_stage_has_our_limits_and_our_policy(root: Path, stage: str) -> None:
    config = chalice_config(root, stage)
    assert config.app_name == "contributor-metrics"
    assert config.environment_variables == {"ENV_NAME": stage}
    assert (config.lambda_timeout, config.lambda_memory_size) == (900, 256)
    assert config.autogen_policy is False
    assert (root / ".chalice" / config.iam_policy_file).resolve() == root / "policy.json"


def test_there_are_two_stages(root: Path) -> None:
    assert list(json.loads((root / ".chalice" / "config.json").read_text())["stages"]) == ["dev", "prod"]


def test_the_policy_allows_logs_and_our_own_parameters_and_nothing_else(root: Path) -> None:
    policy: dict[str, Any] = json.loads((root / "policy.json").read_text())
    assert policy["Version"] == "2012-10-17"
    allowed = {(action, statement["Resource"]) for statement in policy["Statement"] for action in statement["Action"]}
    logs = "arn:*:logs:*:*:*"
    assert allowed == {
        ("logs:CreateLogGroup", logs),
        ("logs:CreateLogStream", logs),
        ("logs:PutLogEvents", logs),
        ("ssm:GetParameter", "arn:*:ssm:*:*:parameter/contributor-metrics/*/*"),
    }
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Allow"}
