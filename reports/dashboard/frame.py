"""The frame of all pages: navigation, filters, and what is said when the database can't be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from chalicelib.errors import ContributorMetricsError
from chalicelib.settings import Settings
from chalicelib.store.urls import parse_db_url
from reports.dashboard import filters, refresh, refresh_process
from reports.dashboard.filters import Choice
from reports.dashboard.parts import plain, words_of_stopped
from reports.dashboard.patience import limit
from reports.dashboard.screen import Screen
from reports.dashboard.screens import ci, copilot, data, issues, overview, people, pull_requests, security, sprints
from reports.dashboard.source import Source, choose_database
from reports.reading import reading

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

SCREENS = (
    overview.SCREEN,
    pull_requests.SCREEN,
    issues.SCREEN,
    people.SCREEN,
    copilot.SCREEN,
    security.SCREEN,
    ci.SCREEN,
    sprints.SCREEN,
    data.SCREEN,
)
# Not every control of Streamlit shows that the keyboard is at it. Titles of charts are long; a size that is set as
# Streamlit's option would take the dark theme away.
LOOK = """<style>
:focus-visible { outline: 2px solid !important; outline-offset: 2px; }
h2 { font-size: 1.75rem !important; }
[data-testid=stMetricLabel] *, [data-testid=stMetricDelta], [data-testid=stMetricDelta] * {
  white-space: normal !important; overflow: visible !important;
}
</style>"""
PAGE = "page"  # the one that a visitor saw last
MADE_UP = "**Made-up data.** This is the sandbox's organisation, not yours: no person and no number in it is real. "
YOUR_OWN = "For your own, set `GH_TOKEN` and `GH_ORGS`, then `make run`."
OTHER_DATABASE = "`DB_URL` names its database: for your own, name another one there, then `make run`."
EMPTY = (
    "The database is ready, and nothing is stored in it yet. `make run` fills it: from GitHub with `GH_TOKEN` and "
    "`GH_ORGS` set, else with a made-up organisation."
)


def show(load: Callable[[], Settings], *, now: Callable[[], datetime]) -> None:
    """Show the page that the URL names; whatever is the matter comes as a sentence."""
    st.set_page_config(page_title="Contributor metrics", layout="wide")
    st.html(LOOK)
    try:
        settings = choose_database(load())
        with reading(settings) as engine:
            limit(engine)
            # What was kept before a refresh ended is not asked for again.
            source = Source(engine, now, key=f"{settings.db_url} {refresh_process.REFRESH.ended}")
            run(source, settings)
    except ContributorMetricsError as error:
        st.error(plain(error))
        st.button("Try again", on_click=st.cache_data.clear)


@dataclass
class Visit:
    """What a visitor sees: the database, whether its data is made up, and what is chosen."""

    source: Source
    settings: Settings
    is_made_up: bool
    choice: Choice | None = None


def run(source: Source, settings: Settings) -> None:
    """Show a page of a database that can be read."""
    visit = Visit(source, settings, source.is_made_up())
    page = st.navigation([page_of(screen, visit) for screen in SCREENS])
    forget_other_pages(page.url_path)
    visit.choice = filters.choose(source)
    page.run()
    st.sidebar.caption(f"Database: {plain(name_of(settings.db_url))}")


def forget_other_pages(path: str) -> None:
    """Forget what was chosen on the page before, but the filters: Streamlit would write it into this page's URL."""
    if st.session_state.get(PAGE, path) != path:
        for name in set(st.session_state) - filters.NAMES:
            del st.session_state[name]
    st.session_state[PAGE] = path


def name_of(db_url: str) -> str:
    """Name a database for visitors, who need not know where it is on this machine, or who asks it."""
    url = parse_db_url(db_url)
    name = url.database or ""
    return Path(name).name if url.get_backend_name() == "sqlite" else f"{name} on {url.host or 'this machine'}"


def page_of(screen: Screen, visit: Visit) -> Page:
    """Make Streamlit's page of ours."""

    def show_it() -> None:
        show_screen(screen, visit)

    return st.Page(show_it, title=screen.title, url_path=screen.path, default=screen is SCREENS[0])


def show_screen(screen: Screen, visit: Visit) -> None:
    """Show a page with its header."""
    st.title(screen.title, anchor=False)
    if visit.is_made_up:
        st.warning(MADE_UP + (OTHER_DATABASE if refresh.has_credentials(visit.settings) else YOUR_OWN))
    with st.sidebar:
        refresh.show_refresh(screen, visit.settings, is_made_up=visit.is_made_up)
    if visit.choice is None:
        st.info(EMPTY)
        return
    st.markdown(f"{screen.question} {whose(screen, visit.choice)}")
    if screen.kinds:
        show_current(screen, visit.source, visit.choice)
    screen.show(visit.source, visit.choice)


def show_current(screen: Screen, source: Source, choice: Choice) -> None:
    """Say when a page's data was last brought up to date, which part of it is not any more, and what was never read."""
    st.caption(how_current(source.current(screen.kinds, choice.org)))
    stopped = {kind: latest for kind, latest in source.stopped(choice.org).items() if kind in screen.kinds}
    if stopped:
        st.warning(words_of_stopped(stopped))
    since = {kind: day for kind, day in source.read_since(choice.org).items() if kind in screen.kinds}
    if "period" in screen.filters and (late := {kind: day for kind, day in since.items() if day > choice.begin}):
        st.info(words_of_unread(late))


def words_of_unread(since: Mapping[str, date]) -> str:
    """Say which older issues and pull requests were not read: months before that look emptier than they were."""
    days: dict[date, list[str]] = {}
    for kind, day in since.items():
        days.setdefault(day, []).append(kind.replace("_", " "))
    return " ".join(
        f"{' and '.join(kinds).capitalize()} that were opened before {day} were not read: of these, only those that "
        f"changed later are here. `.venv/bin/python backfill.py --since DATE` reads them."
        for day, kinds in days.items()
    )


def how_current(moment: datetime | None) -> str:
    """Say when a page's data was last brought up to date."""
    if moment is None:
        return "No job has brought this data up to date in 30 days: see the page Data."
    return f"As of {moment:%Y-%m-%d %H:%M} UTC."


def whose(screen: Screen, choice: Choice) -> str:
    """Say whose numbers a page shows, since when, and which filters it doesn't heed."""
    since = f", since {choice.begin}" if "period" in screen.filters else ""
    chosen = "repository" if choice.repo else "team" if choice.team else ""
    if not chosen or chosen in screen.filters:
        return f"{plain(choice.name)}{since}."
    return f"{plain(choice.org)}{since}. The filter of the {chosen} doesn't change this page."
