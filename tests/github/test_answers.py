"""Answers as they come over HTTP, and what callers get of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from chalicelib.errors import BadAnswerError
from chalicelib.github.answers import Answer, Received, make_answer
from chalicelib.github.origin import Origin

API = Origin.from_url("https://api.github.com")
URL = "https://api.github.com/orgs/acme/teams"


def received(content: bytes = b"[]", *, status: int = 200, headers: Mapping[str, str] | None = None) -> Received:
    return Received(status, CaseInsensitiveDict(headers or {}), content)


@pytest.mark.parametrize(
    ("status", "content", "body", "is_json"),
    [
        (200, b'{"a": [1, null]}', {"a": [1, None]}, True),
        (200, b"null", None, True),
        (204, b"", None, True),
        (204, b"<html>", None, True),
        (200, b"", None, False),
        (200, b"<html>", None, False),
        (200, b'{"a": 1', None, False),
        (200, b'{"a": NaN}', None, False),
        (200, b'{"a": -Infinity}', None, False),
        (200, b"\xff\xfe", None, False),
        (200, b"[" * 100_000, None, False),
    ],
    ids=["object", "null", "204", "204 with a body", "empty", "HTML", "cut off", "NaN", "Infinity", "no text", "deep"],
)
def test_a_body_is_json_or_nothing(status: int, content: bytes, body: Any, is_json: bool) -> None:
    found = received(content, status=status)
    assert (found.body, found.is_json) == (body, is_json)


def test_an_empty_body_that_was_compressed_may_be_cut_off() -> None:
    assert received(b"").is_empty
    assert not received(b"", headers={"Content-Encoding": "gzip"}).is_empty
    assert not received(b" ").is_empty


def test_what_is_no_text_can_be_shown_all_the_same() -> None:
    assert received(b"a\xffb").text == "a\ufffdb"


def test_an_answer_has_all_that_its_headers_say() -> None:
    raw = received(
        b'[{"id": 1}]',
        headers={
            "ETag": 'W/"1"',
            "Link": '</orgs/acme/teams?page=2>; rel="next"',
            "Date": "Mon, 15 Jun 2026 12:00:00 GMT",
            "X-GitHub-Request-Id": "AB:12",
        },
    )
    assert make_answer(raw, url=URL, origin=API) == Answer(
        status=200,
        body=[{"id": 1}],
        headers=raw.headers,
        etag='W/"1"',
        next_url="https://api.github.com/orgs/acme/teams?page=2",
        not_modified=False,
        location=None,
        request_id="AB:12",
        date=datetime(2026, 6, 15, 12, tzinfo=UTC),
        url=URL,
    )


def test_an_answer_without_headers_says_nothing_more() -> None:
    found = make_answer(received(status=304), url=URL, origin=API, location="/repositories/7")
    assert (found.etag, found.next_url, found.request_id, found.date) == (None, None, "", None)
    assert found.not_modified
    assert found.location == "https://api.github.com/repositories/7"


@pytest.mark.parametrize("headers", [{"Link": '<https://elsewhere.example/x>; rel="next"'}, {}], ids=["next", "moved"])
def test_a_link_to_another_host_is_refused(headers: dict[str, str]) -> None:
    """The token would go there with the next request."""
    location = None if headers else "https://elsewhere.example/x"
    with pytest.raises(BadAnswerError):
        make_answer(received(headers=headers), url=URL, origin=API, location=location)
