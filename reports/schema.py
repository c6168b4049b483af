"""Tables and views with their columns' types, for what may read any of them.

`chalicelib.models` has them all, but also loads what reads GitHub: so each module is loaded until the name is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module

from sqlalchemy import Table

from chalicelib.store.base import Base
from reports.errors import ReportError

DOMAINS = ("copilot", "projects", "security", "workflows", "inventory", "contributions")
# What is loaded fast comes first. A test compares the names with those of chalicelib.models and chalicelib.views.
MODULES = (
    "chalicelib.store.models",
    *(f"chalicelib.{domain}.models" for domain in DOMAINS),
    "chalicelib.store.health",
    *(f"chalicelib.{domain}.views" for domain in DOMAINS),
)


def find(name: str) -> Table:
    """Find a table or view of this app; raises ReportError, which names some that are spelled alike."""
    names = []
    for table in relations():
        if table.name == name.lower():
            return table
        names.append(table.name)
    close = get_close_matches(name.lower(), names)
    hint = f"did you mean {' or '.join(close)}?" if close else "docs/data-dictionary.md has them all"
    raise ReportError(f"there is no table or view {name!r}: {hint}")


def relations() -> Iterator[Table]:
    """Give every table, then every view, loading no more than is asked for."""
    known: set[str] = set()
    for path in MODULES:
        module = import_module(path)
        tables = [table for table in Base.metadata.tables.values() if table.name not in known]
        views = [module.DATA_HEALTH] if path.endswith(".health") else getattr(module, "VIEWS", ())
        for table in [*tables, *(view.table for view in views)]:
            known.add(table.name)
            yield table
