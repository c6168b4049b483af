"""What to do with an answer to a GraphQL query: pure functions of its status, headers and body.

GraphQL answers 200 to nearly everything: to a spent rate limit, to a query that took too long, and with half of the
data beside the errors.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from chalicelib.errors import (
    ForbiddenError,
    QueryTooLargeError,
    SingleSignOnError,
    UnavailableError,
    UnprocessableError,
)
from chalicelib.github.answers import Received
from chalicelib.github.decisions import Accept, Decision, Fail, Random, decide, printable, retry_or_fail

Path = tuple[str | int, ...]

FORBIDDEN, NOT_FOUND = "FORBIDDEN", "NOT_FOUND"
RATE_LIMITED = {"RATE_LIMITED", "RATE_LIMIT"}
TOO_LARGE = {
    "RESOURCE_LIMITS_EXCEEDED",
    "MAX_NODE_LIMIT_EXCEEDED",
    "NODE_LIMIT_EXCEEDED",
    "ARGUMENT_LIMIT",
    "EXCESSIVE_PAGINATION",
}
_TOOK_TOO_LONG = re.compile(r"timeout on validation|something went wrong while executing|timed ?out", re.IGNORECASE)
_PASSING = {"INTERNAL", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "LOADING"}
# GitHub gives up after ten seconds; the gateway says so in its own words.
_GATEWAY = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}


@dataclass(frozen=True)
class QueryError:
    """An error within an answer: its type (such as NOT_FOUND), GitHub's sentence, and where in the data it belongs."""

    type: str
    message: str
    path: Path
    is_sso: bool = False


@dataclass(frozen=True)
class QueryAnswer:
    """What a query brought: its data, the errors beside it, and GitHub's clock (aware, UTC).

    Where there are errors the data has holes: nothing may be concluded from a null that an error's path leads to.
    """

    data: dict[str, Any]
    errors: tuple[QueryError, ...]
    date: datetime | None


def read_errors(body: object) -> tuple[QueryError, ...]:
    """Read the errors of an answer's body, whatever they look like."""
    errors = body.get("errors") if isinstance(body, dict) else None
    return tuple(_read_error(error) for error in errors if isinstance(error, dict)) if isinstance(errors, list) else ()


def _read_error(error: dict[str, Any]) -> QueryError:
    extensions = error.get("extensions")
    extensions = extensions if isinstance(extensions, dict) else {}
    kinds = [kind for kind in (error.get("type"), extensions.get("code"), error.get("code")) if isinstance(kind, str)]
    path = error.get("path")
    parts = path if isinstance(path, list) else []
    return QueryError(
        type=printable(kinds[0], 60).upper() if kinds else "",
        message=printable(str(error.get("message") or "")),
        path=tuple(part for part in parts if isinstance(part, (str, int))),
        is_sso=bool(extensions.get("saml_failure")),
    )


def decide_query(
    received: Received, *, now: float, rng: Random, attempt: int = 0, limited: int = 0, is_divisible: bool = False
) -> Decision:
    """Decide what to do with an answer to a query; never raises, whatever it holds.

    `is_divisible`: the caller can ask for less at once, so that a query that is too large, or takes too long, is not
    tried again as it is. The other arguments are those of `decide`.
    """
    errors = read_errors(received.body)
    if received.status != HTTPStatus.OK:
        return _decide_refusal(received, errors, now, rng, attempt, limited, is_divisible=is_divisible)
    if limit := _first(errors, lambda error: error.type in RATE_LIMITED):
        too_many = HTTPStatus.TOO_MANY_REQUESTS
        return decide(too_many, received.headers, limit.message, now=now, rng=rng, attempt=attempt, limited=limited)
    plain = decide(received.status, received.headers, now=now, rng=rng, attempt=attempt, limited=limited)
    if not isinstance(plain, Accept):
        return plain  # what single sign-on leaves out
    if large := _first(errors, is_too_large):
        decision = _too_large(large.message, rng, attempt, is_divisible=is_divisible)
        is_given_up = isinstance(decision, Fail) and not is_divisible
        # What can't be had even alone leaves the rest of the answer good.
        return plain if is_given_up and _has_rest(received.body, errors) else decision
    if received.is_json and not _has_data(received.body):
        return _decide_without_data(errors, rng, attempt)
    return plain


def is_too_large(error: QueryError) -> bool:
    """Tell whether an error says that the query asks for too much at once."""
    return error.type in TOO_LARGE or bool(_TOOK_TOO_LONG.search(error.message))


def _decide_refusal(
    received: Received,
    errors: Iterable[QueryError],
    now: float,
    rng: Random,
    attempt: int,
    limited: int,
    *,
    is_divisible: bool,
) -> Decision:
    large = _first(errors, is_too_large)
    if is_divisible and (received.status in _GATEWAY or large):
        return _too_large(
            large.message if large else f"GitHub answered {received.status}", rng, attempt, is_divisible=True
        )
    return decide(
        received.status, received.headers, received.message, now=now, rng=rng, attempt=attempt, limited=limited
    )


def _too_large(message: str, rng: Random, attempt: int, *, is_divisible: bool) -> Decision:
    if is_divisible:
        return Fail(QueryTooLargeError, message)
    return retry_or_fail(UnavailableError, message, why="the query took too long", attempt=attempt, rng=rng)


def _decide_without_data(errors: tuple[QueryError, ...], rng: Random, attempt: int) -> Decision:
    message = "; ".join(error.message for error in errors[:3]) or "the answer has neither data nor errors"
    if any(error.is_sso for error in errors):
        return Fail(SingleSignOnError, message)
    if any(error.type == FORBIDDEN for error in errors):
        return Fail(ForbiddenError, message)
    if not errors or any(error.type in _PASSING for error in errors):
        return retry_or_fail(UnavailableError, message, why="the answer has no data", attempt=attempt, rng=rng)
    return Fail(UnprocessableError, message)


def _has_rest(body: object, errors: Iterable[QueryError]) -> bool:
    """Tell whether an answer has data, and its errors say which parts of that are missing."""
    return _has_data(body) and all(error.path for error in errors)


def _has_data(body: object) -> bool:
    return isinstance(body, dict) and isinstance(body.get("data"), dict)


def _first(errors: Iterable[QueryError], matches: Any) -> QueryError | None:
    return next((error for error in errors if matches(error)), None)
