"""Security: open alerts, how they come and go, which rules are broken, and whom to ask about a repository."""

from __future__ import annotations

from reports.dashboard.filters import Choice, choose_one
from reports.dashboard.screen import ALL, Screen, Show
from reports.dashboard.screens.security import alerts, repositories, rules, trends
from reports.dashboard.screens.security.known import ALERTS, CHECKS
from reports.dashboard.source import Source

PARTS: dict[str, Show] = {
    "Alerts": alerts.show,
    "Trends": trends.show,
    "Rules": rules.show,
    "Repositories": repositories.show,
}


def show(source: Source, choice: Choice) -> None:
    """Show the part of the page that is chosen."""
    PARTS[choose_one("Part", list(PARTS), key="part")](source, choice)


SCREEN = Screen(
    "Security",
    "security",
    "Which alerts wait for too long, and which repositories break rules?",
    show,
    kinds=(*ALERTS.values(), CHECKS),
    filters=ALL,
)
