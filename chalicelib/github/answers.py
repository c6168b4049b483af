"""Answers: the one that callers get, and the raw one that came over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any, NoReturn

from requests.structures import CaseInsensitiveDict

from chalicelib.errors import BadAnswerError
from chalicelib.github.decisions import error_message, github_date, next_link, printable
from chalicelib.github.origin import Origin
from chalicelib.redaction import MASK, redact

LARGEST_COUNT = 100_000_000  # things of one organisation
EXCERPT_LENGTH = 80  # characters of a foreign text in a message


@dataclass(frozen=True)
class Answer:
    """One good answer: its parsed JSON and what its headers say.

    `body` is None for 204, for 304 and for an empty body that the caller allowed. `etag` keeps its quotes: pass it
    unchanged to the next `get` of the same URL. `next_url` is the next page, `location` the target of a redirect that
    was not followed; both are whole URLs on the API's own host. `date` is GitHub's clock (aware, UTC). `url` is the
    URL that gave this answer, after redirects. `digest` is the same for bodies of the same bytes; None without one.
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
    digest: int | None = field(default=None, repr=False, compare=False)
    is_redirected: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Received:
    """A whole HTTP answer: its status, its headers (in any case) and its decompressed body.

    An answer may quote the request's credentials, `secret`: they are in no header and no text that this gives.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    secret: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        # Here, before anyone cuts a header to a length.
        clean = {name: redact(value, self.secret) for name, value in self.headers.items()}
        object.__setattr__(self, "headers", CaseInsensitiveDict(clean))

    @property
    def request_id(self) -> str:
        """The id that GitHub's support asks for."""
        return printable(self.headers.get("x-github-request-id", ""), EXCERPT_LENGTH)

    @property
    def message(self) -> str:
        """GitHub's message in an error's JSON body; empty when there is none."""
        return redact(error_message(self.body), self.secret)

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
        return redact(self.content.decode("utf-8", "replace"), self.secret)

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
    `is_unreachable`: the host did not begin to answer. `is_too_large`: the answer went past the limit of bytes.
    """

    problem: str
    why: str
    is_transient: bool
    is_unreachable: bool
    is_too_large: bool = False


def is_count(value: Any) -> bool:
    """Tell whether a foreign value can be a number of things: no true, no negative, and none beyond belief."""
    return type(value) is int and 0 <= value <= LARGEST_COUNT


def make_answer(received: Received, *, url: str, origin: Origin, location: str | None = None) -> Answer:
    """Make the answer that callers get; raises BadAnswerError when a link leaves the API's origin."""
    return Answer(
        status=received.status,
        body=received.body,
        headers=received.headers,
        etag=received.headers.get("etag"),
        next_url=_resolve(next_link(received.headers), url, origin),
        not_modified=received.status == HTTPStatus.NOT_MODIFIED,
        location=_resolve(location, url, origin),
        request_id=received.request_id,
        date=github_date(received.headers),
        url=url,
        digest=hash(received.content) if received.content else None,
    )


def _resolve(reference: str | None, url: str, origin: Origin) -> str | None:
    if reference is None:
        return None
    if MASK in reference:
        raise BadAnswerError("a link of the answer holds the credentials")
    return origin.resolve(reference, relative_to=url)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
