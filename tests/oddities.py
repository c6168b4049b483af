"""Oddities that a sandbox may tell, drawn from what real answers of GitHub's have been: each is told for a block."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sandbox import Item
from sandbox.api.messages import Answer, Request
from sandbox.server.oddities import Oddity
from tests.organisation import Organisation

IN_2030 = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
Told = Callable[[Organisation, Random], AbstractContextManager[None]]


def of_searches(change: Callable[[dict[str, Any]], dict[str, Any]], **headers: str) -> Oddity:
    """Change what each search finds; the answer keeps no link to a next page, unless `headers` has one."""

    def odd(request: Request, answer: Answer) -> Answer:
        if request.path != "/search/issues" or answer.status != 200:
            return answer
        return replace(answer, data={**answer.data, **change(answer.data)}, headers={**answer.headers, **headers})

    return odd


def of_lists(path: str, change: Callable[[list[Any]], list[Any]]) -> Oddity:
    """Change the lists whose whole path matches a pattern."""

    def odd(request: Request, answer: Answer) -> Answer:
        is_one = re.fullmatch(path, request.path) and answer.status == 200 and isinstance(answer.data, list)
        return replace(answer, data=change(answer.data)) if is_one else answer

    return odd


def of_nodes(change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Oddity:
    """Change each issue and pull request that a GraphQL query asks for; None leaves it out, with an error."""

    def odd(request: Request, answer: Answer) -> Answer:
        data = answer.data.get("data") if request.path == "/graphql" and isinstance(answer.data, dict) else None
        if not data:
            return answer
        errors = list(answer.data.get("errors", ()))
        changed = {alias: _changed(found, [alias], change, errors) for alias, found in data.items()}
        return replace(answer, data={"data": changed, **({"errors": errors} if errors else {})})

    return odd


def _changed(found: Any, path: list[str | int], change: Callable[[Any], Any], errors: list[Any]) -> Any:
    if isinstance(found, list):
        return [_changed(each, [*path, place], change, errors) for place, each in enumerate(found)]
    if not isinstance(found, dict) or "timelineItems" not in found:
        return found
    if (new := change(found)) is None:
        errors.append({"type": "NOT_FOUND", "path": path, "message": "Could not resolve to a node"})
    return new


def left_out(_: dict[str, Any]) -> None:
    """Leave an item out."""


def emptied(item: dict[str, Any]) -> dict[str, Any]:
    """Show an item whose timeline has nothing."""
    info = {"hasNextPage": False, "endCursor": None}
    return {**item, "timelineItems": {"totalCount": 0, "pageInfo": info, "nodes": []}}


def shortened(item: dict[str, Any]) -> dict[str, Any]:
    """Show a timeline without its last event, of which GitHub counts as many as ever."""
    shown = item["timelineItems"]
    return {**item, "timelineItems": {**shown, "nodes": shown.get("nodes", [])[:-1]}}


def told(oddity: Oddity) -> Told:
    """Tell the same to everybody."""
    return lambda org, _: org.sandbox.oddities.telling(oddity)


def without(item: Item) -> Oddity:
    """Let no search find an item: the index doesn't know of it yet."""

    def left(found: dict[str, Any]) -> dict[str, Any]:
        items = [one for one in found["items"] if one["id"] != item.id]
        return {"items": items, "total_count": found["total_count"] - len(found["items"]) + len(items)}

    return of_searches(left)


def refused(item: Item, status: int) -> Oddity:
    """Refuse an item by itself, and its timeline, as an issue; searches list it."""
    place = rf"/(?:repos/[^/]+/{re.escape(item.repository.name)}|repositories/{item.repository.id})"
    refusal = Answer({"message": "Not this one"}, status)

    def odd(request: Request, answer: Answer) -> Answer:
        return refusal if re.fullmatch(f"{place}/issues/{item.number}(?:/timeline)?", request.path) else answer

    return odd


def circle(request: Request, answer: Answer) -> Answer:
    """Let each list lead to itself."""
    if answer.status != 200 or not isinstance(answer.data, list):
        return answer
    return replace(answer, headers={**answer.headers, "Link": f'<{request.target}>; rel="next"'})


def stranger(request: Request, answer: Answer) -> Answer:
    """Answer with another organisation than the one that is asked for."""
    if not re.fullmatch("/orgs/[^/]+", request.path) or answer.status != 200:
        return answer
    return replace(answer, data={**answer.data, "login": "somebody-else", "id": 1})


def an_item(org: Organisation, rng: Random, *, pull: bool | None = None) -> Item:
    items = [item for item in org.sandbox.world.items.values() if pull is None or item.is_pull == pull]
    return rng.choice(items)


@contextmanager
def from_the_future(org: Organisation, rng: Random) -> Iterator[None]:
    item = an_item(org, rng)
    _touch(org, item, IN_2030)
    try:
        yield
    finally:
        _touch(org, item, org.sandbox.clock.now())


def _touch(org: Organisation, item: Item, moment: int) -> None:
    with org.sandbox.world.lock:
        item.updated_at = moment
        org.sandbox.world.version += 1


@contextmanager
def hidden(org: Organisation, rng: Random) -> Iterator[None]:
    place = rng.choice(list(org.sandbox.world.repositories.values()))
    org.sandbox.tokens.hide(org.sandbox.token, [place.full_name])
    try:
        yield
    finally:
        org.sandbox.tokens.hide(org.sandbox.token, [])


@contextmanager
def clock_ahead(org: Organisation, _rng: Random) -> Iterator[None]:
    org.ahead = timedelta(days=30)
    try:
        yield
    finally:
        org.ahead = timedelta()


@contextmanager
def a_late_item(org: Organisation, rng: Random) -> Iterator[None]:
    with org.sandbox.oddities.telling(without(an_item(org, rng))):
        yield


@contextmanager
def a_refused_item(org: Organisation, rng: Random) -> Iterator[None]:
    with org.sandbox.oddities.telling(refused(an_item(org, rng), rng.choice([410, 451]))):
        yield


@contextmanager
def an_untitled_item(org: Organisation, rng: Random) -> Iterator[None]:
    item = an_item(org, rng)

    def spoilt(found: dict[str, Any]) -> dict[str, Any]:
        return {"items": [{**one, "title": None} if one["id"] == item.id else one for one in found["items"]]}

    with org.sandbox.oddities.telling(of_searches(spoilt)):
        yield


@contextmanager
def an_issue_becomes_a_pull(org: Organisation, rng: Random) -> Iterator[None]:
    """It stays one."""
    item = an_item(org, rng, pull=False)
    with org.sandbox.world.lock:
        org.sandbox.world._dress_pull(item, rng)
    _touch(org, item, org.sandbox.clock.now())
    yield


DRAFT = {
    "event": "reviewed",
    "id": 990_001,
    "node_id": "PRR_1",
    "user": {"login": "ana", "id": 7},
    "body": "a private draft",
    "state": "pending",
    "submitted_at": None,
}
SSO = {"X-GitHub-SSO": "partial-results; organizations=21955855"}
# What an answer tells about itself, so that a run can know; or else so little that no run can.
KNOWABLE: dict[str, Told] = {
    "nothing is found": told(of_searches(lambda _: {"items": [], "total_count": 0})),
    "half of it, by SSO": told(of_searches(lambda found: {"items": found["items"][::2]}, **SSO)),
    "one is counted and not listed": told(of_searches(lambda found: {"total_count": found["total_count"] + 1})),
    "a negative count": told(of_searches(lambda _: {"total_count": -1})),
    "lists that lead to themselves": told(circle),
    "another organisation": told(stranger),
    "queries find no item": told(of_nodes(left_out)),
    "queries show timelines without their end": told(of_nodes(shortened)),
    "private drafts": told(of_lists(".*/timeline", lambda events: [*events, DRAFT])),
    "an item from the future": from_the_future,
    "a clock that is ahead": clock_ahead,
    "an item that is refused alone": a_refused_item,
    "an issue that becomes a pull request": an_issue_becomes_a_pull,
}
UNKNOWABLE: dict[str, Told] = {
    "an item that is indexed late": a_late_item,
    "a repository that is hidden": hidden,
    "an item without a title": an_untitled_item,
    "queries show empty timelines": told(of_nodes(emptied)),
    "no members": told(of_lists("/orgs/[^/]+/members", lambda _: [])),
    "half of the repositories": told(of_lists("/orgs/[^/]+/repos", lambda found: found[::2])),
}
