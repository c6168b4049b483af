"""What a comparison with GitHub's own counts finds."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.ingest.windows import Window


@dataclass(frozen=True)
class Count:
    """How many items of a kind were created in a window: by GitHub's count, and by the rows stored."""

    kind: str
    window: Window
    github: int
    stored: int

    @property
    def differs(self) -> bool:
        """Tell whether the two disagree."""
        return self.github != self.stored


@dataclass(frozen=True)
class Difference:
    """A repository and a day where the table and GitHub disagreed."""

    kind: str
    repo: str
    day: str
    missing: int
    surplus: int


@dataclass(frozen=True)
class Proof:
    """A month of a kind: the counts before the repair, and after it; no `after` when it could not be compared."""

    before: Count | None
    after: Count | None
    kind: str
    month: Window

    @property
    def holds(self) -> bool:
        """Tell whether both sides agree in the end."""
        return self.after is not None and not self.after.differs


@dataclass
class Report:
    """What a comparison found: a proof for each kind and month, and every difference."""

    proofs: list[Proof] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
