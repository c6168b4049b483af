"""Running the sandbox in a process of its own, that ends when the one that started it does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 10  # seconds
GREETING_WORDS = 4


class NotStartedError(Exception):
    """The sandbox said something else than its greeting."""


@dataclass(frozen=True)
class Place:
    """Where a running sandbox is, and whom to ask for."""

    url: str
    org: str
    token: str


@contextmanager
def running(*arguments: str) -> Iterator[Place]:
    """Run `.venv/bin/python -m sandbox` with these arguments on a free port; raises NotStartedError."""
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "sandbox", "--port=0", "--until-stdin-closes", *arguments],
        cwd=ROOT,
        # It ends when this process does, even by `kill -9`: nobody holds its standard input then.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C in the terminal is for this process alone, which ends the sandbox when it has finished with it.
        start_new_session=True,
    )
    try:
        yield read_greeting(process.stdout.readline() if process.stdout else "")
    finally:
        end(process)


def read_greeting(line: str) -> Place:
    """Read the sandbox's first line; NotStartedError when it is another."""
    words = line.split()
    if not line.startswith("sandbox: ") or len(words) < GREETING_WORDS:
        raise NotStartedError(f"the sandbox did not start: {line.strip() or 'it said nothing'}")
    return Place(words[1], *(word.partition("=")[2] for word in words[2:GREETING_WORDS]))


def end(process: subprocess.Popen[str]) -> None:
    """Close a process's pipes, at which it ends, and wait until it has; it is killed when that takes too long."""
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    try:
        process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
