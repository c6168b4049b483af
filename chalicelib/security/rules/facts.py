"""What is known of a repository: its row, and what GitHub showed of it. What was not shown is never "missing"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")
Path = tuple[str | int, ...]

PUBLIC = "public"
VISIBILITIES = {PUBLIC, "private", "internal"}
LEFT_OUT = "GitHub left it out of its answer"


class UnknownError(Exception):
    """GitHub did not show what a rule needs; the message says so in a sentence."""


@dataclass(frozen=True)
class Known:
    """A repository as its list tells of it; None is what the list doesn't tell these credentials."""

    name: str
    visibility: str | None = None
    archived: bool | None = None
    created_at: datetime | None = None
    pushed_at: datetime | None = None
    secret_scanning: str | None = None
    push_protection: str | None = None
    custom_properties: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Facts:
    """All that rules look at.

    `node` is GitHub's answer about the repository; None when there is none. `holes` are the paths within it that GitHub
    could not show, each with its sentence; the empty path is the whole. `members` are the logins of the organisation's
    members, in lower case. `emails` are the public e-mails of users by login in lower case, None for one without; who
    is not in it was not asked for, or could not be.
    """

    known: Known
    node: Mapping[str, Any] | None
    now: datetime
    holes: Mapping[Path, str] = field(default_factory=dict)
    members: frozenset[str] = frozenset()
    emails: Mapping[str, str | None] = field(default_factory=dict)

    def find(self, *path: str, of: type[T]) -> T | None:
        """Give a part of the answer; None when GitHub says that there is none.

        Raises UnknownError when any of it could not be had, or is not what the schema says.
        """
        value = self._value(path)
        if hole := self._hole_at(path):
            raise UnknownError(hole)
        if value is not None and type(value) is not of:
            raise UnknownError(f"GitHub's answer has an odd {path[-1]}")
        return value

    def read(self, *path: str, of: type[T]) -> T:
        """Give a part of the answer that must be there; UnknownError as for `find`, and when it is null."""
        found = self.find(*path, of=of)
        if found is None:
            raise UnknownError(f"GitHub does not show {path[0]} to these credentials")
        return found

    def nodes(self, *path: str) -> list[dict[str, Any]]:
        """Give the nodes of a connection, whole."""
        found = self.read(*path, "nodes", of=list)
        if not all(type(each) is dict for each in found):
            raise UnknownError(f"GitHub left out some of {path[-1]}")
        return found

    def shows(self, *path: str) -> bool:
        """Tell whether there is such a part, whatever in it could not be had; UnknownError when that is not said."""
        return self._value(path) is not None

    def check_settings_shown(self) -> None:
        """Raise UnknownError when these credentials may not see the settings: a null of theirs, or a no, says nothing.

        Who may not see the collaborators is no administrator.
        """
        if not self.shows("collaborators"):
            raise UnknownError("GitHub does not show the settings to these credentials")

    def has_branch(self) -> bool:
        """Tell whether there is a default branch; False for an empty repository, UnknownError when it is hidden."""
        if self.shows("defaultBranchRef"):
            return True
        if self.read("refs", "totalCount", of=int):
            raise UnknownError("GitHub shows no default branch")
        return False

    @property
    def is_archived(self) -> bool:
        """Whether it is read-only, by the answer or else by the list."""
        said = (self.node or {}).get("isArchived")
        return said if isinstance(said, bool) else bool(self.known.archived)

    @property
    def visibility(self) -> str:
        """`public`, `private` or `internal`, by the answer or else by the list."""
        said = str((self.node or {}).get("visibility") or self.known.visibility).lower()
        if said not in VISIBILITIES:
            raise UnknownError("GitHub does not tell whether it is public")
        return said

    def _value(self, path: tuple[str, ...]) -> Any:
        """Walk to a part; None when it, or what it is a part of, is null, and no error explains that."""
        value: Any = self.node
        if value is None:
            raise UnknownError(self.holes.get((), LEFT_OUT))
        for depth, name in enumerate(path, start=1):
            if not isinstance(value, dict) or name not in value:
                raise UnknownError(self._hole_at(path[:depth]) or f"GitHub's answer has an odd {path[0]}")
            value = value[name]
            if value is None:
                if hole := self._hole_at(path[:depth]):
                    raise UnknownError(hole)
                return None
        return value

    def _hole_at(self, path: Path) -> str | None:
        """Find an error in a part, or in what it is a part of: GraphQL makes null of the next thing that may be."""
        for hole, sentence in self.holes.items():
            short = min(len(hole), len(path))
            if hole[:short] == path[:short]:
                return sentence
        return None


def field_of(node: Mapping[str, Any], name: str, *, of: type[T]) -> T:
    """Give a field of a node within a list; UnknownError when it is not what the schema says."""
    value = node.get(name)
    if type(value) is not of:
        raise UnknownError(f"GitHub's answer has an odd {name}")
    return value
