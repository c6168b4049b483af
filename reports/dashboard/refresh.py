"""The button that brings a page's data up to date: `app.py refresh`, as a process of its own.

Pages read only. What asks GitHub and writes is the app's own command, with the settings that the dashboard has.
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

import streamlit as st

from chalicelib.redaction import redact
from chalicelib.settings import SSM_NAMES, Settings
from chalicelib.store.urls import redact_text
from chalicelib.utils import utc_now
from reports.dashboard.parts import plain
from reports.dashboard.screen import Screen

APP = Path(__file__).resolve().parents[2] / "app.py"
# Exit codes of app.py.
DONE, FAILED, BAD_SETUP, NOT_NOW = 0, 1, 2, 3
POLL_SECONDS = 2
# A job gives its lease back when it is told to stop, and then has 5 seconds for that.
END_SECONDS = 10
BUTTON = "Refresh from GitHub"
HELP = "Reads what has changed on GitHub, of all organisations, for what this page shows."
NO_CREDENTIALS = "No refresh from here: that needs `GH_TOKEN` (or a GitHub App) and `GH_ORGS`."
NEVER_MIXED = "No refresh from here: GitHub's data is never mixed with made-up data."


@dataclass(frozen=True)
class State:
    """How the latest refresh goes: of which page, since when, the last line that it printed, and how it ended."""

    page: str
    began: datetime
    line: str = ""
    code: int | None = None
    ended: datetime | None = None

    @property
    def sentence(self) -> str:
        """What it said last, for Markdown."""
        return plain(self.line.removeprefix("error: "))


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


def has_credentials(settings: Settings) -> bool:
    """Tell whether the settings lead to GitHub; whether they are right is for the job to say."""
    look = settings.lookup
    return bool((look("GH_TOKEN") or look("GH_APP_ID")) and (look("GH_ORGS") or look("GH_REPOS")))


def show_refresh(screen: Screen, settings: Settings, *, is_made_up: bool) -> None:
    """Show the button, or why there is none, and how the latest refresh goes."""
    refresh = REFRESH
    if not has_credentials(settings):
        st.caption(NO_CREDENTIALS)
    elif is_made_up:
        st.caption(NEVER_MIXED)
    elif not refresh.is_running:
        place = st.empty()
        if place.button(BUTTON, help=HELP, key="refresh", width="stretch"):
            refresh.start(screen.title, screen.kinds, settings)
            place.empty()
    was_running = refresh.is_running

    def follow() -> None:
        if was_running and not refresh.is_running:
            st.rerun()  # the whole page, with the new numbers
        if refresh.state:
            show_state(refresh.state)

    st.fragment(follow, run_every=POLL_SECONDS if was_running else None)()


def show_state(state: State) -> None:
    """Say how a refresh goes, or went."""
    page, sentence = plain(state.page), state.sentence
    if state.ended is None:
        st.info(f"Refreshing {page} since {state.began:%H:%M:%S} UTC. {sentence}")
        return
    moment = f"{state.ended:%Y-%m-%d %H:%M} UTC"
    if state.code == DONE:
        st.success(f"{page}: refreshed at {moment}.")
    elif state.code in (BAD_SETUP, NOT_NOW):
        st.warning(f"{page}: not refreshed ({moment}): {sentence}")
    elif state.code == FAILED:
        st.error(f"{page}: the refresh failed ({moment}): {sentence}. The page Data has what each step did.")
    else:
        st.warning(f"{page}: the refresh was stopped ({moment}): {sentence}")
