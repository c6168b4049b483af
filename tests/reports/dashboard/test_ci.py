from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from chalicelib.utils import shown
from tests.reports.dashboard.data_ci import HOSTED, OWN
from tests.reports.dashboard.organisation import HOSTILE, NOW
from tests.reports.dashboard.pages import ask, figures, only, open_page, rows, texts

ACME = "org = 'acme'"
OF_R = f"{ACME} AND repo = 'r'"
HOSTILE_SHOWN = shown(HOSTILE)
ORG = f"level = 'organisation' AND {ACME}"


def agree(page: AppTest, key: str, engine: Engine, query: str, **values: Any) -> int:
    """Compare a page's table with what plain SQL says of the same columns; gives how many rows it has."""
    shown = rows(page, key)
    expected = ask(engine, query, **values)
    assert shown
    assert [{name: alike(row[name]) for name in expected[0]} for row in shown] == [
        {name: alike(value) for name, value in row.items()} for row in expected
    ]
    return len(shown)


def alike(value: Any) -> Any:
    """Days and times as SQLite has them, and numbers to a digit that a sum's order doesn't change."""
    if isinstance(value, date) or hasattr(value, "isoformat"):
        return str(value)[:10]
    if value is None or isinstance(value, str):
        return value
    return round(float(value), 6)


# Now


def test_jobs_are_counted_by_what_they_do(organisation: Engine) -> None:
    page = open_page("ci")
    counted = {
        row["state"]: row["jobs"]
        for row in ask(organisation, f"SELECT state, count(*) AS jobs FROM jobs_now WHERE {ACME} GROUP BY state")
    }
    assert counted == {"queued": 4, "waiting": 2, "pending": 1, "in_progress": 5, "completed": 6, "abandoned": 1}
    tiles = figures(page)
    assert [tiles[name] for name in ("Queued for a runner", "Wait for something else", "In progress")] == [
        "4",
        "3",
        "5",
    ]
    assert (tiles["Ended within the last hour"], tiles["Given up within the last hour"]) == ("6", "1")
    lengths = {key: len(rows(page, f"jobs-{key}")) for key in ("waiting", "running", "over")}
    assert lengths == {"waiting": 7, "running": 5, "over": 7}
    assert (tiles["To approve"], tiles["Open"], tiles["Given up"]) == ("3", "3", "1")


def test_jobs_that_wait_say_for_what_and_since_when(organisation: Engine) -> None:
    page = open_page("ci")
    columns = "state, repo, workflow_name, name, label_set, environment, head_branch, html_url"
    shown = rows(page, "jobs-waiting")
    assert (
        agree(
            page,
            "jobs-waiting",
            organisation,
            f"SELECT {columns} FROM jobs_now WHERE {ACME} AND state IN ('queued', 'waiting', 'pending') "
            "ORDER BY CASE state WHEN 'queued' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END, state_since, "
            "repo, workflow_name, name, html_url",
        )
        == 7
    )
    assert [row["queue_wait_seconds"] is None for row in shown] == [False] * 4 + [True] * 3
    assert {row["environment"] for row in shown if row["state"] == "waiting"} == {"production"}
    [hostile] = [row for row in shown if row["name"] == HOSTILE]
    assert (hostile["label_set"], hostile["head_branch"]) == (HOSTILE, HOSTILE)
    # What is listed is a table; what is written as Markdown has none of it.
    assert "[a](https" not in texts(page)


def test_the_picture_says_how_old_it_is(organisation: Engine) -> None:
    said = texts(open_page("ci"))
    told, read = (NOW - timedelta(minutes=minutes) for minutes in (7, 4))
    assert f"Last webhook about a job: {told:%Y-%m-%d %H:%M} UTC." in said
    assert f"Jobs last read from GitHub: {read:%Y-%m-%d %H:%M} UTC." in said


def test_github_itself_is_said_to_be_slow(organisation: Engine) -> None:
    page = open_page("ci")
    [warning] = [each.value for each in page.warning]
    assert warning.startswith("Jobs may wait because of GitHub: it says that Actions is “degraded performance”")
    assert [(row["kind"], row["name"], row["state"]) for row in rows(page, "github-troubles")] == [
        ("incident", HOSTILE, "major"),
        ("disturbed part", "Actions", "degraded_performance"),
    ]
    assert f"read {NOW:%Y-%m-%d %H:%M} UTC" in texts(page)


def test_a_repository_has_its_own_jobs_and_runs(organisation: Engine) -> None:
    page = open_page("ci", repo="r")
    assert (figures(page)["Queued for a runner"], figures(page)["In progress"]) == ("3", "2")
    assert (figures(page)["Open"], "To approve" in figures(page)) == ("1", False)
    assert {row["repo"] for key in ("waiting", "running", "over") for row in rows(page, f"jobs-{key}")} == {"r"}
    # The queue is known of the organisation only, and says so.
    assert (
        agree(
            page,
            "queue-now",
            organisation,
            f"SELECT label_set, queued, in_progress FROM queue_now WHERE {ACME} ORDER BY queued DESC, label_set",
        )
        == 2
    )
    assert "Known for the organisation only: these are all of acme's." in texts(page)


def test_an_old_run_to_approve_is_left_out_of_a_shorter_period(organisation: Engine) -> None:
    page = open_page("ci", period="30 days")
    assert figures(page)["To approve"] == "2"


def test_what_is_not_there_is_said(organisation: Engine) -> None:
    said = texts(open_page("ci", org="other"))
    for sentence in ("No job waits", "No runner has a job", "No job is open", "Every run that is known has ended."):
        assert sentence in said
    assert "Last webhook about a job: never: docs/webhook.md says how to set it up." in said
    assert "Jobs last read from GitHub: not within 30 days." in said


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ("Queue time", "No job of this time has a queue time"),
        ("Runners", "No self-hosted runner of this organisation is listed."),
        ("Workflows", "No run was made in this time"),
        ("Deployments", "No deployment to production is known. Only webhooks tell of them"),
    ],
)
def test_each_part_without_data_says_what_to_do(organisation: Engine, part: str, sentence: str) -> None:
    page = open_page("ci", org="other", part=part)
    assert not page.exception
    assert sentence in texts(page)


def test_a_part_that_is_not_there_is_said(organisation: Engine) -> None:
    assert "The URL asks for part = “Nothing”, which is not here" in texts(open_page("ci", part="Nothing"))


def test_the_team_is_not_heeded_and_that_is_said(organisation: Engine) -> None:
    said = open_page("ci", team="core").markdown[0].value
    assert "acme, since" in said
    assert "The filter of the team doesn't change this page." in said


# Queue time


def test_queue_times_by_day_labels_and_repository_are_the_views(organisation: Engine) -> None:
    page = open_page("ci", part="Queue time")
    times = "jobs, median_seconds, p90_seconds, p99_seconds, max_seconds"
    assert (
        agree(page, "queue-times", organisation, f"SELECT day, {times} FROM queue_time_daily WHERE {ACME} ORDER BY day")
        > 4
    )
    named = "CASE label_set WHEN '' THEN '(no labels)' ELSE label_set END AS label_set"
    assert (
        agree(
            page,
            "labels-queue",
            organisation,
            f"SELECT {named}, queued_now, {times} FROM longest_waiting_labels "
            f"WHERE {ACME} ORDER BY coalesce(p90_seconds, 0) DESC, jobs DESC",
        )
        == 4
    )
    assert (
        agree(
            page,
            "repositories-weeks",
            organisation,
            f"SELECT repo, week, {times} FROM "
            f"queue_time_by_repository_weekly WHERE {ACME} ORDER BY week DESC, coalesce(p90_seconds, 0) DESC, "
            "jobs DESC, repo",
        )
        > 4
    )
    assert {str(row["week"]) for row in rows(page, "repositories")} == {
        str(rows(page, "repositories-weeks")[0]["week"])
    }


def test_jobs_without_a_queue_time_are_counted_by_reason(organisation: Engine) -> None:
    page = open_page("ci", part="Queue time")
    agree(
        page,
        "reasons",
        organisation,
        f"SELECT reason, sum(jobs) AS jobs FROM queue_reasons WHERE {ACME} "
        "GROUP BY reason ORDER BY sum(jobs) DESC, reason",
    )
    meanings = {row["reason"]: (row["jobs"], row["meaning"]) for row in rows(page, "reasons")}
    assert meanings["not_told"] == (3, "no webhook told of it, so nobody knows when it was ready")
    assert meanings["no_runner"][0] == 4
    agree(
        page,
        "reasons-days",
        organisation,
        "SELECT day, reason, jobs, 100 * share AS percent_of_jobs FROM "
        f"queue_reasons WHERE {ACME} ORDER BY day DESC, reason",
    )


def test_waits_for_approvals_and_of_runs_stand_apart(organisation: Engine) -> None:
    page = open_page("ci", part="Queue time")
    times = "median_seconds, p90_seconds, max_seconds"
    assert (
        agree(
            page,
            "approval-waits-weekly",
            organisation,
            f"SELECT week, repo, environment, jobs, {times} FROM "
            f"approval_waits_weekly WHERE {ACME} ORDER BY week DESC, repo, environment",
        )
        >= 2
    )
    assert (
        agree(
            page,
            "run-waits-weekly",
            organisation,
            f"SELECT week, repo, workflow_name, runs, {times} FROM "
            f"run_waits_weekly WHERE {ACME} ORDER BY week DESC, repo, workflow_name",
        )
        >= 1
    )


def test_hours_labels_and_a_repository_may_be_chosen(organisation: Engine) -> None:
    page = open_page("ci", part="Queue time", every="hour", labels=OWN, repo="r")
    since = str(NOW.date() - timedelta(days=7))
    hours = only(organisation, f"SELECT count(*) FROM queue_time_hourly WHERE {ACME} AND hour >= :since", since=since)
    assert len(rows(page, "queue-times")) == hours > 0
    agree(
        page,
        "labels-weeks",
        organisation,
        f"SELECT week, jobs, p90_seconds FROM queue_time_by_labels_weekly "
        f"WHERE {ACME} AND label_set = '{OWN}' ORDER BY week",
    )
    agree(
        page,
        "repository-weeks",
        organisation,
        f"SELECT week, repo, jobs, p90_seconds FROM queue_time_by_repository_weekly WHERE {OF_R} ORDER BY week",
    )
    assert page.selectbox(key="labels").options == ["(no labels)", HOSTILE_SHOWN, OWN, HOSTED]


# Runners


def test_runners_are_counted_by_what_they_do(organisation: Engine) -> None:
    page = open_page("ci", part="Runners")
    tiles = figures(page)
    assert [tiles[name] for name in ("Runners", "Busy", "Idle", "Offline")] == ["6", "2", "3", "1"]
    listed = f"FROM runners WHERE {ACME} AND removed_at IS NULL"
    assert (
        agree(
            page,
            "runners-now",
            organisation,
            f"SELECT label_set, runner_group_id, count(*) AS runners {listed} "
            "GROUP BY label_set, runner_group_id ORDER BY count(*) DESC, label_set, runner_group_id",
        )
        == 3
    )
    states = {row["name"]: row["state"] for row in rows(page, "runners")}
    assert states == dict(
        zip((f"runner-{key}" for key in range(1, 7)), ("busy", "busy", "idle", "idle", "idle", "offline"), strict=True)
    )


def test_utilisation_adds_up_what_is_known(organisation: Engine) -> None:
    page = open_page("ci", part="Runners")
    known = "CASE WHEN online_seconds IS NOT NULL THEN busy_seconds END"
    # Today's seconds grow while one looks.
    days = ask(
        organisation,
        "SELECT day, sum(online_seconds) AS online_seconds, max(samples) AS samples FROM runner_utilisation_daily "
        f"WHERE {ACME} AND day < :today GROUP BY day ORDER BY day",
        today=str(NOW.date()),
    )
    shown = [row for row in rows(page, "utilisation") if alike(row["day"]) < str(NOW.date())]
    assert [[alike(row[name]) for name in days[0]] for row in shown] == [list(map(alike, day.values())) for day in days]
    assert len(shown) > 3
    past = {alike(row["day"]): row["percent_busy"] for row in shown}
    day = str(NOW.date() - timedelta(days=8))
    share = only(
        organisation,
        f"SELECT 100.0 * sum({known}) / sum(online_seconds) FROM runner_utilisation_daily WHERE {ACME} AND day = :day",
        day=day,
    )
    assert past[day] == pytest.approx(float(share))
    samples = ask(
        organisation,
        f"SELECT sum(online) AS online, sum(busy) AS busy FROM runner_samples WHERE {ACME} "
        "AND sampled_at >= :since GROUP BY sampled_at ORDER BY sampled_at",
        since=str(NOW - timedelta(hours=24))[:19],
    )
    counts = [{name: row[name] for name in ("online", "busy")} for row in rows(page, "samples")]
    assert counts == samples == [{"online": 8, "busy": 1}] * 2


def test_runners_of_a_set_of_labels_may_be_chosen(organisation: Engine) -> None:
    page = open_page("ci", part="Runners", labels=OWN)
    assert (figures(page)["Runners"], figures(page)["Idle"]) == ("5", "2")
    assert {row["label_set"] for row in rows(page, "runners")} == {OWN}
    assert [row["online"] for row in rows(page, "samples")] == [6, 6]
