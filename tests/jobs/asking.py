"""A front end that asks the read API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.jobs.read_api import Reply, read
from chalicelib.models import create_db_session
from chalicelib.settings import Settings
from chalicelib.workflows.models import Runner, WorkflowJob
from tests.workflows.jobs import write

NAMES = ("jobs", "runners", "queue")
each_resource = pytest.mark.parametrize("name", NAMES)
on_postgresql = pytest.mark.parametrize(
    "db_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


class API:
    """Asks as a front end does, of a database in which rows can be written."""

    def __init__(self, db_url: str) -> None:
        self.environment = {"DB_URL": db_url, "GH_ORGS": "acme,globex"}

    @property
    def settings(self) -> Settings:
        return Settings(self.environment.get)

    def store(self, *rows: dict[str, Any]) -> None:
        """Store rows of jobs, or of runners, which have no run."""
        with create_db_session(self.environment["DB_URL"]) as session:
            for row in rows:
                write(session, WorkflowJob if "run_id" in row else Runner, row)
            session.commit()

    def ask(self, name: str, **parameters: str) -> Reply:
        return read(name, {key: [value] for key, value in parameters.items()}, self.settings)

    def rows(self, name: str, **parameters: str) -> list[dict[str, Any]]:
        """The rows of the only page."""
        reply = self.ask(name, **parameters)
        assert (reply.status, reply.body.get("next", "no next")) == (200, None), reply.body
        found: list[dict[str, Any]] = reply.body[name]
        return found

    def ids(self, name: str, **parameters: str) -> list[int]:
        return [row["id"] for row in self.rows(name, **parameters)]

    def error(self, name: str, **parameters: str) -> str:
        """What is said against a request."""
        reply = self.ask(name, **parameters)
        assert (reply.status, list(reply.body)) == (400, ["error"])
        return str(reply.body["error"])

    def pages(self, name: str, **parameters: str) -> Iterator[list[dict[str, Any]]]:
        """One page after another, to the last one."""
        after: dict[str, str] = {}
        while True:
            reply = self.ask(name, **parameters, **after)
            assert reply.status == 200, reply.body
            yield reply.body[name]
            if reply.body["next"] is None:
                return
            after = {"after": reply.body["next"]}
