"""The overview: what is the matter now, and the last whole month beside the one before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from reports.dashboard.screens.overview import FIGURES, is_hidden, value_of
from reports.dashboard.screens.small_groups import FLOOR, HIDDEN
from reports.output import HOUR, NOTHING, duration, number
from tests.reports.dashboard.organisation import BEFORE, LAST, NOW
from tests.reports.dashboard.pages import ask, figures, only, open_page, rows, texts

MONTHS = {"last": f"{LAST:%Y-%m}-01", "before": f"{BEFORE:%Y-%m}-01"}
OF_ALL = "level = 'organisation' AND org = 'acme'"


def test_it_has_the_last_whole_month_beside_the_one_before(organisation: Engine) -> None:
    page = open_page("overview")
    view = f"FROM pull_request_cycle_monthly WHERE {OF_ALL} AND month = :month"
    opened = [only(organisation, f"SELECT opened {view}", month=MONTHS[each]) for each in ("last", "before")]
    hours = [only(organisation, f"SELECT median_hours_to_merge {view}", month=MONTHS[each]) for each in MONTHS]
    tiles = {each.label: (each.value, each.delta) for each in page.metric}
    assert opened == [3, 2]
    assert tiles["Pull requests opened"] == ("3", "+1 (before: 2)")
    merge = (
        duration(hours[0] * HOUR),
        f"+{duration((hours[0] - hours[1]) * HOUR)} (before: {duration(hours[1] * HOUR)})",
    )
    assert tiles["Median to merge (n = 3)"] == merge


@pytest.mark.parametrize(
    ("label", "query"),
    [
        ("Open security alerts", "SELECT count(*) FROM open_alerts WHERE org = 'acme'"),
        ("Overdue security alerts", "SELECT count(*) FROM open_alerts WHERE org = 'acme' AND is_overdue"),
        ("CI jobs in the queue", "SELECT sum(queued) FROM queue_now WHERE org = 'acme'"),
    ],
)
def test_a_figure_is_the_views(organisation: Engine, label: str, query: str) -> None:
    value = only(organisation, query)
    assert value
    assert figures(open_page("overview"))[label] == number(value)


@pytest.mark.parametrize(("repo", "minutes"), [({}, 7), ({"repo": "x"}, 4), ({"repo": "y"}, 3)])
def test_minutes_of_repositories_are_added_up(organisation: Engine, repo: dict[str, str], minutes: int) -> None:
    query = "SELECT sum(minutes) FROM ci_minutes_monthly WHERE org = 'crowd' AND month = :last"
    if repo:
        query += f" AND repo = '{repo['repo']}'"
    assert only(organisation, query, last=MONTHS["last"]) == minutes
    assert figures(open_page("overview", org="crowd", **repo))["Minutes of CI"] == str(minutes)


def test_a_repository_has_its_own_figures(organisation: Engine) -> None:
    page = open_page("overview", repo="r")
    alerts = only(organisation, "SELECT count(*) FROM open_alerts WHERE org = 'acme' AND repo = 'r'")
    assert figures(page)["Open security alerts"] == number(alerts)
    assert "Not known by repository: Copilot users a day." in texts(page)


def test_a_team_lacks_what_is_not_known_of_teams(organisation: Engine) -> None:
    page = open_page("overview", team="core")
    assert "Not known by team: People who contributed, New people, Copilot users a day, Minutes of CI." in texts(page)
    assert figures(page)["Minutes of CI"] == NOTHING


def test_copilot_users_are_the_mean_of_the_days(organisation: Engine) -> None:
    query = "SELECT mean_daily_active_users, days FROM copilot_acceptance_monthly WHERE org = 'acme' AND month = :last"
    [copilot] = ask(organisation, query, last=MONTHS["last"])
    shown = figures(open_page("overview"))[f"Copilot users a day (n = {copilot['days']})"]
    mean = copilot["mean_daily_active_users"]
    assert shown == (HIDDEN if 0 < mean < FLOOR else number(mean))


@pytest.mark.parametrize(("mean", "hidden"), [(0, False), (0.4, True), (4.9, True), (5, False), (None, False)])
def test_few_copilot_users_are_hidden(mean: float | None, hidden: bool) -> None:
    [figure] = [each for each in FIGURES if each.column == "mean_daily_active_users"]
    row = {figure.column: mean}
    assert is_hidden(figure, row) == hidden
    assert value_of(figure, row) == (None if hidden else mean)


def test_the_lead_time_is_that_of_delivery(organisation: Engine) -> None:
    [delivery] = ask(
        organisation,
        f"SELECT median_lead_time_hours, n_lead_time_hours FROM delivery_monthly WHERE {OF_ALL} AND month = :last",
        last=MONTHS["last"],
    )
    label = f"Median lead time (n = {delivery['n_lead_time_hours']})"
    assert figures(open_page("overview"))[label] == duration(delivery["median_lead_time_hours"] * HOUR)


def test_a_short_period_has_the_same_figures_and_fewer_bars(organisation: Engine) -> None:
    whole, short = open_page("overview"), open_page("overview", period="30 days")
    assert figures(short) == figures(whole)
    begin = f"{(NOW - timedelta(days=30)).date().replace(day=1)}"
    expected = [row for row in rows(whole, "pull-requests-counts") if str(row["month"])[:10] >= begin]
    assert rows(short, "pull-requests-counts") == expected


def test_small_groups_are_hidden_as_on_the_page_people(organisation: Engine) -> None:
    people = f"SELECT active_people FROM contributors_monthly WHERE {OF_ALL} AND month = :month"
    assert 0 < only(organisation, people, month=MONTHS["last"]) < 5
    [tile] = [each for each in open_page("overview").metric if each.label == "People who contributed"]
    assert (tile.value, tile.delta) == (HIDDEN, "")


def test_what_no_job_has_read_is_not_nothing(organisation: Engine) -> None:
    shown = figures(open_page("overview", org="crowd"))
    assert shown["Open security alerts"] == shown["CI jobs in the queue"] == NOTHING
    assert shown["Current kinds of data"] == "0 of 0"


def test_it_names_what_is_not_current(organisation: Engine) -> None:
    [row] = [each for each in rows(open_page("overview"), "not-current") if each["kind"] == "issues"]
    assert row["state"] == "failed: GitHub says no"
