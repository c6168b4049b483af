"""Writes docs/data-dictionary.md from the models' comments: `.venv/bin/python -m docs.dictionary [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Column, Index, Table, UniqueConstraint
from sqlalchemy.dialects import registry

from chalicelib.domains import DOMAINS
from chalicelib.ingest.domain import Relation
from chalicelib.store.health import DATA_HEALTH
from chalicelib.store.views import View
from chalicelib.views import VIEWS
from docs.pages import STORE, code, describe, models_of, table, tables_of, title_of, write_or_check

PATH = Path(__file__).with_name("data-dictionary.md")
POSTGRESQL = registry.load("postgresql")()
SHORT_TYPES = {"timestamp with time zone": "timestamptz", "float": "double precision"}

INTRODUCTION = """# Data dictionary

Every table, view and column of the database. This page is written from the code (`make docs`); don't edit it.
PostgreSQL's own tools show the same comments: `\\d+ issues` in psql, or the column tooltips of DBeaver and DataGrip.
Examples with their answers are in [queries.md](queries.md). What the views count is in [views.md](views.md).

- Times are UTC. A column is NULL when GitHub said so, or has not said.
- Types are PostgreSQL's. On SQLite, `jsonb` and `json[]` are JSON text, `timestamptz` is text such as
  `2026-05-01 08:00:00.000000`, and `boolean` is 0 or 1.
- A column that holds what GitHub's API says has the API's name for it.
- *Key*: PK is the primary key, or one part of it. *Unique* and *indexed* mean the column by itself. Indexes over
  several columns stand below their table.
- **Write `"user"` with its quotes.** `SELECT user FROM issues` gives the name of the database role on PostgreSQL, in
  every row and without an error. For an author, take `username` and `author_id`; for an event, `username` and
  `user_id`. No view has a column of that name.
- What came from GitHub is never deleted. A row that GitHub no longer shows is marked: `deleted_at` on issues, pull
  requests, repositories, releases and teams, `removed_at` on events and seats, `left_at` on stays in teams,
  `inactive` on members.
"""
GOOD_TO_KNOW = """## Good to know

- **What GitHub changes silently.** Some changes don't count as a change of the issue or pull request: the counters of
  its milestone, or the new name of a label. The columns then keep what they held when the item last changed. `daily`
  lists again everything that is open. For what is closed, run `.venv/bin/python backfill.py --since …` once more.
- **What moved out of sight.** An issue may move to a repository that the token can't see, or that `GH_REPOS` leaves
  out. Its row then stays, with `deleted_at`. `transfers` says where it went in the second case, and in the first one as
  soon as the token can see it.
- **What databases refuse.** NUL characters and halves of surrogate pairs are removed from texts.
- **Teams.** `team_members` has a row for each stay. The person of a stay that began with the app's first look may have
  been there before.
- **Copilot.** How its figures come about is in [copilot.md](copilot.md).
"""

RELATIONS_TEXT = """There are no foreign keys: data comes in any order, and most authors in an open repository are not
members. `username` is the login at the time when the row was last read. Join people by `author_id` and `user_id`: a
person's id stays the same when the login changes.
"""

VIEWS_TEXT = """Views answer questions over the tables, and are always as current as these. Select from them as from a
table. Your rights on them and your own views on them [survive an upgrade](deploy.md#views-of-your-own).

- A *bot* is a user of the type Bot, one whose login ends in `[bot]`, or one that `GH_BOTS` lists.
- A *member* is a person who was a member of the organisation at the time. Those whom this app found in its first day
  count as members from the beginning: nobody knows when they joined. Those found later count from then on, and those
  who left count until it was seen. Members that the token may not see don't count, nor do outside collaborators.
- A *maintainer* was no member, and had merged a pull request of the organisation before, or is listed in
  `GH_MAINTAINERS`. "We" are members and maintainers.
- All other people are *non-members*, those whose account is gone (`username` is NULL) included.
- Rows with a `deleted_at` and events with a `removed_at` are left out. Days and months are UTC.
- Reviews, comments and reopenings are known from `events`. Where timelines were not read, there are none.
- A median (`median_…`) is the value in the middle: half of the values are below it. A 90th percentile (`p90_…`) has 90
  of 100 below it. Between two values they are interpolated: the median of 1 and 3 is 2. PostgreSQL's `percentile_cont`,
  NumPy and `PERCENTILE.INC` of spreadsheets give the same. Only whole seconds are rounded, to the nearest one.
"""


def render() -> str:
    """Write the whole page."""
    parts = [INTRODUCTION, *_contents(), GOOD_TO_KNOW, *_relations()]
    for title, words, module, _ in _groups():
        parts += [f"## {title}\n", f"{words}\n"]
        parts += [part for each in tables_of(module) for part in _table(each)]
    parts += ["## Views\n", VIEWS_TEXT, *(part for view in VIEWS for part in _view(view))]
    return "\n".join(parts)


def _groups() -> Iterator[tuple[str, str, str, Sequence[View]]]:
    """Give the domains, then the app itself: title, description, module of the tables, views."""
    for domain in DOMAINS:
        yield title_of(domain), _sentence(describe(domain)), models_of(domain), domain.views
    words = "What the app did, how far it came, which run is at which job, and what it could not use."
    yield "The app itself", words, STORE, [DATA_HEALTH]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _contents() -> Iterator[str]:
    for title, words, module, views in _groups():
        yield f"**{title}**: {words[:1].lower() + words[1:]}\n"
        names = [(each.name, str(each.comment)) for each in tables_of(module)]
        yield from table("Table", "What is in it", rows=[(f"[`{name}`](#{name})", words) for name, words in names])
        if views:
            rows = [(f"[`{view.name}`](#{view.name})", str(view.table.comment).partition(". ")[0]) for view in views]
            yield from table("View", "What it tells", rows=rows)


def _relations() -> Iterator[str]:
    relations = [relation for domain in DOMAINS for relation in domain.relations]
    yield "## How the tables belong together\n"
    yield "\n".join(["```mermaid", "erDiagram", *(f"    {_line_of(relation)}" for relation in relations), "```\n"])
    rows = [(f"`{each.table}`", *map(code, other_of(each)), each.words) for each in relations]
    yield from table("Table", "Refers to", "Join on", "What it says", rows=rows)
    yield RELATIONS_TEXT


def other_of(relation: Relation) -> tuple[str, str]:
    """Give what a relation joins, and on what; a table that refers to itself is joined under another name."""
    if relation.table != relation.to:
        return relation.to, relation.join
    left, _, right = relation.join.partition(" = ")
    return f"{relation.to} AS other", f"{left} = other.{right.partition('.')[2]}"


def _line_of(relation: Relation) -> str:
    """Draw a relation: of each row on the left any number of rows on the right."""
    # At most one on the left: nothing makes sure that there is one.
    column = relation.join.partition(" = ")[0].partition(".")[2]
    return f'{relation.to} |o--o{{ {relation.table} : "{column}"'


def _table(each: Table) -> Iterator[str]:
    yield f"### {each.name}\n"
    yield f"{each.comment}.\n"
    columns = sorted(each.columns, key=lambda column: not column.primary_key)
    rows = [
        (f"`{column.name}`", f"`{_type(column)}`", "yes" if column.nullable else "", _key(column), str(column.comment))
        for column in columns
    ]
    yield from table("Column", "Type", "NULL", "Key", "What it says", rows=rows)
    several = sorted((index for index in each.indexes if len(index.columns) > 1), key=_columns)
    if several:
        yield "Indexes: " + ", ".join(f"`({_columns(index)})`" for index in several) + ".\n"


def _view(view: View) -> Iterator[str]:
    yield f"### {view.name}\n"
    yield f"{view.table.comment}.\n"
    rows = [(f"`{column.name}`", f"`{_type(column)}`", str(column.comment)) for column in view.table.columns]
    yield from table("Column", "Type", "What it says", rows=rows)


def _type(column: Column[object]) -> str:
    name = str(column.type.compile(POSTGRESQL)).lower()
    return SHORT_TYPES.get(name, name)


def _key(column: Column[object]) -> str:
    unique = [rule for rule in column.table.constraints if isinstance(rule, UniqueConstraint)]
    if column.primary_key:
        return "PK"
    if any(list(rule.columns) == [column] for rule in unique):
        return "unique"
    return "indexed" if any(list(index.columns) == [column] for index in column.table.indexes) else ""


def _columns(index: Index) -> str:
    return ", ".join(column.name for column in index.columns)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with --check only say whether it is stale (exit 1)."""
    return write_or_check(render(), PATH, arguments, name="docs.dictionary")


if __name__ == "__main__":
    sys.exit(main())
