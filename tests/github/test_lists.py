"""Lists read page by page: an unchanged page costs a 304, and none is passed over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.errors import BadAnswerError
from chalicelib.github import GitHubAPI, ListAPI, ListPage, PageState, pages
from chalicelib.github.client import PER_PAGE
from tests.github.conftest import DATE
from tests.github.local_server import LocalServer, Reply, reply

PATH = "/orgs/acme/teams"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
FULL = [{"id": number} for number in range(PER_PAGE)]


def page(server: LocalServer, items: Any, number: int, *, following: int | None = None) -> Reply:
    headers = {**DATE, "ETag": f'"{number}"'}
    if following:
        headers["Link"] = f'<{link(server, following)}>; rel="next"'
    return reply(200, items, headers)


def link(server: LocalServer, number: int) -> str:
    return f"{server.url}{PATH}?per_page=100&page={number}"


def unchanged(server: LocalServer, number: int) -> Reply:
    return reply(304, headers={**DATE, "ETag": f'"{number}"'})


def fetch(api: GitHubAPI, known: dict[int, PageState] | None = None, **params: str) -> list[ListPage]:
    return list(ListAPI(api).fetch_pages(PATH, known or {}, params))


def etags(server: LocalServer) -> list[str | None]:
    return [seen.headers.get("If-None-Match") for seen in server.seen]


def test_pages_follow_each_other_and_say_what_to_keep(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [page(server, FULL, 1, following=2), page(server, [{"id": 100}], 2)]
    assert fetch(api, role="member") == [
        ListPage(1, FULL, PageState('"1"', 100, link(server, 2)), NOW),
        ListPage(2, [{"id": 100}], PageState('"2"', 1, None), NOW),
    ]
    assert [seen.target for seen in server.seen] == [f"{PATH}?per_page=100&role=member", f"{PATH}?per_page=100&page=2"]


def test_a_page_that_is_known_is_asked_for_by_its_etag(server: LocalServer, api: GitHubAPI) -> None:
    known = {1: PageState('"1"', 100, link(server, 2)), 2: PageState('"2"', 1, None)}
    server.replies = [unchanged(server, 1), unchanged(server, 2)]
    assert fetch(api, known) == [ListPage(1, None, known[1], NOW), ListPage(2, None, known[2], NOW)]
    assert etags(server) == ['"1"', '"2"']


def test_a_list_may_be_within_an_object(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [page(server, {"total_count": 101, "runners": FULL}, 1, following=2)]
    server.replies += [page(server, {"total_count": 101, "runners": [{"id": 100}]}, 2), unchanged(server, 1)]
    lists = ListAPI(api, within="runners")
    found = list(lists.fetch_pages(PATH, {}))
    assert [each.items for each in found] == [FULL, [{"id": 100}]]
    assert found[0].state == PageState('"1"', 100, link(server, 2))
    assert next(lists.fetch_pages(PATH, {1: found[0].state})).items is None


@pytest.mark.parametrize("body", [[], {}, {"runners": None}, {"runners": {}}, {"jobs": []}])
def test_a_list_that_is_not_where_it_should_be_is_none(body: Any, server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(200, body)]
    with pytest.raises(BadAnswerError, match="the answer has no list runners"):
        list(ListAPI(api, within="runners").fetch_pages(PATH, {}))


def test_a_changed_page_between_unchanged_ones_is_read(server: LocalServer, api: GitHubAPI) -> None:
    known = {1: PageState('"1"', 100, link(server, 2)), 2: PageState('"old"', 3, None)}
    server.replies = [unchanged(server, 1), page(server, [{"id": 7}], 2)]
    assert [found.items for found in fetch(api, known)] == [None, [{"id": 7}]]


def test_a_full_last_page_may_have_a_next_one_by_now(server: LocalServer, api: GitHubAPI) -> None:
    """A 304 need not name it: what came behind a full page was not seen until that page changed."""
    server.replies = [unchanged(server, 1), page(server, FULL, 1, following=2), page(server, [{"id": 100}], 2)]
    found = fetch(api, {1: PageState('"1"', PER_PAGE, None)})
    # It is as it was, by its ETag; only what follows is new.
    assert [page.items for page in found] == [None, [{"id": 100}]]
    assert found[0].state == PageState('"1"', PER_PAGE, link(server, 2))
    assert etags(server) == ['"1"', None, None]


def test_a_full_last_page_that_changed_between_the_two_questions_is_taken(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [unchanged(server, 1), reply(200, FULL, {**DATE, "ETag": '"new"'})]
    [found] = fetch(api, {1: PageState('"1"', PER_PAGE, None)})
    assert found.items == FULL


def test_a_next_page_that_a_304_names_is_kept(server: LocalServer, api: GitHubAPI) -> None:
    named = {**DATE, "ETag": '"1"', "Link": f'<{link(server, 2)}>; rel="next"'}
    server.replies = [reply(304, headers=named), page(server, [], 2)]
    first, second = fetch(api, {1: PageState('"1"', PER_PAGE, None)})
    assert first == ListPage(1, None, PageState('"1"', PER_PAGE, link(server, 2)), NOW)
    assert second.items == []


@pytest.mark.parametrize("body", [{"items": []}, None, "x"], ids=repr)
def test_what_is_no_list_is_not_taken(server: LocalServer, api: GitHubAPI, body: object) -> None:
    server.replies = [reply(200, body)]
    with pytest.raises(BadAnswerError, match="the answer is not a list"):
        fetch(api)


def test_pages_in_a_circle_end(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [page(server, FULL, number, following=2) for number in (1, 2)]
    with pytest.raises(BadAnswerError):
        fetch(api)
    assert len(server.seen) == 2


def test_pages_that_never_end_are_left(server: LocalServer, api: GitHubAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_PAGES", 5)
    server.answer = lambda seen: page(server, [{"id": len(server.seen)}], 1, following=len(server.seen) + 1)
    with pytest.raises(BadAnswerError, match="the list has more than 5 pages"):
        fetch(api)
    assert len(server.seen) == 5


@pytest.mark.parametrize("items", [[], [{"id": 1}]], ids=["empty", "the same"])
def test_new_links_to_nothing_new_are_left(server: LocalServer, api: GitHubAPI, items: list[Any]) -> None:
    """Each link was new, so no circle was seen, and what was collected grew for ever."""
    server.answer = lambda seen: page(server, items, 1, following=len(server.seen) + 1)
    with pytest.raises(BadAnswerError, match="10 pages bring nothing new"):
        fetch(api)
    assert len(server.seen) == 11


def test_a_few_empty_pages_are_no_end(server: LocalServer, api: GitHubAPI) -> None:
    """GitHub may filter a page until nothing is left of it."""
    empty = [page(server, [], number, following=number + 1) for number in range(1, 6)]
    server.replies = [*empty, page(server, [{"id": 1}], 6)]
    assert [found.items for found in fetch(api)] == [*[[]] * 5, [{"id": 1}]]


def test_any_number_of_unchanged_pages_is_no_repetition(server: LocalServer, api: GitHubAPI) -> None:
    last = 30
    known = {n: PageState(f'"{n}"', 100, link(server, n + 1) if n < last else None) for n in range(1, last + 1)}
    known[last] = PageState(f'"{last}"', 1, None)
    server.answer = lambda seen: unchanged(server, len(server.seen))
    assert [found.items for found in fetch(api, known)] == [None] * last


def test_each_request_waits_its_turn(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [page(server, FULL, 1, following=2), page(server, [], 2)]
    waits: list[int] = []
    list(ListAPI(api, wait=lambda: waits.append(len(server.seen))).fetch_pages(PATH, {}))
    assert waits == [0, 1]


# Whether it is still the same


def two_pages(server: LocalServer) -> list[ListPage]:
    states = [PageState('"1"', 100, link(server, 2)), PageState('"2"', 1, None)]
    return [ListPage(number, [], state) for number, state in enumerate(states, start=1)]


def test_a_list_is_unchanged_when_each_of_its_pages_is(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [unchanged(server, 1), unchanged(server, 2)]
    assert ListAPI(api).is_unchanged(PATH, two_pages(server))
    assert etags(server) == ['"1"', '"2"']


def test_one_page_that_changed_is_enough(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [page(server, FULL, 9)]
    assert not ListAPI(api).is_unchanged(PATH, two_pages(server))
    assert len(server.seen) == 1


def test_without_an_etag_nothing_is_known(server: LocalServer, api: GitHubAPI) -> None:
    assert not ListAPI(api).is_unchanged(PATH, [ListPage(1, [], PageState(None, 0, None))])
    assert server.seen == []


def test_a_list_within_an_object_is_read_like_others(server: LocalServer, api: GitHubAPI) -> None:
    first = {"total_count": 101, "runners": FULL}
    server.replies = [
        reply(200, first, {**DATE, "ETag": '"1"', "Link": f'<{link(server, 2)}>; rel="next"'}),
        reply(200, {"total_count": 101, "runners": [{"id": 100}]}, {**DATE, "ETag": '"2"'}),
    ]
    assert list(ListAPI(api, within="runners").fetch_pages(PATH, {})) == [
        ListPage(1, FULL, PageState('"1"', 100, link(server, 2)), NOW, 101),
        ListPage(2, [{"id": 100}], PageState('"2"', 1, None), NOW, 101),
    ]


@pytest.mark.parametrize("body", [[], {}, {"runners": None}, {"runners": {}}, {"total_count": 0, "others": []}, "none"])
def test_an_object_without_the_list_is_no_page(server: LocalServer, api: GitHubAPI, body: Any) -> None:
    """An answer without the list is not an empty list."""
    server.replies = [reply(200, body, DATE)]
    with pytest.raises(BadAnswerError, match="the answer has no list runners"):
        list(ListAPI(api, within="runners").fetch_pages(PATH, {}))


@pytest.mark.parametrize("total", [None, "2", 1.5, True])
def test_a_total_that_is_no_number_is_none(server: LocalServer, api: GitHubAPI, total: Any) -> None:
    server.replies = [reply(200, {"total_count": total, "runners": [{"id": 1}]}, DATE)]
    [page] = ListAPI(api, within="runners").fetch_pages(PATH, {})
    assert (page.items, page.total) == ([{"id": 1}], None)
