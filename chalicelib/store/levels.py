"""The levels of which a view may have rows: a repository, a team, an organisation as a whole.

A median of an organisation is no mean of its repositories' medians: each level is counted for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Label, Select, String, Subquery, cast, null, select, union_all

from chalicelib.store.functions import constant
from chalicelib.store.percentiles import Ranked
from chalicelib.store.views import ViewColumn

REPOSITORY, TEAM, ORGANISATION = "repository", "team", "organisation"
# Which columns name the one of a level.
KEYS = {REPOSITORY: ("org", "repo"), ORGANISATION: ("org",)}


def no_text() -> ColumnElement[str]:
    """No text, with the type of a text column."""
    return cast(null(), String)


def level_column(level: Any, levels: str) -> ViewColumn:
    """Say what a row is about; `levels` names the possible ones."""
    return ViewColumn(
        "level", level, f"What the row counts: {levels}. Choose one level: the others count the same things again"
    )


def by_level(
    rows: FromClause,
    *,
    by: Sequence[str],
    values: Sequence[str],
    measures: Callable[[Ranked], Iterable[Label[Any]]],
) -> Subquery:
    """Group rows, which have `org` and `repo`, by the columns `by`, for each repository and for the organisation.

    `measures` gives the aggregates of the ranked rows; `values` are those whose percentiles it asks for.
    """

    def at(level: str) -> Select[Any]:
        ranked = Ranked(rows, by=(*KEYS[level], *by), values=values)
        repo = ranked.c.repo if "repo" in KEYS[level] else no_text()
        keys = [ranked.c[key] for key in by]
        place = (constant(level).label("level"), ranked.c.org, repo.label("repo"))
        return select(*place, *keys, *measures(ranked)).group_by(*(ranked.c[key] for key in KEYS[level]), *keys)

    return union_all(*(at(level) for level in KEYS)).subquery("level")


def level_columns(row: Any) -> list[ViewColumn]:
    """Say what a row is about, and where it is."""
    return [
        level_column(row.level, "a repository, or the organisation as a whole"),
        ViewColumn("org", row.org, "Owner of the repositories"),
        ViewColumn("repo", row.repo, "Repository's name, without the owner; NULL for the organisation"),
    ]
