"""Perceval (GrimoireLab): issues and pull requests of each repository, as JSON records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmarks.peers.ground import Ground, Peer
from benchmarks.peers.measure import Pipeline
from benchmarks.peers.objects import Objects, objects
from benchmarks.peers.proxy import GITHUB
from benchmarks.peers.records import records, repository_of
from sandbox.api.times import timestamp

OUTPUT = "records.jsonl"
EACH = (
    'for repository in "$@"; do for category in issue pull_request; do '
    '"$program" github "${repository%/*}" "${repository#*/}" -t "$token" --sleep-for-rate --json-line '
    '--category $category --from-date "$since" || exit 1; done; done'
)


class Perceval(Peer):
    """Both of its categories for each repository."""

    title = "perceval"
    settings = (
        "`perceval github OWNER REPO --category issue`, then `--category pull_request`, `--sleep-for-rate`, JSON lines "
        "into a file; updates with `--from-date` of the newest record. (GrimoireLab puts the records into "
        "OpenSearch.)"
    )
    packages = ("perceval",)
    public_url = f"https://{GITHUB}"

    def load(self, ground: Ground, *, update: bool) -> Sequence[Pipeline]:
        """Return the loop over repositories."""
        since = "1980-01-01"
        if update:
            since = timestamp(int(max(one["updated_on"] for one in records(ground.folder / OUTPUT))))
        settings = {
            "program": str(ground.program("perceval", "perceval")),
            "token": ground.token,
            "since": since,
        }
        command = ["/bin/sh", "-c", EACH, "each", *ground.organisation.repositories]
        return [ground.pipeline(command, output=OUTPUT, more=settings)]

    def stored(self, ground: Ground) -> Objects:
        """Return what the newest record of each item says."""
        items: dict[tuple[str, int], str] = {}
        kinds: dict[tuple[str, str, int], int] = {}
        for record in records(ground.folder / OUTPUT):
            data, category = record["data"], record["category"]
            name = repository_of(data["url"])
            if category == "issue":
                items[name, data["number"]] = data["updated_at"]
                kinds["commented", name, data["number"]] = len(data["comments_data"])
            else:
                kinds["reviewed", name, data["number"]] = len(data["reviews_data"])
                kinds["line-commented", name, data["number"]] = len(data["review_comments_data"])
                kinds["committed", name, data["number"]] = len(data["commits_data"])
        counted: Counter[str] = Counter()
        for (kind, _, _), number in kinds.items():
            counted[kind] += number
        return objects([(*item, updated) for item, updated in items.items()], counted.items())

    def count(self, ground: Ground) -> int:
        """Return how many records were written."""
        return sum(1 for _ in records(ground.folder / OUTPUT))
