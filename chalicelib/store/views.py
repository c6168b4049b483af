"""Views: how one is declared, made and dropped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, MetaData, Table, inspect, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateView, DropView, ExecutableDDLElement, SetColumnComment
from sqlalchemy.sql.compiler import DDLCompiler

from chalicelib.errors import DatabaseNotReadyError


class ViewColumn(NamedTuple):
    """A column of a view; `comment` explains it to the people who read the view."""

    name: str
    expression: ColumnElement[Any]
    comment: str


class View:
    """A view: its name, a comment that says what a row is, and its columns; `source` joins what they are of."""

    def __init__(
        self,
        name: str,
        comment: str,
        columns: Sequence[ViewColumn],
        *,
        source: FromClause | None = None,
        group_by: Sequence[ColumnElement[Any]] = (),
    ) -> None:
        self.name = name
        query = select(*(column.expression.label(column.name) for column in columns)).group_by(*group_by)
        if source is not None:
            query = query.select_from(source)
        # A MetaData of its own: Alembic would take a view in the models' MetaData for a table.
        self.creation = CreateView(query, name, metadata=MetaData())
        self.table.comment = comment
        for column in columns:
            self.table.c[column.name].comment = column.comment

    @property
    def table(self) -> Table:
        """The view as something to select from, with its columns' types and comments."""
        return self.creation.table

    def __repr__(self) -> str:
        return f"View({self.name!r})"


class SetViewComment(ExecutableDDLElement):
    """`COMMENT ON VIEW`; SQLAlchemy only has `COMMENT ON TABLE`."""

    def __init__(self, view: View) -> None:
        self.view = view


@compiles(SetViewComment)
def _set_view_comment(element: SetViewComment, compiler: DDLCompiler, **_: Any) -> str:
    table = element.view.table
    comment = str(table.comment).replace("'", "''")
    return f"COMMENT ON VIEW {compiler.preparer.format_table(table)} IS '{comment}'"


def create_views(connection: Connection, views: Iterable[View]) -> None:
    """Make views, in this order; none may exist yet. PostgreSQL gets their comments too."""
    for view in views:
        connection.execute(view.creation)
        if connection.dialect.name == "postgresql":
            connection.execute(SetViewComment(view))
            for column in view.table.columns:
                connection.execute(SetColumnComment(column))


def drop_views(connection: Connection, names: Iterable[str]) -> None:
    """Drop those of the named views that exist, the last one first: it may read those before it.

    Raises DatabaseNotReadyError when other views read them, and the database would not drop them.
    """
    existing = set(inspect(connection).get_view_names())
    ours = [name for name in names if name in existing]
    if others := _readers(connection, ours):
        raise DatabaseNotReadyError(
            f"other views read this app's views, which are to be made anew: {', '.join(others)}. "
            "Drop them, run `make migrate`, and create them again"
        )
    for name in reversed(ours):
        connection.execute(DropView(Table(name, MetaData())))


# Views, materialised ones too, that read some of ours, or that read such ones.
# https://www.postgresql.org/docs/current/catalog-pg-depend.html
READERS = """
WITH RECURSIVE ours AS (
  SELECT oid FROM pg_class WHERE relname = ANY(:names) AND relkind = 'v' AND pg_table_is_visible(oid)
), reader AS (
  SELECT oid FROM ours
  UNION
  SELECT rule.ev_class FROM reader
  JOIN pg_depend AS need ON need.refclassid = 'pg_class'::regclass AND need.refobjid = reader.oid
  JOIN pg_rewrite AS rule ON need.classid = 'pg_rewrite'::regclass AND need.objid = rule.oid
)
SELECT CAST(CAST(oid AS regclass) AS text) FROM reader WHERE oid NOT IN (SELECT oid FROM ours) ORDER BY 1
"""


def _readers(connection: Connection, names: Sequence[str]) -> list[str]:
    """Name the other views that read some views; none where a database drops a view in spite of them."""
    if connection.dialect.name != "postgresql":
        return []
    return list(connection.scalars(text(READERS), {"names": list(names)}))
