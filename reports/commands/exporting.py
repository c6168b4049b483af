"""`export`: any table or view, whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from reports import export as writing
from reports.commands import known
from reports.options import Org, Repo, Since, first_day
from reports.reading import Database, reading
from reports.schema import find

Name = Annotated[str, typer.Argument(metavar="VIEW_OR_TABLE", help="Its name: docs/data-dictionary.md has them all")]
Form = Annotated[Literal["csv", "json", "parquet"], typer.Option("--format", help="What is written")]
Folder = Annotated[
    str | None, typer.Option("--output", metavar="DIR", help="Write the file VIEW_OR_TABLE.FORMAT into this folder")
]


def export(
    context: typer.Context,
    name: Name,
    *,
    org: Org = None,
    repo: Repo = None,
    since: Since = None,
    form: Form = "csv",
    output: Folder = None,
) -> None:
    """Write the rows of any table or view; --since begins at its first column of days or times."""
    table = find(name)
    run = context.obj
    begin = None if since is None else first_day(since, run.now().date())
    query = writing.query_of(table, org=org, repo=repo, since=begin)
    with reading(run.settings) as engine:
        known.check(Database(engine, run.now), org=org, repo=repo, since=since)
        writing.write(engine, table, query, form=form, folder=None if output is None else Path(output))
