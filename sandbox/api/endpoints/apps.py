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


def list_installations(call: Call) -> Answer:
    """Answer `GET /app/installations`."""
    integration = call.integration()
    rows, headers = call.numbered(list(integration.installations.values()), "app/installations")
    return Answer([_installation(call, integration, one) for one in rows], headers=headers)


def get_installation(call: Call) -> Answer:
    """Answer `GET /app/installations/{installation_id}`."""
    integration = call.integration()
    return Answer(_installation(call, integration, _numbered(call, integration)))


def get_organisation_installation(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/installation`."""
    integration = call.integration()
    installation = integration.installations.get(call.path["org"].lower())
    if installation is None:
        raise not_found()
    return Answer(_installation(call, integration, installation))


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


def _installation(call: Call, integration: Integration, installation: Installation) -> JSON:
    """Return an installation as lists and its own page show it."""
    account, payloads = installation.organisation.account, call.payloads
    return {
        "id": installation.id,
        "client_id": integration.client_id,
        "account": payloads.user(account),
        "repository_selection": "all",
        "access_tokens_url": f"{payloads.base}/app/installations/{installation.id}/access_tokens",
        "repositories_url": f"{payloads.base}/installation/repositories",
        "html_url": f"{payloads.html}/organizations/{account.login}/settings/installations/{installation.id}",
        "app_id": integration.id,
        "app_slug": integration.app.slug,
        "target_id": account.id,
        "target_type": "Organization",
        "permissions": integration.permissions,
        "events": [],
        "created_at": timestamp(installation.created_at),
        "updated_at": timestamp(max(installation.created_at, integration.updated_at)),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": None,
    }
