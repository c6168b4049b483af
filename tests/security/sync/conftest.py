from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.databases import fill_once
from tests.deliveries import SECRET
from tests.organisation import Organisation, organisation
from tests.security.sync.auditing import Make, keep_all, repositories


@pytest.fixture
def make(db_url: str) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(**plan: Any) -> Organisation:
            made = stack.enter_context(organisation(db_url, **{"items": 0, "days": 30, "repositories": 4, **plan}))
            made.environment |= {"SECURITY": "on", "CHECK_INACTIVE_YEARS": "50"}
            for repository in repositories(made):
                keep_all(repository)
            return made

        yield make


@pytest.fixture
def org(make: Make, db_url: str) -> Organisation:
    made = make()
    fill_once(db_url, ("checks", made.now()), lambda: made.run_job("daily"))
    made.sandbox.stats.reset()
    return made


@pytest.fixture
def quiet(db_url: str) -> Iterator[Organisation]:
    """An organisation in which nothing happens by itself, read once, with a webhook."""
    with organisation(db_url, items=0, days=5, repositories=2) as running:
        running.environment |= {"SECURITY": "on", "WEBHOOK_SECRET": SECRET}
        running.sandbox.world.stand_still()
        running.begin("daily")
        yield running
