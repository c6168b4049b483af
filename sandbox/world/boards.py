"""Boards and types of issues: what an organisation's issues are put on and sorted into."""

from dataclasses import dataclass

from sandbox.world.people import Person


@dataclass(slots=True, eq=False)
class Project:
    """An organisation's board."""

    id: int
    number: int
    title: str
    owner: Person
    created_at: int


@dataclass(slots=True, eq=False)
class IssueType:
    """A type of issue of an organisation; `color` is one of GitHub's words."""

    id: int
    name: str
    color: str
    owner: Person
