"""Airbyte's source-github: the records of its streams, as JSON."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.ground import Ground, Peer
from benchmarks.peers.measure import Pipeline, words_of
from benchmarks.peers.objects import Objects, objects
from benchmarks.peers.organisation import DAYS, NOW
from benchmarks.peers.records import records
from sandbox.api.times import timestamp

STREAMS = ("issues", "comments", "issue_events", "review_comments", "pull_request_commits")
OVER_GRAPHQL = ("reviews",)
# As its stream of reviews does.
QUERY = """{ repository(owner: "%s", name: "%s") {
    pullRequests(first: 1) { nodes { reviews(first: 1) { nodes { databaseId submittedAt commit { oid } } } } } } }"""
CONFIG, CATALOG, STATE, OUTPUT = "config.json", "catalog.json", "state.json", "messages.jsonl"
KINDS = {"comments": "commented", "review_comments": "line-commented", "reviews": "reviewed"}


class Airbyte(Peer):
    """The source alone: its destinations are images, not packages."""

    title = "airbyte-source-github"
    settings = (
        "`repositories` of the organisation, `api_url`, four workers as it comes; streams "
        + ", ".join(f"`{name}`" for name in STREAMS)
        + ". Not `issue_timeline_events`: of each kind it keeps one event an item. Records go into a file, for its "
        "destinations are container images."
    )
    packages = ("airbyte",)

    def prepare(self, ground: Ground) -> None:
        """Write its configuration, and the catalogue of the streams."""
        config = {
            "credentials": {"option_title": "PAT Credentials", "personal_access_token": ground.token},
            "repositories": [f"{ground.organisation.name}/*"],
            "start_date": timestamp(NOW - (DAYS + 5) * 86_400),
            "api_url": ground.url,
        }
        (ground.folder / CONFIG).write_text(json.dumps(config))
        wanted = {*STREAMS, *self._over_graphql(ground)}
        streams = [_configured(stream) for stream in _discover(ground) if stream["name"] in wanted]
        (ground.folder / CATALOG).write_text(json.dumps({"streams": streams}))

    def _over_graphql(self, ground: Ground) -> Sequence[str]:
        """Return the streams that ask by GraphQL, if the sandbox knows their query: else they try again for hours."""
        owner, _, name = ground.organisation.repositories[0].partition("/")
        known = ground.organisation.answers(QUERY % (owner, name))
        words = "`reviews` as well, over GraphQL" if known else "Not `reviews`: the sandbox doesn't know its query"
        self.settings = f"{type(self).settings} {words}."
        return OVER_GRAPHQL if known else ()

    def load(self, ground: Ground, *, update: bool) -> Sequence[Pipeline]:
        """Return a read of the streams; an update begins with the last states."""
        command = [_program(ground), "read", "--config", CONFIG, "--catalog", CATALOG]
        if update:
            (ground.folder / STATE).write_text(json.dumps(_states(ground)))
            command += ["--state", STATE]
        return [ground.pipeline(command, output=OUTPUT)]

    def stored(self, ground: Ground) -> Objects:
        """Return what the records hold: each object once."""
        items: dict[tuple[str, int], str] = {}
        keys: dict[str, set[Any]] = defaultdict(set)
        for stream, data in _records(ground):
            if stream == "issues":
                items[data["repository"], data["number"]] = data["updated_at"]
            elif stream == "issue_events":
                keys[data["event"]].add(data["id"])
            elif stream == "pull_request_commits":
                keys["committed"].add((data["repository"], data["pull_number"], data["sha"]))
            else:
                keys[KINDS[stream]].add(data["id"])
        rows = [(*item, updated) for item, updated in items.items()]
        return objects(rows, [(kind, len(found)) for kind, found in keys.items()])

    def count(self, ground: Ground) -> int:
        """Return how many records were written."""
        return sum(1 for _ in _records(ground))


def _program(ground: Ground) -> str:
    return str(ground.program("airbyte", "source-github"))


def _discover(ground: Ground) -> list[dict[str, Any]]:
    pipeline = ground.pipeline([_program(ground), "discover", "--config", CONFIG])
    messages = map(json.loads, words_of(pipeline).splitlines())
    return next(list(one["catalog"]["streams"]) for one in messages if one["type"] == "CATALOG")


def _configured(stream: dict[str, Any]) -> dict[str, Any]:
    incremental = "incremental" in stream["supported_sync_modes"]
    modes = {"sync_mode": "incremental" if incremental else "full_refresh"}
    modes["destination_sync_mode"] = "append_dedup" if incremental else "overwrite"
    return {"stream": stream, **modes, "cursor_field": stream.get("default_cursor_field") or []}


def _records(ground: Ground) -> list[tuple[str, dict[str, Any]]]:
    messages = (one["record"] for one in records(ground.folder / OUTPUT) if one["type"] == "RECORD")
    return [(record["stream"], record["data"]) for record in messages]


def _states(ground: Ground) -> list[dict[str, Any]]:
    states = [one["state"] for one in records(ground.folder / OUTPUT) if one["type"] == "STATE"]
    return list({state["stream"]["stream_descriptor"]["name"]: state for state in states}.values())
