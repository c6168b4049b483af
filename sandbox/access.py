"""Tokens: whose they are and which organisations they reach."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sandbox.errors import ApiError
from sandbox.items import Organisation, Repository
from sandbox.world import World

DEFAULT_TOKEN = "sandbox-token"


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `organisations` None means all of them, `hidden` are repositories it may not read nevertheless."""

    value: str
    organisations: frozenset[str] | None = None
    hidden: frozenset[str] = frozenset()

    def sees(self, organisation: Organisation) -> bool:
        """Whether the organisation and all that belongs to it is visible."""
        return self.organisations is None or organisation.login.lower() in self.organisations

    def reads(self, repository: Repository) -> bool:
        """Whether the repository is visible."""
        return self.sees(repository.owner) and repository.full_name.lower() not in self.hidden

    def visible(self, world: World) -> list[Organisation]:
        """Return the organisations that are visible."""
        return [organisation for organisation in world.organisations.values() if self.sees(organisation)]


class Tokens:
    """The tokens that are good now."""

    def __init__(self) -> None:
        self._tokens = {DEFAULT_TOKEN: Token(DEFAULT_TOKEN)}

    def add(self, value: str, organisations: list[str] | None = None) -> Token:
        """Accept a token, for all organisations or for those named."""
        names = None if organisations is None else frozenset(name.lower() for name in organisations)
        self._tokens[value] = Token(value, names)
        return self._tokens[value]

    def hide(self, value: str, repositories: Iterable[str]) -> Token:
        """Keep these repositories (full names; none: no more) from a token; KeyError if there is no such token."""
        self._tokens[value] = replace(self._tokens[value], hidden=frozenset(name.lower() for name in repositories))
        return self._tokens[value]

    def revoke(self, value: str) -> None:
        """Refuse a token from now on."""
        self._tokens.pop(value, None)

    def all(self) -> list[Token]:
        """Return the good tokens."""
        return list(self._tokens.values())

    def check(self, authorization: str | None) -> Token:
        """Return the token of an `Authorization` header; raise the API's 401."""
        if not authorization:
            raise ApiError(401, "Requires authentication")
        scheme, _, value = authorization.partition(" ")
        token = self._tokens.get(value.strip())
        if scheme.lower() not in ("bearer", "token") or token is None:
            raise ApiError(401, "Bad credentials")
        return token
