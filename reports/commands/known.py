"""Whether what somebody named is there: a mistyped name would be answered with zeros."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from sqlalchemy import ColumnElement, func, select

from reports.commands.boards import BOARDS, listed
from reports.errors import ReportError
from reports.options import Begin, first_day
from reports.reading import SYNC_RUNS, Database, among_orgs, view

ORGANISATIONS = view("organisations", "login")
REPOSITORIES = view("repositories", "org name")
TEAMS = view("teams", "org slug")
# What tells of repositories and teams that the lists don't have.
ITEMS = [view(name, "org repo") for name in ("pull_requests", "issues", "workflow_jobs")]
USERS_OF_TEAMS = view("copilot_team_days", "org team_slug")


def check(
    database: Database,
    *,
    org: str | None = None,
    repo: str | None = None,
    team: str | None = None,
    since: Begin | None = None,
) -> None:
    """Raise ReportError, with the choices, when a name is of nothing that is stored, or a report begins in the future.

    Where nothing of a kind is stored yet, no name of it is wrong.
    """
    if since is not None and first_day(since, database.today) > database.today:
        raise ReportError(f"--since {since.day} is in the future: today is {database.today} (UTC)")
    owner, _, name = (repo or "").rpartition("/")
    for each in dict.fromkeys(filter(None, (org, owner))):
        check_org(database, each)
    orgs = [found] if (found := owner or org) else []
    whose = f" of {found}" if found else ""
    if name and not any(holds(database, items.c.org, items.c.repo, name, orgs) for items in ITEMS):
        refuse(name, names(database, REPOSITORIES.c.name, REPOSITORIES.c.org, orgs), f"repository{{}}{whose}")
    if team and not holds(database, USERS_OF_TEAMS.c.org, USERS_OF_TEAMS.c.team_slug, team, orgs):
        refuse(team, names(database, TEAMS.c.slug, TEAMS.c.org, orgs), f"team{{}}{whose}")


def check_org(database: Database, org: str) -> None:
    """Raise ReportError when nothing is stored of an organisation; a renamed one is found by its name of now."""
    of = (ORGANISATIONS.c.login, BOARDS.c.org, REPOSITORIES.c.org, SYNC_RUNS.c.org)
    refuse(org, sorted({name for column in of for name in names(database, column)}), "organisation{}")


def names(
    database: Database, name: ColumnElement[Any], org: ColumnElement[Any] | None = None, orgs: Sequence[str] = ()
) -> list[str]:
    """Give the names that are stored, of some organisations or of all."""
    query = select(name.label("name")).where(name.is_not(None)).distinct().order_by(name)
    return [row["name"] for row in database.all(query if org is None else query.where(*among_orgs(org, orgs)))]


def holds(
    database: Database, org: ColumnElement[Any], column: ColumnElement[Any], name: str, orgs: Sequence[str]
) -> bool:
    """Tell whether a table has a row of this name."""
    query = select(column).where(func.lower(column) == name.lower(), *among_orgs(org, orgs)).limit(1)
    return database.first(query) is not None


def refuse(name: str, known: Sequence[str], what: str) -> None:
    """Raise ReportError unless a name is known, with those that are spelled alike, or else the first ones."""
    by_name = {each.casefold(): each for each in known}
    if not known or name.casefold() in by_name:
        return
    close = [by_name[each] for each in get_close_matches(name.casefold(), by_name)]
    hint = f"did you mean {' or '.join(close)}?" if close else f"choose one of {listed(known)}"
    raise ReportError(f"there is no {what.format(f' {name!r}')}: {hint}")
