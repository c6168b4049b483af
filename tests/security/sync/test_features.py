"""How many repositories have which of GitHub's security features, by day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.models import RepositoryCheck, SecurityFeatureDay, create_db_session
from tests.databases import fill_once
from tests.organisation import DAY, ORG, Organisation, organisation
from tests.security.conftest import rows_of, run_steps

STEPS = ("repository_checks", "repository_checks.features")
COUNTS = ("enabled", "disabled", "unknown")


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=0, days=30, repositories=4) as made:
        made.environment["SECURITY"] = "on"
        first, second, third, archived = made.sandbox.world.repositories.values()
        for one in (first, second, third, archived):
            one.archived, one.private = one is archived, False
            one.security.secret_scanning = one.security.dependabot = one is not second
            one.security.push_protection = one is first
        fill_once(db_url, ("features", made.now()), lambda: made.run_job("daily"))
        yield made


def counts(org: Organisation) -> dict[str, dict[str, tuple[int, ...]]]:
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for row in rows_of(org.db_url, SecurityFeatureDay):
        found.setdefault(str(row["day"]), {})[row["feature"]] = tuple(row[name] for name in COUNTS)
    return found


def run(org: Organisation, *steps: str) -> Any:
    return run_steps(org.settings, ORG, org.now(), steps or STEPS)


def test_each_day_has_its_counts(org: Organisation) -> None:
    first, second, *_ = org.sandbox.world.repositories.values()
    today = counts(org)["2026-06-15"]
    assert today["secret_scanning"] == (2, 1, 0)
    assert today["secret_scanning_push_protection"] == (1, 2, 0)
    assert today["dependabot_alerts"] == (2, 1, 0)
    assert {sum(found) for found in today.values()} == {3}
    assert len(today) == 5
    first.security.dependabot, second.security.dependabot = False, False
    org.advance(DAY)
    assert {told.status for told in run(org).values()} == {"ok"}
    assert counts(org)["2026-06-16"]["dependabot_alerts"] == (1, 2, 0)
    assert counts(org)["2026-06-15"] == today


def test_what_github_does_not_tell_is_unknown(org: Organisation) -> None:
    first = next(iter(org.sandbox.world.repositories.values()))
    org.sandbox.graphql.update(broken={first.full_name: "hasVulnerabilityAlertsEnabled"})
    run(org)
    assert counts(org)["2026-06-15"]["dependabot_alerts"] == (1, 1, 1)
    with create_db_session(org.db_url) as session:
        session.query(RepositoryCheck).delete()
        session.commit()
    run(org, "repository_checks.features")
    assert counts(org)["2026-06-15"]["dependabot_alerts"] == (0, 0, 3)


def test_only_the_scope_is_counted(org: Organisation) -> None:
    org.environment["GH_REPOS"] = next(iter(org.sandbox.world.repositories.values())).full_name
    org.advance(DAY)
    run(org)
    assert counts(org)["2026-06-16"]["secret_scanning"] == (1, 0, 0)
