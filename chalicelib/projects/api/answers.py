"""What holds of all answers about boards: what is refused for good, and what was left out this time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from chalicelib.errors import BadAnswerError, ForbiddenError, GitHubError, NotFoundError, UnavailableError
from chalicelib.github import FORBIDDEN, NOT_FOUND, QueryAnswer, QueryError
from chalicelib.github.batches import dig

PATH = "/graphql"
# These errors stay: the token may not see it, or it is gone.
REFUSALS = {FORBIDDEN: ForbiddenError, NOT_FOUND: NotFoundError}


def is_refusal(error: QueryError) -> bool:
    """Tell whether an error says that the token may not see something."""
    return error.type in REFUSALS


def connection_of(answer: QueryAnswer, *path: str, what: str) -> Mapping[str, Any]:
    """Give a list within an answer, as `{nodes, pageInfo}`; raises a GitHubError that says why it isn't there."""
    found = dig(answer.data, *path)
    if not is_connection(found):
        raise _failure(answer, what)
    connection: Mapping[str, Any] = found
    return connection


def is_connection(value: Any) -> bool:
    """Tell whether a value is a list of nodes that says whether it goes on."""
    return isinstance(dig(value, "nodes"), list) and isinstance(dig(value, "pageInfo", "hasNextPage"), bool)


def next_cursor(connection: Mapping[str, Any], passed: Collection[str]) -> str | None:
    """Say where a list goes on; None at its end. Raises BadAnswerError when that is no way forward."""
    if not connection["pageInfo"]["hasNextPage"]:
        return None
    cursor = dig(connection, "pageInfo", "endCursor")
    if not isinstance(cursor, str) or cursor in passed:
        raise BadAnswerError("a list goes on where it has been already", path=PATH, method="POST")
    return cursor


def _failure(answer: QueryAnswer, what: str) -> GitHubError:
    if not answer.errors:
        return NotFoundError(f"{what}: GitHub shows none", path=PATH, method="POST")
    first = next(filter(is_refusal, answer.errors), answer.errors[0])
    kind = REFUSALS.get(first.type, UnavailableError)
    return kind(f"{what}: {first.message or first.type}", path=PATH, method="POST")
