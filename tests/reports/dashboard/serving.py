"""The dashboard as a process of its own, as `make dashboard` starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from reports.dashboard.__main__ import HOST

SECONDS = 60
MODULE = ("-m", "reports.dashboard")


@contextmanager
def served(root: Path, log: Path, surroundings: Mapping[str, str], command: Sequence[str] = MODULE) -> Iterator[str]:
    """Start it on a free port, wait until it answers, and give its address; what it says goes to `log`."""
    port = free_port()
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, *command, "--port", str(port)],
            cwd=root,
            env={**os.environ, **surroundings},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            assert wait_for(f"http://{HOST}:{port}/_stcore/health", process) == "ok"
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()
            process.wait(SECONDS)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes] | None = None) -> str:
    with requests.Session() as session:
        session.trust_env = False  # a developer's proxy doesn't know this machine
        end = time.monotonic() + SECONDS
        while True:
            try:
                return session.get(url, timeout=SECONDS).text
            except requests.ConnectionError:
                assert process is None or process.poll() is None, "the dashboard ended"
                assert time.monotonic() < end, "the dashboard did not start"
                time.sleep(0.1)
