"""The process that brings data up to date for a page: `app.py refresh`, one at a time.

Nothing of Streamlit is imported here: what starts its server imports this before, to end the process with it.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from chalicelib.redaction import redact
from chalicelib.settings import SSM_NAMES, Settings
from chalicelib.store.urls import redact_text
from chalicelib.utils import utc_now

APP = Path(__file__).resolve().parents[2] / "app.py"
# Exit codes of app.py.
DONE, FAILED, BAD_SETUP, NOT_NOW = 0, 1, 2, 3
# A job gives its lease back when it is told to stop, and then has 5 seconds for that.
END_SECONDS = 10


@dataclass(frozen=True)
class State:
    """How the latest refresh goes: of which page, since when, the last line that it printed, and how it ended."""

    page: str
    began: datetime
    line: str = ""
    code: int | None = None
    ended: datetime | None = None


class Refresh:
    """One refresh at a time, for all who see this dashboard; it goes on when they leave the page."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self.state: State | None = None
        self.ended = 0  # how many came to their end
        self._now = now
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    @property
    def is_running(self) -> bool:
        """Whether one runs now."""
        return self.state is not None and self.state.ended is None

    @property
    def pid(self) -> int | None:
        """The latest one's process."""
        return None if self._process is None else self._process.pid

    def start(self, page: str, kinds: Sequence[str], settings: Settings) -> bool:
        """Start one, unless one runs already; tells whether it did."""
        with self._lock:
            if self.is_running or self._is_closed:
                return False
            self.state = State(page, self._now())
            try:
                self._process = run_app("refresh", *kinds)
            except OSError as error:  # no memory, or no room for one more process
                self.state = replace(self.state, line=str(error), code=FAILED, ended=self._now())
                return False
            self._reader = threading.Thread(target=self._follow, args=(self._process, settings), daemon=True)
            self._reader.start()
            return True

    def wait(self, seconds: float) -> bool:
        """Wait until none runs, at most so long; tells whether none does."""
        if self._reader is not None:
            self._reader.join(seconds)
        return not self.is_running

    def close(self) -> None:
        """Stop the one that runs, wait for it, and start no other."""
        with self._lock:
            self._is_closed = True
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _follow(self, process: subprocess.Popen[str], settings: Settings) -> None:
        """Keep what it printed last, until it ends."""
        with process:  # it waits for its end
            for line in process.stdout or ():
                self._change(line=without_secrets(line.strip(), settings))
        self.ended += 1
        self._change(code=process.returncode, ended=self._now())

    def _change(self, **changes: Any) -> None:
        with self._lock:
            if self.state is not None:
                self.state = replace(self.state, **changes)


def run_app(*arguments: str) -> subprocess.Popen[str]:
    """Start a command of app.py; it looks its settings up as we do: the same environment, `.env` and current folder."""
    return subprocess.Popen(  # noqa: S603 - our own command; kinds are the screens' own words
        [sys.executable, str(APP), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


# One for the process: Streamlit runs its script again for each click, but imports modules once.
REFRESH = Refresh()


def without_secrets(text: str, settings: Settings) -> str:
    """Take all that is secret in the settings out of a text; the app's own messages have none, but others' may."""
    for name in SSM_NAMES:
        text = redact(text, settings.lookup(name) if name != "DB_URL" else None)
    return redact_text(text, settings.db_url)
