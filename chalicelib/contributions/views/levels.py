"""The levels of which a view may have rows: a repository, a team, an organisation as a whole.

A median of an organisation is no mean of its repositories' medians: each level is counted for itself.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String, cast, null

from chalicelib.store.views import ViewColumn

REPOSITORY, TEAM, ORGANISATION = "repository", "team", "organisation"


def no_text() -> ColumnElement[str]:
    """No text, with the type of a text column."""
    return cast(null(), String)


def level_column(level: Any, levels: str) -> ViewColumn:
    """Say what a row is about; `levels` names the possible ones."""
    return ViewColumn("level", level, f"What the row counts: {levels}. Choose one: it is all of them in other rows")
