"""The one list of domains, from which the rest of the app reads all that it needs to know about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.contributions.domain import CONTRIBUTIONS
from chalicelib.copilot.domain import COPILOT
from chalicelib.ingest import brake, messages, snapshots, working_time
from chalicelib.ingest.domain import Domain
from chalicelib.ingest.steps import Step
from chalicelib.inventory.domain import INVENTORY
from chalicelib.projects.domain import PROJECTS
from chalicelib.security.domain import SECURITY
from chalicelib.settings import Setting, Settings
from chalicelib.webhooks.domain import webhooks_for
from chalicelib.workflows.domain import WORKFLOWS

SOURCES: tuple[Domain, ...] = (CONTRIBUTIONS, INVENTORY, COPILOT, SECURITY, WORKFLOWS, PROJECTS)
DOMAINS = (*SOURCES, webhooks_for(SOURCES))
COMMANDS = {command.name: command for domain in DOMAINS for command in domain.commands}
SNAPSHOTS = tuple(snapshot.name for domain in DOMAINS for snapshot in domain.snapshots)
MESSAGES = tuple(message.name for domain in DOMAINS for message in domain.messages)
# The settings of what all domains work with.
SHARED_SETTINGS: tuple[Setting[Any], ...] = (
    *brake.SETTINGS,
    *working_time.SETTINGS,
    *snapshots.settings_of(SNAPSHOTS),
    *messages.settings_of(MESSAGES),
)


def ordered_steps(job: str, domains: Sequence[Domain] = DOMAINS) -> list[tuple[Domain, Step]]:
    """Give the steps of a job in the domains' order, each with its domain.

    Those that others stand on come first, those that stand on all others last.
    """
    steps = [(domain, step) for domain in domains for step in domain.steps_of(job)]
    return sorted(steps, key=lambda each: (not each[1].is_first, each[1].is_last))


def all_settings() -> Iterator[Setting[Any]]:
    """Give every domain's settings, and those of what all domains work with."""
    return (setting for settings in (SHARED_SETTINGS, *(domain.settings for domain in DOMAINS)) for setting in settings)


def check_settings(settings: Settings, *, orgs: bool = True) -> None:
    """Raise SettingsError, before anything is fetched, when one is malformed, or two contradict each other."""
    settings.check(all_settings(), orgs=orgs)
    for domain in DOMAINS:
        domain.check(settings)
