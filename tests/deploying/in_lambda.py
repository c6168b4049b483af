"""What Lambda's own runtime does, in an interpreter that has nothing else: run as a script, never imported.

It reads JSON from standard input: `paths` for sys.path, and either `handler`, `event` and `seconds` to call a handler,
or `imports`, statements whose time is measured. Its last line of standard output is JSON.
"""

import importlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Any


class Context:
    """What Lambda tells a handler of itself.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
    function_version = "$LATEST"
    log_stream_name = "2026/06/15/[$LATEST]5a3f"
    identity = client_context = None

    def __init__(self, *, name: str, arn: str, memory: int, seconds: float) -> None:
        self.function_name, self.invoked_function_arn, self.memory_limit_in_mb = name, arn, str(memory)
        self.log_group_name = f"/aws/lambda/{name}"
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """How much time is left, in milliseconds."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def call(given: dict[str, Any]) -> dict[str, Any]:
    """Import the handler as Lambda does, by the last dot of its setting, and call it."""
    module, _, name = given["handler"].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    answer = handler(given["event"], Context(**given["context"]))
    return {"answer": answer, "peak": peak()}


def imported(statements: str) -> dict[str, Any]:
    """Time what some statements import, and name the modules that came."""
    before = set(sys.modules)
    begun = time.perf_counter()
    exec(statements, {})  # noqa: S102 - our own statements
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "modules": sorted(set(sys.modules) - before)}


def peak() -> int:
    """The most physical memory that this process has had, in bytes; 0 where the system doesn't say."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) * 1024 if found else 0


def main() -> None:
    """Do what standard input says."""
    given = json.load(sys.stdin)
    sys.path[:0] = given["paths"]
    result = imported(given["imports"]) if "imports" in given else call(given)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
