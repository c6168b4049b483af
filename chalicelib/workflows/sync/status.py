"""Keeps what GitHub's status page says: a row for each change. It is one page for all organisations."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from chalicelib.ingest.context import Context
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import save_own_rows
from chalicelib.store.leases import new_owner, take_lease
from chalicelib.store.locks import take_turn
from chalicelib.store.marks import TOLERANCE
from chalicelib.workflows.models import GitHubStatus
from chalicelib.workflows.settings import status_url
from chalicelib.workflows.status_page import fetch_status

STATUS = GitHubStatus.__tablename__
SAID = ("indicator", "description", "components", "incidents", "maintenances")
# The runs of several organisations begin together, and the page is the same for all.
INTERVAL = timedelta(minutes=5)


def watch_status(context: Context) -> None:
    """Read GitHub's status page, unless another organisation's run just has; one that can't be read is a state, too."""
    url = status_url(context.settings)
    if url is None:
        context.note("GitHub's status page is not read: there is none for this GH_API_URL, or GH_STATUS_URL is off")
        return
    # Not given back: until it ends, nobody asks again.
    if take_lease(context.session, name=STATUS, owner=new_owner(), now=context.now(), time=INTERVAL):
        return
    budget = context.github.budget
    budget.check()
    said = fetch_status(url, seconds_left=budget.remaining())
    context.run.fetched += 1
    _save(context, said)
    context.checkpoint()


def _save(context: Context, said: Row) -> None:
    """Move the time of the last row, or begin another one when something is otherwise."""
    take_turn(context.session.connection(), STATUS)
    now, table = context.now(), GitHubStatus.__table__
    # What was seen at a time that has not come yet was seen by a wrong clock.
    seen = select(table).where(table.c.observed_at <= now + TOLERANCE).order_by(table.c.observed_at.desc())
    last = context.session.execute(seen.limit(1)).mappings().first()
    if last is None or any(last[name] != said[name] for name in SAID):
        context.run.stored += save_own_rows(
            context, GitHubStatus, [{"observed_at": now, "last_observed_at": now, **said}]
        )
        return
    same = (GitHubStatus.observed_at == last["observed_at"], GitHubStatus.last_observed_at < now)
    context.session.execute(update(GitHubStatus).where(*same).values(last_observed_at=now))
