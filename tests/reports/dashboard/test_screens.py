from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from chalicelib.models import Organisation
from chalicelib.utils import format_utc
from reports.dashboard.frame import SCREENS
from tests.reports.dashboard.organisation import BEFORE, HOSTILE, LAST, NOW
from tests.reports.dashboard.pages import PATHS, ask, figures, only, open_page, rows, texts
from tests.views.world import World, may

MONTHS = {"last": f"{LAST:%Y-%m}-01", "before": f"{BEFORE:%Y-%m}-01"}
OF_ALL = "level = 'organisation' AND org = 'acme'"


@pytest.mark.parametrize("path", ["overview", "pull-requests"])
def test_a_page_says_as_of_when_it_is(organisation: Engine, path: str) -> None:
    assert f"As of {NOW:%Y-%m-%d %H:%M} UTC." in [each.value for each in open_page(path).caption]


def test_a_page_of_data_that_no_job_brings_up_to_date_says_so(organisation: Engine) -> None:
    assert "No job has brought this data up to date in 30 days: see the page Data." in texts(open_page("issues"))


@pytest.mark.parametrize("path", PATHS)
def test_each_page_is_filled_and_says_where_its_numbers_come_from(organisation: Engine, path: str) -> None:
    page = open_page(path)
    assert not page.exception
    assert [each.value for each in page.error] == []
    assert [each.value for each in page.title] == [screen.title for screen in SCREENS if screen.path == path]
    assert "acme" in page.markdown[0].value
    assert "From `" in texts(page)


@pytest.mark.parametrize("by", ["month", "week"])
def test_pull_requests_by_period_are_the_views(organisation: Engine, by: str) -> None:
    page = open_page("pull-requests", by=by)
    shown = rows(page, "pull-requests-hours")
    columns = ", ".join(shown[0])
    expected = ask(organisation, f"SELECT {columns} FROM pull_request_cycle_{by}ly WHERE {OF_ALL} ORDER BY {by}")
    assert [without(each, by) for each in shown] == [without(each, by) for each in expected]
    assert rows(page, "pull-requests-counts") == shown
    opened = only(organisation, f"SELECT sum(opened) FROM pull_request_cycle_{by}ly WHERE {OF_ALL}")
    assert figures(page)[f"Opened in these {by}s"] == str(opened)


def without(row: dict[str, Any], by: str) -> dict[str, Any]:
    """A row whose period is a text on each database."""
    return {**row, by: str(row[by])[:10]}


def test_sizes_add_up_the_months_smallest_first(organisation: Engine) -> None:
    shown = rows(open_page("pull-requests"), "sizes")
    expected = ask(
        organisation, f"SELECT size, sum(merged) AS merged FROM pull_request_sizes_monthly WHERE {OF_ALL} GROUP BY size"
    )
    assert {each["size"]: each["merged"] for each in shown} == {each["size"]: each["merged"] for each in expected}
    assert [each["size"] for each in shown] == ["S"]


def test_the_review_load_names_nobody(organisation: Engine) -> None:
    page = open_page("pull-requests")
    shown = rows(page, "review-load")
    assert (
        sum(each["reviews"] for each in shown)
        == only(organisation, "SELECT sum(reviews) FROM review_load_weekly WHERE org = 'acme'")
        == 5
    )
    assert {each["percent_by_one"] for each in shown} == {100}
    assert "bob" not in texts(page) + repr(shown)


def test_the_review_load_begins_with_the_week_in_which_the_period_begins(
    engine: Engine, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It began with the first whole week, other than the page's other charts."""
    monkeypatch.setenv("DB_URL", db_url)
    monkeypatch.setattr("chalicelib.utils.utc_now", lambda: datetime(2026, 6, 12, 9, tzinfo=UTC))
    with Session(engine) as session:
        session.execute(insert(Organisation), [{"id": 1, "login": "acme"}])
        world = World(session)
        item = world.pull(may(2), "ada")
        for day in (10, 11, 12, 19):  # the period begins on Wednesday 13
            world.review(item, may(day, 9), "bob")
        world.store_facts()
        session.commit()
    found = rows(open_page("pull-requests", period="30 days"), "review-load")
    assert [(str(each["week"])[:10], each["reviews"]) for each in found] == [("2026-05-11", 2), ("2026-05-18", 1)]


def test_stale_pull_requests_are_listed(organisation: Engine) -> None:
    page = open_page("pull-requests")
    [row] = rows(page, "stale")
    assert row["title"] == HOSTILE
    [expected] = ask(
        organisation, "SELECT days_idle, waiting_for FROM stale_pull_requests WHERE org = 'acme' AND days_idle >= 30"
    )
    assert {name: row[name] for name in expected} == expected
    assert figures(page)["Stale"] == "1"


def test_issues_by_month_are_the_views(organisation: Engine) -> None:
    page = open_page("issues")
    shown = rows(page, "issues-hours")
    expected = ask(organisation, f"SELECT {', '.join(shown[0])} FROM issue_cycle_monthly WHERE {OF_ALL} ORDER BY month")
    assert [without(each, "month") for each in shown] == [without(each, "month") for each in expected]


def test_the_backlog_is_the_views(organisation: Engine) -> None:
    shown = rows(open_page("issues"), "backlog")
    query = f"SELECT day, open_items FROM open_backlog_daily WHERE {OF_ALL} AND kind = 'issue' ORDER BY day"
    expected = [(str(each["day"])[:10], each["open_items"]) for each in ask(organisation, query)]
    assert [(str(each["day"])[:10], each["open_items"]) for each in shown] == expected


def test_what_waits_for_us_is_the_views(organisation: Engine) -> None:
    page = open_page("issues")
    [row] = rows(page, "waiting")
    where = "org = 'acme' AND kind = 'issue' AND waiting_for = 'us'"
    [expected] = ask(organisation, f"SELECT number, username FROM first_responses_pending WHERE {where}")
    assert {name: row[name] for name in expected} == expected
    assert (figures(page)["Wait for us"], figures(page)["Never answered by us"]) == ("1", "1")
    [trend] = rows(page, "trending")
    assert (trend["title"], trend["comments"]) == (HOSTILE, 1)


@pytest.mark.parametrize("unit", ["issues", "points"])
def test_a_sprint_is_the_views(organisation: Engine, unit: str) -> None:
    page = open_page("sprints", unit=unit)
    where = "WHERE project_id = 'P_acme1' AND iteration_id = 's2'"
    for key, column in (("burndown", f"open_{unit}"), ("burnup", f"done_{unit}")):
        expected = ask(organisation, f"SELECT {column} FROM sprint_{key} {where} ORDER BY day")
        assert [each[column] for each in rows(page, key)] == [each[column] for each in expected]
    total = only(organisation, f"SELECT total_{unit} FROM sprint_report {where}")
    assert figures(page)["Total opened"] == f"{total:.0f}"
    progress = ask(
        organisation, f"SELECT {unit} FROM deliverable_progress WHERE project_id = 'P_acme1' ORDER BY deliverable"
    )
    assert [each[unit] for each in rows(page, "deliverables")] == [each[unit] for each in progress]


def test_a_board_and_a_sprint_are_chosen_by_the_url(organisation: Engine) -> None:
    page = open_page("sprints", board="2 Twin", sprint="2026-04-06 Sprint 2")
    assert page.selectbox(key="board").value == "2 Twin"
    assert figures(page)["Sprint start date"] == "2026-04-06"
    assert "No day of this sprint has a row yet." in texts(page)


def test_a_board_without_sprints_says_what_to_do(organisation: Engine) -> None:
    page = open_page("sprints", board="3 Twin")
    assert "This board has no sprints. `GH_PROJECT_FIELDS`" in texts(page)


def test_the_data_page_is_the_ledger(organisation: Engine) -> None:
    page = open_page("data")
    health = ask(organisation, "SELECT kind, failed, note FROM data_health WHERE org = 'acme' ORDER BY kind")
    shown = [(each["kind"], each["note"]) for each in rows(page, "health")]
    assert shown == [(each["kind"], each["note"]) for each in health]
    assert any(note for _, note in shown)
    assert figures(page)["Failed"] == str(sum(each["failed"] for each in health)) == "1"
    steps = ask(organisation, "SELECT step FROM sync_runs WHERE org = 'acme' AND started_at >= :since ORDER BY id DESC",
                since=format_utc(NOW - timedelta(days=365)))  # fmt: skip
    assert [each["step"] for each in rows(page, "ledger")] == [each["step"] for each in steps]
    [rejected] = rows(page, "rejected")
    assert (rejected["kind"], rejected["reason"], rejected["records"]) == ("issues", HOSTILE, 1)
