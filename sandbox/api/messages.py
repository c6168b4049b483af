"""Requests and answers as values: what the app works on, without any socket."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.api.errors import ApiError


@dataclass(frozen=True, slots=True)
class Request:
    """A request; header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, as sent."""
        return urlsplit(self.target).path

    @property
    def arguments(self) -> list[tuple[str, str]]:
        """The query's names and values in order."""
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    def json(self) -> dict[str, Any]:
        """Return the body's JSON object; raise a 400 for anything else."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            raise ApiError(400, "Problems parsing JSON") from None
        if not isinstance(value, dict):
            raise ApiError(400, "Body should be a JSON object")
        return value


@dataclass(slots=True)
class Answer:
    """What a handler found: JSON data (None: no body) or ready text."""

    data: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    text: bytes | None = None


def encode(data: Any) -> bytes:
    """Return JSON as GitHub sends it: compact and in UTF-8."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
