"""Where secrets come from, and that they stay; test_secrets.py looks for them in what is shown."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from chalicelib.errors import (
    BadAnswerError,
    SettingsError,
)
from chalicelib.github import GitHubAPI
from tests.github.conftest import TOKEN, MakeApi
from tests.github.local_server import (
    RESET,
    LocalServer,
    reply,
)


def test_netrc_does_not_replace_the_token(
    server: LocalServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.replies = [reply(301, {}, {"Location": "/b"}), reply(200, {}), reply(200, {})]
    make_api().get("/a")
    make_api(None).get("/anonymous")
    authorizations = [seen.headers.get("Authorization") for seen in server.seen]
    assert authorizations == [f"Bearer {TOKEN}", f"Bearer {TOKEN}", None]


def test_cookies_are_not_kept(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(200, {}, {"Set-Cookie": "logged_in=no; Path=/"}), reply(200, {})]
    api.get("/a")
    api.get("/b")
    assert "Cookie" not in server.seen[1].headers


class Renewing:
    def __init__(self, *values: str) -> None:
        self.values = list(values)

    def header(self) -> str:
        return self.values.pop(0)


def test_credentials_are_asked_for_again_at_every_attempt(server: LocalServer, make_api: MakeApi) -> None:
    server.replies = [RESET, reply(200, {})]
    make_api(None, auth=Renewing("Bearer one", "Bearer two")).get("/a")
    assert [seen.headers["Authorization"] for seen in server.seen] == ["Bearer one", "Bearer two"]


def test_credentials_that_no_header_can_carry_are_refused_without_quoting_them(
    server: LocalServer, make_api: MakeApi
) -> None:
    with pytest.raises(SettingsError) as raised:
        make_api(None, auth=Renewing("Bearer secret\nX-Other: 1")).get("/a")
    assert "secret" not in str(raised.value)
    assert server.seen == []


def test_an_etag_that_no_header_can_carry(server: LocalServer, api: GitHubAPI) -> None:
    for etag in ("a\nb: c", "\u2026"):
        with pytest.raises(BadAnswerError, match="can't be sent"):
            api.get("/a", etag=etag)
    assert server.seen == []


def test_closing_ends_the_connections(server: LocalServer, make_api: MakeApi) -> None:
    server.replies = [reply(200, {})]
    with make_api() as api:
        api.get("/a")
    assert repr(api) == f"GitHubAPI(api_url={server.url})"


def test_no_request_is_logged_with_its_credentials(
    server: LocalServer, api: GitHubAPI, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.replies = [reply(200, {}), RESET, reply(200, {})]
    api.get("/a")
    api.get("/a")
    assert TOKEN not in caplog.text
