"""The tokens that are good now."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from time import time

from sandbox.api.access import Token
from sandbox.api.errors import ApiError
from sandbox.api.permissions import Permissions, grant

DEFAULT_TOKEN = "sandbox-token"


class Tokens:
    """The tokens that are good now; `now` is real time, on which installations' tokens end."""

    def __init__(self, *, now: Callable[[], float] = time) -> None:
        self._now = now
        self._tokens = {DEFAULT_TOKEN: Token(DEFAULT_TOKEN)}

    def add(
        self, value: str, organisations: Iterable[str] | None = None, *, permissions: Permissions | None = None
    ) -> Token:
        """Accept a token for all organisations or those named: a fine-grained one if it has permissions."""
        names = None if organisations is None else frozenset(name.lower() for name in organisations)
        granted = None if permissions is None else grant(permissions)
        return self.put(Token(value, names, permissions=granted))

    def put(self, token: Token) -> Token:
        """Accept a token."""
        self._tokens[token.value] = token
        return token

    def hide(self, value: str, repositories: Iterable[str]) -> Token:
        """Keep these repositories (full names; none: no more) from a token; KeyError if there is no such token."""
        return self.put(replace(self._tokens[value], hidden=frozenset(name.lower() for name in repositories)))

    def revoke(self, value: str) -> None:
        """Refuse a token from now on."""
        self._tokens.pop(value, None)

    def of(self, installations: Iterable[int]) -> list[Token]:
        """Return the good tokens of these installations."""
        wanted = set(installations)
        return [token for token in self.all() if token.installation in wanted]

    def all(self) -> list[Token]:
        """Return the good tokens."""
        now = self._now()
        return [token for token in list(self._tokens.values()) if now < token.expires]

    def check(self, authorization: str | None) -> Token:
        """Return the token of an `Authorization` header; raise the API's 401."""
        if not authorization:
            raise ApiError(401, "Requires authentication")
        scheme, _, value = authorization.partition(" ")
        token = self._tokens.get(value.strip())
        if scheme.lower() not in ("bearer", "token") or token is None or self._now() >= token.expires:
            raise ApiError(401, "Bad credentials")
        return token
