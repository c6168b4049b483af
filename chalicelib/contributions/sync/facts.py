"""Stores what follows from items and their events, for the items that have changed, and who is one of us.

It asks GitHub nothing. Killed at any time, it goes on where it stopped: the views work out themselves what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import String, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from chalicelib.contributions.facts import FACTS
from chalicelib.contributions.facts.people import BOT, MAINTAINER, merge_time
from chalicelib.contributions.facts.roles import person_roles
from chalicelib.contributions.models import Event, Issue, ListedPerson, PersonRole, PullRequest
from chalicelib.contributions.settings import GH_BOTS, GH_MAINTAINERS
from chalicelib.contributions.sync.working_time import follow_working_time
from chalicelib.ingest.context import Context
from chalicelib.ingest.working_time import working_time
from chalicelib.inventory.models import Team
from chalicelib.store.among import among
from chalicelib.store.facts import analyze, has_many_notes, store_changed, take_turn_to_store

NAME = "facts"
# So many items at once: more save little time, and what is read and written of fewer fits into memory.
AT_ONCE = 2_000
# When more people than this changed, all items are worked out again instead of theirs.
MANY_PEOPLE = 200
ALWAYS, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Span(NamedTuple):
    """From when to when somebody has a role."""

    since: datetime
    until: datetime

    def joined(self, other: Span) -> Span:
        """Give the time from the beginning of the first to the end of the last."""
        return Span(min(self.since, other.since), max(self.until, other.until))

    def differs_from(self, other: Span | None) -> datetime:
        """Tell from when on it makes a difference that it is not the other one."""
        if other is None:
            return self.since
        ends = [min(one, two) for one, two in zip(self, other, strict=True) if one != two]
        return min(ends, default=NEVER)


Roles = Mapping[tuple[int, str], Span]


def store_facts(context: Context) -> None:
    """Store the facts of all items that have changed, in parts, each in a transaction of its own."""
    session, settings = context.session, context.settings
    take_turn_to_store(session.connection(), FACTS)
    follow_lists(session, {role: settings.value(setting) for role, setting in LISTS.items()})
    _warn_of_unknown_teams(context)
    follow_roles(session, context.scope.org)
    follow_working_time(session, context.scope.org, working_time(settings), context.now().date())
    context.checkpoint()
    for ids in store_parts(session):
        context.run.stored += len(ids)
        context.checkpoint()


def store_parts(session: Session) -> Iterator[list[int]]:
    """Store the facts of all noted items, each once, in parts; yields the ids of each, which the caller commits.

    Items that are noted meanwhile are for the next time.
    """
    if many := has_many_notes(session.connection(), FACTS, AT_ONCE):
        analyze(session.connection(), FACTS)
    ids = store_changed(session.connection(), FACTS, at_most=AT_ONCE)
    while ids:
        yield ids
        ids = store_changed(session.connection(), FACTS, at_most=AT_ONCE, after=ids[-1])
    if many:
        analyze(session.connection(), FACTS)


def _warn_of_unknown_teams(context: Context) -> None:
    """Say in the ledger which of the organisation's teams GH_MAINTAINERS names though nobody knows them."""
    prefix = f"{context.scope.org}/".lower()
    listed = [name for name in context.settings.value(GH_MAINTAINERS) if name.lower().startswith(prefix)]
    if listed:
        known = set(context.session.scalars(select(func.lower(Team.slug)).where(Team.org == context.scope.org)))
        unknown = [name for name in listed if name.lower().removeprefix(prefix) not in known]
        if unknown:
            context.note(f"{GH_MAINTAINERS.name} names teams that are not known: {', '.join(unknown)}")


def follow_lists(session: Session, lists: Mapping[str, Iterable[str]]) -> None:
    """Write down who is listed, by role, and note the items of who came or went."""
    listed = {(login.lower(), role) for role, logins in lists.items() for login in logins}
    stored = {(row.login, row.role) for row in session.execute(select(ListedPerson.login, ListedPerson.role))}
    gone, new = stored - listed, listed - stored
    for login, role in gone:
        session.execute(delete(ListedPerson).where(ListedPerson.login == login, ListedPerson.role == role))
    if new:
        session.execute(insert(ListedPerson), [{"login": login, "role": role} for login, role in new])
    logins = [login for login, _ in gone | new if "/" not in login]
    if logins:
        _note(session, *(select(key).where(among(func.lower(name, type_=String()), logins)) for key, name in BY_LOGIN))


LISTS: dict[str, Any] = {MAINTAINER: GH_MAINTAINERS, BOT: GH_BOTS}
BY_LOGIN = (
    (Event.issue_id, Event.username),
    (Issue.id, Issue.username),
    (PullRequest.id, PullRequest.username),
)
# Each with the times at which it is asked what the person was then.
BY_PERSON: tuple[tuple[Any, Any, tuple[Any, ...]], ...] = (
    (Event.issue_id, Event.user_id, (Event.created_at,)),
    (Issue.id, Issue.author_id, (Issue.created_at,)),
    (PullRequest.id, PullRequest.author_id, (PullRequest.created_at, merge_time())),
)


def _note(session: Session, *ids: Any) -> None:
    FACTS.note(session.connection(), *ids)


def follow_roles(session: Session, org: str) -> None:
    """Write down who has which role in an organisation, and note the items for which that makes a difference."""
    new = _hulls(session.execute(person_roles(org)))
    where = PersonRole.org == org
    columns = select(PersonRole.user_id, PersonRole.role, PersonRole.since, PersonRole.until)
    stored = _hulls(session.execute(columns.where(where)))
    changed = {key for key in new.keys() | stored.keys() if new.get(key) != stored.get(key)}
    if not changed:
        return
    keys = [user_id for user_id, _ in changed]
    session.execute(delete(PersonRole).where(where, among(PersonRole.user_id, keys)))
    rows = [_row(org, key, span) for key, span in new.items() if key[0] in set(keys)]
    if rows:
        session.execute(insert(PersonRole), rows)
    _note_people(session, org, {key: _from(new.get(key), stored.get(key)) for key in changed})


def _hulls(rows: Iterable[Any]) -> dict[tuple[int, str], Span]:
    hulls: dict[tuple[int, str], Span] = {}
    for user_id, role, since, until in rows:
        span, key = Span(since or ALWAYS, until or NEVER), (user_id, role)
        hulls[key] = span.joined(hulls.get(key, span))
    return hulls


def _row(org: str, key: tuple[int, str], span: Span) -> dict[str, Any]:
    since, until = (None if span.since == ALWAYS else span.since), (None if span.until == NEVER else span.until)
    return {"org": org, "user_id": key[0], "role": key[1], "since": since, "until": until}


def _from(new: Span | None, stored: Span | None) -> datetime:
    span = new or stored
    return span.differs_from(stored if new else None) if span else NEVER


def _note_people(session: Session, org: str, since: Mapping[tuple[int, str], datetime]) -> None:
    if len(since) > MANY_PEOPLE:
        FACTS.note_all(session.connection())
        return
    for (user_id, _), moment in since.items():
        noted = (
            select(key).where(person == user_id, key.class_.org == org, or_(*(time >= moment for time in times)))
            for key, person, times in BY_PERSON
        )
        _note(session, *noted)
