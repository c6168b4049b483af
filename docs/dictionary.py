"""Writes docs/data-dictionary.md from the models' comments: `python -m docs.dictionary [--check]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Index, Table, UniqueConstraint
from sqlalchemy.dialects import registry

from chalicelib.models import Base
from chalicelib.store.views import View
from chalicelib.views import VIEWS

PATH = Path(__file__).with_name("data-dictionary.md")
STORE = "chalicelib.store.models"
POSTGRESQL = registry.load("postgresql")()
SHORT_TYPES = {"timestamp with time zone": "timestamptz", "float": "double precision"}

INTRODUCTION = """# Data dictionary

Every table, view and column of the database. This page is written from the comments in the code (`make docs`), which
PostgreSQL's own tools show too: `\\d+ issues` in psql, or the column tooltips of DBeaver and DataGrip.

- Times are UTC. A column is NULL when GitHub said so, or has not said.
- Types are PostgreSQL's. On SQLite, `jsonb` and `json[]` are JSON text, `timestamptz` is text such as
  `2026-05-01 08:00:00.000000`, and `boolean` is 0 or 1.
- A column that holds what GitHub's API says has the API's name for it.
- *Key*: PK is the primary key (or one part of it); *unique* and *indexed* mean the column by itself. Indexes over
  several columns stand below their table.
- What came from GitHub is never deleted: a member who left is `inactive`, and an issue that GitHub no longer shows has
  a `deleted_at`.
"""

DIAGRAM = """```mermaid
erDiagram
    members ||--o{ memberships : "is in an organisation"
    members |o--o{ issues : "opened"
    members |o--o{ pull_requests : "opened"
    issues ||--o{ events : "has"
    pull_requests ||--o{ events : "has"
    issues ||--o{ event_polls : "was read"
    pull_requests ||--o{ event_polls : "was read"
    issues |o--o{ transfers : "before the move"
    issues |o--o{ transfers : "after the move"
```"""


@dataclass(frozen=True)
class Relation:
    """How one table refers to another, in SQL and in words."""

    table: str
    to: str
    join: str
    words: str

    @property
    def row(self) -> str:
        """The relation as a row of a Markdown table."""
        return f"| `{self.table}` | `{self.to}` | `{self.join}` | {self.words} |"


RELATIONS = (
    Relation("issues", "members", "issues.username = members.login", "who opened it, where a member did"),
    Relation("pull_requests", "members", "pull_requests.username = members.login", "likewise"),
    Relation("memberships", "members", "memberships.member_id = members.id", "one row for each organisation"),
    Relation("events", "issues", "events.issue_id = issues.id", "what happened to it"),
    Relation("events", "pull_requests", "events.issue_id = pull_requests.id", "likewise"),
    Relation("event_polls", "issues", "event_polls.id = issues.id", "how far its timeline was read"),
    Relation("event_polls", "pull_requests", "event_polls.id = pull_requests.id", "likewise"),
    Relation("transfers", "issues", "transfers.issue_id = issues.id", "the issue before the move"),
    Relation("transfers", "issues", "transfers.new_issue_id = issues.id", "the issue after the move"),
)

RELATIONS_TEXT = """There are no foreign keys: data comes in any order, and most authors in an open repository
are no members. `username` is the login when the row was last read; the `id` in `user` stays the same person when the
login changes.
"""


VIEWS_TEXT = """Answers over the tables, always as current as these: select from them as from a table. `make migrate`
makes them anew each time: grant rights on them by `ALTER DEFAULT PRIVILEGES`.

- A *bot* is a user of the type Bot, or one whose login ends in `[bot]`.
- A *member* is whoever was among the organisation's members at the time. When somebody joined is not known of those
  whom this app found at its first look (within a day): they count as members since ever. Those found later count from
  then on, those who left until it was seen. Members that the token may not see, and outside collaborators, don't count.
- The other people are *non-members*, those whose account is gone (`username` is NULL) included.
- Rows with a `deleted_at` and events with a `removed_at` are left out. Days and months are UTC.
- Reviews, comments and reopenings are known from `events`: where timelines were not read, there are none.
- A median or 90th percentile (`p90_…`) is the least of the values that half, or 90 of 100, don't exceed.
"""


def render() -> str:
    """Write the whole page."""
    parts = [INTRODUCTION, *_contents(), *_relations()]
    for module in _modules():
        parts += [f"## {_title(module)}\n", _describe(module) + "\n"]
        parts += [part for table in _tables(module) for part in _table(table)]
    parts += ["## Views\n", VIEWS_TEXT, *(part for view in VIEWS for part in _view(view))]
    return "\n".join(parts)


def _modules() -> list[str]:
    """The modules that hold tables: the domains, then the app's own."""
    names = {mapper.class_.__module__ for mapper in Base.registry.mappers}
    return sorted((name for name in names if name.startswith("chalicelib.")), key=lambda name: (name == STORE, name))


def _title(module: str) -> str:
    return "The app itself" if module == STORE else module.split(".")[1].capitalize()


def _describe(module: str) -> str:
    return (sys.modules[module].__doc__ or "").strip().splitlines()[0]


def _tables(module: str) -> list[Table]:
    """A module's tables, in the order of their classes."""
    classes = [value for value in vars(sys.modules[module]).values() if isinstance(value, type)]
    own = [value for value in classes if issubclass(value, Base) and value.__module__ == module]
    return [Base.metadata.tables[value.__tablename__] for value in own]


def _contents() -> Iterator[str]:
    yield "| Table | What is in it |\n|---|---|"
    for module in _modules():
        for table in _tables(module):
            yield f"| [`{table.name}`](#{table.name}) | {_cell(table.comment)} |"
    yield "\n| View | What it tells |\n|---|---|"
    for view in VIEWS:
        yield f"| [`{view.name}`](#{view.name}) | {_cell(view.table.comment)} |"
    yield ""


def _relations() -> Iterator[str]:
    yield "## How the tables belong together\n"
    yield DIAGRAM + "\n"
    yield "| Table | Refers to | Join on | |\n|---|---|---|---|"
    yield from (relation.row for relation in RELATIONS)
    yield "\n" + RELATIONS_TEXT


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name}\n"
    yield f"{table.comment}.\n"
    yield "| Column | Type | NULL | Key | What it says |\n|---|---|---|---|---|"
    for column in sorted(table.columns, key=lambda column: not column.primary_key):
        nullable = "yes" if column.nullable else ""
        yield f"| `{column.name}` | `{_type(column)}` | {nullable} | {_key(column)} | {_cell(column.comment)} |"
    several = sorted((index for index in table.indexes if len(index.columns) > 1), key=_columns)
    if several:
        yield "\nIndexes: " + ", ".join(f"`({_columns(index)})`" for index in several) + "."
    yield ""


def _view(view: View) -> Iterator[str]:
    yield f"### {view.name}\n"
    yield f"{view.table.comment}.\n"
    yield "| Column | Type | What it says |\n|---|---|---|"
    for column in view.table.columns:
        yield f"| `{column.name}` | `{_type(column)}` | {_cell(column.comment)} |"
    yield ""


def _type(column: Column[object]) -> str:
    name = str(column.type.compile(POSTGRESQL)).lower()
    return SHORT_TYPES.get(name, name)


def _key(column: Column[object]) -> str:
    unique = [rule for rule in column.table.constraints if isinstance(rule, UniqueConstraint)]
    if column.primary_key:
        return "PK"
    if any(list(rule.columns) == [column] for rule in unique):
        return "unique"
    return "indexed" if column.index else ""


def _columns(index: Index) -> str:
    return ", ".join(column.name for column in index.columns)


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with --check only say whether it is stale (exit 1)."""
    parser = argparse.ArgumentParser(prog="python -m docs.dictionary", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the page is stale, with exit 1")
    page = render()
    if not parser.parse_args(arguments).check:
        PATH.write_text(page, encoding="utf-8")
    elif not PATH.is_file() or PATH.read_text(encoding="utf-8") != page:
        sys.stderr.write(f"docs/{PATH.name} is stale: make docs\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
