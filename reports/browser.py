"""A chart as PNG, drawn by the Chromium or Chrome that is on this machine."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from choreographer.browsers.chromium import Chromium
from choreographer.errors import ChannelClosedError
from kaleido import Kaleido, PageGenerator
from plotly.graph_objects import Figure

from reports.charts.style import HEIGHT, WIDTH
from reports.errors import ReportError

VARIABLE = "BROWSER_PATH"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge")
REMEDY = (
    "install Chromium (on Debian and Ubuntu: apt-get install chromium), or set BROWSER_PATH to a Chromium or Chrome, "
    "or choose --format html"
)
LIMIT_SECONDS = 60.0
END_SECONDS = 5.0  # for a browser that is ended
SNAP = "snap"  # a browser from there sees no temporary folder but its own
LOGGERS = ("kaleido", "choreographer", "browser_proc", "chrome_wrapper")


def find_browser(environ: Mapping[str, str]) -> Path:
    """Give the browser's path: `BROWSER_PATH`, else the first on PATH or in its usual place; raises ReportError."""
    if given := environ.get(VARIABLE):
        if not (found := shutil.which(given, path=environ.get("PATH"))):
            raise ReportError(f"{VARIABLE} names no program that can be run ({given}): {REMEDY}")
        return Path(found)
    for name in NAMES:
        if found := shutil.which(name, path=environ.get("PATH", os.defpath)):
            return Path(found)
    # Where macOS and Windows have it, and the one that kaleido_get_chrome downloads.
    if found := Chromium.find_browser(skip_local=False):
        return Path(found)
    raise ReportError(f"a PNG needs Chromium or Chrome, and there is none here: {REMEDY}")


def png(figure: Figure, *, browser: Path, limit: float = LIMIT_SECONDS) -> bytes:
    """Draw a figure as PNG, 900 pixels wide; raises ReportError when the browser fails, or takes too long (seconds)."""
    drawing = Drawing(figure, browser)
    with quiet_loggers():
        try:
            drawing.start()
            is_late = not drawing.done.wait(limit)
        finally:
            drawing.end()
    if drawing.drawn is not None:
        return drawing.drawn
    reason = f"did not draw the chart in {limit:g} seconds" if is_late else f"can't draw the chart ({drawing.problem})"
    raise ReportError(f"{browser} {reason}; is it a Chromium or Chrome that works here? Otherwise {REMEDY}")


class Drawing(threading.Thread):
    """A chart that is being drawn, in a thread of its own.

    A stop signal interrupts the main thread alone: within Kaleido it would leave a loop that waits for ever.
    """

    def __init__(self, figure: Figure, browser: Path) -> None:
        super().__init__(name="drawing", daemon=True)
        self.figure, self.browser = figure, browser
        # Not join: a signal that interrupts it makes a thread look ended. https://github.com/python/cpython/issues/89437
        self.done = threading.Event()
        self.folder = Path(mkdtemp(prefix="chart-", dir=Path.home() if SNAP in str(browser) else None))
        self.kaleido: Kaleido | None = None
        self.drawn: bytes | None = None
        self.problem = "ended"

    def run(self) -> None:
        """Draw it, or note what kind of error there was."""
        try:
            self.drawn = asyncio.run(self._draw())
        # CancelledError is what is left of a call whose browser is gone.
        except (RuntimeError, OSError, ValueError, ChannelClosedError, asyncio.CancelledError) as error:
            self.problem = type(error).__name__
        finally:
            self.done.set()

    async def _draw(self) -> bytes:
        page = self.folder / "index.html"
        page.write_text(PageGenerator(mathjax=False).generate_index(), encoding="utf-8")
        # Kaleido starts it without the sandbox that root and containers can't have: what it draws is ours alone.
        self.kaleido = kaleido = Kaleido(
            n=1, timeout=None, page_generator=page, path=self.browser, tmp_dir=str(self.folder)
        )
        try:
            await kaleido.open()
            height = self.figure.layout.height or HEIGHT
            size = {"format": "png", "width": WIDTH, "height": height, "scale": 1}
            return bytes(await kaleido.calc_fig(self.figure.to_dict(), opts=size))
        finally:
            await kaleido.close()

    def end(self) -> None:
        """End the browser, with all that it started, and remove what it left.

        Kaleido's own limit doesn't hold for a browser that starts and never answers, and its own way to close one
        takes seconds. A browser that is only about to start is ended when it has.
        """
        until = time.monotonic() + END_SECONDS
        while self.ident and not self.done.is_set() and time.monotonic() < until:
            if process := getattr(self.kaleido, "subprocess", None):
                end_group(process)
                break
            self.done.wait(0.05)
        # A Chromium that is killed leaves the folder of its socket too, to which its profile links.
        for link in self.folder.glob("*/SingletonSocket"):
            shutil.rmtree(link.readlink().parent, ignore_errors=True)
        # What was just killed may still write for a moment.
        while self.folder.exists() and time.monotonic() < until:
            shutil.rmtree(self.folder, ignore_errors=True)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started; asking it to end takes Chromium seconds while it starts."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):  # all have ended
            os.killpg(process.pid, signal.SIGKILL)  # it leads a group of its own
    else:
        process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)


@contextmanager
def quiet_loggers() -> Iterator[None]:
    """Keep the libraries' words about the browser's end from the reader, who gets a sentence of ours."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
