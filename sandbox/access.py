"""Tokens: whose they are, which organisations they reach and what they may do there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import inf
from time import time
from typing import Self

from sandbox.errors import ApiError
from sandbox.items import Item, Organisation, Repository
from sandbox.permissions import Permissions, allows, grant, includes, narrowed
from sandbox.world import World

DEFAULT_TOKEN = "sandbox-token"


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `organisations` None means all of them, `hidden` are repositories it may not read nevertheless.

    `permissions` None means everything, as a classic personal access token; `installation` is whose token it is, if it
    is an installation's; `app` is the App that signed it, if it is a JWT. `expires` is in epoch seconds.
    """

    value: str
    organisations: frozenset[str] | None = None
    hidden: frozenset[str] = frozenset()
    permissions: Permissions | None = None
    installation: int | None = None
    app: int | None = None
    expires: float = inf

    @property
    def is_classic(self) -> bool:
        """Whether it is a token with scopes, not permissions."""
        return self.permissions is None and self.app is None

    @property
    def holder(self) -> str:
        """Who is charged, as the limits' refusals call them."""
        if self.installation is not None:
            return f"installation ID {self.installation}"
        return "user ID 1" if self.app is None else f"app ID {self.app}"

    @property
    def account(self) -> str:
        """Whose limits it draws on: an installation's tokens share them, any other has its own."""
        return self.value if self.installation is None and self.app is None else self.holder

    def sees(self, organisation: Organisation) -> bool:
        """Whether the organisation and all that belongs to it is visible."""
        return self.organisations is None or organisation.login.lower() in self.organisations

    def reads(self, repository: Repository) -> bool:
        """Whether the repository is visible."""
        return self.sees(repository.owner) and repository.full_name.lower() not in self.hidden

    def visible(self, world: World) -> list[Organisation]:
        """Return the organisations that are visible."""
        return [organisation for organisation in world.organisations.values() if self.sees(organisation)]

    def reads_kind(self, *, pulls: bool) -> bool:
        """Whether it has the permission for pull requests, or for issues."""
        return self.permissions is None or includes(self.permissions, "pull_requests" if pulls else "issues", "read")

    def shows(self, items: Iterable[Item]) -> list[Item]:
        """Return those items that its permissions show."""
        if self.permissions is None:
            return list(items)
        kinds = {pulls for pulls in (False, True) if self.reads_kind(pulls=pulls)}
        return [item for item in items if item.is_pull in kinds]

    def demand(self, accepted: str) -> None:
        """Raise the API's 403 unless its permissions are among those accepted."""
        if self.permissions is not None and not allows(self.permissions, accepted):
            raise self.refusal()

    def refusal(self) -> ApiError:
        """Return the 403 for what its permissions don't allow; the header that names them comes with every answer."""
        kind = "personal access token" if self.installation is None else "integration"
        return ApiError(403, f"Resource not accessible by {kind}")

    def narrow(self, limit: Permissions) -> Self:
        """Return it with no more permissions than these."""
        return replace(self, permissions=limit if self.permissions is None else narrowed(self.permissions, limit))


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

    def permit(self, value: str, permissions: Permissions | None) -> Token:
        """Give a token other permissions (None: everything); KeyError if there is no such token."""
        token = self._tokens[value]
        if permissions is None and token.installation is not None:
            raise ValueError("An installation's token can't be a classic one")
        return self.put(replace(token, permissions=None if permissions is None else grant(permissions)))

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
