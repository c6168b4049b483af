"""The database's URL, as it is understood and as it is shown."""

from __future__ import annotations

import pytest

from chalicelib.store.urls import parse_db_url, redact_text, redact_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_each_form_of_a_postgresql_url_means_our_driver(scheme: str) -> None:
    url = parse_db_url(f"{scheme}://app:p%40ss@host:5433/name?sslmode=require")
    assert (url.drivername, url.password, url.query) == ("postgresql+psycopg2", "p@ss", {"sslmode": "require"})


@pytest.mark.parametrize(
    ("db_url", "shown"),
    [
        ("postgres://app:p%40ss@host:5433/name", "postgresql+psycopg2://app:***@host:5433/name"),
        ("postgresql://app@host/name?password=p", "postgresql+psycopg2://app@host/name"),
        ("postgresql://h/n?sslmode=require&sslpassword=p", "postgresql+psycopg2://h/n?sslmode=require"),
        ("postgresql://h/n?PassWord=p&options=-cx.key%3Dp", "postgresql+psycopg2://h/n"),
        ("sqlite:///file.db?mode=ro&key=p&hexkey=p", "sqlite:///file.db?mode=ro"),
    ],
)
def test_a_url_is_shown_with_what_is_known_to_be_harmless(db_url: str, shown: str) -> None:
    assert redact_url(db_url) == shown


def test_a_text_is_shown_without_what_it_quotes_of_a_url() -> None:
    db_url = "postgresql://app:p%40ss@host/name?sslpassword=a+b&sslpassword=c&sslmode=require"
    text = 'p@ss, "p%40ss", c (require): passed, concise'
    assert redact_text(text, db_url) == '***, "***", *** (require): passed, concise'
