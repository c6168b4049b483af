"""What is said to a name that nothing stored has: it was answered with zeros."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from chalicelib.models import Organisation, Repository, Team
from tests.reports.boards import NOW

Run = Callable[..., int]


@pytest.fixture
def stored(db: Session) -> None:
    """An organisation with two repositories and a team, and a second one."""
    db.execute(insert(Organisation), [{"id": 1, "login": "acme"}, {"id": 2, "login": "other"}])
    for key, (org, name) in enumerate([("acme", "api"), ("acme", "web"), ("other", "tools")]):
        db.add(Repository(id=key, org=org, name=name, first_seen_at=NOW))
    db.add(Team(id=1, org="acme", slug="platform", name="Platform", first_seen_at=NOW))
    db.commit()


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("alerts --org acmee", "there is no organisation 'acmee': did you mean acme?"),
        ("health --org zzz", "there is no organisation 'zzz': choose one of acme, other"),
        ("queue --org zzz", "there is no organisation 'zzz': choose one of acme, other"),
        ("pull-requests --repo apii", "there is no repository 'apii': did you mean api?"),
        ("issues --org other --repo api", "there is no repository 'api' of other: choose one of tools"),
        ("alerts --repo zzz/api", "there is no organisation 'zzz': choose one of acme, other"),
        ("copilot --team platfrom", "there is no team 'platfrom': did you mean platform?"),
        ("pull-requests --team zzz", "there is no team 'zzz': choose one of platform"),
        ("export pull_requests --repo zzz", "there is no repository 'zzz': choose one of api, tools, web"),
        ("export pull_requests --org zzz", "there is no organisation 'zzz': choose one of acme, other"),
        ("queue --since 2026-05-14", "--since 2026-05-14 is in the future: today is 2026-05-13 (UTC)"),
        ("export issues --since 2027-01-01", "--since 2027-01-01 is in the future: today is 2026-05-13 (UTC)"),
    ],
)
def test_a_mistyped_name_is_one_sentence_with_the_choices(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: str, sentence: str
) -> None:
    assert run(*arguments.split()) == 2
    assert capsys.readouterr() == ("", f"error: {sentence}\n")


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("arguments", ["alerts --org ACME", "issues --repo Acme/API", "copilot --team PLATFORM"])
def test_names_may_be_spelled_in_any_case(run: Run, arguments: str) -> None:
    assert run(*arguments.split()) == 0


def test_no_name_is_wrong_where_nothing_is_stored_yet(run: Run) -> None:
    assert run("alerts", "--repo", "acme/api") == 0
