"""Views: how one is declared, made and dropped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, MetaData, Table, inspect, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateView, DropView, ExecutableDDLElement, SetColumnComment
from sqlalchemy.sql.compiler import DDLCompiler


class ViewColumn(NamedTuple):
    """A column of a view; `comment` explains it to the people who read the view."""

    name: str
    expression: ColumnElement[Any]
    comment: str


class View:
    """A view: its name, a comment that says what a row is, and its columns."""

    def __init__(
        self, name: str, comment: str, columns: Sequence[ViewColumn], *, group_by: Sequence[ColumnElement[Any]] = ()
    ) -> None:
        self.name = name
        query = select(*(column.expression.label(column.name) for column in columns)).group_by(*group_by)
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
    """Drop those of the named views that exist, the last one first: it may read those before it."""
    existing = set(inspect(connection).get_view_names())
    for name in reversed(list(names)):
        if name in existing:
            connection.execute(DropView(Table(name, MetaData())))
