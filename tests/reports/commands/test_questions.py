"""Pull requests, issues, Copilot, alerts, the queue and health: what each report says of a small organisation."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib.contributions.sync.facts import follow_roles
from chalicelib.jobs.health import kinds_with_limits
from chalicelib.models import SyncRun
from chalicelib.settings import load_settings
from chalicelib.utils import utc_now
from reports.commands.health import OLDEST, state_of
from tests.reports.conftest import runner
from tests.views.world import World, may

Run = Callable[..., int]
Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(db: Session, db_url: str, capsys: pytest.CaptureFixture[str]) -> Answer:
    """A report of an organisation in which something happened, as JSON gives it."""
    world = World(db)
    pull = world.pull(may(4), by="zoe", merged_at=may(6))
    world.review(pull, may(5), "ada")
    world.pull(may(5), by="zoe", repo="web")
    world.pull(may(5), by="zoe", org="other", repo="r")
    issue = world.issue(may(4), by="zoe", closed_at=may(8))
    world.comment(issue, may(4, 12), "ada")
    for day, accepted in ((date(2026, 5, 11), 1), (date(2026, 5, 12), 5), (date(2026, 4, 1), 7)):
        world.copilot_day(day, 10, accepted)
    world.seat("ada", given=may(1), used=None)
    for org in ("acme", "other"):
        follow_roles(db, org)
    world.store_facts()
    db.commit()

    def answer(*arguments: str) -> dict[str, Any]:
        assert runner(db_url)(*arguments, "--format", "json") == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return answer


def test_pull_requests_by_month(ask: Answer) -> None:
    answer = ask("pull-requests", "--org", "Acme", "--since", "2026-05-10")
    assert answer["title"] == "Pull requests by month of Acme, since 2026-05-01"
    assert answer["summary"] == {"Opened": "2", "Merged": "1"}
    (row,) = answer["rows"]
    assert row == {
        "month": "2026-05-01", "org": "acme", "opened": 2, "merged": 1, "still_open": 1,
        "n_hours_to_first_response": 1, "median_hours_to_first_response": 24,
        "n_hours_to_first_review": 1, "median_hours_to_first_review": 24,
        "n_hours_to_merge": 1, "median_hours_to_merge": 48,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        ((), [("acme", 2), ("other", 1)]),
        (("--repo", "r"), [("acme", "r", 1), ("other", "r", 1)]),
        (("--repo", "ACME/r"), [("acme", "r", 1)]),
        (("--repo", "nothing"), []),
        (("--team", "nobodys"), []),
        (("--since", "2026-05-13"), []),
    ],
)
def test_whose_pull_requests_are_meant(ask: Answer, arguments: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    found = ask("pull-requests", "--by", "week", *arguments)["rows"]
    assert [tuple(row[name] for name in ("org", "repo", "opened") if name in row) for row in found] == rows
    assert {row["week"] for row in found} <= {"2026-05-04"}


def test_issues_by_week(ask: Answer) -> None:
    answer = ask("issues", "--by", "week", "--org", "acme")
    (row,) = answer["rows"]
    assert (row["week"], row["opened"], row["closed"], row["still_open"]) == ("2026-05-04", 1, 1, 0)
    assert (row["n_hours_to_first_response"], row["median_hours_to_first_response"]) == (1, 12)
    assert (row["n_hours_to_close"], row["median_hours_to_close"]) == (1, 96)


def test_copilot_of_four_weeks(ask: Answer) -> None:
    answer = ask("copilot", "--org", "acme")
    assert [(row["day"], row["acceptances"]) for row in answer["rows"]] == [("2026-05-11", 1), ("2026-05-12", 5)]
    assert answer["summary"] == {"Suggestions": "20", "Accepted": "30.0 %", "Seats of acme": "1, 1 idle (19 $ a month)"}
    assert len(ask("copilot", "--since", "90d")["rows"]) == 3


def test_a_team_without_copilot_has_no_rows(ask: Answer) -> None:
    assert ask("copilot", "--team", "core") == {
        "report": "copilot", "title": "Copilot by day of team core, since 2026-04-15",
        "summary": {"Suggestions": "0", "Accepted": "-"}, "view": "copilot_team_use_daily", "orgs": [], "as_of": None,
        "rows": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "view", "summary"),
    [
        (("alerts",), "open_alerts_by_age", {"Open": "0", "Overdue": "0"}),
        (("alerts", "--repo", "acme/api"), "open_alerts", {"Open": "0", "Overdue": "0"}),
        (("queue",), "queue_now", {"Queued": "0", "In progress": "0", "Longest wait now": "-"}),
        (("queue", "--since", "3d"), "queue_time_daily", {"Jobs": "0"}),
        (("health",), "data_health", {"Kinds of data": "0", "Failed": "0", "Old": "0", "Longest lag": "-"}),
    ],
)
def test_what_is_not_there_is_counted_as_none(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], view: str, summary: dict[str, str]
) -> None:
    assert run(*arguments, "--format", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["view"], answer["summary"], answer["rows"]) == (view, summary, [])


def test_health_says_what_failed(db: Session, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    now = utc_now()
    for step, status, error, note, age in (
        ("issues.new", "ok", None, "issues are not read", timedelta(minutes=5)),
        ("members", "failed", "GitHub answered 500", None, timedelta(hours=1)),
    ):
        then = now - age
        run_of = {"job": "daily", "org": "acme", "started_at": then, "finished_at": then}
        db.add(SyncRun(step=step, status=status, error=error, note=note, **run_of))
    db.commit()
    assert run("health", "--format", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [(row["kind"], row["note"], row["state"]) for row in answer["rows"]] == [
        ("issues", "issues are not read", "current"),
        ("members", None, "failed: GitHub answered 500"),
    ]
    assert (answer["summary"]["Kinds of data"], answer["summary"]["Failed"]) == ("2", "1")


@pytest.mark.parametrize(
    ("lag", "incomplete", "state"),
    [
        (None, 0, "never read completely"),
        (50 * 3600 + 1, 0, "old: more than 50 h"),
        (50 * 3600, 0, "current"),
        (60, 1, "current, but the last run stopped early"),
    ],
)
def test_a_state_in_a_few_words(lag: int | None, incomplete: int, state: str) -> None:
    assert state_of({"failed": 0, "error": None, "lag_seconds": lag, "incomplete": incomplete}) == state


def test_old_is_what_no_kind_may_be() -> None:
    assert max(limit for _, limit in kinds_with_limits(load_settings({}))) == OLDEST
