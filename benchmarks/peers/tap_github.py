"""tap-github into target-postgres (Meltano, Singer): repository-wide lists alone, or reviews and commits as well."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.ground import Ground, Peer
from benchmarks.peers.measure import Pipeline, words_of
from benchmarks.peers.objects import Objects
from benchmarks.peers.organisation import DAYS, NOW
from sandbox.api.times import timestamp

CHEAP = ("issues", "issue_comments", "issue_events", "review_comments")
EACH_PULL = ("pull_requests", "reviews", "pull_request_commits")
SCHEMA = "tap"
CONFIG, CATALOG, STATE, TARGET, OUTPUT = "tap.json", "catalog.json", "state.json", "target.json", "states.txt"
ITEMS = f"SELECT org || '/' || repo, number, CAST(updated_at AS text) FROM {SCHEMA}.issues"
EVENTS = {
    "issue_comments": "SELECT 'commented', count(DISTINCT id) FROM {}",
    "issue_events": "SELECT event, count(DISTINCT id) FROM {} GROUP BY event",
    "review_comments": "SELECT 'line-commented', count(DISTINCT id) FROM {}",
    "reviews": "SELECT 'reviewed', count(DISTINCT id) FROM {}",
    "pull_request_commits": "SELECT 'committed', count(DISTINCT (org, repo, pull_number, sha)) FROM {}",
}


class TapGithub(Peer):
    """One set of streams."""

    packages = ("tap-github", "target-postgres")

    def __init__(self, title: str, streams: Sequence[str]) -> None:
        self.title, self.streams = title, streams
        names = ", ".join(f"`{name}`" for name in streams)
        self.settings = f"`organizations`, `api_url_base`, `start_date`; streams {names}; state kept between runs."

    def prepare(self, ground: Ground) -> None:
        """Write both configurations, and the catalogue with the streams selected."""
        start = timestamp(NOW - (DAYS + 5) * 86_400)
        config = {"auth_token": ground.token, "organizations": [ground.organisation.name], "start_date": start}
        (ground.folder / CONFIG).write_text(json.dumps({**config, "api_url_base": ground.url}))
        # Its driver is psycopg 3.
        url = ground.database.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        target = {"sqlalchemy_url": url, "default_target_schema": SCHEMA}
        (ground.folder / TARGET).write_text(json.dumps(target))
        catalog = json.loads(_discover(ground))
        for stream in catalog["streams"]:
            chosen = stream["tap_stream_id"] in self.streams
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = chosen
        (ground.folder / CATALOG).write_text(json.dumps(catalog))

    def load(self, ground: Ground, *, update: bool) -> Sequence[Pipeline]:
        """Return the tap into the target, which writes the states down; an update begins with the last one."""
        tap: list[str | Path] = [ground.program("tap-github", "tap-github"), "--config", CONFIG, "--catalog", CATALOG]
        if update:
            states = (ground.folder / OUTPUT).read_text().splitlines()
            (ground.folder / STATE).write_text(states[-1])
            tap += ["--state", STATE]
        target: list[str | Path] = [ground.program("target-postgres", "target-postgres"), "--config", TARGET]
        return [ground.pipeline(tap, target, output=OUTPUT)]

    def stored(self, ground: Ground) -> Objects:
        """Return what is stored."""
        known = ground.tables(SCHEMA)
        queries = [query.format(f"{SCHEMA}.{name}") for name, query in EVENTS.items() if name in known]
        return ground.objects(ITEMS, *queries)

    def count(self, ground: Ground) -> int:
        """Return the rows of all tables."""
        return sum(ground.tables(SCHEMA).values())


def _discover(ground: Ground) -> str:
    pipeline = ground.pipeline([ground.program("tap-github", "tap-github"), "--config", CONFIG, "--discover"])
    return words_of(pipeline)
