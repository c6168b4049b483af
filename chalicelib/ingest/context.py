"""What every step works with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from chalicelib.github import GitHubAPI
from chalicelib.ingest.scopes import Scope
from chalicelib.settings import Settings
from chalicelib.store.marks import Marks
from chalicelib.store.models import SyncRun

T = TypeVar("T")
LONGEST_NOTE = 2_000  # characters


def ignore_progress(fetched: int, /) -> None:
    """Do nothing with the number of items that a page brought."""


@dataclass(kw_only=True)
class Saving:
    """What rows are saved with: the database, what is kept of GitHub, the clock, and the account of what was done.

    `run` is a row of the ledger, or only counts.
    """

    session: Session
    scope: Scope
    settings: Settings
    now: Callable[[], datetime]
    run: SyncRun
    # What tells apart the rejected records, by kind, as far as this step has looked for them.
    rejected: dict[str, set[str]] = field(default_factory=dict)
    # How many rows of each kind the run has marked as gone.
    gone: Counter[str] = field(default_factory=Counter)

    @property
    def marks(self) -> Marks:
        """The watermarks and cursors of what is read."""
        return Marks(self.session, self.scope.org, self.scope.name, self.now)

    def note(self, sentence: str) -> None:
        """Add a sentence, once, to what the ledger says of the step though all is well; a long note ends with "…"."""
        said = self.run.note or ""
        if sentence in said or said.endswith("…"):
            return
        added = f"{said}; {sentence}" if said else sentence
        self.run.note = added if len(added) <= LONGEST_NOTE else f"{said}; …"

    def count_fetched(self, records: Iterable[T]) -> Iterator[T]:
        """Count records in the ledger while they pass."""
        for record in records:
            self.run.fetched += 1
            yield record


@dataclass(kw_only=True)
class Context(Saving):
    """What a step works with: what rows are saved with, and GitHub, which it may ask."""

    github: GitHubAPI
    keep_lease: Callable[[], None] = field(default=lambda: None)
    on_page: Callable[[int], None] = ignore_progress

    def checkpoint(self) -> None:
        """Commit what was read, and the ledger with it; keep the lease; OutOfTimeError when the run's time is over."""
        self.commit()
        self.github.budget.check()

    def commit(self) -> None:
        """Commit and keep the lease, but go on: there is more that was fetched in time."""
        self.session.commit()
        self.keep_lease()


def counted(things: Sized, name: str) -> str:
    """Say how many there are: 1 issue, 2 issues, 3 repositories."""
    several = f"{name.removesuffix('y')}ies" if name.endswith("y") else f"{name}s"
    return f"{len(things)} {name if len(things) == 1 else several}"
