"""Ours: `backfill.py` with all events, then the jobs that keep the same objects current."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.peers.environments import ROOT
from benchmarks.peers.ground import Ground, Peer
from benchmarks.peers.measure import Pipeline
from benchmarks.peers.objects import Objects
from benchmarks.peers.organisation import DAYS, NOW
from sandbox.api.times import timestamp

ITEMS = """
    SELECT org || '/' || repo, number, CAST(updated_at AT TIME ZONE 'UTC' AS text) FROM issues WHERE deleted_at IS NULL
    UNION ALL
    SELECT org || '/' || repo, number, CAST(updated_at AT TIME ZONE 'UTC' AS text) FROM pull_requests
    WHERE deleted_at IS NULL
"""
EVENTS = "SELECT event, count(*) FROM events WHERE removed_at IS NULL GROUP BY event"
TABLES = ("issues", "pull_requests", "events")
JOBS = ("nrt_events",)


class Ours(Peer):
    """contributor-metrics, from this checkout."""

    title = "contributor-metrics"
    settings = (
        "`backfill.py --since … --only pull_requests,issues,events`; an update is one run of `nrt_events`, which "
        "stores what changed and reads its timelines. (`every_30_min` and `daily` read other things besides, and "
        "check these.) Its first run after a backfill looks at more than later ones: it is left out of the figures."
    )

    def settle(self, ground: Ground) -> Sequence[Pipeline]:
        """Return the first run of the jobs."""
        return [self._run(ground, "app.py", job) for job in JOBS]

    def load(self, ground: Ground, *, update: bool) -> Sequence[Pipeline]:
        """Return the backfill, or the jobs."""
        if update:
            return self.settle(ground)
        since = timestamp(NOW - (DAYS + 5) * 86_400)[:10]
        kinds = "pull_requests,issues,events"
        return [self._run(ground, "backfill.py", "--since", since, "--only", kinds)]

    def _run(self, ground: Ground, script: str, *arguments: str) -> Pipeline:
        place = {"GH_API_URL": ground.url, "GH_ORGS": ground.organisation.name, "GH_TOKEN": ground.token}
        command = [sys.executable, str(ROOT / script), *arguments]
        return ground.pipeline(command, name=" ".join([script, *arguments]), more={**place, "DB_URL": ground.db_url})

    def stored(self, ground: Ground) -> Objects:
        """Return what is stored."""
        return ground.objects(ITEMS, EVENTS)

    def count(self, ground: Ground) -> int:
        """Return the rows of what is compared."""
        return sum(number for name, number in ground.tables("public").items() if name in TABLES)
