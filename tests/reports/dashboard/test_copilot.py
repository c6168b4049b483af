from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.reports.dashboard.data_copilot import HOSTILE_LANGUAGE, ONE_DAY, saturday
from tests.reports.dashboard.organisation import BEFORE, LAST, NOW
from tests.reports.dashboard.pages import ask, figures, only, open_page, rows, texts

PARTS = ("Use", "Languages and editors", "Models and features", "Teams", "Seats and cost", "Beside pull requests")
SATURDAY = saturday(LAST.date())
ORG = "org = 'acme'"


def approx(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    """Whether rows are the same, but for the last digits and the type of a day."""
    return [[near(each) for each in row.values()] for row in found] == [
        [near(row[name]) for name in found[place]] for place, row in enumerate(expected)
    ]


def named(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Some columns of rows, without the one that names what is hidden, nothing of which is in them."""
    assert {row["hidden"] for row in found} == {""}
    return [{name: row[name] for name in expected[0]} for row in found]


def near(value: Any) -> Any:
    if value is None or isinstance(value, str | date):
        return None if value is None else str(value)[:10]
    return round(float(value), 6)


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_filled(organisation: Engine, part: str) -> None:
    page = open_page("copilot", part=part)
    assert not page.exception
    assert [each.value for each in page.error] == []
    assert len(page.dataframe) > 0
    assert "From `" in texts(page)


@pytest.mark.parametrize("part", PARTS)
def test_each_part_without_data_says_what_to_do(organisation: Engine, part: str) -> None:
    page = open_page("copilot", part=part, org="other")
    assert not page.exception
    said = " ".join(each.value for each in page.info)
    assert "docs/copilot.md" in said or "choose a longer one" in said


def test_a_part_that_is_not_there_is_said(organisation: Engine) -> None:
    assert "The URL asks for part = “Billing”" in texts(open_page("copilot", part="Billing"))


def test_months_are_those_of_the_view(organisation: Engine) -> None:
    """People of days are never added up: ten people on each of two days may be ten."""
    page = open_page("copilot", source="all")
    expected = ask(
        organisation,
        "SELECT month, mean_daily_active_users, max_daily_active_users, days FROM copilot_acceptance_monthly "
        f"WHERE {ORG} ORDER BY month",
    )
    shown = rows(page, "people-who-used-copilot")
    assert (shown[0]["mean_engaged_users"], shown[0]["max_engaged_users"], shown[0]["n_engaged_days"]) == (5.5, 7, 2)
    assert {row["mean_engaged_users"] for row in shown[1:]} == {None}
    assert [row["n_days"] for row in shown] == [row["days"] for row in shown]
    assert approx(named(shown, expected), expected)
    rates = ask(
        organisation,
        "SELECT month, 100 * acceptance_rate AS accepted_percent, suggestions, acceptances, "
        f"suggestions AS n_suggestions FROM copilot_acceptance_monthly WHERE {ORG} ORDER BY month",
    )
    assert approx(named(rows(page, "accepted-suggestions-in-percent"), rates), rates)
    assert [row["suggestions"] for row in rates][:3] == [750, 150, 700 + (90 if LAST.month == yesterday().month else 0)]
    lines = ask(
        organisation,
        "SELECT month, lines_suggested, lines_added_or_accepted FROM copilot_acceptance_monthly "
        f"WHERE {ORG} ORDER BY month",
    )
    assert approx(named(rows(page, "lines"), lines), lines)


def yesterday() -> date:
    return NOW.date() - ONE_DAY


def test_days_are_those_of_the_view(organisation: Engine) -> None:
    page = open_page("copilot", grouped="day")
    columns = "day, daily_active_users, weekly_active_users, monthly_active_users, engaged_users, source, revision"
    expected = ask(
        organisation, f"SELECT {columns} FROM copilot_use_daily WHERE {ORG} AND source = 'report' ORDER BY day"
    )
    assert len(expected) == 7
    shown = rows(page, "people-who-used-copilot")
    # Two people, and the fewest of the other days: one hidden number would follow from the sum.
    gone = [row for row in shown if row["hidden"]]
    assert [row["daily_active_users"] for row in expected if row["daily_active_users"] in (2, 6)] == [6, 2]
    assert [str(row["day"])[:10] for row in gone] == [f"{BEFORE.date()}", f"{SATURDAY}"]
    assert {row["daily_active_users"] for row in gone} == {None}
    left = [row for row in expected if row["daily_active_users"] not in (2, 6)]
    assert approx(named([row for row in shown if not row["hidden"]], left), left)


@pytest.mark.parametrize(("by", "first"), [("week", lambda day: day - day.weekday() * ONE_DAY), ("year", None)])
def test_weeks_and_years_add_up_their_days(organisation: Engine, by: str, first: Any) -> None:
    first = first or (lambda day: day.replace(month=1, day=1))
    days = ask(
        organisation, f"SELECT day, suggestions, acceptances FROM copilot_use_daily WHERE {ORG} AND source = 'report'"
    )
    sums: dict[str, list[int]] = {}
    for row in days:
        found = sums.setdefault(str(first(date.fromisoformat(str(row["day"])))), [0, 0])
        found[0] += row["suggestions"]
        found[1] += row["acceptances"]
    shown = rows(open_page("copilot", grouped=by), "suggestions-and-acceptances")
    hidden = {str(row[by])[:10] for row in shown if row["hidden"]}
    assert {str(row[by])[:10] for row in shown} == set(sums)
    assert (len(hidden) > 1) == (by == "week")
    for row in shown:
        key = str(row[by])[:10]
        assert [row["suggestions"], row["acceptances"]] == ([None, None] if key in hidden else sums[key])


def test_the_key_figures_are_of_all_days(organisation: Engine) -> None:
    page = open_page("copilot")
    where = f"{ORG} AND source = 'report'"
    [row] = ask(
        organisation,
        "SELECT count(*) AS days, sum(suggestions) AS suggested, sum(acceptances) AS accepted, "
        f"max(daily_active_users) AS most FROM copilot_use_daily WHERE {where}",
    )
    shown = figures(page)
    assert (shown["Days with data"], shown["Most users on one day"]) == (str(row["days"]), str(row["most"]))
    assert shown["Suggestions"] == f"{row['suggested']}"
    rate = 100 * float(row["accepted"]) / float(row["suggested"])
    assert shown[f"Accepted (n = {row['suggested']})"] == f"{rate:.1f} %"
    assert shown["Mean users a day (n = 7)"] == "9.57"


def test_the_sources_are_named_and_not_mixed(organisation: Engine) -> None:
    said = texts(open_page("copilot"))
    assert "Left out are the period's days from other sources: 2 from `metrics`" in said
    assert "Compare acceptance rates within one source only" in texts(open_page("copilot", source="all"))
    older = open_page("copilot", source="metrics")
    assert figures(older)["Suggestions"] == "750"


def test_weekends_may_be_left_out(organisation: Engine) -> None:
    page = open_page("copilot", grouped="day", weekdays="true")
    days = [date.fromisoformat(str(row["day"])[:10]) for row in rows(page, "people-who-used-copilot")]
    everything = ask(organisation, f"SELECT day FROM copilot_use_daily WHERE {ORG} AND source = 'report'")
    all_days = sorted(date.fromisoformat(str(row["day"])) for row in everything)
    assert SATURDAY in all_days
    assert days == [day for day in all_days if day.weekday() < 5]


def test_what_is_held_and_what_is_missing_is_said(organisation: Engine) -> None:
    said = texts(open_page("copilot"))
    assert "(7 from `report`, GitHub's API of today, 2 from `metrics`, an older API, from saved files)" in said
    assert f"to {yesterday()}" in said
    assert "revises the last 28: 1 of these days were" in said
    assert "the first day in it that has a row is" in said
    assert f"{SATURDAY + 4 * ONE_DAY}" in said  # between two days that are there


def test_chats_agents_and_the_command_line(organisation: Engine) -> None:
    page = open_page("copilot", grouped="day")
    where = f"{ORG} AND source = 'report' ORDER BY day"
    expected = ask(
        organisation,
        f"SELECT day, monthly_active_chat_users, monthly_active_agent_users FROM copilot_days WHERE {where}",
    )
    shown = rows(page, "people-who-used-chats-agents-or-the-command-line")
    assert len(expected) == 7
    for place in (0, 2):  # as on the chart of people
        expected[place] = dict.fromkeys(expected[place])
    assert [each["max_28_day_chat_users"] for each in shown] == [row["monthly_active_chat_users"] for row in expected]
    assert [each["max_28_day_agent_users"] for each in shown] == [row["monthly_active_agent_users"] for row in expected]
    assert [each["max_daily_cli_users"] for each in shown] == [None, None, None, None, 5, 6, 7]
    assert {each["max_daily_cloud_agent_users"] for each in shown} == {None}
    prompts = rows(page, "prompts-and-use-of-the-command-line")
    assert [each["cli_prompts"] for each in prompts] == [None, None, None, None, 15, 18, 21]
    assert [each["prompts"] for each in prompts] == [None, 42, None, 44, 45, 46, 47]


@pytest.mark.parametrize(
    ("part", "things", "thing", "view"),
    [
        ("Languages and editors", "languages", "language", "copilot_languages_daily"),
        ("Languages and editors", "editors", "ide", "copilot_ides_daily"),
        ("Models and features", "models", "model", "copilot_models_daily"),
        ("Models and features", "features", "feature", "copilot_features_daily"),
    ],
)
def test_breakdowns_add_up_the_days_of_their_view(
    organisation: Engine, part: str, things: str, thing: str, view: str
) -> None:
    page = open_page("copilot", part=part)
    expected = ask(
        organisation,
        f"SELECT {thing}, sum(suggestions) AS suggestions, sum(acceptances) AS acceptances FROM {view} "
        f"WHERE {ORG} AND source = 'report' GROUP BY {thing} ORDER BY 2 DESC",
    )
    shown = rows(page, things)
    assert [(row[thing], row["suggestions"], row["acceptances"]) for row in shown] == [
        (row[thing], int(row["suggestions"]), int(row["acceptances"])) for row in expected
    ]
    percents = [100 * row["acceptances"] / row["suggestions"] for row in shown]
    assert [row["accepted_percent"] for row in shown] == pytest.approx(percents)


def test_more_than_ten_languages_are_not_cut_silently(organisation: Engine) -> None:
    page = open_page("copilot", part="Languages and editors")
    assert len(rows(page, "languages")) == 12
    assert HOSTILE_LANGUAGE in [row["language"] for row in rows(page, "languages")]
    assert "The 10 with the most suggestions are drawn, and 2 others as one: the table has all." in texts(page)
    assert "](https" not in texts(page)


def test_copilots_pull_requests_by_month(organisation: Engine) -> None:
    shown = rows(open_page("copilot", part="Models and features"), "pull-requests-of-copilot's-agents")
    of_copilot = only(organisation, f"SELECT sum(pull_requests_created_by_copilot) FROM copilot_days WHERE {ORG}")
    assert sum(row["pull_requests_created_by_copilot"] for row in shown) == int(of_copilot) == 28
    assert shown[0]["pull_requests_created"] == 43


def test_phases_of_few_people_are_hidden(organisation: Engine) -> None:
    page = open_page("copilot", part="Models and features")
    assert "Phases with fewer than 5 people are hidden on this part: 2 of 2." in texts(page)
    assert "All phases are hidden." in texts(page)
    assert "Phase 2" not in texts(page)
    assert "Phase 3" not in texts(page)


def test_teams_are_the_views_and_small_ones_are_hidden(organisation: Engine) -> None:
    page = open_page("copilot", part="Teams")
    expected = ask(
        organisation,
        "SELECT team_id, count(*) AS days, max(members) AS members, sum(suggestions) AS suggestions, "
        "sum(acceptances) AS acceptances, 100.0 * sum(active_members) / sum(members) AS percent "
        f"FROM copilot_team_use_daily WHERE {ORG} GROUP BY team_id ORDER BY team_id",
    )
    shown = rows(page, "teams-active-percent")
    assert [row["team"] for row in shown] == ["core", "new"]
    names = ("days", "members", "suggestions", "acceptances")
    assert [[row[name] for name in names] for row in shown] == [[int(row[name]) for name in names] for row in expected]
    assert [row["active_percent"] for row in shown] == pytest.approx([float(row["percent"]) for row in expected])
    assert shown[1]["ai_credits"] == 5
    assert "tiny" not in texts(page) + repr(shown) + repr(rows(page, "team-weeks-active-percent"))
    assert "Teams with fewer than 5 people who have a seat are hidden" in texts(page)


def test_weeks_of_teams_add_up_to_their_totals(organisation: Engine) -> None:
    shown = rows(open_page("copilot", part="Teams"), "team-weeks-accepted-percent")
    assert {row["team"] for row in shown} == {"core", "new"}
    assert len(shown) == 4  # Saturday and Sunday, then Monday and Tuesday
    assert sum(row["suggestions"] for row in shown) == only(
        organisation, f"SELECT sum(suggestions) FROM copilot_team_use_daily WHERE {ORG}"
    )


def test_the_filter_of_the_team_changes_the_part_of_teams(organisation: Engine) -> None:
    page = open_page("copilot", part="Teams", team="core")
    assert [row["team"] for row in rows(page, "teams-active-percent")] == ["core"]
    assert "doesn't change this page" not in texts(page)
    both = open_page("copilot", part="Teams", team="core", teams="new")
    assert [row["team"] for row in rows(both, "teams-active-percent")] == ["core", "new"]
    assert "The filter of the team changes the part Teams only." in texts(open_page("copilot", team="core"))


def test_seats_and_what_idle_ones_cost(organisation: Engine) -> None:
    shown = figures(open_page("copilot", part="Seats and cost"))
    [cost] = ask(organisation, f"SELECT * FROM copilot_seat_cost WHERE {ORG}")
    assert shown["Seats"] == str(cost["seats"]) == "4"
    assert shown["Cost a month"] == f"{float(cost['monthly_cost']):.0f} $" == "77 $"
    assert shown["Idle for 28 days or more"] == str(cost["idle_seats"]) == "3"
    assert shown["Cost of those a month"] == "58 $"
    assert (shown["Without any known use"], shown["Seats without a price"]) == ("1", "1")


@pytest.mark.parametrize("days", [1, 28, 40, 60, 365])
def test_the_slider_counts_seats_and_their_cost(organisation: Engine, days: int) -> None:
    shown = figures(open_page("copilot", part="Seats and cost", idle_days=str(days)))
    [row] = ask(
        organisation,
        "SELECT count(*) AS seats, coalesce(sum(monthly_price), 0) AS cost, "
        "sum(CASE WHEN never_used THEN 1 ELSE 0 END) AS never_used, count(monthly_price) AS priced "
        f"FROM copilot_seats_idle WHERE {ORG} AND idle_days >= :days",
        days=days,
    )
    assert shown[f"Idle for at least {days} day{'s' if days > 1 else ''}"] == str(row["seats"])
    cost = f"{row['cost']:.0f} $" if row["priced"] or not row["seats"] else "-"
    assert shown["Cost of these a month"] == cost
    assert shown["Of these, never used"] == str(row["never_used"] or 0)


def test_single_people_are_shown_only_when_they_are_asked_for(organisation: Engine) -> None:
    page = open_page("copilot", part="Seats and cost")
    assert "Single people are not shown unless they are asked for" in texts(page)
    assert not {"ada", "bob", "eve", "zoe"} & {
        str(value) for frame in page.dataframe for value in frame.value.to_numpy().ravel()
    }
    asked = rows(open_page("copilot", part="Seats and cost", names="true"), "idle-seats")
    expected = ask(
        organisation,
        f"SELECT login, idle_days FROM copilot_seats_idle WHERE {ORG} AND idle_days >= 28 ORDER BY idle_days DESC",
    )
    assert [(row["login"], row["idle_days"]) for row in asked] == [(row["login"], row["idle_days"]) for row in expected]
    assert [row["never_used"] for row in asked] == [False, True, False]


def test_how_long_seats_were_idle(organisation: Engine) -> None:
    shown = rows(open_page("copilot", part="Seats and cost"), "idle-steps")
    assert {row["idle_for"]: row["seats"] for row in shown} == {
        "0 to 6 days": 1,
        "7 to 13 days": 0,
        "14 to 27 days": 0,
        "28 to 59 days": 2,
        "60 to 89 days": 0,
        "90 days or more": 1,
    }


def test_seats_over_time(organisation: Engine) -> None:
    page = open_page("copilot", part="Seats and cost")
    days = ask(
        organisation,
        "SELECT day, total, active, never_used, pending_cancellation, billed FROM copilot_seat_days "
        f"WHERE {ORG} ORDER BY day",
    )
    assert approx(rows(page, "seat-days"), days)
    changes = rows(page, "seat-changes")
    assert (sum(row["given"] for row in changes), sum(row["taken_back"] for row in changes)) == (5, 1)


def test_credits_of_few_people_are_hidden(organisation: Engine) -> None:
    shown = rows(open_page("copilot", part="Seats and cost"), "ai-credits")
    assert [(row["ai_credits"], row["people"]) for row in shown] == [(None, None), (35, 7)]
    assert (
        only(
            organisation,
            f"SELECT sum(ai_credits_used) FROM copilot_user_days WHERE {ORG} AND day = :day",
            day=yesterday(),
        )
        == 35
    )


def test_beside_pull_requests_is_the_view_and_no_proof(organisation: Engine) -> None:
    page = open_page("copilot", part="Beside pull requests")
    assert "This is an association, and no proof of an effect." in texts(page)
    columns = (
        "month, mean_daily_active_users, 100 * acceptance_rate AS accepted_percent, pull_requests_created_by_copilot, "
        "pull_requests_opened, pull_requests_merged, median_hours_to_merge"
    )
    expected = ask(organisation, f"SELECT {columns} FROM copilot_pull_request_effect WHERE {ORG} ORDER BY month")
    shown = rows(page, "beside-median-hours-to-merge")
    assert approx(named(shown, expected), expected)
    groups = {row["months_with"]: row for row in rows(page, "beside-groups")}
    assert set(groups) == {"less use of Copilot", "more use of Copilot"}
    assert {row["n_months"] for row in groups.values()} == {1}
    assert [row["n_merged"] for row in groups.values()] == [2, 3]


def test_the_period_changes_the_page(organisation: Engine) -> None:
    page = open_page("copilot", grouped="day", period="30 days")
    begin = NOW.date() - timedelta(days=30)
    days = [date.fromisoformat(str(row["day"])[:10]) for row in rows(page, "people-who-used-copilot")]
    assert days
    assert min(days) >= begin
    assert BEFORE.date() not in days
