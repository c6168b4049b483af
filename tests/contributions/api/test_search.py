"""Searches: how a span is written and goes on, and that any number of items is read without missing one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.contributions.api import ISSUES, PULL_REQUESTS, SearchAPI, SearchPage, Span, moment_of
from chalicelib.errors import BadAnswerError, IncompleteReadError
from chalicelib.github import GitHubAPI
from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.windows import Window
from chalicelib.utils import format_utc, parse_utc
from tests.github.local_server import LocalServer, Reply, Seen, reply

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
SCOPE = Scope("acme")


# Spans


@pytest.mark.parametrize(
    ("span", "qualifier"),
    [
        (Span("updated"), ""),
        (Span("updated", NOON), "updated:>=2026-05-01T12:00:00Z"),
        (Span("closed", None, NOON), "closed:<=2026-05-01T12:00:00Z"),
        (Span("created", NOON, NOON + HOUR), "created:2026-05-01T12:00:00Z..2026-05-01T13:00:00Z"),
        (Span.created_in(Window(NOON, NOON)), "created:2026-05-01T12:00:00Z..2026-05-01T12:00:00Z"),
    ],
)
def test_a_span_is_a_qualifier(span: Span, qualifier: str) -> None:
    assert span.qualifier == qualifier


@pytest.mark.parametrize(
    ("span", "rest"),
    [
        (Span("updated", NOON), Span("updated", NOON + SECOND)),
        (Span("updated", NOON, NOON + HOUR), Span("updated", NOON + SECOND, NOON + HOUR)),
        (Span("updated", None, NOON, newest_first=True), Span("updated", None, NOON - SECOND, newest_first=True)),
        (Span("updated", NOON, NOON), None),
        (Span("updated", None, NOON), None),
        (Span("updated", NOON, newest_first=True), None),
    ],
    ids=["open", "closed", "newest first", "one second", "no beginning", "no end"],
)
def test_a_span_without_the_second_at_its_edge(span: Span, rest: Span | None) -> None:
    assert span.without_edge() == rest


def updated(*moments: datetime) -> list[Any]:
    return [{"updated_at": format_utc(moment)} for moment in moments]


@pytest.mark.parametrize(
    ("span", "items", "rest"),
    [
        (Span("updated", NOON), updated(NOON, NOON + HOUR), Span("updated", NOON + HOUR)),
        (Span("updated"), updated(NOON), Span("updated", NOON)),
        (Span("updated", NOON), updated(NOON, NOON), None),
        (Span("updated", newest_first=True), updated(NOON + HOUR, NOON), Span("updated", None, NOON, True)),
        (Span("updated", None, NOON, newest_first=True), updated(NOON), None),
        (Span("updated", NOON), [], None),
        (Span("updated", NOON), [{"updated_at": None}, {}, 7, *updated(NOON + HOUR)], Span("updated", NOON + HOUR)),
        (Span("updated", NOON), [{"updated_at": "soon"}, None], None),
    ],
    ids=["later", "open", "the same", "newest first", "newest the same", "none", "odd ones", "only odd ones"],
)
def test_a_span_goes_on_from_its_items(span: Span, items: list[Any], rest: Span | None) -> None:
    assert span.after(items) == rest


def test_a_time_of_an_unchecked_item() -> None:
    assert moment_of({"a": "2026-05-01T12:00:00Z"}, "a") == NOON
    odd: list[Any] = [{}, {"a": None}, {"a": "x"}, None, []]
    assert [moment_of(value, "a") for value in odd] == [None] * len(odd)


# Reading


@dataclass
class Search:
    """GitHub's search over some items, in its order, 1,000 of a search at most, 100 a page."""

    url: str
    items: list[dict[str, Any]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)

    def answer(self, seen: Seen) -> Reply:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(seen.target).query).items()}
        self.queries.append(asked["q"])
        axis, page, size = f"{asked.get('sort', 'created')}_at", int(asked.get("page", 1)), int(asked["per_page"])
        found = [item for item in self.items if all(fits(item, *each) for each in spans_in(asked["q"]))]
        found.sort(key=lambda item: (item[axis], item["id"]), reverse=asked.get("order") == "desc")
        shown = found[:1000][(page - 1) * size : page * size]
        headers = {}
        if page * size < min(len(found), 1000):
            target = re.sub(r"&page=\d+", "", seen.target)
            headers["Link"] = f'<{self.url}{target}&page={page + 1}>; rel="next"'
        return reply(200, {"total_count": len(found), "incomplete_results": False, "items": shown}, headers)


def spans_in(query: str) -> list[tuple[str, datetime, datetime]]:
    found = []
    for axis, text in re.findall(r"(created|updated|closed):(\S+)", query):
        since, _, until = text.removeprefix(">=").partition("..")
        last = until or ("9999-01-01T00:00:00Z" if text.startswith(">=") else text.removeprefix("<="))
        found.append((axis, parse_utc("1970-01-01T00:00:00Z" if text.startswith("<=") else since), parse_utc(last)))
    return found


def fits(item: dict[str, Any], axis: str, since: datetime, until: datetime) -> bool:
    return since <= parse_utc(item[f"{axis}_at"]) <= until


def item(number: int, *, created: datetime = NOON, changed: datetime | None = None) -> dict[str, Any]:
    return {"id": number, "created_at": format_utc(created), "updated_at": format_utc(changed or created)}


@pytest.fixture
def search(server: LocalServer) -> Search:
    search = Search(server.url)
    server.answer = search.answer
    return search


def read(github: GitHubAPI, span: Span) -> list[int]:
    """The different items' numbers, in the order in which they came first."""
    pages = SearchAPI(github).fetch_pages(SCOPE, ISSUES, span)
    return list(dict.fromkeys(found["id"] for page in pages for found in page.items))


def test_a_count_is_one_small_request(search: Search, github: GitHubAPI, server: LocalServer) -> None:
    search.items = [item(number) for number in range(3)]
    assert SearchAPI(github).fetch_count(SCOPE, PULL_REQUESTS, "is:open") == 3
    assert search.queries == ["is:pr org:acme is:open"]
    assert parse_qs(urlsplit(server.seen[0].target).query)["per_page"] == ["1"]


@pytest.mark.parametrize("newest_first", [False, True])
def test_more_items_than_a_search_lists_are_all_read_in_order(
    search: Search, github: GitHubAPI, newest_first: bool
) -> None:
    search.items = [item(number, created=NOON + number * SECOND) for number in range(1250)]
    found = read(github, Span("created", newest_first=newest_first))
    assert found == (list(range(1250))[::-1] if newest_first else list(range(1250)))


def test_items_that_changed_in_one_second_are_read_by_their_creation(search: Search, github: GitHubAPI) -> None:
    at_once = [item(number, created=NOON + number * SECOND, changed=NOON + 24 * HOUR) for number in range(1300)]
    search.items = [item(5000, changed=NOON), *at_once, item(6000, changed=NOON + 25 * HOUR)]
    assert sorted(read(github, Span("updated", NOON))) == sorted(found["id"] for found in search.items)


def test_items_that_were_created_in_one_second_are_read_page_by_page(search: Search, github: GitHubAPI) -> None:
    search.items = [item(number) for number in range(250)]
    assert read(github, Span("created", NOON)) == list(range(250))


def test_more_of_one_second_than_github_lists_is_said(search: Search, github: GitHubAPI) -> None:
    search.items = [item(number) for number in range(1001)]
    with pytest.raises(IncompleteReadError, match=r"^1001 items were created in one second"):
        read(github, Span("created", NOON, NOON))


def test_a_page_says_where_its_search_began(search: Search, github: GitHubAPI) -> None:
    search.items = [item(number, created=NOON + number * SECOND) for number in range(150)]
    first, second = SearchAPI(github).fetch_pages(SCOPE, ISSUES, Span("created", NOON))
    assert (first.since, second.since) == (None, NOON + 99 * SECOND)
    assert (first.total_count, second.total_count) == (150, 51)


def following(server: LocalServer, number: int) -> dict[str, str]:
    return {"Link": f'<{server.url}/search/issues?page={number}>; rel="next"'}


@pytest.mark.parametrize("axis", ["created", "updated"])
@pytest.mark.parametrize("is_new", [False, True], ids=["the same link", "new links"])
@pytest.mark.parametrize("items", [[], [item(1)]], ids=["nothing", "the same item"])
def test_next_pages_that_lead_nowhere_end(
    server: LocalServer, github: GitHubAPI, axis: str, is_new: bool, items: list[Any]
) -> None:
    """The same page was read again and again, and yielded, until the memory was full."""
    body = {"total_count": 500, "incomplete_results": False, "items": items}
    server.answer = lambda seen: reply(200, body, following(server, len(server.seen) if is_new else 2))
    with pytest.raises((BadAnswerError, IncompleteReadError)):
        read(github, Span(axis, NOON))
    assert len(server.seen) < 25


def test_each_second_of_which_nothing_comes_is_not_asked_for(server: LocalServer, github: GitHubAPI) -> None:
    """An empty page with a next one made it look at the next second, and at the next."""

    def answer(seen: Seen) -> Reply:
        is_outer = "sort=updated" in seen.target
        body = {"total_count": int(is_outer), "incomplete_results": False, "items": []}
        return reply(200, body, following(server, 2) if is_outer else None)

    server.answer = answer
    with pytest.raises(IncompleteReadError, match="and lists none"):
        read(github, Span("updated", NOON))
    assert len(server.seen) == 1


INCOMPLETE = reply(200, {"total_count": 1, "incomplete_results": True, "items": [{"id": 1}]})
WHOLE = reply(200, {"total_count": 1, "incomplete_results": False, "items": [{"id": 1}]})


def test_a_search_that_timed_out_is_asked_again(server: LocalServer, github: GitHubAPI, slept: list[float]) -> None:
    server.replies = [INCOMPLETE, INCOMPLETE, WHOLE]
    pages = list(SearchAPI(github, pauses=(2.0, 5.0)).fetch_pages(SCOPE, ISSUES, Span("created")))
    assert pages == [SearchPage([{"id": 1}], 1, None)]
    assert slept == [2.0, 5.0]


def test_a_search_that_always_times_out_is_not_taken(server: LocalServer, github: GitHubAPI) -> None:
    server.replies = [INCOMPLETE] * 3
    with pytest.raises(IncompleteReadError, match="incomplete_results"):
        SearchAPI(github, pauses=(2.0, 5.0)).fetch_count(SCOPE, ISSUES)


@pytest.mark.parametrize(
    "body",
    [
        *([], {"items": []}, {"total_count": 1}, {"total_count": "1", "items": []}, {"total_count": 1, "items": {}}),
        *({"total_count": count, "items": []} for count in (-1, True, 1.5, 10**9, 10**30, None)),
    ],
)
def test_what_is_no_search_is_not_taken(server: LocalServer, github: GitHubAPI, body: object) -> None:
    server.replies = [reply(200, body)]
    with pytest.raises(BadAnswerError, match="the answer is not a search result"):
        SearchAPI(github).fetch_count(SCOPE, ISSUES)
