"""Settings that a process keeps while it answers requests: the webhook's, and the read API's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from chalicelib.errors import SettingsError
from chalicelib.settings import Lookup, Settings, load_settings

# In Lambda, secrets are read from SSM, which takes few requests a second, and which the jobs need as well.
FRESH_SECONDS = 300.0


class KeptSettings:
    """The settings of a process that answers many requests: they are read anew when they are too old."""

    def __init__(
        self, load: Callable[[], Settings] = load_settings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load, self._clock = load, clock
        self._kept: tuple[float, Settings] | None = None

    def read(self, *, younger_than: float = FRESH_SECONDS) -> Settings:
        """Give the settings, at most so many seconds old; raises SettingsError when `.env` can't be read."""
        now = self._clock()
        if self._kept is None or now - self._kept[0] >= younger_than:
            settings = self._load()
            self._kept = now, replace(settings, lookup=remembering(settings.lookup))
        return self._kept[1]


def remembering(lookup: Lookup) -> Lookup:
    """Look each setting up once, also one that can't be read: strangers must not make us ask SSM again and again."""
    found: dict[str, str | SettingsError | None] = {}

    def remember(name: str) -> str | None:
        if name not in found:
            try:
                found[name] = lookup(name)
            except SettingsError as error:
                found[name] = error
        value = found[name]
        if isinstance(value, SettingsError):
            raise value
        return value

    return remember


# Of this process.
KEPT = KeptSettings()
