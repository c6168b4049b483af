"""The recorded payloads beside the checkout, for tests that can do without them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"


def sample_files(pattern: str) -> list[Path]:
    if not SAMPLES.is_dir():
        pytest.skip("no recorded payloads at ../shared/samples")
    return sorted(SAMPLES.glob(pattern))


def exchange(path: Path) -> tuple[int, dict[str, str], Any]:
    """Read a recorded exchange; a header sent several times is joined as HTTP says."""
    recorded = json.loads(path.read_text())
    headers = {k: ", ".join(v) if isinstance(v, list) else v for k, v in recorded["headers"].items()}
    return recorded["status"], headers, recorded["body"]


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object inside a payload."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from objects(item)
