"""What GitHub has shown of an organisation's security: what could not be read is neither clear nor broken."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import streamlit as st
from sqlalchemy import select

from reports.commands.health import OLDEST
from reports.dashboard.filters import Choice
from reports.dashboard.parts import plain
from reports.dashboard.source import Source
from reports.output import HOUR, duration
from reports.reading import view

# Kinds of alert, and what data_health calls them: so are the steps called that read them.
ALERTS = {
    "dependabot": "dependabot_alerts",
    "secret_scanning": "secret_scanning_alerts",
    "code_scanning": "code_scanning_alerts",
}
CHECKS = "repository_checks"
WORDS = {
    "dependabot_alerts": "Alerts of Dependabot",
    "secret_scanning_alerts": "Alerts of secret scanning",
    "code_scanning_alerts": "Alerts of code scanning",
    CHECKS: "The checks of rules",
}
HEALTH = view("data_health", "org kind lag_seconds incomplete failed error note rejected")
# There is one as soon as a kind was read to its end; it is dropped when the feature is off.
WATERMARKS = view("watermarks", "name org scope")
REPOSITORIES = view("repositories", "org name html_url secret_scanning")
CHECKED = view("repository_checks", "org repo rule known_result")
ENABLED = "enabled"


def gaps(source: Source, org: str, kinds: Collection[str]) -> list[str]:
    """Say in a sentence each what is not known of some kinds of an organisation's data; Markdown."""
    rows, marks = HEALTH.c, WATERMARKS.c
    columns = (each for each in rows if each.name != "org")
    health = source.all(select(*columns).where(rows.org == org, rows.kind.in_(kinds)))
    read = source.all(select(marks.name).where(marks.org == org, marks.name.in_(kinds)).distinct())
    by_kind, names = {row["kind"]: row for row in health}, {row["name"] for row in read}
    return [f"{WORDS[kind]} {said}." for kind in kinds for said in gaps_of(by_kind.get(kind), was_read=kind in names)]


def gaps_of(row: dict[str, Any] | None, *, was_read: bool) -> Iterator[str]:
    """Say what is not known of a kind, by its row of data_health."""
    if row is None:
        yield "were not read by any job in 30 days: what is here, if anything, is older"
        return
    if not was_read:
        yield "were never read to their end, or can't be read any more: what is here, if anything, is not all"
    if row["failed"]:
        yield f"could not be read last time: {plain(row['error'] or 'no reason is stored')}"
    elif row["incomplete"]:
        yield "are not complete: the last run stopped early, and the next one goes on"
    if row["lag_seconds"] is not None and row["lag_seconds"] > OLDEST.total_seconds():
        yield f"are old: changes of the last {duration(max(row['lag_seconds'], HOUR))} may be missing"
    if row["note"]:
        yield f"came with a note: {plain(row['note'])}"
    if row["rejected"]:
        yield f"are not all here: {row['rejected']:,} records could not be understood (see the page Data)"


def say_gaps(found: Collection[str]) -> None:
    """Show what is not known."""
    if found:
        st.warning("**Not all is known.** " + " ".join(found))


def no_alert(found: Collection[str], source: Source, choice: Choice) -> str:
    """Say what it means that no alert is open: an all-clear only where all was read."""
    if found:
        return "No open alert is stored. That is no all-clear: not all is known, as is said above."
    if choice.repo:
        return " ".join(["No alert is open that GitHub lists.", *features_of(source, choice)])
    return "No alert is open, in all repositories where GitHub looks for them."


def features_of(source: Source, choice: Choice) -> list[str]:
    """Say of a repository which features look for alerts there: where none looks, none is found."""
    rows, checked = REPOSITORIES.c, CHECKED.c
    here = select(rows.secret_scanning).where(rows.org == choice.org, rows.name == choice.repo)
    dependabot = select(checked.known_result).where(
        checked.org == choice.org, checked.repo == choice.repo, checked.rule == "dependabot_alerts"
    )
    secrets, rule = source.first(here) or {}, source.first(dependabot) or {}
    on = {None: None, ENABLED: True}.get(secrets.get("secret_scanning"), False)
    return [
        state("Secret scanning", on),
        state("Dependabot", {"pass": True, "fail": False}.get(rule.get("known_result", ""))),
        "GitHub doesn't tell whether code scanning is on here.",
    ]


def state(feature: str, on: bool | None) -> str:  # noqa: FBT001 - unknown is the third
    """Say whether a feature is on."""
    return f"{feature} is {'on' if on else 'off'} here." if on is not None else f"Whether {feature} is on is not known."
