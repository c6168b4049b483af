"""GitHub Apps (the API calls them integrations): their keys, permissions, installations and installations' tokens."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from itertools import count
from random import Random

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from sandbox.api.access import Token
from sandbox.api.errors import ApiError
from sandbox.api.permissions import Permissions, covers, grant
from sandbox.server import jwts
from sandbox.server.tokens import Tokens
from sandbox.world.apps import Installation, Integration
from sandbox.world.items import Organisation
from sandbox.world.people import App
from sandbox.world.world import World

TOKEN_LIFETIME = 3_600  # seconds of real time
FIRST_APP, FIRST_INSTALLATION = 1_200_001, 60_000_001
# Bytes of the three parts between dots that an installation's token has had since 2026: 520 characters or so.
TOKEN_PARTS = (27, 96, 256)


class Integrations:
    """The Apps that are registered; their tokens go to `tokens`, and end by `now`, which is real time."""

    def __init__(self, world: World, tokens: Tokens, *, now: Callable[[], float]) -> None:
        self._world, self._tokens, self._now = world, tokens, now
        self._rng = Random(f"{world.plan.seed}/apps")
        self._app_ids, self._installation_ids = count(FIRST_APP), count(FIRST_INSTALLATION)
        self._integrations: dict[int, Integration] = {}
        self._keys: dict[int, RSAPublicKey] = {}

    def register(
        self, *, public_key: str, permissions: Permissions, organisations: Iterable[str] | None = None
    ) -> Integration:
        """Register an App by its public key (PEM) and install it in these organisations (None: in all).

        Raises ValueError for a key or a level that isn't one, KeyError for an unknown organisation.
        """
        key, granted, places = jwts.load_key(public_key), grant(permissions), self._organisations(organisations)
        number = next(self._app_ids)
        name = f"sandbox-app-{number}"
        app = App(number, name, name.replace("-", " ").title(), self._world.now)
        integration = Integration(app, f"Iv23li{self._rng.randbytes(7).hex()}", granted, self._world.now)
        self._integrations[number], self._keys[number] = integration, key
        self._install(integration, places)
        return integration

    def change(
        self, number: int, *, permissions: Permissions | None = None, organisations: Iterable[str] | None = None
    ) -> Integration:
        """Change an App's permissions, or where it is installed (nowhere: `[]`), or both.

        Tokens lose at once what it no longer has, and gain nothing. Raises what `register` does, KeyError for an
        unknown App.
        """
        integration = self._integrations[number]
        if permissions is not None:
            integration.permissions = grant(permissions)
        if organisations is not None:
            self._install(integration, self._organisations(organisations))
        integration.updated_at = self._world.now
        for token in self._tokens_of(integration):
            self._tokens.put(token.narrow(integration.permissions))
        return integration

    def end_tokens(self, number: int) -> None:
        """End all tokens of an App's installations, as if their hour had passed; KeyError for an unknown App."""
        self._revoke(self._tokens_of(self._integrations[number]))

    def all(self) -> list[Integration]:
        """Return the registered Apps."""
        return list(self._integrations.values())

    def get(self, number: int | None) -> Integration:
        """Return an App; the API's 401 if it is gone, or if nobody signed."""
        if number is None or number not in self._integrations:
            raise jwts.refused(jwts.UNDECODABLE)
        return self._integrations[number]

    def check(self, authorization: str | None) -> Token:
        """Return the JWT of an `Authorization` header, which reaches no organisation; raise the API's 401."""
        value = jwts.bearer(authorization)
        issuer = jwts.read_issuer(value)
        integration = next((one for one in self.all() if issuer in (str(one.id), one.client_id)), None)
        if integration is None:
            raise jwts.refused(jwts.NOT_FOUND)
        jwts.verify(value, self._keys[integration.id], now=self._now())
        return Token(value, frozenset(), app=integration.id)

    def issue(
        self, integration: Integration, installation: Installation, permissions: Permissions | None = None
    ) -> Token:
        """Make an installation's token for an hour, with all its permissions or these.

        Raises the API's 422 for more than the installation has, ValueError or TypeError for what isn't permissions.
        """
        granted = integration.permissions if permissions is None else grant(permissions)
        if not covers(integration.permissions, granted):
            raise ApiError(422, "The permissions requested are not granted to this installation.")
        parts = (urlsafe_b64encode(self._rng.randbytes(size)).decode().rstrip("=") for size in TOKEN_PARTS)
        token = Token(
            f"ghs_{integration.id}_{'.'.join(parts)}",
            frozenset((installation.organisation.login.lower(),)),
            permissions=granted,
            installation=installation.id,
            expires=int(self._now()) + TOKEN_LIFETIME,
        )
        return self._tokens.put(token)

    def _organisations(self, names: Iterable[str] | None) -> list[Organisation]:
        known = self._world.organisations
        return list(known.values()) if names is None else [known[name.lower()] for name in names]

    def _tokens_of(self, integration: Integration) -> list[Token]:
        return self._tokens.of(one.id for one in integration.installations.values())

    def _install(self, integration: Integration, organisations: list[Organisation]) -> None:
        """Install an App in these organisations and in no other; what stays keeps its id."""
        before, integration.installations = integration.installations, {}
        for organisation in organisations:
            name = organisation.login.lower()
            if name not in before:
                before[name] = Installation(next(self._installation_ids), organisation, self._world.now)
            integration.installations[name] = before.pop(name)
        self._revoke(self._tokens.of(one.id for one in before.values()))

    def _revoke(self, tokens: Iterable[Token]) -> None:
        for token in tokens:
            self._tokens.revoke(token.value)
