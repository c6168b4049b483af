"""Puts people's records in the order of days, on disk: a report of 28 days of everybody doesn't fit into memory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import Any

from chalicelib.copilot.sync.choice import rank

IN_MEMORY = 4_000_000  # bytes


@dataclass
class PeopleSpool:
    """People's records in a file, one for each person and day. Memory holds only where each of them is."""

    file: SpooledTemporaryFile[bytes]
    places: dict[date, dict[int, int]] = field(default_factory=dict)

    def add(self, day: date, user_id: int, record: Any) -> None:
        """Keep a record; of two of the same person and day, the one that `rank` puts last."""
        places = self.places.setdefault(day, {})
        if user_id in places and rank(self._read(places[user_id])) >= rank(record):
            return
        self.file.seek(0, os.SEEK_END)
        places[user_id] = self.file.tell()
        self.file.write(json.dumps(record).encode() + b"\n")

    def days(self) -> list[date]:
        """Give the days of the records, the oldest first."""
        return sorted(self.places)

    def records(self, day: date) -> Iterator[Any]:
        """Read the records of a day, one by one."""
        for place in self.places[day].values():
            yield self._read(place)

    def _read(self, place: int) -> Any:
        self.file.seek(place)
        return json.loads(self.file.readline())
