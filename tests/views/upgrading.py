"""For tests of upgrades: versions of a few views of ours, and what PostgreSQL's catalogue has of everybody's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Engine, Integer, cast, column, table, text

from chalicelib.store.views import View, ViewColumn

ISSUES = table("issues", column("id"), column("number"), column("title"), column("score"))
TITLES = table("titles", column("id"), column("title"))

ID = ISSUES.c.id
TITLE = ISSUES.c.title


def titles(comment: str = "A row for each issue", **columns: ColumnElement[Any]) -> View:
    """A view of ours that reads a table."""
    return View("titles", comment, [ViewColumn(name, it, f"Its {name}") for name, it in columns.items()])


# A view of ours that reads another one.
HEADINGS = View("headings", "A row for each title", [ViewColumn("heading", TITLES.c.title, "The title")])

FIRST = (titles(id=ID, title=TITLE), HEADINGS)
APPENDED = (titles("All issues", id=ID, title=TITLE, number=ISSUES.c.number), HEADINGS)
OTHER_TYPE = (titles(id=cast(ID, Integer), title=TITLE), HEADINGS)
WITHOUT_ID = (titles(title=TITLE), HEADINGS)


# Number and last writer of each relation, index and rule of somebody's: anything that touches one changes them.
TRACES = """
SELECT relname, pg_class.oid, pg_class.xmin::text FROM pg_class
WHERE relkind IN ('v', 'm', 'i') AND relnamespace::regnamespace::text IN ('public', 'reports') ORDER BY 1
"""
# All that somebody can tell of a view, but its number.
LOOKS = """
SELECT c.oid::regclass::text AS name, relkind, pg_get_viewdef(c.oid) AS query, pg_get_userbyid(relowner) AS owner,
  reloptions, relispopulated,
  ARRAY(SELECT a::text FROM unnest(coalesce(relacl, acldefault('r', relowner))) AS a ORDER BY 1) AS rights,
  ARRAY(SELECT concat_ws(' ', attname, a, col_description(c.oid, attnum)) FROM pg_attribute
    LEFT JOIN unnest(attacl) AS a ON true WHERE attrelid = c.oid AND attnum > 0 ORDER BY 1) AS columns,
  obj_description(c.oid, 'pg_class') AS comment,
  ARRAY(SELECT concat_ws(' ', pg_get_indexdef(indexrelid), obj_description(indexrelid, 'pg_class'))
    FROM pg_index WHERE indrelid = c.oid ORDER BY 1) AS indexes
FROM pg_class AS c WHERE relkind IN ('v', 'm') AND relnamespace::regnamespace::text IN ('public', 'reports') ORDER BY 1
"""


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    """What a query gives."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def execute(engine: Engine, *statements: str) -> None:
    """Run statements in one transaction."""
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def looks(engine: Engine) -> dict[str, dict[str, Any]]:
    """All that somebody can tell of each view, by its name."""
    with engine.connect() as connection:
        return {row["name"]: dict(row) for row in connection.execute(text(LOOKS)).mappings()}
