from __future__ import annotations

import pytest

from chalicelib.errors import SettingsError
from chalicelib.github import GitHubAPI, TokenAuth
from tests.github.conftest import TOKEN


def test_a_token_goes_into_the_header_and_not_into_the_repr() -> None:
    auth = TokenAuth(f" {TOKEN}\n")
    assert auth.header() == f"Bearer {TOKEN}"
    assert TOKEN not in f"{auth!r} {auth}"


@pytest.mark.parametrize("token", ["", "  ", "a b", "a\nb", "a\x00b", "tökén"])
def test_a_malformed_token_is_refused_without_quoting_it(token: str) -> None:
    with pytest.raises(SettingsError) as raised:
        GitHubAPI(token)
    assert not token.strip() or token not in str(raised.value)


def test_a_token_and_an_auth_are_one_too_many() -> None:
    with pytest.raises(SettingsError, match="not both"):
        GitHubAPI(TOKEN, auth=TokenAuth(TOKEN))
