"""What a peer works with: the organisation, a database, a folder, and the way to GitHub's address."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text

from benchmarks.peers.environments import environment
from benchmarks.peers.measure import Pipeline
from benchmarks.peers.objects import Objects, objects
from benchmarks.peers.organisation import Organisation

Command = Sequence[str | Path]


@dataclass(frozen=True)
class Ground:
    """An empty PostgreSQL database (of our tables, for ours), an empty folder, and the environment of the proxy."""

    organisation: Organisation
    db_url: str
    folder: Path
    proxy: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where the sandbox is."""
        return self.organisation.sandbox.url

    @property
    def token(self) -> str:
        """Its token."""
        return self.organisation.sandbox.token

    @property
    def database(self) -> URL:
        """The database's URL in parts."""
        return make_url(self.db_url)

    def program(self, name: str, program: str) -> Path:
        """Return a program of a peer's environment, which is made if need be."""
        return environment(name) / program

    def pipeline(
        self, *commands: Command, name: str = "", output: str = "output.txt", more: Mapping[str, str] | None = None
    ) -> Pipeline:
        """Return a pipeline that runs in the folder, with nothing of our own environment."""
        settings = {"PATH": os.defpath, "HOME": str(self.folder), "LANG": "C.UTF-8", **self.proxy, **(more or {})}
        return Pipeline(commands, self.folder / output, settings, self.folder, name)

    def rows(self, sql: str, *, url: str | None = None) -> list[tuple[object, ...]]:
        """Return what a query finds, in the database or in another one."""
        engine = create_engine(url or self.db_url)
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(text(sql))]
        finally:
            engine.dispose()

    def objects(self, items: str, *events: str, url: str | None = None) -> Objects:
        """Make objects of queries: one of (repository, number, moment), others of (kind, count)."""
        kinds = [row for query in events for row in self.rows(query, url=url)]
        return objects(_items(self.rows(items, url=url)), [(str(kind), int(str(count))) for kind, count in kinds])

    def tables(self, schema: str) -> dict[str, int]:
        """Return the tables of a PostgreSQL schema, each with its number of rows."""
        names = self.rows(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'")
        counted = {str(name): self.rows(f'SELECT count(*) FROM "{schema}"."{name}"') for (name,) in names}
        return {name: int(str(rows[0][0])) for name, rows in counted.items()}


def _items(rows: Iterable[tuple[object, ...]]) -> list[tuple[str, int, str]]:
    return [(str(repository), int(str(number)), str(updated)) for repository, number, updated in rows]


class Peer(ABC):
    """A program that loads an organisation, as its users set it up: in words, and with which environments."""

    title: str
    settings: str
    packages: Sequence[str] = ()
    public_url: str = ""  # GitHub's address, where it is built in

    def prepare(self, ground: Ground) -> None:  # noqa: B027 - some take arguments alone
        """Write its configuration."""

    def settle(self, ground: Ground) -> Sequence[Pipeline]:  # noqa: ARG002 - for those that have something to do
        """Return what runs once between the first load and updates, beside the figures."""
        return []

    @abstractmethod
    def load(self, ground: Ground, *, update: bool) -> Sequence[Pipeline]:
        """Return what loads everything, or what changed since."""

    @abstractmethod
    def stored(self, ground: Ground) -> Objects:
        """Return what is stored."""

    @abstractmethod
    def count(self, ground: Ground) -> int:
        """Return how many rows or records are stored in all."""
