"""How long the dashboard's pages take on a large database: each part of each page, with nothing kept from before."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from benchmarks.large.filling import LARGE
from benchmarks.large.kept import sqlite_url
from benchmarks.large.refreshing import prepare
from benchmarks.large.repositories import repo_name
from benchmarks.tables import Goal, heading, met, show_line
from benchmarks.views import LEAST, SHARE_OF_SQLITE, folder_for, postgresql

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

    Open = Callable[..., AppTest]

GOAL = Goal(at_most=3, text="3")
PART = "part"  # the key of what chooses a part of a page
# What is asked for besides the page, as its URL says it.
ASKED: tuple[dict[str, str], ...] = ({}, {"repo": repo_name(0)}, {"period": "5 years"})
TITLES = ("", "1 year", "a repository", "5 years", "goal", "met")
WIDTHS = (40, 8, 12, 8, 4, 3)


def run(admin: Engine, *, items: int, keep: Path | None) -> None:
    """Measure each database, and print a line for each part of each page; those in `keep` are used again."""
    with folder_for(keep) as folder:
        with postgresql(admin, folder, items=items, is_kept=keep is not None) as url:
            measure(url, f"PostgreSQL with {items:,} issues and pull requests")
        fewer = max(LEAST, items // SHARE_OF_SQLITE)
        measure(sqlite_url(folder, items=fewer), f"SQLite with {fewer:,} issues and pull requests")


def measure(db_url: str, words: str) -> None:
    """Open every part of every page, and print a line for each."""
    heading(f"{words}: seconds until a page of the dashboard is there")
    prepare(db_url)
    show_line(TITLES, WIDTHS)
    with visiting(db_url) as visit:
        timed(visit.open_page, visit.PATHS[0], {})  # what is loaded once
        for path in visit.PATHS:
            for part in parts_of(visit.open_page, path):
                asked = {"org": LARGE, **({PART: part} if part else {})}
                seconds = [timed(visit.open_page, path, {**asked, **more}) for more in ASKED]
                name = f"{path}, {part}" if part else path
                show_line([name, *(f"{each:.2f}" for each in seconds), *met(GOAL, max(seconds))], WIDTHS)


@contextmanager
def visiting(db_url: str) -> Iterator[ModuleType]:
    """Let pages read this database; Streamlit's warnings that it serves nobody are left out meanwhile."""
    before = os.environ.get("DB_URL")
    os.environ["DB_URL"] = db_url
    logging.disable(logging.WARNING)
    try:
        yield import_module("tests.reports.dashboard.pages")  # not before: that warns, too
    finally:
        logging.disable(logging.NOTSET)
        if before is None:
            del os.environ["DB_URL"]
        else:
            os.environ["DB_URL"] = before


def parts_of(open_page: Open, path: str) -> list[str]:
    """Name the parts of a page; an empty name for a page of one piece."""
    page = checked(open_page(path, org=LARGE))
    found = [each for each in page.button_group if each.key == PART]
    return list(found[0].options) if found else [""]


def timed(open_page: Open, path: str, asked: dict[str, str]) -> float:
    """Open a page, and tell how many seconds it took."""
    begun = time.perf_counter()
    checked(open_page(path, **asked))
    return time.perf_counter() - begun


def checked(page: AppTest) -> AppTest:
    """Raise RuntimeError for a page that shows no numbers: its time would say nothing."""
    problems = [*page.error, *page.exception]
    if problems or not page.selectbox:  # without an organisation there is nothing to choose
        raise RuntimeError(f"a page could not be shown: {[each.value for each in problems]}")
    return page
