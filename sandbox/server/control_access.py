"""The control plane's calls about who may do what: tokens and Apps."""

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.server.integrations import Integrations
from sandbox.server.tokens import Tokens
from sandbox.world.apps import Integration
from sandbox.world.world import World

JSON = dict[str, Any]
APP = "/_sandbox/apps/<int:app>"


class AccessCalls:
    """Each call is a method that takes the request's JSON and the path's parts."""

    def __init__(self, world: World, tokens: Tokens, integrations: Integrations) -> None:
        self._world, self._tokens, self._integrations = world, tokens, integrations

    def calls(self) -> Iterable[tuple[str, str, Callable[..., Any]]]:
        """Return method, path and call of each."""
        return (
            ("GET", "/_sandbox/tokens", self.tokens),
            ("POST", "/_sandbox/tokens", self.add_token),
            ("PUT", "/_sandbox/tokens/<token>", self.change_token),
            ("DELETE", "/_sandbox/tokens/<token>", lambda _, token: self._tokens.revoke(token)),
            ("GET", "/_sandbox/apps", self.apps),
            ("POST", "/_sandbox/apps", self.add_app),
            ("PUT", APP, self.change_app),
            ("DELETE", APP, lambda _, app: self._integrations.delete(app)),
            ("DELETE", f"{APP}/tokens", lambda _, app: self._integrations.end_tokens(app)),
        )

    def tokens(self, _: JSON) -> JSON:
        """List the good tokens."""
        rows = [
            {
                "token": token.value,
                "organisations": token.organisations and sorted(token.organisations),
                "hidden": sorted(token.hidden),
                "permissions": token.permissions,
                "installation": token.installation,
            }
            for token in self._tokens.all()
        ]
        return {"tokens": rows}

    def add_token(self, wanted: JSON) -> None:
        """Accept a token."""
        self._tokens.add(wanted["token"], wanted.get("organisations"), permissions=wanted.get("permissions"))

    def change_token(self, wanted: JSON, token: str) -> None:
        """Keep some repositories from a token, give it other permissions, or both."""
        if not {"hidden", "permissions"} & wanted.keys():
            raise KeyError("hidden, permissions")
        if "hidden" in wanted:
            names = [self._world.repositories[name.lower()].full_name for name in wanted["hidden"]]
            self._tokens.hide(token, names)
        if "permissions" in wanted:
            self._tokens.permit(token, wanted["permissions"])

    def apps(self, _: JSON) -> JSON:
        """List the Apps."""
        return {"apps": [_row(integration) for integration in self._integrations.all()]}

    def add_app(self, wanted: JSON) -> JSON:
        """Register an App and install it."""
        organisations = wanted.get("organisations")
        key, permissions = wanted["public_key"], wanted["permissions"]
        return _row(self._integrations.register(public_key=key, permissions=permissions, organisations=organisations))

    def change_app(self, wanted: JSON, app: int) -> JSON:
        """Change an App; what isn't named stays."""
        if unknown := wanted.keys() - {"public_key", "permissions", "organisations"}:
            raise KeyError(*sorted(unknown))
        return _row(self._integrations.change(app, **wanted))


def _row(integration: Integration) -> JSON:
    return {
        "id": integration.id,
        "client_id": integration.client_id,
        "slug": integration.app.slug,
        "permissions": integration.permissions,
        "installations": [
            {"id": one.id, "account": one.organisation.login} for one in integration.installations.values()
        ],
    }
