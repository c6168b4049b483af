"""Views: how one is declared, and what makes, describes and drops it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, MetaData, Table, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateView, DropView, ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler


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
        self.query = query if source is None else query.select_from(source)
        # The view as something to select from, with its columns' types and comments.
        self.table: Table = self.creation().table
        self.table.comment = comment
        for column in columns:
            self.table.c[column.name].comment = column.comment

    def creation(self, *, name: str | None = None, replace: bool = False) -> CreateView:
        """Give the statement that makes the view, under another name or in place of the one that stands."""
        # A MetaData of its own: Alembic would take a view in the models' MetaData for a table.
        return CreateView(self.query, name or self.name, metadata=MetaData(), or_replace=replace)

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


def drop_view(connection: Connection, name: str) -> None:
    """Drop a view, which must exist; the database refuses when others stand on it, if it knows."""
    connection.execute(DropView(Table(name, MetaData())))
