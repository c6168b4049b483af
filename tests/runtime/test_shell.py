"""How commands end, in what no command's own tests reach."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.runtime import shell

READY = "print('ready', flush=True); time.sleep(60)"


def end(root: Path, code: str, *numbers: signal.Signals) -> tuple[int, str]:
    """Run Python until it is ready, send it signals, and give its exit code and what it complained of."""
    command = [sys.executable, "-c", f"import sys, time\nfrom chalicelib.runtime import shell\n{code}"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for number in numbers:
            process.send_signal(number)
        _, error = process.communicate(timeout=10)
    return process.returncode, error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_it_loads_a_command_ends_with_one_sentence(root: Path, number: signal.Signals) -> None:
    """Ctrl-C in the first second of `make run` was a traceback out of an import."""
    assert end(root, f"shell.stop_while_loading()\n{READY}", number) == (130, "stopped before anything was done\n")


def test_a_stop_outside_of_what_explains_it_has_its_exit_code(root: Path) -> None:
    assert end(root, f"def main():\n    {READY}\nshell.run_command(main)", signal.SIGTERM) == (130, "")


TIDYING = f"""
def main():
    try:
        {READY}
    except KeyboardInterrupt as stop:
        time.sleep(1)
        return shell.print_stop(stop, "stopped")
shell.run_command(main)
"""


def test_a_second_signal_does_not_disturb_the_tidying_up(root: Path) -> None:
    """It left a connection with SQLite's lock, for which the run's own last words then waited half a minute."""
    assert end(root, TIDYING, signal.SIGINT, signal.SIGTERM, signal.SIGINT) == (130, "stopped\n")


def test_a_stop_waits_until_the_database_library_has_done_its_work(root: Path) -> None:
    code = """
import types
library = types.ModuleType("sqlalchemy.engine")
library.sys = sys
library.time = time
exec("def work():\\n print('ready', flush=True)\\n time.sleep(0.5)\\n print('done', file=sys.stderr)", vars(library))
def main():
    library.work()
    time.sleep(60)
shell.run_command(main)
"""
    assert end(root, code, signal.SIGINT) == (130, "done\n")


def test_a_stop_that_a_collector_s_callback_swallows_is_repeated(root: Path) -> None:
    code = f"""
class Last:
    def __del__(self):
        {READY.replace("60", "1")}
def main():
    Last()
    time.sleep(60)
shell.run_command(main)
"""
    assert end(root, code, signal.SIGINT) == (130, "")


def test_what_was_ignored_at_the_beginning_stays_so(root: Path) -> None:
    code = f"""
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
shell.stop_while_loading()
def main():
    {READY.replace("60", "0.2")}
    return 7
shell.run_command(main)
"""
    assert end(root, code, signal.SIGINT) == (7, "")


def test_a_process_without_standard_output_ends_with_its_code(root: Path) -> None:
    code = "from chalicelib.runtime import shell; shell.begin(); shell.run_command(lambda: 3)"
    result = subprocess.run(["sh", "-c", f"exec {sys.executable} -c '{code}' >&-"], cwd=root, check=False)
    assert result.returncode == 3


def test_the_handlers_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM), sys.unraisablehook
    cancelled: list[str] = []
    with pytest.raises(KeyboardInterrupt), shell.stoppable(), shell.stoppable(lambda: cancelled.append("yes")):
        os.kill(os.getpid(), signal.SIGTERM)
    assert cancelled == ["yes"]
    assert (signal.getsignal(signal.SIGTERM), sys.unraisablehook) == before
    with pytest.raises(KeyboardInterrupt), shell.stoppable():  # and it can be stopped again
        os.kill(os.getpid(), signal.SIGTERM)
