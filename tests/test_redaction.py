from __future__ import annotations

import pytest

from chalicelib.redaction import redact, secret_in

SECRET = "ghp_AbCdEf.123+/="  # made up


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"bad header 'Bearer {SECRET}'", "bad header 'Bearer ***'"),
        (f"{SECRET}{SECRET} {SECRET.lower()}", "****** ***"),
        ("nothing of it", "nothing of it"),
        ("", ""),
    ],
)
def test_a_secret_is_taken_out_in_any_case(text: str, shown: str) -> None:
    assert redact(text, SECRET) == shown


@pytest.mark.parametrize("secret", [None, "", "token"])
def test_what_may_be_a_word_is_left(secret: str | None) -> None:
    assert redact("a token of mine", secret) == "a token of mine"


@pytest.mark.parametrize(("header", "secret"), [("Bearer abc", "abc"), ("abc", "abc"), (None, None), ("", None)])
def test_the_secret_of_a_header(header: str | None, secret: str | None) -> None:
    assert secret_in(header) == secret
