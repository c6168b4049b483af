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

    @property
    def difference(self) -> int:
        """How many more GitHub counts; negative when it counts fewer."""
        return self.github - self.stored


@dataclass(frozen=True)
class Difference:
    """A repository and a day where the table and GitHub disagreed."""

    kind: str
    repo: str
    day: str
    missing: int
    surplus: int


@dataclass
class Findings:
    """What listing some windows once more found, and what it says of counts that differ all the same.

    `altered` is how many stored rows said something else than GitHub. `ahead` has the ids of rows that changed later
    than GitHub lists. Of the counts: `ghosts` are counted and never listed, `hidden` are stored and left out of
    searches though GitHub shows them, `unstored` are listed and not stored (rejected, or moved away). `is_cut_short`:
    the requests were spent before everything was listed.
    """

    differences: list[Difference] = field(default_factory=list)
    altered: int = 0
    ahead: list[int] = field(default_factory=list)
    ghosts: int = 0
    hidden: int = 0
    unstored: int = 0
    is_cut_short: bool = False

    def add(self, other: Findings) -> None:
        """Take the findings of another window."""
        self.differences += other.differences
        self.ahead += other.ahead
        self.altered += other.altered
        self.ghosts += other.ghosts
        self.hidden += other.hidden
        self.unstored += other.unstored
        self.is_cut_short = self.is_cut_short or other.is_cut_short

    @property
    def repairs(self) -> Findings:
        """What was repaired, without the reasons why counts of these windows still differ."""
        return Findings(self.differences, self.altered, self.ahead)

    @property
    def explained(self) -> int:
        """How many more GitHub counts for reasons that were found."""
        return self.ghosts + self.unstored - self.hidden

    @property
    def reasons(self) -> str:
        """Say why the counts differ, as far as that was found."""
        reasons = {
            "counted and never listed": self.ghosts,
            "listed and not stored, because rejected or moved": self.unstored,
            "shown and left out of searches": self.hidden,
        }
        return ", ".join(f"{number} {reason}" for reason, number in reasons.items() if number)


@dataclass
class Proof:
    """A kind: the counts before the repair, and after it; no `after` when it could not be compared.

    `compared` says in words what was compared.
    """

    kind: str
    before: Count | None = None
    after: Count | None = None
    compared: str = ""
    found: Findings = field(default_factory=Findings)
    holds: bool = False


@dataclass
class Report:
    """What a comparison found: a proof for each kind."""

    proofs: list[Proof] = field(default_factory=list)
