"""GitHub tells any oddity: no run that ends well leaves what is not true, and three runs after the last all is true."""

from __future__ import annotations

import os
from contextlib import ExitStack
from random import Random

import pytest

from chalicelib.contributions.sync import timelines
from chalicelib.errors import ContributorMetricsError
from sandbox.world.happenings import KINDS, UNNOTICED
from sandbox.world.items import UNTOUCHING
from tests.contributions.test_ticks import assert_equal_to_truth
from tests.oddities import KNOWABLE, UNKNOWABLE
from tests.organisation import DAY, Organisation, organisation

pytestmark = pytest.mark.slow

# `make soak` runs 60; these are the first of the same.
TRIALS = 60 if "SOAK" in os.environ else 1
JOBS = ("nrt_events", "every_30_min", "daily")
NOTICED = tuple(kind for kind in KINDS if kind not in UNNOTICED or kind == "deleted")
LATER = 3  # runs


def run(org: Organisation) -> list[str]:
    """Run each job once; gives what failed."""
    failures = []
    for job in JOBS:
        try:
            org.run_job(job)
        except ContributorMetricsError as error:
            failures.append(f"{job}: {error}")
    return failures


def check(org: Organisation, about: str) -> None:
    try:
        assert_equal_to_truth(org, about, without=UNTOUCHING)
    except AssertionError as difference:
        raise AssertionError(f"{about}: {difference}") from difference


def live_on(org: Organisation, rng: Random) -> None:
    for _ in range(rng.randrange(4)):
        org.sandbox.world.happen(rng, NOTICED)
    org.advance(DAY + rng.randrange(3600))


def test_whatever_github_tells_the_truth_comes_out(db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(42)
    with organisation(db_url, items=40, days=20, repositories=4) as org:
        org.environment["EVENT_DAYS"] = "365"
        assert org.backfill("--since", "2026-01-01") == 0
        for trial in range(TRIALS):
            told = rng.sample(sorted(KNOWABLE | UNKNOWABLE), rng.randrange(1, 4))
            # Many timelines are read through GraphQL, few through REST.
            monkeypatch.setattr(timelines, "MANY", many := rng.choice((0, 20)))
            about = f"trial {trial}: {', '.join(told)}, more than {many} are many"
            with ExitStack() as telling:
                for name in told:
                    telling.enter_context((KNOWABLE | UNKNOWABLE)[name](org, rng))
                live_on(org, rng)
                if not run(org) and not UNKNOWABLE.keys() & set(told):
                    check(org, f"{about}, meanwhile")
            for later in range(LATER):
                live_on(org, rng)
                if not (failures := run(org)):
                    check(org, f"{about}, {later + 1} later")
            assert failures == [], about
