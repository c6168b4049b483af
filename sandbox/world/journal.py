"""What happened while somebody watched: of this, webhooks are made."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.world.items import Organisation
from sandbox.world.people import Person


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened: GitHub's names for it, and what it is about, as that was then.

    `subject` is a snapshot; `about` is what else the event's payload is made of.
    """

    at: int
    organisation: Organisation
    event: str
    action: str
    subject: Any
    sender: Person
    about: dict[str, Any] = field(default_factory=dict)


class Journal:
    """The occurrences since somebody began to watch; before, only what is to be told of history is kept."""

    def __init__(self) -> None:
        self.watched = False
        self.occurrences: list[Occurrence] = []

    def note(self, occurrence: Occurrence) -> None:
        """Keep an occurrence."""
        self.occurrences.append(occurrence)

    @contextmanager
    def watching(self, *, also: bool) -> Iterator[None]:
        """Keep what happens meanwhile, even if nobody watches: for what webhooks told before."""
        before, self.watched = self.watched, self.watched or also
        try:
            yield
        finally:
            self.watched = before
