"""One repository: which rules it breaks and why, its open alerts, and whom to ask."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import streamlit as st
from sqlalchemy import case, func, or_, select

from reports.commands.alerts import KINDS
from reports.dashboard.filters import Choice
from reports.dashboard.parts import plain, show_figures, show_table
from reports.dashboard.screens.security.alerts import list_query
from reports.dashboard.screens.security.known import CHECKS, no_alert
from reports.dashboard.screens.security.links import host_of, is_email, mail_link, say_links, with_links
from reports.dashboard.screens.security.rules import CHECKED, NOT_APPLICABLE, RATED
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import view

BREAKS = view("broken_rules", "org repo rule since days result message")
CONTACTS = view("repository_contacts", "org repo contact contact_source")
ERROR = "error"
NOBODY = (
    "Nobody is known who can be asked: no custom property, no CODEOWNERS and no admin that is stored names anybody."
)
WITHOUT_ADDRESS = "No e-mail address of theirs is known: mention them on GitHub."
SOURCES = {
    "custom_property": "Named by the repository's custom property.",
    "codeowners": "Named by its CODEOWNERS.",
    "team": "Maintainers of the teams that its CODEOWNERS names.",
    "admins": "Nobody is named for this repository itself: these are the organisation's admins.",
}
# What says whom to ask; without them somebody closer may be left out.
NAMING = ("codeowners", "point_of_contact")


def show(source: Source, choice: Choice, found: Collection[str]) -> None:
    """Show it; `found` is what is not known of the organisation."""
    row = rating_of(source, choice)
    st.caption("Clear the repository in the sidebar to see all of them.")
    show_figures(figures(row))
    if row:
        st.markdown(f"Rating: {plain(row['rating'] or 'not rated yet')}.")
    show_contact(source, choice)
    show_rules(source, choice, row, found)
    show_unknown(source, choice)
    show_alerts(source, choice, found)


def rating_of(source: Source, choice: Choice) -> dict[str, Any]:
    """Read how many rules it keeps; nothing when none is about it."""
    rows = RATED.c
    names = ("rules", "passed", "broken", "excepted", "rating")
    query = select(*(rows[name] for name in names)).where(rows.org == choice.org, rows.repo == choice.repo)
    return source.first(query) or {}


def figures(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Write how it stands; what is neither kept, broken nor excepted is not known."""
    if not row:
        return []
    unknown = row["rules"] - row["passed"] - row["broken"] - row["excepted"]
    counts = {
        f"Rules kept (of {number(row['rules'])})": row["passed"],
        "Rules broken": row["broken"],
        "Not known": unknown,
        "Excepted": row["excepted"],
    }
    return [(label, number(value)) for label, value in counts.items()]


def show_contact(source: Source, choice: Choice) -> None:
    """Say whom to ask."""
    st.header("Whom to ask", anchor=False)
    rows, checked = CONTACTS.c, CHECKED.c
    query = select(rows.contact, rows.contact_source).where(rows.org == choice.org, rows.repo == choice.repo)
    here = (checked.org == choice.org, checked.repo == choice.repo, checked.rule.in_(NAMING))
    known = source.all(select(checked.rule).where(*here, checked.known_result.is_not(None)))
    row = source.first(query) or {"contact": None, "contact_source": None}
    st.markdown(contact_text(row["contact"], row["contact_source"], f"{choice.org}/{choice.repo}"))
    if row["contact_source"] != "custom_property" and len(known) < len(NAMING):
        names = " and ".join(f"`{name}`" for name in NAMING if name not in [each["rule"] for each in known])
        st.caption(f"What the rules {names} look at is not known here, so there may be somebody closer.")
    st.caption("From the view `repository_contacts`.")


def contact_text(contact: str | None, origin: str | None, repository: str) -> str:
    """Write whom to ask, as Markdown: e-mail addresses are links."""
    if not contact:
        return NOBODY
    # A property's text may be a whole sentence with an address: only what is one by itself is a link.
    each = [part.strip() for part in contact.split(",") if part.strip()]
    asked = ", ".join(mail_link(part, f"Security of {repository}") for part in each)
    said = SOURCES.get(origin or "", "")
    return " ".join(filter(None, [f"{asked}.", said, "" if any(map(is_email, each)) else WITHOUT_ADDRESS]))


def show_rules(source: Source, choice: Choice, row: dict[str, Any], found: Collection[str]) -> None:
    """List the rules that it breaks."""
    rows = BREAKS.c
    last = case((rows.result == ERROR, "could not be checked"), else_="broken").label("last_check")
    query = select(
        rows.rule,
        rows.message.label("why"),
        rows.days,
        rows.since.label("broken_since"),
        last,
    )
    query = query.where(rows.org == choice.org, rows.repo == choice.repo).order_by(rows.days.desc(), rows.rule)
    table = source.read(query, title=f"Rules that {choice.repo} breaks", kinds=[CHECKS], orgs=[choice.org])
    about = "`days` is since when this app has seen it broken. Where the last check could not be done, `why` says why."
    show_table(table, key="repository-rules", empty=empty_rules(row, found), about=about)


def empty_rules(row: dict[str, Any], found: Collection[str]) -> str:
    """Say what it means that no rule is broken."""
    if not row:
        return "No rule is checked here: it is archived, or no job has checked it yet. That is no all-clear."
    unknown = row["rules"] - row["passed"] - row["excepted"]
    if unknown:
        return f"It is not known to break a rule. Of {number(unknown)} rules it is not known: see below."
    kept = f"It keeps {number(row['passed'])} rules, and need not keep {number(row['excepted'])}."
    return f"{kept} Not all is known of the organisation, as is said above." if found else kept


def show_unknown(source: Source, choice: Choice) -> None:
    """List the rules that could not be checked last time, and those with an exception."""
    rows = CHECKED.c
    current = or_(rows.exception_until.is_(None), rows.exception_until >= source.today)
    excepted = rows.exception_reason.is_not(None) & current
    before = {"pass": "kept", "fail": "broken"}
    query = select(
        rows.rule,
        case((rows.result == ERROR, "could not be checked"), else_="checked").label("last_check"),
        func.coalesce(case(before, value=rows.known_result), "not known").label("last_known"),
        rows.message.label("why"),
        case((excepted, rows.exception_reason)).label("exception"),
        case((excepted, rows.exception_until)).label("exception_until"),
    )
    query = query.where(
        *(rows.org == choice.org, rows.repo == choice.repo, or_(rows.result == ERROR, excepted)),
        func.coalesce(rows.known_result, "") != NOT_APPLICABLE,
    )
    title = "Rules that could not be checked, or have an exception"
    table = source.read(query.order_by(rows.rule), title=title, kinds=[CHECKS], orgs=[choice.org])
    about = f"Of {plain(choice.repo)}. What is not known is neither kept nor broken."
    show_table(table, key="repository-unknown", empty="There is none.", about=about)


def show_alerts(source: Source, choice: Choice, found: Collection[str]) -> None:
    """List its open alerts, the longest over their limit first."""
    title = f"Open alerts of {choice.repo}"
    table = source.read(list_query(choice), title=title, kinds=KINDS, orgs=[choice.org])
    linked = with_links(table, host_of(source, choice.org))
    about = "`days over` is by how many days it is over its limit; below 0 there is time." + say_links(table, linked)
    show_table(linked, key="repository-alerts", empty=no_alert(found, source, choice), about=about)
