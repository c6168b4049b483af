"""The button that brings a page's data up to date: `app.py refresh`, as a process of its own.

Pages read only. What asks GitHub and writes is the app's own command, with the settings that the dashboard has.
"""

from __future__ import annotations

import streamlit as st

from chalicelib.settings import Settings
from reports.dashboard import refresh_process
from reports.dashboard.parts import plain
from reports.dashboard.refresh_process import BAD_SETUP, DONE, FAILED, NOT_NOW, State
from reports.dashboard.screen import Screen

POLL_SECONDS = 2
BUTTON = "Refresh from GitHub"
HELP = "Reads what has changed on GitHub, of all organisations, for what this page shows."
NO_CREDENTIALS = "No refresh from here: that needs `GH_TOKEN` (or a GitHub App) and `GH_ORGS`."
NEVER_MIXED = "No refresh from here: GitHub's data is never mixed with made-up data."


def has_credentials(settings: Settings) -> bool:
    """Tell whether the settings lead to GitHub; whether they are right is for the job to say."""
    look = settings.lookup
    return bool((look("GH_TOKEN") or look("GH_APP_ID")) and (look("GH_ORGS") or look("GH_REPOS")))


def show_refresh(screen: Screen, settings: Settings, *, is_made_up: bool) -> None:
    """Show the button, or why there is none, and how the latest refresh goes."""
    refresh = refresh_process.REFRESH
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
    page, sentence = plain(state.page), plain(state.line.removeprefix("error: "))
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
