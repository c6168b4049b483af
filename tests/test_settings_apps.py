"""A GitHub App in place of a token, by the settings."""

from __future__ import annotations

import pytest

from chalicelib.domains import all_settings
from tests.test_settings import COMPLETE, TOKEN, problem, settings

APP = {"GH_APP_ID": "123456", "GH_APP_PRIVATE_KEY": "-----BEGIN …", "GH_ORGS": "acme"}


def test_an_app_needs_no_token() -> None:
    told = settings(**APP, GH_APP_INSTALLATION_ID="789")
    told.check(all_settings())
    assert (told.app_id, told.app_private_key, told.app_installation_id) == ("123456", "-----BEGIN …", 789)
    assert settings(**APP | {"GH_APP_ID": "Iv1.0123456789abcdef"}).app_id == "Iv1.0123456789abcdef"
    assert "BEGIN" not in repr(told)


def test_a_token_needs_no_app() -> None:
    told = settings(**COMPLETE)
    assert (told.app_id, told.app_installation_id) == (None, None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"GH_TOKEN": TOKEN}, "GH_TOKEN and GH_APP_ID are both set: use one of them"),
        (
            {"GH_APP_PRIVATE_KEY": ""},
            "GH_APP_PRIVATE_KEY is not set: GH_APP_ID needs the private key of its GitHub App",
        ),
        ({"GH_APP_ID": "my-app"}, "GH_APP_ID is malformed: it must be a number, or a client id"),
        ({"GH_APP_INSTALLATION_ID": "acme"}, "GH_APP_INSTALLATION_ID is malformed: it must be a number"),
        (
            {"GH_APP_INSTALLATION_ID": "789", "GH_ORGS": "acme,globex"},
            "GH_APP_INSTALLATION_ID is for one organisation, but GH_ORGS names several: leave it out",
        ),
    ],
)
def test_what_is_wrong_with_an_app_is_one_sentence(change: dict[str, str], words: str) -> None:
    assert problem(settings(**APP | change)).startswith(words)
