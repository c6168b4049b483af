"""The endpoints that an App calls as itself, with a JWT."""

from typing import Any

from sandbox.api.call import Call
from sandbox.api.errors import ApiError, not_found
from sandbox.api.messages import Answer
from sandbox.api.times import timestamp
from sandbox.world.apps import Installation, Integration

JSON = dict[str, Any]


def get_app(call: Call) -> Answer:
    """Answer `GET /app`."""
    integration = call.integration()
    owner = next(iter(call.world.organisations.values())).account
    about = {
        "client_id": integration.client_id,
        "updated_at": timestamp(integration.updated_at),
        "permissions": integration.permissions,
        "events": [],
        "installations_count": len(integration.installations),
    }
    return Answer(call.payloads.app(integration.app, owner) | about)


def get_installation(call: Call) -> Answer:
    """Answer `GET /app/installations/{installation_id}`."""
    integration = call.integration()
    return Answer(call.payloads.installation(integration, _numbered(call, integration)))


def get_organisation_installation(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/installation`."""
    integration = call.integration()
    installation = integration.installations.get(call.path["org"].lower())
    if installation is None:
        raise not_found()
    return Answer(call.payloads.installation(integration, installation))


def create_token(call: Call) -> Answer:
    """Answer `POST /app/installations/{installation_id}/access_tokens`: for all repositories only."""
    integration, wanted = call.integration(), call.request.json()
    if "repositories" in wanted or "repository_ids" in wanted:
        raise ApiError(422, "The sandbox makes tokens for all repositories of an installation")
    try:
        token = call.host.issue(integration, _numbered(call, integration), wanted.get("permissions"))
    except (TypeError, ValueError):
        raise ApiError(422, "Invalid request: permissions") from None
    answer = {
        "token": token.value,
        "expires_at": timestamp(int(token.expires)),
        "permissions": token.permissions,
        "repository_selection": "all",
    }
    return Answer(answer, 201)


def _numbered(call: Call, integration: Integration) -> Installation:
    wanted = call.path["installation_id"]
    found = next((one for one in integration.installations.values() if one.id == wanted), None)
    if found is None:
        raise not_found()
    return found
