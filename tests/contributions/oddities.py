"""What GitHub's searches have been seen to claim, for the sandbox to tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sandbox.api.messages import Answer, Request
from sandbox.api.query import parse_bounds
from sandbox.server.oddities import Oddity

SEARCH = "/search/issues"
WORDS = {"issues": "is:issue", "pull_requests": "is:pr"}


def query_of(request: Request) -> str:
    """The words of a search; empty when the request is none."""
    return dict(request.arguments).get("q", "") if request.path == SEARCH else ""


def counting(request: Request, answer: Answer, *, more: int) -> Answer:
    """The same listing with another count."""
    return replace(answer, data={**answer.data, "total_count": answer.data["total_count"] + more})


def ghosts(kind: str, *moments: datetime, number: int = 1) -> Oddity:
    """Open items that are counted and never listed: so many of each moment, at which they were created and changed."""

    def tell(request: Request, answer: Answer) -> Answer:
        query = query_of(request)
        is_asked = WORDS[kind] in query and not re.search("is:(closed|merged|unmerged)", query)
        found = [moment for moment in moments if is_asked and fits(moment, query)]
        return counting(request, answer, more=number * len(found))

    return lambda request, answer: tell(request, answer) if query_of(request) else answer


def fits(moment: datetime, query: str) -> bool:
    """Whether an open item of a moment is within a search's time spans."""
    spans = [(axis, *parse_bounds(text)) for axis, text in re.findall(r"(created|updated|closed):(\S+)", query)]
    return all(axis != "closed" and low <= moment.timestamp() <= high for axis, low, high in spans)


def everywhere(kind: str, *, more: int) -> Oddity:
    """Every count of a kind is too large, whatever it is of."""
    return lambda request, answer: counting(request, answer, more=more) if WORDS[kind] in query_of(request) else answer


def nothing(kind: str, *, when: Callable[[str], bool] = bool) -> Oddity:
    """Searches of a kind find nothing, those whose words `when` says so."""

    def tell(request: Request, answer: Answer) -> Answer:
        query = query_of(request)
        if WORDS[kind] not in query or not when(query):
            return answer
        return replace(answer, data={**answer.data, "total_count": 0, "items": []}, headers={})

    return tell
