"""How a command ends: its exit codes, and what happens on Ctrl-C, on SIGTERM and when its output is closed.

This module imports very little, so that it can handle signals while a command still imports everything else.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from chalicelib.errors import ContributorMetricsError, DatabaseNotReadyError, NotNowError, SettingsError
from chalicelib.runtime.memory import give_back_large_blocks
from chalicelib.runtime.output import ClosedOutputError, FullOutputError, prepare_output

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

FAILED, BAD_SETUP, NOT_NOW = 1, 2, 3
STOPPED = 130  # 128 + SIGINT, as shells do
CLOSED = 141  # 128 + SIGPIPE
GRACE_SECONDS = 5.0  # for clean-up after a stop signal; meanwhile more signals are ignored
_RETRY_SECONDS = 0.02  # until a signal that came at a bad moment is sent again
# An interrupt inside this package would leave a connection open that holds the database's lock.
_UNINTERRUPTED_PACKAGE = "sqlalchemy"


def begin() -> None:
    """Begin a command, before its imports: on any terminal, and with one sentence when it is stopped."""
    prepare_output()
    stop_while_loading()
    give_back_large_blocks()


def stop_while_loading() -> None:
    """From now on end with one sentence on Ctrl-C or SIGTERM: imports take a second, and need no clean-up."""

    def stop(*_: object) -> NoReturn:
        with suppress(OSError):
            os.write(2, b"stopped before anything was done\n")
        os._exit(STOPPED)

    for number in _stop_signals():
        signal.signal(number, stop)


@contextmanager
def stoppable(on_stop: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM call `on_stop`, which must take no lock, and raise KeyboardInterrupt in a block.

    It is raised once. More signals change nothing for a few seconds, and then end the process at once.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        _StopState.since = _StopState.since or now
        is_late = now - _StopState.since > GRACE_SECONDS
        if _StopState.is_raised:
            if is_late:
                os._exit(STOPPED)
        elif _is_within(frame, _UNINTERRUPTED_PACKAGE) and not is_late:
            _resend_soon(number)
        else:
            _StopState.is_raised = True
            on_stop()
            # A library that is interrupted during its clean-up would log a traceback.
            logging.disable()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in _stop_signals()}
    hook, sys.unraisablehook = sys.unraisablehook, _repeat_lost_stop
    _StopState.blocks += 1
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)
        _StopState.leave()


class _StopState:
    """Whether the process is being stopped, shared by nested blocks."""

    blocks = 0
    since: float | None = None
    is_raised = False

    @classmethod
    def leave(cls) -> None:
        """Reset the state at the end of the outermost block."""
        cls.blocks -= 1
        if not cls.blocks and cls.since is not None:
            cls.since, cls.is_raised = None, False
            logging.disable(logging.NOTSET)


def _is_within(frame: FrameType | None, package: str) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] == package:
            return True
        frame = frame.f_back
    return False


def _repeat_lost_stop(lost: UnraisableHookArgs) -> None:
    """Repeat a stop that was lost in a callback of the garbage collector; report any other error as usual."""
    if lost.exc_type is KeyboardInterrupt:
        _StopState.is_raised = False
        _resend_soon(signal.SIGTERM)
    else:
        sys.__unraisablehook__(lost)


def _resend_soon(number: int) -> None:
    """Send the signal again a little later, from another thread, when this one has left the code it is in now."""
    timer = threading.Timer(_RETRY_SECONDS, signal.pthread_kill, [threading.main_thread().ident, number])
    timer.daemon = True
    timer.start()


def print_error(error: ContributorMetricsError) -> int:
    """Print an error on standard error; returns the exit code: 2 for a wrong set-up, 3 for what must wait, else 1."""
    _say(f"error: {error}")
    if isinstance(error, NotNowError):
        return NOT_NOW
    return BAD_SETUP if isinstance(error, (SettingsError, DatabaseNotReadyError)) else FAILED


def print_stop(stop: KeyboardInterrupt, sentence: str) -> int:
    """Print what the stop means for the command, unless its output is closed; returns the exit code."""
    if isinstance(stop, FullOutputError):
        _say(f"error: the output can't be written: {stop}")
        return FAILED
    if isinstance(stop, ClosedOutputError):
        return CLOSED
    _say(sentence)
    return STOPPED


def _say(sentence: str) -> None:
    """Print a sentence on standard error; when that can't be written either, the exit code says it alone."""
    with suppress(ClosedOutputError):
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


def run_command(main: Callable[[], int]) -> NoReturn:
    """Run a command and end the process with its exit code; quietly when its output is closed."""
    try:
        with stoppable():
            try:
                code = main()
            finally:  # argparse ends the process by itself
                sys.stdout.flush()
                sys.stderr.flush()
            sys.exit(code)
    except ClosedOutputError as stop:
        sys.exit(print_stop(stop, ""))
    except KeyboardInterrupt:  # between two blocks that would have printed a sentence
        sys.exit(STOPPED)
    finally:
        for number in _stop_signals():
            signal.signal(number, lambda *_: os._exit(STOPPED))


def _stop_signals() -> list[signal.Signals]:
    """The signals that stop the process; one that it was started to ignore (by `nohup`, by `&`) stays ignored."""
    signals = (signal.SIGINT, signal.SIGTERM)
    return [number for number in signals if signal.getsignal(number) is not signal.SIG_IGN]
