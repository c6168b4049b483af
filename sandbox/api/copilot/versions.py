"""The versions that users' rows carry of what they used last."""

from typing import Any

from sandbox.api.times import timestamp
from sandbox.world.copilot.habits import PLUGINS, UserDay
from sandbox.world.hours import HOUR

JSON = dict[str, Any]
# Some editors tell nothing of themselves.
SILENT = 10


def _sampled(one: UserDay) -> str:
    return timestamp(one.day + 9 * HOUR + one.person.id % (8 * HOUR))


def ide_versions(one: UserDay, ide: str) -> JSON:
    """Return an editor's and its plugin's versions, or nothing."""
    if one.person.id % SILENT == 0:
        return {}
    at, number = _sampled(one), one.person.id % 7
    plugin = {"sampled_at": at, "plugin": PLUGINS[ide], "plugin_version": f"0.{41 + number}.{number}"}
    return {
        "last_known_plugin_version": plugin,
        "last_known_ide_version": {"sampled_at": at, "ide_version": f"1.{113 + number}.0"},
    }


def cli_version(one: UserDay) -> JSON:
    """Return the command line's version."""
    return {"sampled_at": _sampled(one), "cli_version": f"1.0.{20 + one.person.id % 40}"}
