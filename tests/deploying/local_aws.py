"""AWS on this machine: `moto_server.py` in a process of its own, asked through boto3 as AWS is."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-west-1"
# moto takes any. Lambda's runtime gives three.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_SESSION_TOKEN": "testing"}
START_SECONDS = 60
SERVER = Path(__file__).with_name("moto_server.py")

# It ends when this process does, even by `kill -9`: nobody holds its standard input then.
GUARDIAN = '"$@" & server=$!; cat >/dev/null; kill $server 2>/dev/null; wait'
GREETING = re.compile(r"Running on (http://127\.0\.0\.1:\d+)")


class NotStartedError(Exception):
    """moto_server did not start; its words are the message."""


@dataclass(frozen=True)
class LocalAWS:
    """Where the local AWS API listens."""

    url: str

    @property
    def variables(self) -> dict[str, str]:
        """The environment that leads every AWS client here, and never through a proxy."""
        local = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1")
        return {"AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": REGION, **CREDENTIALS, **local}

    def client(self, service: str) -> Any:
        """A boto3 client of one service."""
        session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        return session.client(service, endpoint_url=self.url, config=Config(proxies={}))

    def put_secrets(self, stage: str, secrets: Mapping[str, str]) -> None:
        """Keep secrets as the deployer does: `aws ssm put-parameter --type SecureString`."""
        ssm = self.client("ssm")
        for name, value in secrets.items():
            ssm.put_parameter(
                Name=f"/contributor-metrics/{stage}/{name}", Value=value, Type="SecureString", Overwrite=True
            )


@contextmanager
def local_aws(folder: Path, environment: Mapping[str, str]) -> Iterator[LocalAWS]:
    """Run moto_server on a free port for a block; NotStartedError when it doesn't come up."""
    log = folder / "moto.log"
    command = ["/bin/sh", "-c", GUARDIAN, "guardian", sys.executable, str(SERVER), "--port", "0"]
    with log.open("wb") as output:
        guardian = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for pytest, which then closes the pipe
        )
    try:
        yield LocalAWS(wait_for_greeting(log))
    finally:
        if guardian.stdin:
            guardian.stdin.close()
        guardian.wait(timeout=START_SECONDS)


def wait_for_greeting(log: Path) -> str:
    """Wait until moto_server says where it listens, and give its URL; it says so once it does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if found := GREETING.search(log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise NotStartedError(log.read_text())
