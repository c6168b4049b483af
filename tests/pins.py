"""What requirements*.txt pin and requirements*.in choose, read as pip does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@dataclass(frozen=True)
class Pin:
    """One distribution of a pinned file."""

    requirement: Requirement
    options: tuple[str, ...]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        (only,) = self.requirement.specifier
        return only.version

    @property
    def is_for_here(self) -> bool:
        """Whether it is installed on this machine, with this Python."""
        return self.requirement.marker is None or self.requirement.marker.evaluate()


def pins(path: Path) -> list[Pin]:
    """All that a requirements*.txt pins."""
    return [pin(line) for line in lines(path.read_text().replace("\\\n", " "))]


def pin(line: str) -> Pin:
    """Read one, with its options behind it."""
    requirement, *options = re.split(r"\s+(?=--)", line)
    return Pin(Requirement(requirement), tuple(options))


def chosen(path: Path) -> list[Requirement]:
    """What a requirements*.in names itself."""
    return [Requirement(line) for line in lines(path.read_text()) if not line.startswith("-r ")]


def lines(text: str) -> list[str]:
    """The lines that say something."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
