"""Answers: the one that callers get, and the raw one that came over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any, NoReturn

from chalicelib.github.decisions import github_date, next_link
from chalicelib.github.origin import Origin


@dataclass(frozen=True)
class Answer:
    """One good answer: its parsed JSON and what its headers say.

    `body` is None for 204, for 304 and for an empty body that the caller allowed. `etag` keeps its quotes: pass it
    unchanged to the next `get` of the same URL. `next_url` is the next page, `location` the target of a redirect that
    was not followed; both are whole URLs on the API's own host. `date` is GitHub's clock (aware, UTC). `url` is the
    URL that gave this answer, after redirects.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = field(repr=False)
    etag: str | None
    next_url: str | None
    not_modified: bool
    location: str | None
    request_id: str
    date: datetime | None
    url: str


@dataclass(frozen=True)
class Received:
    """A whole HTTP answer: its status, its headers (in any case) and its decompressed body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def request_id(self) -> str:
        """The id that GitHub's support asks for."""
        return self.headers.get("x-github-request-id", "")

    @property
    def body(self) -> Any:
        """The parsed JSON; None for a 204, and for a body that isn't JSON."""
        return self._parsed[0]

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON, or a 204's empty one."""
        return self._parsed[1]

    @property
    def is_empty(self) -> bool:
        """Whether GitHub sent an empty body on purpose; an empty compressed body may be one that was cut off."""
        return not self.content and "content-encoding" not in self.headers

    @property
    def text(self) -> str:
        """The body as text, for people to read."""
        return self.content.decode("utf-8", "replace")

    @cached_property
    def _parsed(self) -> tuple[Any, bool]:
        if self.status == HTTPStatus.NO_CONTENT:
            return None, True
        try:
            # NaN and Infinity are not JSON, and PostgreSQL refuses them.
            return json.loads(self.content, parse_constant=_refuse), True
        except (ValueError, RecursionError):
            return None, False


@dataclass(frozen=True)
class NoAnswer:
    """No whole answer came back.

    `problem` says what went wrong in a sentence, `why` in a few words. `is_transient`: another attempt may help.
    `is_unreachable`: the host did not begin to answer.
    """

    problem: str
    why: str
    is_transient: bool
    is_unreachable: bool


def make_answer(received: Received, *, url: str, origin: Origin, location: str | None = None) -> Answer:
    """Make the answer that callers get; raises BadAnswerError when a link leaves the API's origin."""
    next_reference = next_link(received.headers)
    return Answer(
        status=received.status,
        body=received.body,
        headers=received.headers,
        etag=received.headers.get("etag"),
        next_url=None if next_reference is None else origin.resolve(next_reference, relative_to=url),
        not_modified=received.status == HTTPStatus.NOT_MODIFIED,
        location=None if location is None else origin.resolve(location, relative_to=url),
        request_id=received.request_id,
        date=github_date(received.headers),
        url=url,
    )


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
