"""Lambda on this machine: the unpacked zip, the libraries that the runtime brings, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import platform
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploying.local_aws import CREDENTIALS, REGION

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html: the SDK, and what it needs.
BROUGHT = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
SCRIPT = Path(__file__).with_name("in_lambda.py")
# Chalice packs for Lambda, whatever machine it runs on.
RUNS_HERE = (platform.system(), platform.machine()) == ("Linux", "x86_64")
ONLY_THERE = "the zip holds binaries for Linux on x86_64: elsewhere it can't be run"
PATIENCE = 900  # seconds, which is Lambda's too

# What EventBridge sends with a schedule.
EVENT = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-06-15T12:00:00Z",
    "region": REGION,
    "resources": [f"arn:aws:events:{REGION}:123456789012:rule/a-rule"],
    "detail": {},
}


class HandlerFailedError(Exception):
    """The interpreter ended with an error; its words are the message."""


@dataclass(frozen=True)
class Runtime:
    """A function's code, unpacked, beside the runtime's own libraries."""

    task_root: Path
    brought: Path

    @classmethod
    def unpack(cls, package: Path, folder: Path) -> Runtime:
        """Unpack a zip as Lambda does, into a folder of its own."""
        task_root, brought = folder / "task", folder / "runtime"
        with zipfile.ZipFile(package) as file:
            file.extractall(task_root)
        brought.mkdir()
        for name in BROUGHT:
            spec = importlib.util.find_spec(name)
            assert spec is not None, name
            assert spec.origin is not None, name
            origin = Path(spec.origin)
            source = origin.parent if origin.name == "__init__.py" else origin
            (brought / source.name).symlink_to(source)
        return cls(task_root, brought)

    def call(
        self,
        function: Mapping[str, Any],
        *,
        environment: Mapping[str, str],
        seconds: float,
        event: Mapping[str, Any] = EVENT,
    ) -> dict[str, Any]:
        """Call a function's handler, as its schedule does; gives its answer and its peak memory in bytes.

        `function` is its configuration as AWS tells it; `environment` comes on top of Lambda's own variables.
        """
        context = {
            "name": function["FunctionName"],
            "arn": function["FunctionArn"],
            "memory": function["MemorySize"],
            "seconds": seconds,
        }
        given = {"handler": function["Handler"], "event": event, "context": context}
        return self._run(given, {**self.variables(function), **environment})

    def time_import(self, statements: str) -> dict[str, Any]:
        """Time some imports: gives `seconds`, and the names of the `modules` that came."""
        return self._run({"imports": statements}, {})

    def variables(self, function: Mapping[str, Any]) -> dict[str, str]:
        """Lambda's own variables and the function's.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        name = function["FunctionName"]
        return {
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function["MemorySize"]),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/06/15/[$LATEST]5a3f",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function['Runtime']}",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **CREDENTIALS,
            "_HANDLER": function["Handler"],
            "LAMBDA_TASK_ROOT": str(self.task_root),
            "LAMBDA_RUNTIME_DIR": str(self.brought),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PATH": "/usr/bin:/bin",
            **function.get("Environment", {}).get("Variables", {}),
        }

    def _run(self, given: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
        """Run the script; -I, -S: no path, no packages of this Python; -B: Lambda's code is on a read-only disk."""
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", str(SCRIPT)],
            cwd=self.task_root,
            env=dict(environment),
            input=json.dumps({**given, "paths": [str(self.task_root), str(self.brought)]}),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode:
            raise HandlerFailedError(done.stdout + done.stderr)
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result


def sha256(package: Path) -> str:
    """The digest of a zip in Lambda's form (`CodeSha256`): base64."""
    return base64.b64encode(hashlib.sha256(package.read_bytes()).digest()).decode()
