"""The one list of domains: whatever the rest of the app needs to know of them is read from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.contributions.domain import CONTRIBUTIONS
from chalicelib.copilot.domain import COPILOT
from chalicelib.ingest.domain import Domain
from chalicelib.inventory.domain import INVENTORY
from chalicelib.settings import Setting

DOMAINS: tuple[Domain, ...] = (CONTRIBUTIONS, INVENTORY, COPILOT)


def all_settings() -> Iterator[Setting[Any]]:
    """Give every domain's settings."""
    return (setting for domain in DOMAINS for setting in domain.settings)
