"""How GitHub itself is: whoever looks why jobs wait should know that first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from sqlalchemy import JSON, select, type_coerce

from reports.dashboard.parts import plain, show_table
from reports.dashboard.source import Source
from reports.output import duration
from reports.reading import Table, view

STATUS = view(
    "github_status_now",
    "indicator description observed_at last_observed_at age_minutes is_current components incidents maintenances",
)
WELL, OPERATIONAL, ACTIONS, UNREACHABLE = "none", "operational", "Actions", "unreachable"
MINUTE = 60
NEVER_READ = (
    "GitHub's own status is not known: its status page has not been read. The job `nrt_events` reads it, unless "
    "`GH_STATUS_URL` is `off` or `GH_API_URL` is another server than GitHub's."
)
Parts = Sequence[dict[str, Any]]


def show_status(source: Source) -> None:
    """Say how GitHub is, as its status page says, and when that was read."""
    rows = STATUS.c
    lists = (type_coerce(rows[name], JSON).label(name) for name in ("components", "incidents", "maintenances"))
    query = select(rows.indicator, rows.description, rows.last_observed_at, rows.age_minutes, rows.is_current, *lists)
    found = source.all(query)
    st.header("GitHub itself", anchor=False)
    if not found:
        st.info(NEVER_READ)
        return
    [status] = found
    say_status(status)
    st.caption(f"From the view `{STATUS.name}`, read {status['last_observed_at']:%Y-%m-%d %H:%M} UTC.")
    show_troubles(status)


def say_status(status: dict[str, Any]) -> None:
    """Say in a sentence how GitHub is."""
    says = f"“{plain(status['description'])}”"
    if not status["is_current"]:
        age = duration(status["age_minutes"] * MINUTE)
        st.warning(f"Nobody knows how GitHub is now. Its status page was read {age} ago, and said {says}.")
    elif status["indicator"] == UNREACHABLE:
        st.warning(f"GitHub's status page can't be read: {says}. Nobody knows how GitHub is now.")
    elif slow := actions_state(status["components"]):
        st.warning(f"Jobs may wait because of GitHub: it says that Actions is “{plain(slow)}”, and of itself {says}.")
    elif status["indicator"] != WELL:
        st.warning(f"GitHub has a problem: it says {says}. Actions is not among what it calls disturbed.")
    else:
        st.success(f"GitHub says {says}: what waits here doesn't wait because of a problem that it knows of.")


def actions_state(components: Parts) -> str:
    """Give the state of Actions in GitHub's words; empty when it is as it should be, or nothing is said of it."""
    states = [str(each.get("status")) for each in components if each.get("name") == ACTIONS]
    return next((state.replace("_", " ") for state in states if state != OPERATIONAL), "")


def show_troubles(status: dict[str, Any]) -> None:
    """Show the incidents, the planned maintenance, and what is disturbed, where there are any."""
    disturbed = [each for each in status["components"] if each.get("status") != OPERATIONAL]
    troubles = [
        *(("incident", each, each.get("impact")) for each in status["incidents"]),
        *(("maintenance", each, each.get("status")) for each in status["maintenances"]),
        *(("disturbed part", each, each.get("status")) for each in disturbed),
    ]
    if not troubles:
        return
    rows = [(kind, each.get("name"), state, each.get("url")) for kind, each, state in troubles]
    table = Table(
        "What GitHub tells of", ["kind", "name", "state", "url"], rows, status["last_observed_at"], STATUS.name
    )
    show_table(table, key="github-troubles", empty="")
