"""The parts of the page CI about workflows and deployments."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from chalicelib.utils import shown
from reports.dashboard.screens.ci.asking import LEAST_PERCENT, Lines, lines_of
from reports.output import HOUR, duration
from reports.reading import Table
from tests.reports.dashboard.organisation import HOSTILE, LAST
from tests.reports.dashboard.pages import ask, figures, only, open_page, rows, texts
from tests.reports.dashboard.test_ci import ACME, OF_R, ORG, agree

RATES = (
    "sum(runs) AS runs, sum(ended) AS ended, sum(failed) AS failed, sum(cancelled) AS cancelled, "
    "sum(action_required) AS action_required, 100.0 * sum(failed) / nullif(sum(ended), 0) AS percent_failed, "
    "100.0 * sum(rerun) / nullif(sum(ended), 0) AS percent_rerun"
)


@pytest.mark.parametrize(("asked", "where"), [({}, ACME), ({"repo": "r"}, OF_R)])
def test_rates_by_week_are_the_views(organisation: Engine, asked: dict[str, str], where: str) -> None:
    page = open_page("ci", part="Workflows", **asked)
    since = f"FROM repository_rates_weekly WHERE {where}"
    assert agree(page, "rates", organisation, f"SELECT week, {RATES} {since} GROUP BY week ORDER BY week") >= 3
    [total] = ask(organisation, f"SELECT sum(runs) AS runs, sum(ended) AS ended, sum(failed) AS failed {since}")
    tiles = figures(page)
    assert tiles["Runs"] == str(total["runs"])
    assert tiles[f"Failed (n = {total['ended']})"] == f"{100 * total['failed'] / total['ended']:.1f} %"


def test_what_succeeded_neither_failed_nor_was_cancelled(organisation: Engine) -> None:
    for row in rows(open_page("ci", part="Workflows"), "rates"):
        if row["ended"]:
            shares = (row["percent_succeeded"], row["percent_failed"], row["percent_cancelled"])
            assert sum(shares) == pytest.approx(100)


def test_the_workflow_that_ran_most_is_shown_first(organisation: Engine) -> None:
    page = open_page("ci", part="Workflows")
    chosen = page.selectbox(key="workflow")
    assert (chosen.value, len(chosen.options)) == ("r: CI (#7)", 4)
    own = "org = 'acme' AND repo = 'r' AND workflow_id = 7"
    agree(
        page,
        "workflow-rates",
        organisation,
        f"SELECT week, {RATES} FROM workflow_rates_weekly WHERE {own} GROUP BY week ORDER BY week",
    )
    assert (
        agree(
            page,
            "run-durations",
            organisation,
            "SELECT week, runs, median_seconds, p90_seconds, max_seconds "
            f"FROM run_durations_weekly WHERE {own} ORDER BY week",
        )
        == 2
    )
    assert (
        agree(
            page,
            "job-durations",
            organisation,
            "SELECT week, name, jobs, median_seconds, p90_seconds FROM "
            "job_durations_weekly WHERE org = 'acme' AND repo = 'r' AND workflow_name = 'CI' "
            "ORDER BY week DESC, name",
        )
        > 3
    )


def test_a_workflow_with_a_hostile_name_is_chosen_by_the_url(organisation: Engine) -> None:
    page = open_page("ci", part="Workflows", workflow=shown(f"s: {HOSTILE} (#8)"))
    assert page.selectbox(key="workflow").value == shown(f"s: {HOSTILE} (#8)")
    assert [row["runs"] for row in rows(page, "run-durations")] == [6]
    assert {row["name"] for row in rows(page, "job-durations")} == {HOSTILE}
    assert "[a](https" not in texts(page)


@pytest.mark.parametrize("by", ["month", "week"])
def test_minutes_are_the_views(organisation: Engine, by: str) -> None:
    page = open_page("ci", part="Workflows", minutes=by)
    own = "CASE WHEN is_self_hosted THEN minutes ELSE 0 END"
    query = (
        f"SELECT {by}, sum(jobs) AS jobs, sum(minutes) AS minutes, sum(failed_minutes) AS failed_minutes, "
        f"sum(superseded_minutes) AS superseded_minutes, sum({own}) AS self_hosted_minutes, "
        f"sum(minutes) - sum({own}) AS hosted_minutes "
        f"FROM ci_minutes_{by}ly WHERE {ACME} GROUP BY {by} ORDER BY {by}"
    )
    assert agree(page, "ci-minutes", organisation, query) >= 2
    assert any(row["superseded_minutes"] for row in rows(page, "ci-minutes"))


def test_the_top_lists_are_the_views(organisation: Engine) -> None:
    page = open_page("ci", part="Workflows")
    agree(
        page,
        "top-workflows",
        organisation,
        "SELECT place, repo, workflow_name, runs, ended, "
        f"100 * failed_share AS percent_failed FROM most_run_workflows WHERE {ACME} ORDER BY place",
    )
    assert (
        agree(
            page,
            "top-jobs",
            organisation,
            "SELECT place, repo, workflow_name, name, head_branch, conclusion, "
            f"seconds, html_url FROM longest_jobs WHERE {ACME} ORDER BY place LIMIT 20",
        )
        == 20
    )
    assert (
        agree(
            page,
            "top-repositories",
            organisation,
            f"SELECT place, repo, runs, jobs, minutes FROM busiest_repositories WHERE {ACME} ORDER BY place",
        )
        == 2
    )
    agree(
        page,
        "top-labels",
        organisation,
        f"SELECT jobs, p90_seconds FROM longest_waiting_labels WHERE {ACME} "
        "ORDER BY coalesce(p90_seconds, 0) DESC, jobs DESC",
    )


@pytest.mark.parametrize(("asked", "where"), [({}, ORG), ({"repo": "r"}, f"level = 'repository' AND {OF_R}")])
def test_delivery_is_the_views(organisation: Engine, asked: dict[str, str], where: str) -> None:
    page = open_page("ci", part="Deployments", **asked)
    view = f"FROM delivery_monthly WHERE {where}"
    columns = "month, deployments, failed_deployments, releases, n_lead_time_hours, median_lead_time_hours"
    agree(
        page,
        "deliveries",
        organisation,
        f"SELECT {columns} {view} AND (deployments IS NOT NULL OR releases IS NOT NULL) ORDER BY month",
    )
    agree(
        page,
        "change-failures",
        organisation,
        "SELECT month, 100 * change_failure_rate AS change_failure_percent, "
        f"deployments + failed_deployments AS n_change_failure {view} AND change_failure_rate IS NOT NULL "
        "ORDER BY month",
    )
    [total] = ask(organisation, f"SELECT sum(deployments) AS good, sum(failed_deployments) AS bad {view}")
    good, bad = int(total["good"]), int(total["bad"])
    assert (good, bad) == ((7, 1) if asked else (8, 3))
    tiles = figures(page)
    assert tiles["Deployed to production"] == str(good)
    assert tiles[f"Change failure rate (n = {good + bad})"] == f"{100 * bad / (good + bad):.1f} %"
    month = f"{LAST:%Y-%m}"
    hours = only(organisation, f"SELECT median_lead_time_hours {view} AND month = :month", month=f"{month}-01")
    n = 2 if asked else 3
    assert tiles[f"Median lead time (n = {n})"] == duration(hours * HOUR)


def test_deployments_by_week_and_environment_are_the_views(organisation: Engine) -> None:
    page = open_page("ci", part="Deployments")
    sums = "sum(succeeded) AS succeeded, sum(failed) AS failed"
    agree(
        page,
        "deployment-weeks",
        organisation,
        f"SELECT week, {sums} FROM deployment_frequency WHERE {ACME} AND is_production GROUP BY week ORDER BY week",
    )
    assert (
        agree(
            page,
            "environments",
            organisation,
            f"SELECT repo, environment, {sums}, 100.0 * sum(failed) / "
            f"sum(succeeded + failed) AS percent_failed FROM deployment_frequency WHERE {ACME} "
            "GROUP BY repo, environment ORDER BY sum(succeeded + failed) DESC, repo, environment",
        )
        == 3
    )
    said = texts(page)
    assert "It is not DORA's in full: what broke after it was deployed counts as a success." in said
    assert "It is no lead time to a deployment." in said
    assert HOSTILE in {row["environment"] for row in rows(page, "environments")}


def test_an_axis_of_percents_is_not_one_of_shares() -> None:
    """Where nothing failed, Plotly's own axis would end at 1."""
    table = Table("Failures", ["week", "percent"], [(LAST, 0.0)])
    figure = lines_of(table, Lines(("percent",), "% of runs"))
    assert figure.layout.yaxis.ticksuffix == " %"
    assert figure.layout.yaxis.autorangeoptions.include == (0, LEAST_PERCENT)
    assert lines_of(table, Lines(("percent",), "runs")).layout.yaxis.ticksuffix is None
