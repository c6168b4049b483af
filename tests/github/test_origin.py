from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import BadAnswerError, SettingsError
from chalicelib.github.origin import Origin

GITHUB = Origin.from_url("https://api.github.com")
ENTERPRISE = Origin.from_url("https://ghe.example:8443/api/v3/")


@pytest.mark.parametrize(
    ("origin", "path", "url"),
    [
        (GITHUB, "/repos/o/r", "https://api.github.com/repos/o/r"),
        (GITHUB, "repos/o/r?state=all", "https://api.github.com/repos/o/r?state=all&page=2"),
        (GITHUB, "https://api.github.com/x#part", "https://api.github.com/x"),
        (GITHUB, "https://API.github.com:443/x", "https://api.github.com/x"),
        (GITHUB, "/repos/o/r?u=http://else.example", "https://api.github.com/repos/o/r?u=http://else.example"),
        (ENTERPRISE, "/repos/o/r", "https://ghe.example:8443/api/v3/repos/o/r"),
        (ENTERPRISE, "https://ghe.example:8443/api/v3/x", "https://ghe.example:8443/api/v3/x"),
    ],
)
def test_urls_are_made_below_the_base(origin: Origin, path: str, url: str) -> None:
    assert origin.url(path, {"page": 2, "left_out": None} if "page=2" in url else None) == url


def test_a_query_is_encoded() -> None:
    url = GITHUB.url("/search/issues", {"q": "is:pr org:o updated:>=2026-05-01", "per_page": 100})
    assert url == ("https://api.github.com/search/issues?q=is%3Apr+org%3Ao+updated%3A%3E%3D2026-05-01&per_page=100")


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("https://api.github.com/repositories/1?page=2", "https://api.github.com/repositories/1?page=2"),
        ("/repositories/1", "https://api.github.com/repositories/1"),
        ("?page=2", "https://api.github.com/repos/o/r?page=2"),
        ("//api.github.com/x", "https://api.github.com/x"),
    ],
)
def test_references_are_completed(reference: str, url: str) -> None:
    assert GITHUB.resolve(reference, relative_to="https://api.github.com/repos/o/r?page=1") == url


ELSEWHERE = [
    "https://evil.example/x",
    "http://api.github.com/x",
    "https://api.github.com:8443/x",
    "https://api.github.com.evil.example/x",
    "https://api.github.com@evil.example/x",
    "https://evil.example\\@api.github.com/x",
    "https://api.github.com\\@evil.example/x",
    "https://me:secret@api.github.com/x",
    "//evil.example/x",
    "\\\\evil.example/x\n//evil.example",
    "https://[::1/x",
    "https://api.github.com:port/x",
    "ftp://api.github.com/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("reference", ELSEWHERE)
def test_another_origin_is_refused_without_its_path_or_secrets(reference: str) -> None:
    if reference.startswith("\\"):  # a relative path to every parser that we use: it stays on our host
        assert urlsplit(GITHUB.resolve(reference, relative_to="https://api.github.com/a")).netloc == "api.github.com"
        return
    with pytest.raises(BadAnswerError, match="refused to go to") as raised:
        GITHUB.resolve(reference, relative_to="https://api.github.com/repos/o/r?q=hidden")
    assert not {"/x", "secret", "hidden"} & set(str(raised.value).split())
    assert "secret" not in str(raised.value)
    assert "hidden" not in str(raised.value)


@given(st.text("htps:/\\@.?#[]%a1 \tevil", max_size=40))
def test_whatever_is_resolved_stays_on_the_host(reference: str) -> None:
    try:
        url = GITHUB.resolve(reference, relative_to="https://api.github.com/repos/o/r")
    except BadAnswerError:
        return
    assert url.startswith("https://api.github.com/") or url == "https://api.github.com"
    assert urlsplit(GITHUB.url(url)).netloc == "api.github.com"


@pytest.mark.parametrize(
    "api_url",
    ["", "api.github.com", "ftp://api.github.com", "https://", "https://me:secret@api.github.com", "https://a:b/",
     "https://[::1", "https://a/?q=1", "https://a/#b", "https://.*/", "https://a b/"],
)  # fmt: skip
def test_a_malformed_base_is_a_setting_s_fault(api_url: str) -> None:
    with pytest.raises(SettingsError, match="the API's URL is malformed") as raised:
        Origin.from_url(api_url)
    assert "secret" not in str(raised.value)


def test_a_path_that_cant_be_asked() -> None:
    with pytest.raises(BadAnswerError):
        GITHUB.url("/search/issues", {"q": "\ud800"})
