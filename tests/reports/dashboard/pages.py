"""A visitor's browser, as Streamlit's own tests have it: a page is opened, and read by the keys of what is on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from reports.dashboard import app_path
from reports.dashboard.frame import SCREENS

# A page of a view may take its time while other tests run.
SECONDS = 60
PATHS = [screen.path for screen in SCREENS]


def open_page(path: str, **asked: str) -> AppTest:
    """Open a page, with what its URL asks for; the database is DB_URL's."""
    st.cache_data.clear()  # tests use the same databases one after another
    visit = AppTest.from_file(Path(app_path()), default_timeout=SECONDS)
    for name, value in asked.items():
        visit.query_params[name] = value
    if path != PATHS[0]:
        visit._page_hash = calc_hash(path)
    return visit.run()


def go_to(visit: AppTest, path: str) -> AppTest:
    """Follow a link of the navigation: Streamlit's switch_page knows files only, and our pages are functions."""
    visit._page_hash = calc_hash(path)
    return visit.run()


def rows(visit: AppTest, key: str) -> list[dict[str, Any]]:
    """Read a table of a page, with None for what is unknown."""
    # Streamlit's tests don't tell a table's key; its CSV stands below each.
    frames = {each.key: frame.value for each, frame in zip(visit.download_button, visit.dataframe, strict=True)}
    frame = frames[f"{key}-csv"]
    unknown = frame.isna().to_dict("records")
    return [
        {name: None if empty[name] else value for name, value in row.items()}
        for row, empty in zip(frame.astype(object).to_dict("records"), unknown, strict=True)
    ]


def figures(visit: AppTest) -> dict[str, str]:
    """Read the key figures of a page."""
    return {each.label: each.value for each in visit.metric}


def texts(visit: AppTest) -> str:
    """Read all that a page says, but tables."""
    kinds = ("title", "header", "markdown", "caption", "info", "warning", "error")
    return "\n".join(each.value for kind in kinds for each in getattr(visit, kind))


def ask(engine: Engine, query: str, **values: Any) -> list[dict[str, Any]]:
    """Ask a view in plain SQL: rounded, since a page's arithmetic may differ in the last digit."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query), values).mappings()]


def only(engine: Engine, query: str, **values: Any) -> Any:
    [row] = ask(engine, query, **values)
    [value] = row.values()
    return value
