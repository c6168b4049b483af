"""People: who takes part, who comes, and who goes; nobody is ranked, and small groups are hidden."""

from __future__ import annotations

from collections.abc import Mapping

from reports.dashboard.filters import Choice, choose_one
from reports.dashboard.screen import Screen, Show
from reports.dashboard.screens.people.absence import show_absence
from reports.dashboard.screens.people.community import show_community
from reports.dashboard.screens.people.contributors import show_active, show_drive_bys, show_moves
from reports.dashboard.screens.people.members import show_members
from reports.dashboard.screens.people.months import KINDS
from reports.dashboard.screens.people.names import show_names
from reports.dashboard.source import Source

# One at a time: each adds up all that ever happened.
PARTS: Mapping[str, Show] = {
    "Taking part": show_active,
    "From whom": show_community,
    "Coming and going": show_moves,
    "Drive-bys": show_drive_bys,
    "Members": show_members,
    "Absence": show_absence,
}


def show(source: Source, choice: Choice) -> None:
    """Show the part that is chosen."""
    PARTS[choose_one("Part", list(PARTS), key="part")](source, choice)
    show_names(source, choice)


SCREEN = Screen(
    "People",
    "people",
    "Who takes part, who comes, and who goes?",
    show,
    kinds=KINDS,
    filters=("repository", "period"),
)
