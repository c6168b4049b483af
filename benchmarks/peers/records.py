"""Files of JSON records, one a line, as some peers write them in place of tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a file, without what else was written into it."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("{"):
                yield json.loads(line)


def repository_of(url: str) -> str:
    """Return the full name within an API URL (`…/repos/owner/name…`)."""
    owner, name = url.partition("/repos/")[2].split("/")[:2]
    return f"{owner}/{name}"
