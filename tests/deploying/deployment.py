"""A checkout as a deployer has it, the real `chalice` commands in it, and what they leave in AWS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploying.local_aws import LocalAWS
from tests.project import copy_project

APP = "contributor-metrics"
# Of a developer's machine: what would lead chalice elsewhere. pip's settings and proxies stay: it fetches the wheels.
PRIVATE = ("AWS_", "GH_", "DB_", "ENV_NAME", "LAMBDA_")
# pip downloads, and checks, what runs in Lambda.
FOR_LAMBDA = {"PIP_PLATFORM": "manylinux2014_x86_64", "PIP_ONLY_BINARY": ":all:"}
PATIENCE = 110  # seconds

State = dict[str, Any]


def deployers_environment() -> dict[str, str]:
    """The environment of this process without its AWS account, and with what `make deploy` sets."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PRIVATE)}
    # Chalice imports app.py, and would leave bytecode in chalicelib/, all of which it packs.
    return (
        clean
        | FOR_LAMBDA
        | {"PYTHONDONTWRITEBYTECODE": "1", "AWS_CONFIG_FILE": os.devnull, "AWS_DEFAULT_REGION": "eu-west-1"}
    )


@dataclass(frozen=True)
class Checkout:
    """A copy of what `chalice` reads."""

    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def copy(cls, root: Path, folder: Path, environment: Mapping[str, str]) -> Checkout:
        """Copy the project, without bytecode: `make deploy` removes it first."""
        copy_project(root, folder)
        for file in ("requirements.txt", "policy.json", ".chalice/config.json"):
            (folder / file).parent.mkdir(exist_ok=True)
            shutil.copy2(root / file, folder / file)
        checkout = cls(folder, environment)
        checkout.remove_bytecode()
        return checkout

    def remove_bytecode(self) -> None:
        """Remove what importing and compiling left behind."""
        for cache in [*self.folder.rglob("__pycache__")]:
            shutil.rmtree(cache)

    def chalice(self, *arguments: str, **environment: str) -> str:
        """Run the real command; gives what it printed, AssertionError when it fails."""
        done = subprocess.run(
            [sys.executable, "-c", "from chalice.cli import main; main()", *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def set_variables(self, stage: str, variables: Mapping[str, str]) -> None:
        """Write environment variables of a stage into `.chalice/config.json`, as a deployer does."""
        path = self.folder / ".chalice" / "config.json"
        config = json.loads(path.read_text())
        config["stages"][stage]["environment_variables"] |= variables
        path.write_text(json.dumps(config))

    @property
    def zips(self) -> list[Path]:
        """The packages made so far."""
        return sorted((self.folder / ".chalice" / "deployments").glob("*.zip"))


@dataclass(frozen=True)
class Life:
    """What AWS had after each command, the URL that `chalice url` gave, and the zip that was uploaded first."""

    deployed: State
    redeployed: State
    deleted: State
    package: Path
    url: str


def state(aws: LocalAWS) -> State:
    """Everything that AWS has of us."""
    return {
        "functions": functions(aws),
        "rules": rules(aws),
        "roles": roles(aws),
        "apis": apis(aws),
        "retention": {
            group["logGroupName"]: group.get("retentionInDays")
            for group in aws.client("logs").describe_log_groups()["logGroups"]
        },
    }


def functions(aws: LocalAWS) -> State:
    """Each function by its name: its configuration, its tags, and who may invoke it."""
    client = aws.client("lambda")
    found = [item["FunctionName"] for item in client.list_functions()["Functions"]]
    return {name: function(client, name) for name in found}


def function(client: Any, name: str) -> State:
    """One function."""
    told = client.get_function(FunctionName=name)
    policy = json.loads(client.get_policy(FunctionName=name)["Policy"])
    return {**told["Configuration"], "Tags": told["Tags"], "Permissions": policy["Statement"]}


def rules(aws: LocalAWS) -> State:
    """Each EventBridge rule by its name, with its targets."""
    client = aws.client("events")
    found = client.list_rules()["Rules"]
    return {rule["Name"]: rule | targets(client, rule["Name"]) for rule in found}


def targets(client: Any, rule: str) -> State:
    """What a rule starts."""
    return {"Targets": [target["Arn"] for target in client.list_targets_by_rule(Rule=rule)["Targets"]]}


def apis(aws: LocalAWS) -> State:
    """Each REST API by its name: its stages, and what each of its methods calls."""
    client = aws.client("apigateway")
    return {api["name"]: api_of(client, api) for api in client.get_rest_apis()["items"]}


def api_of(client: Any, api: State) -> State:
    """One REST API."""
    resources = client.get_resources(restApiId=api["id"])["items"]
    methods = {
        f"{name} {resource['path']}": method_of(client, api["id"], resource["id"], name)
        for resource in resources
        for name in resource.get("resourceMethods", {})
    }
    stages = [stage["stageName"] for stage in client.get_stages(restApiId=api["id"])["item"]]
    return {"Id": api["id"], "Types": api["endpointConfiguration"]["types"], "Stages": stages, "Methods": methods}


def method_of(client: Any, api: str, resource: str, name: str) -> State:
    """How a method is authorised, and what it calls."""
    method = client.get_method(restApiId=api, resourceId=resource, httpMethod=name)
    called = method["methodIntegration"]
    return {"Authorization": method.get("authorizationType"), "Type": called["type"], "Uri": called["uri"]}


def roles(aws: LocalAWS) -> State:
    """Each role by its name: who may take it, what it may do, and which managed policies it has on top."""
    client = aws.client("iam")
    return {role["RoleName"]: role_of(client, role) for role in client.list_roles()["Roles"]}


def role_of(client: Any, role: State) -> State:
    """One role."""
    name = role["RoleName"]
    inline = client.list_role_policies(RoleName=name)["PolicyNames"]
    return {
        "Arn": role["Arn"],
        "Trust": role["AssumeRolePolicyDocument"],
        "Inline": [client.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"] for each in inline],
        "Managed": client.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
    }
