"""What commands take: seconds, the CPU and the memory of all their processes. Linux only: it reads `/proc`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PAUSE = 0.1  # seconds between two looks at the memory
KIB = 1024


@dataclass(frozen=True)
class Taken:
    """Seconds on the clock, seconds of CPU, and the peak of memory in bytes."""

    wall: float
    cpu: float
    peak: int

    def __add__(self, other: Taken) -> Taken:
        """What two take one after the other."""
        return Taken(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak))


NOTHING = Taken(0.0, 0.0, 0)


@dataclass(frozen=True)
class Pipeline:
    """Commands, each of which reads what the one before wrote; the last one's words go to the end of a file."""

    commands: Sequence[Sequence[str | Path]]
    output: Path
    environment: Mapping[str, str]
    folder: Path
    name: str = ""


class FailedError(Exception):
    """A command failed; the message has its last words."""


class _Peak:
    """The memory of some sessions of processes, looked at in a thread until it is stopped."""

    def __init__(self, sessions: set[int]) -> None:
        self.most, self._sessions, self._ended = 0, sessions, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(PAUSE):
            memory = [_memory(process) for process in _processes(self._sessions)]
            # All of them now, or one of them at its worst, between two looks.
            self.most = max(self.most, sum(now for now, _ in memory), *(worst for _, worst in memory), 0)

    def stop(self) -> int:
        self._ended.set()
        self._thread.join()
        return self.most


def _processes(sessions: set[int]) -> list[Path]:
    found = []
    for folder in PROC.iterdir():
        # A process may end while it is looked at.
        with suppress(OSError, IndexError):
            if folder.name.isdigit() and int((folder / "stat").read_text().rpartition(")")[2].split()[3]) in sessions:
                found.append(folder)
    return found


def _memory(process: Path) -> tuple[int, int]:
    """Return the bytes that a process has in memory, and the most that it has had."""
    try:
        status = (process / "status").read_text()
    except OSError:
        return 0, 0
    found = {name: int(kib) * KIB for name, kib in re.findall(r"(VmRSS|VmHWM):\s*(\d+) kB", status)}
    return found.get("VmRSS", 0), found.get("VmHWM", 0)


def measure(pipeline: Pipeline) -> Taken:
    """Run a pipeline to its end; FailedError when one of its commands fails."""
    log = pipeline.folder / "log.txt"
    begun = time.perf_counter()
    with pipeline.output.open("ab") as output, log.open("wb") as errors:
        processes = _start(pipeline, output.fileno(), errors.fileno())
        peak = _Peak({process.pid for process in processes})
        try:
            ended = [os.wait4(process.pid, 0) for process in processes]
        except BaseException:
            for process in processes:
                with suppress(ProcessLookupError, ChildProcessError):
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            raise
        finally:
            most = peak.stop()
    wall = time.perf_counter() - begun
    codes = [os.waitstatus_to_exitcode(status) for _, status, _ in ended]
    for process, code in zip(processes, codes, strict=True):
        process.returncode = code
    if any(codes):
        raise FailedError(f"exit codes {codes}: …{log.read_text(errors='replace')[-1500:]}")
    # The usage of a process that was waited for has that of its children.
    return Taken(wall, sum(usage.ru_utime + usage.ru_stime for _, _, usage in ended), most)


def words_of(pipeline: Pipeline) -> str:
    """Run a pipeline of one command, unmeasured, and return what it wrote; FailedError when it fails."""
    told = subprocess.run(  # noqa: S603 - what the peers' modules name
        pipeline.commands[0],
        cwd=pipeline.folder,
        env=dict(pipeline.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        raise FailedError(f"exit codes [{told.returncode}]: …{(told.stdout + told.stderr)[-1500:]}")
    return told.stdout


def _start(pipeline: Pipeline, output: int, errors: int) -> list[subprocess.Popen[bytes]]:
    processes: list[subprocess.Popen[bytes]] = []
    before: int | None = None
    for number, command in enumerate(pipeline.commands, 1):
        process = subprocess.Popen(  # noqa: S603 - what the peers' modules name
            command,
            stdin=subprocess.DEVNULL if before is None else before,
            stdout=output if number == len(pipeline.commands) else subprocess.PIPE,
            stderr=errors,
            cwd=pipeline.folder,
            env=dict(pipeline.environment),
            start_new_session=True,
        )
        if before is not None:
            os.close(before)
        # A pipe is its reader's alone: it must end when that does.
        before = None if process.stdout is None else os.dup(process.stdout.fileno())
        if process.stdout is not None:
            process.stdout.close()
        processes.append(process)
    return processes
