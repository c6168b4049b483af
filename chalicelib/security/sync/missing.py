"""Finds out what became of alerts that the last whole reading did not list: nothing is concluded from that alone.

GitHub is asked for each, by its repository's id. Alerts are unlisted when their repository is gone, when GitHub says
that the feature is off there, or when it has no such alert. As it says the same to who may not see an alert, many
alerts, or all of them, are believed to be gone a day later only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import func, select, update

from chalicelib.errors import (
    BadAnswerError,
    ForbiddenError,
    GoneError,
    IncompleteReadError,
    NotFoundError,
    SingleSignOnError,
    UnavailableError,
)
from chalicelib.ingest import brake
from chalicelib.ingest.context import Context, counted
from chalicelib.inventory.models import Repository
from chalicelib.security.api.alerts import SecurityAPI
from chalicelib.security.sync.saving import save_single
from chalicelib.security.sync.sources import NOT_FOUND, NOT_LISTED, OFF, REPOSITORY_GONE, Source, is_off
from chalicelib.store.marks import WHOLE

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
    not_found: list[Any] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Settle them; raises IncompleteReadError at the end when some could not be asked for."""
        missing = list(self._missing())
        for _, group in groupby(missing, key=lambda row: row.repository_id):
            alerts = list(group)
            if alerts[0].deleted_at is not None:
                self._mark(alerts, REPOSITORY_GONE)
            else:
                self._settle_repository(alerts)
            self.context.checkpoint()
        self._settle_not_found()
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

    def _missing(self) -> Iterator[Any]:
        """Read the alerts, repository by repository, those first that were not seen for the longest time."""
        model, org = self.source.model, self.context.scope.org
        seen = func.coalesce(model.listed_at, model.first_seen_at)
        oldest = func.min(seen).over(partition_by=model.repository_id)
        rows = (
            select(model.repository_id, model.repo, model.number, Repository.deleted_at)
            .outerjoin(Repository, Repository.id == model.repository_id)
            .where(model.org == org, model.unlisted_at.is_(None), seen < self.listed_before)
            .order_by(oldest, model.repository_id, seen, model.number)
        )
        found = self.context.session.execute(rows).all()
        self.context.commit()
        return (row for row in found if self.context.scope.covers(org, row.repo))

    def _settle_repository(self, alerts: Sequence[Any]) -> None:
        """Ask for alerts of a repository, until GitHub says that the feature is off there, or refuses to answer."""
        for alert in alerts[: MOST_ASKED - self.asked]:
            self.asked += 1
            try:
                record = self.api.fetch_one(alert.repository_id, self.source.feature, alert.number)
            except SingleSignOnError:
                raise
            except (ForbiddenError, NotFoundError, GoneError) as error:
                if is_off(error):
                    self._mark(alerts, OFF)
                    return
                if isinstance(error, ForbiddenError):
                    self.failures.append(str(self.source.with_advice(error)))
                    return
                self.not_found.append(alert)
            except (BadAnswerError, UnavailableError) as error:
                self.failures.append(str(error))
                return
            else:
                save_single(self.context, self.source, record, alert)
            # No transaction is open while GitHub is asked for the next one.
            self.context.checkpoint()

    def _settle_not_found(self) -> None:
        """Believe GitHub that it has no such alerts: at once when they are few, a day later when they are many."""
        model = self.source.model
        stored = select(func.count()).where(model.org == self.context.scope.org, model.unlisted_at.is_(None))
        number = self.context.session.scalar(stored) or 0
        doubt = self.context.marks.cursor(f"doubt:{self.source.name}", scope=WHOLE)
        missing = len(self.not_found)
        is_much = brake.is_too_much(self.context, self.source.name, missing, of=number) or 1 < missing == number
        if not missing or not is_much or brake.is_believed(self.context, doubt):
            doubt.drop()
            self._mark(self.not_found, NOT_FOUND)
        else:
            self.context.note(
                f"GitHub has {missing:,} of {number:,} of {self.source.data} no more: none is taken off, and "
                f"{brake.WAITING}"
            )
        self.context.checkpoint()

    def _mark(self, alerts: Sequence[Any], reason: str) -> None:
        model = self.source.model
        gone = {"unlisted_at": self.context.now(), "unlisted_reason": reason}
        for alert in alerts:
            same = (model.repository_id == alert.repository_id, model.number == alert.number)
            self.context.session.execute(update(model).where(*same).values(gone))
        self.context.run.stored += len(alerts)


def has_returned(context: Context, source: Source) -> bool:
    """Tell whether there are unlisted alerts whose repository, or the feature, is there again by what is stored."""
    found = select(source.model.number).where(*_returned(context, source)).limit(1)
    return context.session.scalar(found) is not None


def note_not_listed(context: Context, source: Source) -> None:
    """Remember of alerts that a whole reading did not list again that they need no other one."""
    values = {"unlisted_reason": NOT_LISTED}
    context.session.execute(update(source.model).where(*_returned(context, source)).values(values))


def _returned(context: Context, source: Source) -> Sequence[Any]:
    model = source.model
    there = select(Repository.id).where(Repository.deleted_at.is_(None))
    on = there.where(source.is_on) if source.is_on is not None else None
    is_back = (model.unlisted_reason == REPOSITORY_GONE) & model.repository_id.in_(there)
    if on is not None:
        is_back |= (model.unlisted_reason == OFF) & model.repository_id.in_(on)
    return model.org == context.scope.org, model.unlisted_at.is_not(None), is_back
