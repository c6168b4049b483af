"""What visitors choose: it stands in the URL, so that they can share what they see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st
from sqlalchemy import select

from chalicelib.utils import shown
from reports.dashboard.parts import plain
from reports.dashboard.source import MOST_ROWS, Source
from reports.options import Begin
from reports.reading import view

ORGANISATIONS = view("organisations", "login")
REPOSITORIES = view("repositories", "org name deleted_at")
TEAMS = view("team_members_current", "org team")
NAMES = frozenset({"org", "repo", "team", "period"})
# The URL has what people read.
PERIODS = {"30 days": 30, "90 days": 90, "180 days": 180, "1 year": 365, "2 years": 730, "5 years": 1825}
PERIOD = "1 year"


@dataclass(frozen=True)
class Choice:
    """What is asked for: one organisation, all of it or a repository or a team, and since when."""

    org: str
    repo: str | None
    team: str | None
    begin: date

    @property
    def since(self) -> Begin:
        """The same, as reports take it."""
        return Begin(day=self.begin)

    @property
    def name(self) -> str:
        """Whose numbers these are."""
        part = f", repository {self.repo}" if self.repo else f", team {self.team}" if self.team else ""
        return f"{self.org}{part}"


def choose(source: Source) -> Choice | None:
    """Show the filters, and give what is chosen; None while no organisation is stored."""
    orgs = names(source, "organisations")
    if not orgs:
        return None
    # What was just forgotten stands in the URL until its list is shown.
    asked = {name: value for name, value in st.query_params.items() if st.session_state.get(name, value) is not None}
    with st.sidebar:
        org = st.selectbox(
            "Organisation", orgs, key="org", bind="query-params", format_func=shown, on_change=forget_parts
        )
        repos, teams = names(source, "repositories", org), names(source, "teams", org)
        repo = pick("Repository", repos, key="repo", placeholder="All repositories")
        team = pick("Team", teams, key="team", placeholder="All teams", disabled=repo is not None)
        periods = list(PERIODS)
        period = st.selectbox("Period", periods, index=periods.index(PERIOD), key="period", bind="query-params")
        if repo and team:
            st.caption("The team is left out while a repository is chosen.")
    say_unknown(asked, {"org": orgs, "repo": repos, "team": teams, "period": PERIODS})
    return Choice(org, repo, None if repo else team, source.today - timedelta(days=PERIODS[period]))


def forget_parts() -> None:
    """Forget the repository and the team: another organisation has others."""
    st.session_state["repo"] = st.session_state["team"] = None


def pick(label: str, options: list[str], *, key: str, placeholder: str, disabled: bool = False) -> str | None:
    """Show a list of which nothing need be chosen."""
    return st.selectbox(
        label,
        options,
        index=None,
        key=key,
        bind="query-params",
        placeholder=placeholder,
        disabled=disabled,
        format_func=shown,
    )


def choose_one(label: str, options: Sequence[str], *, key: str, default: str | None = None) -> str:
    """Let one of a few be chosen; it stands in the URL."""
    asked = st.query_params.to_dict()
    chosen = st.segmented_control(
        label, options, default=default or options[0], required=True, key=key, bind="query-params"
    )
    say_unknown(asked, {key: options})
    return chosen


def names(source: Source, what: str, org: str = "") -> list[str]:
    """List the organisations, or the repositories or teams of one."""
    repos = REPOSITORIES.c
    query = {
        "organisations": select(ORGANISATIONS.c.login.label("name")),
        "repositories": select(repos.name).where(repos.org == org, repos.deleted_at.is_(None)),
        "teams": select(TEAMS.c.team.label("name")).where(TEAMS.c.org == org).distinct(),
    }[what]
    found = [row["name"] for row in source.all(query.order_by("name"))]
    if len(found) == MOST_ROWS:
        st.sidebar.caption(f"There are more {what} than the first {MOST_ROWS:,} that are listed here.")
    return found


def say_unknown(asked: Mapping[str, str], known: Mapping[str, Collection[str]]) -> None:
    """Say which part of a shared URL means nothing here, since Streamlit drops it."""
    for name, values in known.items():
        value = asked.get(name, "")
        if value and value not in map(shown, values):
            asks = f"{name} = “{plain(value)}”"
            st.warning(f"The URL asks for {asks}, which is not here: the page shows what its filters say.")
