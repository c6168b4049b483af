"""github-to-sqlite: issues, pull requests and comments of each repository, into SQLite."""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks.peers.ground import Ground, Peer
from benchmarks.peers.measure import Pipeline
from benchmarks.peers.objects import Objects
from benchmarks.peers.proxy import GITHUB

DATABASE, AUTH = "github.db", "auth.json"
COMMANDS = ("issues", "pull-requests", "issue-comments")
TABLES = ("issues", "pull_requests", "issue_comments")
ITEMS = "SELECT repos.full_name, issues.number, issues.updated_at FROM issues JOIN repos ON repos.id = issues.repo"
EVENTS = "SELECT 'commented', count(*) FROM issue_comments"
EACH = 'for repository in "$@"; do for what in {}; do "$program" $what {} "$repository" || exit 1; done; done'


class GithubToSqlite(Peer):
    """Its three commands for each repository, one after the other."""

    title = "github-to-sqlite"
    settings = (
        "`issues`, `pull-requests` and `issue-comments` for each repository, into SQLite; it knows no other database, "
        "and no update: each run reads all again."
    )
    packages = ("github-to-sqlite",)
    public_url = f"https://{GITHUB}"

    def prepare(self, ground: Ground) -> None:
        """Write its token's file."""
        (ground.folder / AUTH).write_text(json.dumps({"github_personal_token": ground.token}))

    def load(self, ground: Ground, *, update: bool) -> Sequence[Pipeline]:  # noqa: ARG002 - it knows no update
        """Return the loop over repositories."""
        loop = EACH.format(" ".join(COMMANDS), DATABASE)
        program = {"program": str(ground.program("github-to-sqlite", "github-to-sqlite"))}
        return [ground.pipeline(["/bin/sh", "-c", loop, "each", *ground.organisation.repositories], more=program)]

    def _url(self, ground: Ground) -> str:
        return f"sqlite:///{ground.folder / DATABASE}"

    def stored(self, ground: Ground) -> Objects:
        """Return what is stored."""
        return ground.objects(ITEMS, EVENTS, url=self._url(ground))

    def count(self, ground: Ground) -> int:
        """Return the rows of its three tables."""
        return sum(
            int(str(ground.rows(f"SELECT count(*) FROM {name}", url=self._url(ground))[0][0])) for name in TABLES
        )
