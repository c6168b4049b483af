"""The one list of domains, from which the rest of the app reads all that it needs to know about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.contributions.domain import CONTRIBUTIONS
from chalicelib.copilot.domain import COPILOT
from chalicelib.ingest import brake
from chalicelib.ingest.domain import Domain
from chalicelib.inventory.domain import INVENTORY
from chalicelib.settings import Setting

DOMAINS: tuple[Domain, ...] = (CONTRIBUTIONS, INVENTORY, COPILOT)


def all_settings() -> Iterator[Setting[Any]]:
    """Give every domain's settings, and those of what all domains work with."""
    return (setting for settings in (brake.SETTINGS, *(domain.settings for domain in DOMAINS)) for setting in settings)
