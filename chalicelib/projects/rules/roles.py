"""Which field of a board says sprint, points, status and deliverable: by the setting, else by name and type.

A guess is made only where one field fits: a wrong field would give wrong figures, none gives none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.ingest.fields import Row

SPRINT, POINTS, STATUS, DELIVERABLE = "sprint", "points", "status", "deliverable"
ROLES = (SPRINT, POINTS, STATUS, DELIVERABLE)
FIELD, PARENTS = "field", "parents"
SETTING, GUESS = "setting", "guess"

# The types of field that can say it.
TYPES: Mapping[str, Collection[str]] = {
    SPRINT: ("ITERATION",),
    POINTS: ("NUMBER",),
    STATUS: ("SINGLE_SELECT",),
    DELIVERABLE: ("SINGLE_SELECT", "TEXT", "MILESTONE", "ITERATION"),
}
# What such fields are called, in small letters, with nothing but letters.
NAMES: Mapping[str, Collection[str]] = {
    SPRINT: ("sprint", "sprints", "iteration", "iterations"),
    POINTS: (
        "points",
        "point",
        "storypoints",
        "storypoint",
        "estimate",
        "estimates",
        "estimatepoints",
        "pointestimate",
        "size",
        "effort",
    ),
    STATUS: ("status",),
    DELIVERABLE: ("deliverable", "deliverables", "epic", "epics", "initiative", "initiatives"),
}


@dataclass(frozen=True)
class Choice:
    """What the setting says of a board: names of its fields and statuses; None leaves it to a guess, "" means none.

    `deliverable` may also be `parents`, or `parents:TYPE`.
    """

    sprint: str | None = None
    points: str | None = None
    status: str | None = None
    deliverable: str | None = None
    done: tuple[str, ...] = ()
    in_progress: tuple[str, ...] = ()

    def field_of(self, role: str) -> str | None:
        """Give the name that stands for a role."""
        return {SPRINT: self.sprint, POINTS: self.points, STATUS: self.status, DELIVERABLE: self.deliverable}[role]

    @property
    def parents(self) -> tuple[str | None] | None:
        """The issue type of the parents that are deliverables (None: the topmost ones); None without parents."""
        word, _, kind = (self.deliverable or "").partition(":")
        return (kind.strip() or None,) if word.strip().casefold() == PARENTS else None


@dataclass(frozen=True)
class Roles:
    """Which field says what, by its id, how that is known, and what the setting names that the board lacks."""

    field_ids: Mapping[str, str] = field(default_factory=dict)
    deliverables_by: str | None = None
    parent_type: str | None = None
    chosen_by: str = GUESS
    unknown: list[str] = field(default_factory=list)


def roles_of(fields: Sequence[Row], choice: Choice | None, known: Mapping[str, str] | None = None) -> Roles:
    """Find the fields of a board by its rows of `project_fields`: those that a choice names, the others by a guess.

    `known` are the ids of those that had each role: a field keeps it when it is renamed, as long as it is there.
    """
    chosen, had = choice or Choice(), known or {}
    found, unknown = dict[str, str](), list[str]()
    for role in ROLES:
        name = chosen.field_of(role)
        if role == DELIVERABLE and chosen.parents:
            continue
        before = _only([each for each in _of_type(fields, role) if each["id"] == had.get(role)])
        one = before or _guess(fields, role) if name is None else _named(fields, role, name)
        if one is None and name:
            unknown.append(name)
            one = before
        if one is not None:
            found[role] = one["id"]
    by_field = FIELD if DELIVERABLE in found else None
    return Roles(
        field_ids=found,
        deliverables_by=PARENTS if chosen.parents else by_field,
        parent_type=chosen.parents[0] if chosen.parents else None,
        chosen_by=SETTING if choice else GUESS,
        unknown=[*unknown, *_unknown_statuses(fields, found.get(STATUS), chosen)],
    )


def options_of(fields: Sequence[Row], field_id: str | None) -> list[Row]:
    """Give what may be chosen in a field, in order: rows with `id` and `name`."""
    return [option for each in fields if each["id"] == field_id for option in each["options"] or ()]


def plain(name: str) -> str:
    """Reduce a name to its words in small letters: pictures and signs are left out."""
    return " ".join(re.findall(r"[^\W\d_]+", name.casefold()))


def _named(fields: Sequence[Row], role: str, name: str) -> Row | None:
    """Find a field by its name; letters' case counts only where two names differ in nothing else."""
    fit = list(_of_type(fields, role))
    exact = [each for each in fit if each["name"] == name]
    alike = [each for each in fit if each["name"].strip().casefold() == name.strip().casefold()]
    return _only(exact) or _only(alike)


def _guess(fields: Sequence[Row], role: str) -> Row | None:
    fit = list(_of_type(fields, role))
    if role == SPRINT and len(fit) == 1:
        return fit[0]
    # GitHub's own field has this very name, and it is the one that timelines tell of.
    own = [each for each in fit if role == STATUS and each["name"] == "Status"]
    return _only(own) or _only([each for each in fit if plain(each["name"]).replace(" ", "") in NAMES[role]])


def _of_type(fields: Sequence[Row], role: str) -> Iterator[Row]:
    return (each for each in fields if each["data_type"] in TYPES[role])


def _only(fields: Sequence[Row]) -> Row | None:
    return fields[0] if len(fields) == 1 else None


def _unknown_statuses(fields: Sequence[Row], status: str | None, choice: Choice) -> list[str]:
    known = {option["name"].casefold() for option in options_of(fields, status)}
    return [name for name in (*choice.done, *choice.in_progress) if name.casefold() not in known]
