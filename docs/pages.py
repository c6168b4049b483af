"""What the pages that are written from the code share: tables, and the command that writes or checks a page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import Table

from chalicelib.ingest.domain import Domain
from chalicelib.models import Base

STORE = "chalicelib.store.models"


def table(*head: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write a Markdown table, line by line, with an empty line after it."""
    yield _line(head)
    yield "|" + "---|" * len(head)
    yield from (_line(row) for row in rows)
    yield ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"


def code(*names: str) -> str:
    """Write names as code, separated by commas."""
    return ", ".join(f"`{name}`" for name in names)


def title_of(domain: Domain) -> str:
    """Write a domain's name as a heading."""
    return domain.name.capitalize()


def describe(domain: Domain) -> str:
    """Say what a domain holds, in the first line of its declaration."""
    words = (sys.modules[f"chalicelib.{domain.name}.domain"].__doc__ or "").strip().splitlines()[0]
    return words.partition(": ")[2] or words


def models_of(domain: Domain) -> str:
    """Name the module that holds a domain's tables."""
    return f"chalicelib.{domain.name}.models"


def tables_of(module: str) -> list[Table]:
    """Give a module's tables, in the order of their classes; none when there is no such module."""
    values = vars(sys.modules[module]).values() if module in sys.modules else ()
    models = [value for value in values if isinstance(value, type) and issubclass(value, Base)]
    return [Base.metadata.tables[model.__tablename__] for model in models if model.__module__.startswith(module)]


def write_or_check(page: str, path: Path, arguments: Sequence[str] | None, *, name: str) -> int:
    """Write a page, or with --check only say whether it is stale; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog=f".venv/bin/python -m {name}", description=f"Write docs/{path.name} from the code."
    )
    parser.add_argument("--check", action="store_true", help="only say whether the page is stale, with exit code 1")
    if not parser.parse_args(arguments).check:
        path.write_text(page, encoding="utf-8")
    elif not path.is_file() or path.read_text(encoding="utf-8") != page:
        sys.stderr.write(f"docs/{path.name} is stale: make docs\n")
        return 1
    return 0
