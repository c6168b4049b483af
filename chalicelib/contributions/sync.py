"""What to fetch about contributions, in which order, into which table. Every page is committed by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chalicelib.contributions import rows
from chalicelib.contributions.api import (
    ISSUES,
    MEMBERS,
    PULL_REQUESTS,
    MemberAPI,
    Scope,
    SearchAPI,
    SearchPage,
    Span,
    moment_of,
)
from chalicelib.contributions.models import Issue, Member, Membership, PullRequest
from chalicelib.errors import IncompleteReadError, RejectedError
from chalicelib.github import GitHubAPI
from chalicelib.store.models import SyncRun
from chalicelib.store.rejected import save_rejected
from chalicelib.store.upsert import Row, upsert
from chalicelib.store.watermarks import oldest_watermark, raise_watermark, read_watermark
from chalicelib.utils import format_utc

# GitHub's search index lags: what changed is looked for again this long.
OVERLAP = timedelta(minutes=10)
# How often a span is read again when GitHub lists less than it announced.
READS = 3

MODELS: dict[str, type[Issue] | type[PullRequest]] = {PULL_REQUESTS: PullRequest, ISSUES: Issue}
TO_ROW: dict[str, Callable[[Any], Row]] = {PULL_REQUESTS: rows.pull_request_row, ISSUES: rows.issue_row}


@dataclass
class Context:
    """What a step works with: the database, GitHub, the part of it to read, the clock, and its row in the ledger."""

    session: Session
    github: GitHubAPI
    scope: Scope
    now: Callable[[], datetime]
    run: SyncRun
    on_page: Callable[[int], None] = field(default=lambda fetched: None)  # noqa: ARG005 - a hook that does nothing

    def commit(self) -> None:
        """Commit what was read, and the ledger with it; stop here when the run's time is over."""
        self.session.commit()
        self.github.budget.check()


def register_new(context: Context, kind: str, *, days: int) -> None:
    """Store what was created within some days, newest change first, up to the first page that brings nothing new."""
    _pass(context, kind, f"created:>={format_utc(context.now() - timedelta(days=days))}")


def refresh_closed(context: Context, kind: str, *, days: int) -> None:
    """Store what was closed within some days, likewise."""
    _pass(context, kind, "is:closed", f"closed:>={format_utc(context.now() - timedelta(days=days))}")


def reconcile_unmerged(context: Context, *, days: int) -> None:
    """Store the pull requests that were closed unmerged within some days, likewise."""
    since = format_utc(context.now() - timedelta(days=days))
    _pass(context, PULL_REQUESTS, "is:closed", "is:unmerged", f"closed:>={since}")


def _pass(context: Context, kind: str, *qualifiers: str) -> None:
    # An interrupted pass would stop too early next time; what it left out is found by follow_updates.
    for page in _fetch(context, kind, Span("updated", newest_first=True), *qualifiers):
        changed = save_items(context, kind, page.items)
        context.run.fetched += len(page.items)
        context.commit()
        if not changed:
            return


def follow_updates(context: Context, kind: str, *, first_days: int) -> None:
    """Store everything that changed since the watermark, oldest change first, moving the watermark page by page.

    Without a watermark it begins `first_days` ago.
    """
    name, org, scope = watermark_name(kind), context.scope.org, context.scope.name
    mark = read_watermark(context.session, name=name, org=org, scope=scope) or oldest_watermark(
        context.session, name=name, org=org
    )
    since = mark - OVERLAP if mark else context.now() - timedelta(days=first_days)
    context.run.window_start = since

    def reached(moment: datetime) -> None:
        raise_watermark(context.session, name=name, org=org, scope=scope, value=moment)

    read_span(context, kind, context.scope.one_search(), Span("updated", since=since), reached)


def watermark_name(kind: str) -> str:
    """Name the watermark up to which every change of a kind is stored."""
    return f"updated:{kind}"


def read_span(
    context: Context, kind: str, scope: Scope, span: Span, reached: Callable[[datetime], None] | None = None
) -> set[Any]:
    """Read a span whole, oldest first, and commit page by page; `reached` is told up to where it is complete.

    Gives the ids that GitHub listed. Raises IncompleteReadError when it goes on listing less than it announced.
    """
    count = 0
    for _ in range(READS):
        reading = Reading(span.axis)
        for page in SearchAPI(context.github).fetch_pages(scope, kind, span):
            if reading.has_lost_items(page):
                break
            # What came before this page is complete only now that this page's search accounts for all the rest.
            if page.since and reached:
                reached(page.since)
            save_items(context, kind, page.items)
            reading.add(page)
            context.run.expected, context.run.fetched = reading.announced, len(reading.seen)
            context.commit()
            context.on_page(max(0, len(reading.seen) - count))
            count = max(count, len(reading.seen))
        else:
            if reading.is_complete:
                _reach_the_end(context, span, reading, reached)
                return reading.seen
    raise IncompleteReadError(
        f"GitHub announced {reading.announced} items for {span.qualifier} and listed {len(reading.seen)}"
    )


def _reach_the_end(context: Context, span: Span, reading: Reading, reached: Callable[[datetime], None] | None) -> None:
    # Nothing found is a finding too: without a mark the next run would begin later, and pass over what lies between.
    end = span.until or reading.newest() or span.since
    if end and reached:
        reached(end)
        context.commit()


@dataclass
class Reading:
    """The account of one reading of a span: what GitHub announced, and what it has listed so far."""

    axis: str
    announced: int = 0
    seen: set[Any] = field(default_factory=set)
    last_items: Sequence[Any] = ()

    def has_lost_items(self, page: SearchPage) -> bool:
        """Tell whether a page's search leaves fewer items than are still to come."""
        if page.since is None:
            return False
        standing = {_identity(item) for item in self.last_items if (self._moment(item) or page.since) >= page.since}
        return len(self.seen) - len(standing) + page.total_count < self.announced

    def add(self, page: SearchPage) -> None:
        """Count a page's items."""
        self.announced = self.announced or page.total_count
        self.seen |= {_identity(item) for item in page.items}
        self.last_items = page.items

    @property
    def is_complete(self) -> bool:
        """Tell whether everything announced was listed."""
        return len(self.seen) >= self.announced

    def newest(self) -> datetime | None:
        """The newest time among the last page's items."""
        return max(filter(None, map(self._moment, self.last_items)), default=None)

    def _moment(self, item: Any) -> datetime | None:
        return moment_of(item, f"{self.axis}_at")


def _identity(item: Any) -> Any:
    return item["id"] if isinstance(item, dict) and "id" in item else str(item)


def _fetch(context: Context, kind: str, span: Span, *qualifiers: str) -> Iterator[SearchPage]:
    return SearchAPI(context.github).fetch_pages(context.scope.one_search(), kind, span, *qualifiers)


def save_items(context: Context, kind: str, items: Sequence[Any]) -> int:
    """Write a page's items into their table, or into rejected_records; returns how many rows were new or changed."""
    mapped, records = _map_rows(context, kind, items, TO_ROW[kind])
    mapped = [row for row in mapped if context.scope.covers(row["org"], row["repo"])]
    if kind == PULL_REQUESTS:
        _name_pulls(context.session, mapped)
    return _store(context, kind, MODELS[kind], mapped, records)


def save_pulls(context: Context, pulls: Sequence[Any]) -> int:
    """Write pull requests in their own form (`/pulls`) under their issue id, where a search has told it already."""
    mapped, records = _map_rows(context, PULL_REQUESTS, pulls, rows.pull_row)
    mapped = [row for row in mapped if context.scope.covers(row["org"], row["repo"])]
    pull_ids = [row["pull_id"] for row in mapped]
    known = select(PullRequest.pull_id, PullRequest.id).where(PullRequest.pull_id.in_(pull_ids))
    issue_ids = dict(context.session.execute(known).all())
    for row in mapped:
        own = row["id"]
        row["id"] = issue_ids.get(row["pull_id"], own)
        records[row["id"]] = records[own]
    return _store(context, PULL_REQUESTS, PullRequest, mapped, records)


def _name_pulls(session: Session, mapped: Sequence[Row]) -> None:
    """Give rows that were known by their pull id alone the issue id that a search now tells."""
    issue_ids = {-row["pull_id"]: row["id"] for row in mapped if "pull_id" in row}
    for unnamed in session.scalars(select(PullRequest.id).where(PullRequest.id.in_(issue_ids))).all():
        session.execute(update(PullRequest).where(PullRequest.id == unnamed).values(id=issue_ids[unnamed]))


def _map_rows(
    context: Context, kind: str, items: Sequence[Any], to_row: Callable[[Any], Row]
) -> tuple[list[Row], dict[int, Any]]:
    """Map records to rows; what can't be mapped is kept and counted. Also gives the records by their rows' ids."""
    mapped: list[Row] = []
    records: dict[int, Any] = {}
    for item in items:
        try:
            row = to_row(item)
        except RejectedError as error:
            _reject(context, kind, item, str(error))
            continue
        mapped.append(row)
        records[row["id"]] = item
    return mapped, records


def _store(context: Context, kind: str, model: type[Any], mapped: Sequence[Row], records: dict[int, Any]) -> int:
    result = upsert(context.session, model, mapped)
    for row, reason in result.refused:
        _reject(context, kind, records.get(row.get("id", 0), row), reason)
    context.run.stored += result.changed
    return result.changed


def _reject(context: Context, kind: str, record: Any, reason: str) -> None:
    context.run.rejected += 1
    save_rejected(context.session, kind=kind, org=context.scope.org, record=record, reason=reason, now=context.now())


def sync_members(context: Context) -> None:
    """Bring the members of the organisation up to date: joiners, roles, leavers and returners, in one transaction.

    Nobody is deleted. Raises IncompleteReadError when GitHub lists nobody at all.
    """
    listed = {role: _fetch_role(context, role) for role in ("member", "admin")}
    if not any(listed.values()):
        raise IncompleteReadError(f"GitHub lists no members of {context.scope.org}; nobody was marked as a leaver")
    present = {person["id"]: person["login"] for people in listed.values() for person in people}
    # Asked before anything is written: on SQLite, others could not write while GitHub answers.
    leavers = _confirmed_leavers(context, present)
    for role, people in listed.items():
        save_members(context, people, role=role)
    end_memberships(context, leavers)
    context.run.fetched = len(present)
    raise_watermark(context.session, name=MEMBERS, org=context.scope.org, scope="*", value=context.now())
    context.commit()


def _fetch_role(context: Context, role: str) -> list[Row]:
    people: dict[int, Row] = {}
    for page in MemberAPI(context.github).fetch_members(context.scope.org, role):
        mapped, _ = _map_rows(context, MEMBERS, page, rows.member_row)
        people |= {row["id"]: row for row in mapped}
    return list(people.values())


def save_members(context: Context, people: Sequence[Row], *, role: str) -> None:
    """Write people and their membership; one who had left is active again."""
    session, now, org = context.session, context.now(), context.scope.org
    _free_logins(session, people)
    ids = [person["id"] for person in people]
    first_seen = dict(session.execute(select(Member.id, Member.inserted_dt).where(Member.id.in_(ids))).all())
    joined = select(Membership.member_id, Membership.inserted_dt).where(
        Membership.org == org, Membership.member_id.in_(ids)
    )
    joined_dt = dict(session.execute(joined).all())
    active = {"inactive": False, "inactive_dt": None}
    members = [{**person, **active, "inserted_dt": first_seen.get(person["id"], now)} for person in people]
    memberships = [
        {"org": org, "member_id": key, "role": role, "inserted_dt": joined_dt.get(key, now), **active} for key in ids
    ]
    _store(context, MEMBERS, Member, members, {person["id"]: person for person in people})
    _store(context, MEMBERS, Membership, memberships, {})


def _free_logins(session: Session, people: Sequence[Row]) -> None:
    """Take a login from whoever had it before: GitHub gives a name that was let go to somebody else."""
    new_owner = {person["login"]: person["id"] for person in people}
    holders = select(Member).where(Member.login.in_(new_owner))
    for member in session.scalars(holders.execution_options(populate_existing=True)):
        if member.login is not None and new_owner[member.login] != member.id:
            member.login = None
    session.flush()


def _confirmed_leavers(context: Context, present: dict[int, str]) -> list[int]:
    """Ask GitHub about each active member that the lists left out: lists shift while they are read."""
    active = (
        select(Member.id, Member.login)
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.org == context.scope.org, Membership.inactive.is_(False))
    )
    missing = [(key, login) for key, login in context.session.execute(active) if key not in present]
    api, taken = MemberAPI(context.github), set(present.values())
    # A login that somebody else has by now says nothing of the person who had it.
    return [
        key
        for key, login in missing
        if login is None or login in taken or not api.fetch_is_member(context.scope.org, login)
    ]


def end_memberships(context: Context, leavers: Sequence[int]) -> None:
    """Mark people as having left the organisation, and as inactive when it was their last one."""
    gone = {"inactive": True, "inactive_dt": context.now()}
    context.session.execute(
        update(Membership).where(Membership.org == context.scope.org, Membership.member_id.in_(leavers)).values(gone)
    )
    elsewhere = select(Membership.member_id).where(Membership.inactive.is_(False))
    context.session.execute(update(Member).where(Member.id.in_(leavers), Member.id.not_in(elsewhere)).values(gone))
    context.run.stored += len(leavers)
