"""A command's standard output and error, on any terminal: what it can't show is replaced, and a failed write ends it.

Only commands prepare them: in Lambda, and in whatever imports this app, they stay as they are.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class ClosedOutputError(KeyboardInterrupt):
    """Nobody reads the output any more; a KeyboardInterrupt, so that no `except Exception` catches it."""


class FullOutputError(ClosedOutputError):
    """The output can't be written: the disk is full, say. Its text is the operating system's reason."""


class Output(io.TextIOWrapper):
    """Text for standard output or error; raises ClosedOutputError or FullOutputError once when a write fails."""

    def write(self, text: str, /) -> int:
        """Write a text; `?` stands for each character that the terminal's encoding lacks."""
        with self._checked():
            return super().write(text)

    def flush(self) -> None:
        """Write what was held back."""
        with self._checked():
            super().flush()

    @contextmanager
    def _checked(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._discard()
            if isinstance(error, BrokenPipeError):
                raise ClosedOutputError from None
            raise FullOutputError(error.strerror) from None

    def _discard(self) -> None:
        """Write to nowhere from now on: the interpreter would write again at its end, and print an error.

        https://docs.python.org/3/library/signal.html#note-on-sigpipe
        """
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def prepare_output() -> None:
    """Make standard output and error such that no text and no terminal brings a command down."""
    _fill_closed()
    sys.stdout, sys.stderr = _output(1, sys.stdout), _output(2, sys.stderr)


def _fill_closed() -> None:
    """Open nothing in place of what the command was started without: a database's file would get its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # It gets the lowest free number, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - it takes no keywords


def _output(number: int, stream: TextIO | None) -> Output:
    """Wrap a file descriptor as the interpreter did; it has no stream for one that was closed."""
    encoding = stream.encoding if stream else "utf-8"
    by_line = isinstance(stream, io.TextIOWrapper) and (stream.line_buffering or stream.write_through)
    raw = os.fdopen(number, "wb", closefd=False)
    return Output(raw, encoding=encoding, errors="replace", line_buffering=by_line)
