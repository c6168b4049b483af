"""Finds out what became of alerts that the last whole reading did not list: nothing is concluded from that alone.

GitHub is asked for each, by its repository's id. Alerts are unlisted when their repository is gone, when GitHub says
that the feature is off there, or when it says twice, a day apart, that it has no such alert: it says the same to who
may not see one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import func, or_, select, update

from chalicelib.errors import (
    ForbiddenError,
    GitHubError,
    GoneError,
    IncompleteReadError,
    NotFoundError,
    SingleSignOnError,
    UnauthorizedError,
)
from chalicelib.ingest import brake
from chalicelib.ingest.context import Context, counted
from chalicelib.inventory.models import Repository
from chalicelib.security.api.alerts import SecurityAPI
from chalicelib.security.sync.saving import save_single
from chalicelib.security.sync.sources import NOT_FOUND, NOT_LISTED, OFF, REPOSITORY_GONE, Source, is_off
from chalicelib.store.among import among

WEEK = timedelta(days=7)
# So many alerts are asked for in a run; the next one goes on with the others.
MOST_ASKED = 100


@dataclass
class Settling:
    """One run's look at the alerts that the whole reading did not list which began at `listed_before`."""

    context: Context
    source: Source
    api: SecurityAPI
    listed_before: datetime
    asked: int = 0
    failures: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Settle them; raises IncompleteReadError at the end when some could not be asked for."""
        missing = self._missing()
        for _, group in groupby(missing, key=lambda row: row.repository_id):
            alerts = list(group)
            if alerts[0].deleted_at is not None:
                self._write(alerts, unlisted_at=self.context.now(), unlisted_reason=REPOSITORY_GONE)
            else:
                self._settle_repository(alerts)
            self.context.checkpoint()
        if self.asked >= MOST_ASKED:
            self.context.note(
                f"GitHub did not list {len(missing):,} of {self.source.data}, and {self.asked} were asked for: "
                "the next runs ask for the others"
            )
        if self.failures:
            raise IncompleteReadError(
                f"{self.source.data} that were not listed could not be asked for in "
                f"{counted(self.failures, 'repository')}; the first: {self.failures[0]}"
            )

    def _missing(self) -> list[Any]:
        """Read the alerts by repository, those first of which nothing has been heard for the longest time.

        One that was not found is asked for again after a day, and not before.
        """
        model, org, now = self.source.model, self.context.scope.org, self.context.now()
        heard = func.coalesce(model.asked_at, model.listed_at, model.first_seen_at)
        oldest = func.min(heard).over(partition_by=model.repository_id)
        is_due = or_(model.not_found_at.is_(None), model.asked_at <= now - brake.PATIENCE)
        rows = (
            select(model.repository_id, model.repo, model.number, model.not_found_at, Repository.deleted_at)
            .outerjoin(Repository, Repository.id == model.repository_id)
            .where(model.org == org, model.unlisted_at.is_(None), is_due)
            .where(func.coalesce(model.listed_at, model.first_seen_at) < self.listed_before)
            .order_by(oldest, model.repository_id, heard, model.number)
        )
        found = self.context.session.execute(rows).all()
        self.context.commit()
        return [row for row in found if self.context.scope.covers(org, row.repo)]

    def _settle_repository(self, alerts: Sequence[Any]) -> None:
        """Ask for alerts of a repository, until GitHub says that the feature is off there, or can't be asked."""
        for alert in alerts[: MOST_ASKED - self.asked]:
            self.asked += 1
            try:
                record = self.api.fetch_one(alert.repository_id, self.source.feature, alert.number)
            except (SingleSignOnError, UnauthorizedError):
                raise
            except GitHubError as error:
                if not self._goes_on(alert, alerts, error):
                    return
            else:
                save_single(self.context, self.source, record, alert)
                # Also of one that can't be stored: it is there.
                now = self.context.now()
                self._write([alert], listed_at=now, asked_at=now, not_found_at=None)
            # No transaction is open while GitHub is asked for the next one.
            self.context.checkpoint()

    def _goes_on(self, alert: Any, alerts: Sequence[Any], error: GitHubError) -> bool:
        """Conclude what can be concluded from an error; tells whether to ask for others of the repository."""
        now = self.context.now()
        if is_off(error):
            self._write(alerts, unlisted_at=now, unlisted_reason=OFF, not_found_at=None)
        elif not isinstance(error, (NotFoundError, GoneError)):
            self._write(alerts, asked_at=now)
            is_refused = isinstance(error, ForbiddenError)
            self.failures.append(str(self.source.with_advice(error) if is_refused else error))
        elif alert.not_found_at is None:
            self._write([alert], asked_at=now, not_found_at=now)
            self.context.note(f"GitHub has some of {self.source.data} no more: {brake.WAITING}")
            return True
        else:
            self._write([alert], asked_at=now, unlisted_at=now, unlisted_reason=NOT_FOUND)
            return True
        return False

    def _write(self, alerts: Sequence[Any], **values: Any) -> None:
        """Write what was heard of some alerts of a repository."""
        model = self.source.model
        same = (model.repository_id == alerts[0].repository_id, among(model.number, [each.number for each in alerts]))
        self.context.session.execute(update(model).where(*same).values(values))
        self.context.run.stored += len(alerts) if "unlisted_at" in values else 0


def has_returned(context: Context, source: Source) -> bool:
    """Tell whether there are unlisted alerts whose repository, or the feature, is there again by what is stored."""
    return bool(_returned(context, source))


def note_not_listed(context: Context, source: Source) -> None:
    """Remember of alerts that were not listed again for a week that they need no whole reading any more."""
    model, ids = source.model, _returned(context, source)
    theirs = (among(model.repository_id, ids), model.unlisted_reason.in_((REPOSITORY_GONE, OFF)))
    long_ago = model.unlisted_at <= context.now() - WEEK
    context.session.execute(update(model).where(*theirs, long_ago).values(unlisted_reason=NOT_LISTED))


def _returned(context: Context, source: Source) -> list[int]:
    """Give the repositories with such alerts."""
    model, org = source.model, context.scope.org
    is_back = model.unlisted_reason == REPOSITORY_GONE
    if source.is_on is not None:
        is_back |= (model.unlisted_reason == OFF) & source.is_on(model)
    rows = (
        select(model.repository_id, model.repo)
        .join(Repository, Repository.id == model.repository_id)
        .where(model.org == org, model.unlisted_at.is_not(None), Repository.deleted_at.is_(None), is_back)
        .distinct()
    )
    return [row.repository_id for row in context.session.execute(rows) if context.scope.covers(org, row.repo)]
