"""Answers that a test asks for: refusals, partial data, odd pages, a replica that is behind."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

JSON = dict[str, Any]
BROKEN = "Something went wrong while executing your query."
WHOLE = ""  # in place of a field's name: the whole of a repository


class Odd(StrEnum):
    """What is wrong with an answer that has status 200."""

    # The whole call is refused.
    NODES = "graphql-nodes"
    TIMEOUT = "graphql-timeout"
    RATE_LIMIT = "graphql-rate-limit"
    FORBIDDEN = "graphql-forbidden"
    # Some of the nodes are null.
    RESOURCES = "graphql-resources"
    PARTIAL = "graphql-partial"
    # Pages of timelines are odd.
    NULLS = "graphql-nulls"
    DUPLICATE = "graphql-duplicate"
    DISORDER = "graphql-disorder"
    STALE = "graphql-stale"

    def refusal(self) -> JSON | None:
        """Return the error that stands for the whole answer, if it does."""
        return REFUSALS.get(self)

    def page(self, connection: JSON) -> JSON:
        """Return a page of a timeline as it is shown with this oddity."""
        change = PAGES.get(self)
        if change is None:
            return connection
        nodes, edges = connection["nodes"], connection["edges"]
        return {**connection, "nodes": lambda info: change(nodes(info)), "edges": lambda info: change(edges(info))}


def rate_limited(holder: str, *, old: bool = False) -> JSON:
    """Return the error of a token without points: today's, or that of before 2026."""
    if old:
        return {"type": "RATE_LIMITED", "message": f"API rate limit exceeded for {holder}."}
    message = f"API rate limit already exceeded for {holder}."
    return {"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": message}


def restricted(organisation: str) -> JSON:
    """Return the error of an organisation that restricts OAuth apps."""
    message = (
        f"Although you appear to have the correct authorization credentials, the `{organisation}` organization has "
        "enabled OAuth App access restrictions, meaning that data access to third-parties is limited."
    )
    return {"type": "FORBIDDEN", "path": ["nodes"], "message": message}


PAGES: dict[Odd, Callable[[list[Any]], list[Any]]] = {
    Odd.NULLS: lambda rows: [None, *rows[1:]],
    Odd.DUPLICATE: lambda rows: [*rows[:1], *rows],
    Odd.DISORDER: lambda rows: rows[::-1],
}
REFUSALS: dict[Odd, JSON] = {
    Odd.NODES: {
        "type": "MAX_NODE_LIMIT_EXCEEDED",
        "path": ["query"],
        "message": "This query requests up to 1,010,000 possible nodes which exceeds the maximum limit of 500,000.",
    },
    Odd.TIMEOUT: {"message": "Timeout on validation of query", "locations": []},
    Odd.RATE_LIMIT: rate_limited("user ID 1", old=True),
    Odd.FORBIDDEN: restricted("acme"),
}
