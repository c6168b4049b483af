"""Stores the members of an organisation: who joined, who left, who came back, and their roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chalicelib.contributions.api import MEMBERS, MemberAPI
from chalicelib.contributions.models import Member, Membership
from chalicelib.contributions.sync.people import follow_logins
from chalicelib.errors import IncompleteReadError, RejectedError
from chalicelib.ingest import brake
from chalicelib.ingest.columns import list_row
from chalicelib.ingest.context import Context, Saving
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.store.among import among
from chalicelib.store.locks import take_turn
from chalicelib.store.marks import WHOLE


def sync_members(context: Context) -> None:
    """Store the members and their roles, and mark those who left, in one transaction.

    No row is deleted. Raises IncompleteReadError when GitHub lists nobody at all, and BrakeError when many people seem
    to have left whom another list still has.
    """
    mark = context.marks.watermark(MEMBERS, scope=WHOLE)
    was_read = mark.exists
    listed = {role: _fetch_role(context, role) for role in ("member", "admin")}
    if not any(listed.values()):
        raise IncompleteReadError(f"GitHub lists no members of {context.scope.org}; nobody was marked as a leaver")
    present = {person.row["id"]: person.row["login"] for people in listed.values() for person in people}
    # GitHub is asked before the first write: on SQLite, nobody else could write while it answers.
    leavers = _confirmed_leavers(context, present)
    context.commit()
    # The table is one over all organisations: two that were written at once would deadlock over people in both.
    take_turn(context.session.connection(), MEMBERS)
    # Of all before any is saved: somebody may have the login now that another one gave up.
    follow_logins(context.session, _renamed(context.session, present))
    for role, people in listed.items():
        save_members(context, people, role=role)
    end_memberships(context, leavers)
    context.run.fetched = len(present)
    # A webhook drops the mark when it tells of somebody: while the lists were read, they were overtaken.
    if mark.exists or not was_read:
        mark.advance(context.now())
    context.checkpoint()


def _fetch_role(context: Context, role: str) -> list[Mapped[Row]]:
    people: dict[int, Mapped[Row]] = {}
    for page in MemberAPI(context.github).fetch_members(context.scope.org, role):
        people |= {person.row["id"]: person for person in map_records(context, MEMBERS, page, member_row)}
    return list(people.values())


def member_row(record: Any) -> Row:
    """Map a user object of a member list to the columns of `members` that come from GitHub.

    Raises RejectedError when its id or login is missing.
    https://docs.github.com/en/rest/orgs/members#list-organization-members
    """
    row = list_row(Member, record)
    # In the table it may be NULL: of a member whose login somebody else has now.
    if row.get("login") is None:
        raise RejectedError("login is missing")
    return row


def save_members(context: Saving, people: Sequence[Mapped[Row]], *, role: str) -> None:
    """Write people and their memberships; a person who had left becomes active again."""
    session, now, org = context.session, context.now(), context.scope.org
    _free_logins(session, people)
    ids = [person.row["id"] for person in people]
    first_seen = dict(session.execute(select(Member.id, Member.inserted_dt).where(among(Member.id, ids))).all())
    joined = select(Membership.member_id, Membership.inserted_dt).where(
        Membership.org == org, among(Membership.member_id, ids)
    )
    joined_dt = dict(session.execute(joined).all())
    active = {"inactive": False, "inactive_dt": None}
    members = [each.with_columns(inserted_dt=first_seen.get(each.row["id"], now), **active) for each in people]
    save_rows(context, MEMBERS, Member, members)
    memberships = [
        Mapped({"org": org, "member_id": key, "role": role, "inserted_dt": joined_dt.get(key, now), **active}, record)
        for key, record in ((each.row["id"], each.record) for each in people)
    ]
    save_rows(context, MEMBERS, Membership, memberships)


def _renamed(session: Session, present: Mapping[int, str]) -> dict[int, tuple[str, str]]:
    """Find the people who are known under another login; gives both, by their ids."""
    known = dict(session.execute(select(Member.id, Member.login)).all())
    befores = {key: known.get(key) for key in present}
    return {key: (before, present[key]) for key, before in befores.items() if before and before != present[key]}


def _free_logins(session: Session, people: Sequence[Mapped[Row]]) -> None:
    """Set a login to NULL where somebody else had it before: GitHub lets people take names that others gave up."""
    new_owner = {person.row["login"]: person.row["id"] for person in people}
    holders = select(Member).where(among(Member.login, new_owner))
    for member in session.scalars(holders.execution_options(populate_existing=True)):
        if member.login is not None and new_owner[member.login] != member.id:
            member.login = None
    session.flush()


def _confirmed_leavers(context: Context, present: dict[int, str]) -> list[int]:
    """Ask GitHub about each active member whom the lists left out: their pages shift during the read."""
    active = (
        select(Member.id, Member.login)
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.org == context.scope.org, Membership.inactive.is_(False))
    )
    rows = context.session.execute(active).all()
    missing = [(key, login) for key, login in rows if key not in present]
    if brake.is_too_much(context, MEMBERS, len(missing), of=len(rows)):
        _confirm(context, {key for key, _ in missing}, members=len(rows))
    api, taken = MemberAPI(context.github), set(present.values())
    # When somebody else has the login now, GitHub can't be asked about the person who had it.
    return [
        key
        for key, login in missing
        if login is None or login in taken or not api.fetch_is_member(context.scope.org, login)
    ]


def _confirm(context: Context, missing: set[int], *, members: int) -> None:
    """Read the list without regard to roles; BrakeError when it has people whom the lists by role leave out."""
    listed = {person.row["id"] for person in _fetch_role(context, "all")}
    if still := missing & listed:
        reason = f"the list without regard to roles has {len(still):,} of them"
        raise brake.stop(f"members of {context.scope.org}", len(missing), of=members, reason=reason)


def end_memberships(context: Saving, leavers: Sequence[int]) -> None:
    """Mark people as having left the organisation, and their `members` row inactive when it was the last one."""
    gone = {"inactive": True, "inactive_dt": context.now()}
    context.session.execute(
        update(Membership).where(Membership.org == context.scope.org, among(Membership.member_id, leavers)).values(gone)
    )
    elsewhere = select(Membership.member_id).where(Membership.inactive.is_(False))
    context.session.execute(update(Member).where(among(Member.id, leavers), Member.id.not_in(elsewhere)).values(gone))
    context.run.stored += len(leavers)
