"""The credentials that go into the Authorization header, and nowhere else."""

from __future__ import annotations

from typing import Protocol

from chalicelib.errors import SettingsError


class Auth(Protocol):
    """A source of credentials; it is asked for each request, so that it can renew an expired token."""

    def header(self) -> str:
        """The Authorization header's value, such as `Bearer …`; called from several threads."""
        ...


class TokenAuth:
    """A personal access token or an installation token, which its `repr` never shows.

    https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api
    """

    def __init__(self, token: str) -> None:
        # Checked here because the error that requests raises for a malformed header quotes the header.
        token = token.strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise SettingsError("the GitHub token is malformed: it is empty, or has spaces, line ends or accents")
        self._token = token

    def header(self) -> str:
        """The Authorization header's value."""
        return f"Bearer {self._token}"

    def __repr__(self) -> str:
        return "TokenAuth(…)"
