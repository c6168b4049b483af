"""The folder of payloads that tests read: made up by us, or recorded. Both have the same files, by name and shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.payloads import copilot, rest

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "samples"
MADE_UP = "made-up"
# The recorded ones lie beside some checkouts only.
KINDS = [MADE_UP, RECORDED.name] if RECORDED.is_dir() else [MADE_UP]


def write_made_up(folder: Path) -> Path:
    """Write the made-up payloads into a new folder, and give it."""
    files = rest.FILES | {f"copilot/{name}.json": content for name, content in copilot.FILES.items()}
    for name, content in files.items():
        path = folder / MADE_UP / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    return folder / MADE_UP


def read_exchange(path: Path) -> tuple[int, dict[str, str], Any]:
    """Read a request's answer: status, headers and body; a header sent several times is joined as HTTP says."""
    exchange = json.loads(path.read_text())
    headers = {k: ", ".join(v) if isinstance(v, list) else v for k, v in exchange["headers"].items()}
    return exchange["status"], headers, exchange["body"]


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object inside a payload."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from objects(item)
