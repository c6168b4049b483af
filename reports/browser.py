"""A chart as PNG, drawn by the Chromium or Chrome that is on this machine."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from choreographer.browsers.chromium import Chromium
from choreographer.errors import ChannelClosedError
from kaleido import Kaleido
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
    ended = threading.Event()
    try:
        with quiet_loggers():
            return asyncio.run(_draw(figure, browser=browser, limit=limit, ended=ended))
    # CancelledError is what is left of a call whose browser is gone.
    except (RuntimeError, OSError, ValueError, ChannelClosedError, asyncio.CancelledError) as error:
        if ended.is_set():
            reason = f"did not draw the chart in {limit:g} seconds"
        else:
            reason = f"can't draw the chart ({type(error).__name__})"
        raise ReportError(
            f"{browser} {reason}; is it a Chromium or Chrome that works here? Otherwise {REMEDY}"
        ) from error


async def _draw(figure: Figure, *, browser: Path, limit: float, ended: threading.Event) -> bytes:
    # Kaleido starts it without the sandbox that root and containers can't have: what it draws is ours alone.
    kaleido = Kaleido(n=1, timeout=None, mathjax=False, path=browser)
    timer = threading.Timer(limit, _end, [kaleido, ended])
    timer.daemon = True
    timer.start()
    try:
        await kaleido.open()
        size = {"format": "png", "width": WIDTH, "height": figure.layout.height or HEIGHT, "scale": 1}
        return bytes(await kaleido.calc_fig(figure.to_dict(), opts=size))
    finally:
        timer.cancel()
        await kaleido.close()


def _end(kaleido: Kaleido, ended: threading.Event) -> None:
    """End a browser that takes too long, with all that it started.

    Kaleido's own limit doesn't hold for a browser that starts and never answers.
    """
    ended.set()
    process = getattr(kaleido, "subprocess", None)
    if process is None or process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)  # it leads a group of its own
    else:
        process.kill()


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
