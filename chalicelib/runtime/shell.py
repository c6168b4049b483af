"""How a command ends that somebody stops: by Ctrl-C, by SIGTERM, or by closing the pipe that it writes to.

Imports next to nothing, so that it can be at work while a command still imports everything else.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TextIO

from chalicelib.errors import ContributorMetricsError, DatabaseNotReadyError, SettingsError

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

FAILED, BAD_SETUP = 1, 2
STOPPED = 130  # 128 + SIGINT, as shells say it
CLOSED = 141  # 128 + SIGPIPE
PATIENCE = 5.0  # seconds for tidying up, in which being told again to stop changes nothing
_SOON = 0.02  # seconds until a stop that came at a bad moment is tried again
# Interrupted in its middle, it would leave a connection open, with the database's lock.
_UNINTERRUPTED = "sqlalchemy"


class ClosedOutputError(KeyboardInterrupt):
    """Nobody reads any more what the command says: it stops as at Ctrl-C, through every `except Exception`."""


class LogHandler(logging.StreamHandler[TextIO]):
    """Writes log lines; a closed pipe stops the command, instead of a traceback for each line."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Treat the error that is being handled."""
        if isinstance(sys.exception(), BrokenPipeError):
            raise ClosedOutputError from None
        super().handleError(record)


def stop_while_loading() -> None:
    """End at Ctrl-C with one sentence from now on: importing a command takes a second, and leaves nothing to tidy."""

    def stop(*_: object) -> NoReturn:
        os.write(2, b"stopped before anything was done\n")
        os._exit(STOPPED)

    for number in _stopping():
        signal.signal(number, stop)


@contextmanager
def stoppable(first: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt in a block, once `first` was called (which takes no lock).

    It is raised once. What is told again ends the process at once, but not before it had a few seconds to tidy up.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        _Stop.since = _Stop.since or now
        is_late = now - _Stop.since > PATIENCE
        if _Stop.is_raised:
            if is_late:
                os._exit(STOPPED)
        elif _is_within(frame, _UNINTERRUPTED) and not is_late:
            _stop_soon(number)
        else:
            _Stop.is_raised = True
            first()
            # A library that is interrupted while it tidies up would log a traceback.
            logging.disable()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in _stopping()}
    hook, sys.unraisablehook = sys.unraisablehook, _stop_again
    _Stop.blocks += 1
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)
        _Stop.leave()


class _Stop:
    """Whether the process is being stopped, for blocks within blocks."""

    blocks = 0
    since: float | None = None
    is_raised = False

    @classmethod
    def leave(cls) -> None:
        """Forget it at the end of the outermost block."""
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


def _stop_again(lost: UnraisableHookArgs) -> None:
    """Repeat a stop that a garbage collector's callback has swallowed; report anything else as usual."""
    if lost.exc_type is KeyboardInterrupt:
        _Stop.is_raised = False
        _stop_soon(signal.SIGTERM)
    else:
        sys.__unraisablehook__(lost)


def _stop_soon(number: int) -> None:
    """Send the signal again, from another thread and a little later, when this one is out of where it is now."""
    timer = threading.Timer(_SOON, signal.pthread_kill, [threading.main_thread().ident, number])
    timer.daemon = True
    timer.start()


def complain(error: ContributorMetricsError) -> int:
    """Say one sentence on standard error; gives the exit code: 2 when the set-up is wrong, else 1."""
    sys.stderr.write(f"error: {error}\n")
    return BAD_SETUP if isinstance(error, (SettingsError, DatabaseNotReadyError)) else FAILED


def stopped(stop: KeyboardInterrupt, sentence: str) -> int:
    """Say what being stopped means here, unless nobody listens, and give the exit code."""
    if isinstance(stop, ClosedOutputError):
        return CLOSED
    sys.stderr.write(f"{sentence}\n")
    return STOPPED


def run_command(main: Callable[[], int]) -> NoReturn:
    """Run a command and end the process with its exit code, quietly when nobody reads what it says."""
    try:
        with stoppable():
            sys.exit(_with_output(main))
    except KeyboardInterrupt:  # between two blocks that would have said more
        sys.exit(STOPPED)
    finally:
        for number in _stopping():
            signal.signal(number, lambda *_: os._exit(STOPPED))


def _with_output(main: Callable[[], int]) -> int:
    try:
        try:
            return main()
        finally:
            for stream in _streams():
                stream.flush()
    except BrokenPipeError:
        # What is left unsaid would be tried again, and complained of, when the interpreter ends.
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in _streams():
            os.dup2(nowhere, stream.fileno())
        return CLOSED


def _streams() -> list[TextIO]:
    """Standard output and error; either is None for a process that was started without it."""
    return [stream for stream in (sys.stdout, sys.stderr) if stream]


def _stopping() -> list[signal.Signals]:
    """The signals that stop; one that was ignored when the process began (by `nohup`, by `&`) stays so."""
    signals = (signal.SIGINT, signal.SIGTERM)
    return [number for number in signals if signal.getsignal(number) is not signal.SIG_IGN]
