"""Who joins and leaves an organisation, as webhooks tell."""

from __future__ import annotations

from itertools import permutations

import pytest

from chalicelib.models import Member, Membership, Watermark, WebhookDelivery
from sandbox.api.messages import Answer, Request
from sandbox.world.people import Person
from tests.contributions.deliveries.told import Json, Told, deliver, due, payload_of, rejected, rows, tell
from tests.organisation import ORG, Organisation

pytestmark = pytest.mark.slow


def a_member(org: Organisation) -> Person:
    members = org.sandbox.world.organisations[ORG].members.values()
    return next(person for person, role in members if role == "member")


def a_stranger(org: Organisation) -> Person:
    members = org.sandbox.world.organisations[ORG].members
    return next(person for person in org.sandbox.world.people if person.login not in members)


def move(org: Organisation, person: Person, role: str | None) -> None:
    org.advance(60)
    org.sandbox.world.move(org.sandbox.world.organisations[ORG], person, role)


def told(org: Organisation) -> list[Told]:
    return [one for one in due(org) if one[0]["X-GitHub-Event"] == "organization"]


def states(org: Organisation, person: Person) -> tuple[list[Json], list[Json]]:
    names = ("inactive", "inactive_dt")
    of_org = rows(org, Membership, Membership.member_id == person.id, Membership.org == ORG)
    found = [
        [{name: row[name] for name in names} for row in some]
        for some in (rows(org, Member, Member.id == person.id), of_org)
    ]
    return found[0], found[1]


def is_due(org: Organisation) -> bool:
    return not rows(org, Watermark, Watermark.name == "members")


def test_who_joins_and_leaves_is_known_at_once(org: Organisation) -> None:
    person = a_stranger(org)
    move(org, person, "member")
    deliver(org, told(org) * 2)
    assert states(org, person) == ([active := {"inactive": False, "inactive_dt": None}], [active])
    [row] = rows(org, Member, Member.id == person.id)
    assert (row["login"], row["inserted_dt"]) == (person.login, org.now())
    move(org, person, None)
    left, left_at = told(org), org.now()
    deliver(org, left)
    org.advance(60)
    deliver(org, left)
    gone = {"inactive": True, "inactive_dt": left_at}
    assert states(org, person) == ([gone], [gone])
    move(org, person, "admin")
    deliver(org, told(org))
    assert states(org, person) == ([active], [active])
    assert [each["role"] for each in rows(org, Membership, Membership.member_id == person.id)] == ["admin"]


@pytest.mark.parametrize("number", range(6))
def test_a_wrong_order_does_not_stay(org: Organisation, number: int) -> None:
    """The list of members was read once a day."""
    person = a_member(org)
    for role in (None, "member", None):
        move(org, person, role)
    deliver(org, list(permutations(told(org)))[number])
    assert is_due(org)
    org.run_job("every_30_min")
    assert not is_due(org)
    [member], [membership] = states(org, person)
    assert (member["inactive"], membership["inactive"]) == (True, True)


def test_whoever_leaves_while_the_list_is_read_is_asked_for_again(org: Organisation) -> None:
    person = a_member(org)
    org.advance(86_400)

    def leave(request: Request, answer: Answer) -> Answer:
        if request.path == f"/orgs/{ORG}/members" and person.login in members(org):
            org.sandbox.world.move(org.sandbox.world.organisations[ORG], person, None)
            deliver(org, told(org))
        return answer

    with org.sandbox.oddities.telling(leave):
        org.run_job("every_30_min")
    assert is_due(org)
    org.advance(60)
    org.run_job("every_30_min")
    [member], [membership] = states(org, person)
    assert (member["inactive"], membership["inactive"]) == (True, True)


def members(org: Organisation) -> set[str]:
    return set(org.sandbox.world.organisations[ORG].members)


def test_a_late_delivery_does_not_bring_back_a_former_login(org: Organisation) -> None:
    person = a_member(org)
    move(org, person, None)
    move(org, person, "member")
    [removed, added] = told(org)
    org.advance(60)
    org.sandbox.world.rename_person(person, "another-name")
    deliver(org, [removed])
    org.run_job("every_30_min")
    payload = payload_of(added)
    payload["membership"]["user"]["login"] = "a-former-name"
    tell(org, "organization", payload)
    assert [row["login"] for row in rows(org, Member, Member.id == person.id)] == ["another-name"]


def test_what_is_not_sure_is_left_to_the_list(org: Organisation) -> None:
    person = a_stranger(org)
    move(org, person, "member")
    payload = payload_of(told(org)[0])
    for state, role in (("pending", "member"), ("active", "unaffiliated"), (None, None)):
        tell(org, "organization", {**payload, "membership": {**payload["membership"], "state": state, "role": role}})
    assert states(org, person) == ([], [])
    assert is_due(org)
    org.run_job("every_30_min")
    assert len(states(org, person)[1]) == 1


def test_other_actions_are_left(org: Organisation) -> None:
    payload = {"organization": {"login": ORG, "id": 1}, "changes": {"login": {"from": "before"}}}
    before = rows(org, Membership)
    for action in ("renamed", "member_invited", "deleted", "unheard_of"):
        tell(org, "organization", {**payload, "action": action})
    assert rows(org, Membership) == before
    assert not is_due(org)
    assert rejected(org) == 0
    notes = {row["action"]: row["note"] for row in rows(org, WebhookDelivery)}
    assert notes.pop("renamed") == f"the organisation is called {ORG} now: the next check of access follows"
    assert set(notes.values()) == {"nothing of it is kept"}


def test_a_recorded_body_with_another_id_holds_until_the_list_is_read(org: Organisation) -> None:
    """The signature covers no header and the body has no time: docs/webhook.md says who must not record any."""
    person = a_member(org)
    move(org, person, None)
    left = told(org)
    move(org, person, "member")
    deliver(org, left + told(org))
    active = {"inactive": False, "inactive_dt": None}
    assert states(org, person)[1] == [active]
    deliver(org, [({**headers, "X-GitHub-Delivery": "another"}, body) for headers, body in left])
    assert states(org, person)[1][0]["inactive"]
    org.run_job("every_30_min")
    assert states(org, person)[1] == [active]
