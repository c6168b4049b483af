"""Rows whose repositories' ids are not known: those of older versions, and those that only a name leads to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, select, text, update

from chalicelib.errors import JobFailedError
from chalicelib.models import Base, Event, EventPoll, Issue, Transfer, create_db_session
from tests.contributions.identities.conftest import (
    JOBS,
    asked,
    filled,
    fullest,
    names,
    repository_row,
    take_over,
    values,
    values_of,
)
from tests.contributions.sync.test_timelines import assert_equal_to_timelines
from tests.organisation import ORG, Organisation

pytestmark = pytest.mark.slow


def forget(org: Organisation, root: Path) -> None:
    """Make the database one of the version before, and migrate it again."""
    config = Config(root / "alembic.ini")
    config.attributes["db_url"] = org.db_url
    command.downgrade(config, "0004")
    with create_engine_of(org) as connection:
        connection.execute(text("CREATE VIEW my_own AS SELECT id, org, repo FROM issues"))
    command.upgrade(config, "head")


@contextmanager
def create_engine_of(org: Organisation) -> Iterator[Any]:
    engine = create_engine(org.db_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("form", ["new", "legacy"])
@pytest.mark.parametrize("was_listed", [True, False], ids=["listed since", "not listed since"])
def test_an_older_database_learns_its_repositories_ids(
    org: Organisation, root: Path, form: str, was_listed: bool
) -> None:
    repository, before = fullest(org), fullest(org).name
    org.sandbox.world.rename_repository(repository, "shelf")
    forget(org, root)
    with create_db_session(org.db_url) as session:
        if was_listed:  # by the version before, which let no other table follow
            repositories = Base.metadata.tables["repositories"]
            session.execute(update(repositories).where(repositories.c.id == repository.id).values(name="shelf"))
        if form == "legacy":
            session.execute(update(Issue).values(node_id="MDU6SXNzdWUx"))
        session.commit()
    org.run_job("every_30_min")
    for table in ("issues", "pull_requests", "events"):
        assert before not in names(org, table)
    assert repository_row(org, repository).renamed_from == before
    known = dict(values_of(org, select(Issue.id, Issue.repository_id)))
    assert known == {item.id: item.repository.id for item in org.sandbox.world.items.values() if not item.is_pull}
    org.sandbox.stats.reset()
    org.run_job("daily")
    assert asked(org, "/issues/", "/repos/<owner>/<repo>/issues") == 0
    org.assert_equal_to_truth()
    with create_engine_of(org) as connection:
        assert "shelf" in set(connection.execute(text("SELECT repo FROM my_own")).scalars())


def test_an_older_database_knows_its_rows_from_those_of_a_stranger_with_the_name(org: Organisation, root: Path) -> None:
    repository = fullest(org)
    stranger = take_over(org, repository)
    forget(org, root)
    for _ in range(2):
        for job in JOBS:
            org.run_job(job)
    assert values(org, select(Transfer)) == []
    assert {row.repository_id for row in values(org, select(Issue).where(Issue.repo == "shelf"))} == {repository.id}
    assert {row.repository_id for row in values(org, select(Issue).where(Issue.repo == stranger.name))} == {stranger.id}
    org.assert_equal_to_truth()
    assert_equal_to_timelines(org)


def test_an_older_database_lets_go_of_a_repository_that_had_moved(db_url: str, root: Path) -> None:
    with filled(db_url, organisations=(ORG, "globex")) as org:
        org.environment["GH_ORGS"] = ORG
        repository, world = fullest(org), org.sandbox.world
        forget(org, root)
        with create_engine_of(org) as connection:
            connection.execute(text(f"DELETE FROM repositories WHERE id = {repository.id}"))
        world.move_repository(repository, world.organisations["globex"])
        org.sandbox.stats.reset()
        for _ in range(2):
            org.run_job("daily")
        assert asked(org, "/issues/", "/repositories/<int:repository_id>") == 1
        assert repository_row(org, repository).moved_to == f"globex/{repository.name}"
        assert org.stored("issues").keys().isdisjoint(repository.items)


def test_where_only_a_name_is_known_no_stranger_s_timeline_is_stored(org: Organisation) -> None:
    repository = fullest(org)
    rows = [item.id for item in repository.items.values() if not item.is_pull]
    with create_db_session(org.db_url) as session:
        session.execute(update(Issue).where(Issue.id.in_(rows)).values(repository_id=None, node_id="MDU6SXNzdWUx"))
        session.execute(update(EventPoll).values(issue_updated_at=org.now().replace(year=2000)))
        session.commit()
    before = values_of(org, select(Event.id, Event.issue_id).where(Event.issue_id.in_(rows)).order_by(Event.id))
    take_over(org, repository)
    with pytest.raises(JobFailedError, match="GitHub shows another item there"):
        org.run_job("nrt_events")
    after = values_of(org, select(Event.id, Event.issue_id).where(Event.issue_id.in_(rows)).order_by(Event.id))
    assert after == before
    assert "a stranger's word" not in values(org, select(Event.body).where(Event.issue_id.in_(rows)))
    org.run_job("daily")  # asks, and learns whose they are
    org.run_job("nrt_events")
    assert values(org, select(Transfer)) == []
    org.assert_equal_to_truth()
    assert_equal_to_timelines(org)
