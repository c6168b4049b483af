from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.databases import fill_once
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
