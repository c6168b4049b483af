"""What webhooks tell of an organisation's members.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#organization
"""

from __future__ import annotations

from sqlalchemy import select

from chalicelib.contributions.api import MEMBERS
from chalicelib.contributions.models import Member, Membership
from chalicelib.contributions.sync.members import end_memberships, member_row, save_members
from chalicelib.ingest.context import Saving
from chalicelib.ingest.deliveries import Delivery
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import Mapped, map_records
from chalicelib.store.locks import take_turn
from chalicelib.store.marks import WHOLE

ROLES = ("admin", "member")
ACTIVE = "active"


def hear_organisation(saving: Saving, delivery: Delivery) -> None:
    """Store who joined or left, and have the members' list read by the next job: no time says which came last."""
    if delivery.action == "renamed":
        saving.note(f"the organisation is called {saving.scope.org} now: the next check of access follows")
    if delivery.action not in ("member_added", "member_removed"):
        return
    # As the list of members does it: the table is one over all organisations.
    take_turn(saving.session.connection(), MEMBERS)
    saving.marks.watermark(MEMBERS, scope=WHOLE).drop()
    for person in map_records(saving, MEMBERS, [delivery.part("membership").get("user")], member_row):
        saving.run.fetched += 1
        if delivery.action == "member_removed":
            _save_leaver(saving, person.row["id"])
        else:
            _save_new(saving, person, delivery)


def _save_new(saving: Saving, person: Mapped[Row], delivery: Delivery) -> None:
    """Store a membership. Of a known person nothing else is changed: a late delivery may have a former login."""
    role, state = (delivery.part("membership").get(name) for name in ("role", "state"))
    if role not in ROLES or state != ACTIVE:
        saving.note("the new membership is not active, or of an unknown role: the list of members will tell")
        return
    known = saving.session.scalar(select(Member.login).where(Member.id == person.row["id"]))
    row = person.row if known is None else {"id": person.row["id"], "login": known}
    save_members(saving, [Mapped(row, person.record)], role=str(role))


def _save_leaver(saving: Saving, person: int) -> None:
    active = (Membership.org == saving.scope.org, Membership.member_id == person, Membership.inactive.is_(False))
    if saving.session.scalar(select(Membership.member_id).where(*active)) is not None:
        end_memberships(saving, [person])
