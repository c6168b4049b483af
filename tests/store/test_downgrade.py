"""A downgrade takes tables away with all that says that they were read: an upgrade and a run bring them back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select

from chalicelib.models import (
    AlertTransition,
    CodeScanningAlert,
    CopilotDay,
    CopilotTeamDay,
    CopilotUserDay,
    Cursor,
    DependabotAlert,
    Release,
    Repository,
    RepositoryCheck,
    SecretScanningAlert,
    SyncRun,
    Team,
    TeamMember,
    Watermark,
    create_db_session,
)
from tests.organisation import Organisation, organisation

pytestmark = pytest.mark.slow

LISTS = (Repository, Release, Team, TeamMember)
SECURITY = (DependabotAlert, SecretScanningAlert, CodeScanningAlert, AlertTransition, RepositoryCheck)
COPILOT = (CopilotDay, CopilotUserDay, CopilotTeamDay)


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """Once read, with more days of Copilot than are read again in each run."""
    sizes = {"items": 20, "people": 20, "days": 40, "copilot_days": 36, "repositories": 3, "alerts": 3}
    with organisation(db_url, **sizes) as org:
        org.environment |= {"COPILOT": "on", "SECURITY": "on"}
        org.run_job("daily")
        yield org


def keys(db_url: str, models: tuple[Any, ...]) -> dict[str, list[tuple[Any, ...]]]:
    """The keys of tables' rows, without the times at which this app first saw them."""
    found = {}
    with create_db_session(db_url) as session:
        for model in models:
            columns = [column for column in model.__table__.primary_key if column.name != "first_seen_at"]
            found[model.__tablename__] = [tuple(row) for row in session.execute(select(*columns).order_by(*columns))]
    return found


def go_back_and_forth(root: Path, db_url: str, revision: str) -> None:
    migrations = Config(root / "alembic.ini")
    migrations.attributes["db_url"] = db_url
    command.downgrade(migrations, revision)
    command.upgrade(migrations, "head")


CASES = {"Copilot": ("0002", COPILOT), "lists": ("0003", LISTS), "security": ("0007", SECURITY)}


@pytest.mark.parametrize(("revision", "models"), CASES.values(), ids=CASES)
def test_a_run_after_a_downgrade_and_an_upgrade_reads_again(
    org: Organisation, root: Path, revision: str, models: tuple[Any, ...]
) -> None:
    """Copilot's cursors stayed: days of more than four weeks ago never came back. So did the ledger's rows: all was
    current, said `health`, though the tables were empty.
    """
    before = keys(org.db_url, models)
    assert all(before.values())
    go_back_and_forth(root, org.db_url, revision)
    gone = {name.partition("_")[0] for name in before} if models is COPILOT else set(before) - {"alert_transitions"}
    assert not read_kinds(org.db_url) & gone
    assert "access" in read_kinds(org.db_url)
    org.run_job("daily")
    assert keys(org.db_url, models) == before


def read_kinds(db_url: str) -> set[str]:
    """What marks and the ledger say was read."""
    with create_db_session(db_url) as session:
        columns = (SyncRun.step, Watermark.name, Cursor.name)
        names = [name for column in columns for name in session.scalars(select(column))]
    return {name.removeprefix("whole:").partition(".")[0] for name in names}
