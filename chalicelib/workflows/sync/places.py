"""The repositories whose runs are asked for, and what becomes of those that can't be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select

from chalicelib.errors import (
    ForbiddenError,
    GitHubError,
    IncompleteReadError,
    SingleSignOnError,
    UnauthorizedError,
)
from chalicelib.ingest.context import Context, counted
from chalicelib.ingest.deliveries import Place
from chalicelib.inventory.models import Repository
from chalicelib.workflows.api import NOT_THERE
from chalicelib.workflows.models import WorkflowJob, WorkflowRun

# Eight threads keep up 14 requests a second even when an answer takes half a second.
THREADS = 8
# When so many are refused before a single one was read, all of them will be.
REFUSALS = 3
LATELY, PUSHED = timedelta(days=7), timedelta(days=1)


def listed_places(context: Context) -> dict[int, Place]:
    """Give the repositories that GitHub lists and that are to be read, by their ids."""
    return _places(context, Repository.deleted_at.is_(None))


def places_with_runs(context: Context, *, is_active: bool) -> dict[int, Place]:
    """Give the repositories that can have new runs, or only those that lately had some, or a push."""
    alive = (Repository.deleted_at.is_(None), Repository.archived.is_not(True))
    if not is_active:
        return _places(context, *alive)
    org, now = context.scope.org, context.now()
    lately = [
        select(model.repository_id).where(model.org == org, model.created_at >= now - LATELY)
        for model in (WorkflowRun, WorkflowJob)
    ]
    had_some = or_(*(Repository.id.in_(query) for query in lately))
    return _places(context, *alive, or_(Repository.pushed_at >= now - PUSHED, had_some))


def _places(context: Context, *conditions: ColumnElement[bool]) -> dict[int, Place]:
    query = select(Repository.id, Repository.org, Repository.name).where(Repository.org == context.scope.org)
    found = context.session.execute(query.where(*conditions).order_by(Repository.id))
    places = (Place(number, org, name) for number, org, name in found)
    return {place.repository_id: place for place in places if context.scope.covers(place.org, place.repo)}


@dataclass
class Outcome:
    """What could be read and what could not: one repository does not hold up the others."""

    context: Context
    done: int = 0
    # Each with its sentence. Those that are passed over have no runs that GitHub shows: a state, and no failure.
    failed: dict[int, str] = field(default_factory=dict)
    passed_over: dict[int, str] = field(default_factory=dict)
    # Of single runs that could not be read, though their repository could.
    broken: list[str] = field(default_factory=list)

    def is_out(self, place: Place) -> bool:
        """Tell whether a repository could not be read, so that nothing more is asked of it now."""
        return place.repository_id in self.failed or place.repository_id in self.passed_over

    @property
    def is_hopeless(self) -> bool:
        """Whether so much was refused before anything was read that nobody need go on."""
        return not self.done and len(self.failed) + len(self.broken) >= REFUSALS

    def attempt(self, place: Place, read: Callable[[], None], *, probe: Callable[[], None] | None = None) -> bool:
        """Read something of a repository and tell whether that could be done; what was begun is rolled back if not.

        With a `probe` that can read the repository, only what was asked for is broken, and the others go on. Raises
        UnauthorizedError, SingleSignOnError and OutOfTimeError.
        """
        try:
            read()
        except (UnauthorizedError, SingleSignOnError):
            raise
        except NOT_THERE as error:
            self._set_aside(place, error, self.passed_over)
            return False
        except (GitHubError, IncompleteReadError) as error:
            self._refused(place, error, probe)
            return False
        self.done += 1
        return True

    def _refused(self, place: Place, error: Exception, probe: Callable[[], None] | None) -> None:
        if probe is not None:
            self.context.session.rollback()
            if self.attempt(place, probe):
                self.done -= 1
                self.broken.append(f"{place.org}/{place.repo}: {error}")
            return
        is_forbidden = isinstance(error, ForbiddenError)
        self._set_aside(place, f"{error} (the credentials need actions=read)" if is_forbidden else error, self.failed)

    def _set_aside(self, place: Place, error: object, where: dict[int, str]) -> None:
        self.context.session.rollback()
        where.setdefault(place.repository_id, f"{place.org}/{place.repo}: {error}")

    def conclude(self) -> None:
        """Say what was passed over; raise IncompleteReadError when something failed.

        A few runs that are broken are noted. As many as were read, and they are a failure.
        """
        if self.broken:
            broken = f"could not read {counted(self.broken, 'run')}; the first: {self.broken[0]}"
            if len(self.broken) >= max(REFUSALS, self.done) and not self.failed:
                raise IncompleteReadError(broken)
            self.context.note(broken)
        if self.failed:
            first = next(iter(self.failed.values()))
            raise IncompleteReadError(f"could not read {counted(self.failed, 'repository')}; the first: {first}")
        if not self.passed_over:
            return
        first = next(iter(self.passed_over.values()))
        self.context.note(f"passed over {counted(self.passed_over, 'repository')} without Actions; the first: {first}")
