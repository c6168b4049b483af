"""dlt with its REST API source: items of each repository, and the timeline of each item."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL

from benchmarks.peers.ground import Ground, Peer
from benchmarks.peers.measure import Pipeline
from benchmarks.peers.objects import Objects

SCHEMA = "dlt"
SCRIPT = Path(__file__).with_name("dlt_pipeline.py")
ITEMS = f"SELECT _repositories_full_name, number, CAST(updated_at AT TIME ZONE 'UTC' AS text) FROM {SCHEMA}.issues"
EVENTS = f"SELECT event, count(*) FROM {SCHEMA}.timelines GROUP BY event"


class Dlt(Peer):
    """The pipeline in `dlt_pipeline.py`."""

    title = "dlt"
    settings = (
        "`rest_api_source`: repositories → `/issues` with an incremental `since` → each item's timeline; everything "
        "else as it comes (nested tables, one page after the other)."
    )
    packages = ("dlt",)

    def load(self, ground: Ground, *, update: bool) -> Sequence[Pipeline]:  # noqa: ARG002 - it keeps its own state
        """Return a run of the pipeline."""
        arguments = [ground.url, ground.token, ground.organisation.name, _full(ground.database)]
        quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false"}
        return [ground.pipeline([ground.program("dlt", "python"), "-P", SCRIPT, *arguments], more=quiet)]

    def stored(self, ground: Ground) -> Objects:
        """Return what is stored."""
        return ground.objects(ITEMS, EVENTS)

    def count(self, ground: Ground) -> int:
        """Return the rows of all tables, nested ones too."""
        return sum(number for name, number in ground.tables(SCHEMA).items() if not name.startswith("_dlt"))


def _full(url: URL) -> str:
    """Write a URL with all the parts that dlt demands; a socket's folder in the query goes before the host."""
    password, host, port = url.password or "unused", url.host or "localhost", url.port or 5432
    full = url.set(drivername="postgresql", password=password, host=host, port=port)
    return full.render_as_string(hide_password=False)
