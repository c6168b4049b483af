"""Organisations, repositories and users, and the limits of whoever asks."""

from sandbox.api.call import Call
from sandbox.api.errors import ApiError, not_found
from sandbox.api.messages import Answer


def get_repository(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}`."""
    return Answer(call.payloads.full_repository(call.repository(), administers=call.token.administers))


def get_organisation(call: Call) -> Answer:
    """Answer `GET /orgs/{org}`."""
    return Answer(call.payloads.organisation(call.organisation()))


def check_member(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/members/{username}`: 204 for a member."""
    members = {login.lower() for login in call.organisation().members}
    if call.path["username"].lower() not in members:
        raise ApiError(404, "User does not exist or is not a member of the organization")
    return Answer(status=204)


def get_user(call: Call) -> Answer:
    """Answer `GET /users/{username}`."""
    person = call.world.accounts.get(call.path["username"].lower())
    if person is None:
        raise not_found()
    return Answer(call.payloads.public_user(person))


def list_organisations_of_user(call: Call) -> Answer:
    """Answer `GET /users/{username}/orgs`: everybody shows their memberships here."""
    person = call.world.accounts.get(call.path["username"].lower())
    if person is None:
        raise not_found()
    found = [one for one in call.world.organisations.values() if person.login in one.members]
    rows, headers = call.numbered(found, f"user/{person.id}/orgs")
    return Answer([call.payloads.simple_organisation(one) for one in rows], headers=headers)


def get_own_user(call: Call) -> Answer:
    """Answer `GET /user`: the first admin whom the token can see; an installation is nobody."""
    visible = call.token.visible(call.world)
    if not visible or call.token.installation is not None:
        raise call.token.refusal()
    return Answer(call.payloads.private_user(call.world.first_admin(visible[0])))


def get_rate_limit(call: Call) -> Answer:
    """Answer `GET /rate_limit`, which is free."""
    limits = call.host.rate_limits(call.token)
    return Answer({"resources": limits, "rate": limits["core"]})
