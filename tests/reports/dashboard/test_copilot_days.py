"""Days of which something is unknown, that come from several sources, or on which few people used Copilot."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from chalicelib.copilot.models import CopilotUserDay
from chalicelib.models import Organisation
from reports.dashboard.parts import plain
from tests.reports.dashboard.data_copilot import ONE_DAY, person
from tests.reports.dashboard.pages import figures, open_page, rows, texts
from tests.views.world import World

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
MONDAY = date(2026, 6, 1)


@pytest.fixture
def world(db: Session, db_url: str, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("DB_URL", db_url)
    monkeypatch.setattr("chalicelib.utils.utc_now", lambda: NOW)
    db.execute(insert(Organisation), [{"id": 1, "login": "acme"}])
    return World(db)


def write_unknown(world: World) -> None:
    """Ten days: users are known of the first four, and acceptances of the last five."""
    for place, users in enumerate([8, 6, 10, 14, *[None] * 6]):
        day, accepted = MONDAY + place * ONE_DAY, 50 if place > 4 else None
        world.copilot_day(day, 100, accepted, daily_active_users=users)
        world.copilot_total(day, "language_feature", 60, accepted, language="go", feature="x")
        world.copilot_total(day, "ide", 70, accepted, ide="vscode")
        world.copilot_total(day, "model_feature", 80, accepted, model="gpt", feature="x")
        world.copilot_total(day, "feature", 90, accepted, feature="x")
        world.team_day(day, 7, 110, accepted, team_slug="core", members=6, active_members=3)
    world.session.commit()


def test_n_of_the_key_figures_is_of_the_days_that_are_known(world: World) -> None:
    write_unknown(world)
    shown = figures(open_page("copilot"))
    assert (shown["Days with data"], shown["Suggestions"], shown["Acceptances"]) == ("10", "1,000", "250")
    assert shown["Mean users a day (n = 4)"] == "9.5"
    assert shown["Accepted (n = 500)"] == "50.0 %"


def test_n_of_months_and_days_is_of_the_days_that_are_known(world: World) -> None:
    write_unknown(world)
    page = open_page("copilot")
    [people] = rows(page, "people-who-used-copilot")
    assert (people["mean_daily_active_users"], people["n_days"], people["n_engaged_days"]) == (9.5, 4, 0)
    assert people["days"] == 10
    [rate] = rows(page, "accepted-suggestions-in-percent")
    assert (rate["accepted_percent"], rate["n_suggestions"], rate["suggestions"]) == (50, 500, 1000)
    by_day = rows(open_page("copilot", grouped="day"), "accepted-suggestions-in-percent")
    assert [row["n_suggestions"] for row in by_day] == [None] * 5 + [100] * 5


@pytest.mark.parametrize(
    ("part", "key", "n"),
    [
        ("Languages and editors", "languages-rates", 300),
        ("Languages and editors", "editors-rates", 350),
        ("Models and features", "models-rates", 400),
        ("Models and features", "features-rates", 450),
        ("Teams", "teams-accepted-percent", 550),
    ],
)
def test_n_of_each_rate_is_of_the_days_that_have_both(world: World, part: str, key: str, n: int) -> None:
    write_unknown(world)
    page = open_page("copilot", part=part)
    [row] = rows(page, key)
    assert (row["n_suggestions"], row["suggestions"]) == (n, 2 * n)
    assert row["accepted_percent"] == pytest.approx(100 * 250 / n)
    assert plain(f"{100 * 250 / n:.1f} % (n = {n})") in texts(page)


def test_the_rate_of_the_other_languages_is_of_days_that_have_both(world: World) -> None:
    world.copilot_day(MONDAY, 500, 90, daily_active_users=9)
    for place in range(10):
        world.copilot_total(MONDAY, "language_feature", 50, 5, language=f"l{place}", feature="x")
    for language, accepted in (("y", None), ("z", 10)):
        world.copilot_total(MONDAY, "language_feature", 40, accepted, language=language, feature="x")
    world.session.commit()
    page = open_page("copilot", part="Languages and editors")
    labels = repr(page.get("plotly_chart")[1].proto)
    assert "the other 2" in labels
    assert "n = 40" in labels
    assert "n = 80" not in labels


def write_users(world: World, users: list[int], *, start: date = MONDAY, **columns: Any) -> None:
    """Consecutive days, each with other numbers."""
    for place, count in enumerate(users):
        people = {"daily_active_users": count, "weekly_active_users": 20 + place, "monthly_active_users": 30}
        lines = {"loc_suggested_to_add_sum": 7, "loc_added_sum": 3, "user_initiated_interaction_count": 40 + place}
        given = people | lines | {"monthly_active_chat_users": 9} | columns
        world.copilot_day(start + place * ONE_DAY, 100 + place, 10 + place, **given)
    world.session.commit()


def test_a_day_of_one_person_is_hidden_with_another_one(world: World) -> None:
    """The sum of all days is shown: from it, one day alone could be told."""
    write_users(world, [8, 1, 6, 0, 12])
    page = open_page("copilot", grouped="day")
    people = rows(page, "people-who-used-copilot")
    assert [row["daily_active_users"] for row in people] == [8, None, None, 0, 12]
    assert people[1]["hidden"] == "daily active users, weekly active users, monthly active users"
    counts = rows(page, "suggestions-and-acceptances")
    assert [row["suggestions"] for row in counts] == [100, None, None, 103, 104]
    assert [row["acceptances"] for row in counts] == [10, None, None, 13, 14]
    assert [row["n_suggestions"] for row in rows(page, "accepted-suggestions-in-percent")][1] is None
    assert [row["lines_suggested"] for row in rows(page, "lines")] == [7, None, None, 7, 7]
    prompts = rows(page, "prompts-and-use-of-the-command-line")
    assert [row["prompts"] for row in prompts] == [40, None, None, 43, 44]
    assert figures(page)["Suggestions"] == "510"
    assert "numbers of 1 to 4 people" in texts(page).lower()
    assert "6 are hidden here: the column “hidden” names them." in texts(page)


@pytest.mark.parametrize("by", ["week", "month"])
def test_weeks_and_months_of_few_people_are_hidden(world: World, by: str) -> None:
    """The most people of a day count: 4 in one period, more in the two others."""
    starts = {"week": [date(2026, 5, 4), date(2026, 5, 11), date(2026, 5, 18)]}
    starts["month"] = [date(2026, month, 1) for month in (4, 5, 6)]
    for start, users in zip(starts[by], ([4, 2], [3, 9], [2, 20]), strict=True):
        write_users(world, users, start=start)
    page = open_page("copilot", grouped=by)
    people = rows(page, "people-who-used-copilot")
    assert [row["max_daily_active_users"] for row in people] == [None, None, 20]
    assert [row["mean_daily_active_users"] for row in people] == [None, None, 11]
    assert [row["days"] for row in people] == [2, 2, 2]
    assert [row["suggestions"] for row in rows(page, "suggestions-and-acceptances")] == [None, None, 201]
    assert figures(page)["Suggestions"] == "603"


def test_key_figures_of_few_people_are_hidden_but_not_the_sums(world: World) -> None:
    write_users(world, [4, 3])
    shown = figures(open_page("copilot"))
    assert (shown["Mean users a day (n = 2)"], shown["Most users on one day"]) == ("hidden", "hidden")
    assert shown["Suggestions"] == "201"


def test_months_of_few_people_are_hidden_beside_pull_requests_too(world: World) -> None:
    write_users(world, [4, 2], start=date(2026, 5, 1))
    write_users(world, [2, 20], start=date(2026, 6, 1))
    shown = rows(open_page("copilot", part="Beside pull requests"), "beside-mean-daily-active-users")
    assert [row["mean_daily_active_users"] for row in shown] == [None, 11]
    assert [row["accepted_percent"] is None for row in shown] == [True, False]
    assert shown[0]["hidden"] == "mean daily active users, accepted percent"


def test_counts_of_few_people_are_hidden_with_what_they_did(world: World) -> None:
    report = {
        "daily_active_cli_users": 3,
        "daily_active_copilot_cloud_agent_users": 0,
        "totals_by_cli": {"prompt_count": 17, "session_count": 6},
    }
    write_users(world, [8, 9], report=report, monthly_active_agent_users=2, engaged_users=4)
    page = open_page("copilot")
    [kinds] = rows(page, "people-who-used-chats-agents-or-the-command-line")
    assert kinds["hidden"] == "max 28 day agent users, max daily cli users"
    assert (kinds["max_28_day_chat_users"], kinds["max_daily_cloud_agent_users"]) == (9, 0)
    assert (kinds["max_28_day_agent_users"], kinds["max_daily_cli_users"]) == (None, None)
    [messages] = rows(page, "prompts-and-use-of-the-command-line")
    assert (messages["prompts"], messages["cli_prompts"], messages["cli_sessions"]) == (81, None, None)
    [people] = rows(page, "people-who-used-copilot")
    assert people["hidden"] == "mean engaged users, max engaged users"
    assert people["max_daily_active_users"] == 9


def write_phases(world: World, people: dict[str, int]) -> None:
    phases = [phase for phase, count in people.items() for _ in range(count)]
    world.session.execute(
        insert(CopilotUserDay), [person(date(2026, 6, 30), key, phase) for key, phase in enumerate(phases, start=1)]
    )
    write_users(world, [sum(people.values())], start=date(2026, 6, 30))


def test_a_second_phase_is_hidden_so_that_the_first_does_not_follow(world: World) -> None:
    write_phases(world, {"Phase 1": 9, "Phase 2": 2, "Phase 3": 6})
    page = open_page("copilot", part="Models and features")
    assert rows(page, "phases") == [{"phase": "Phase 1", "people": 9}]
    said = texts(page)
    assert "Phases with fewer than 5 people are hidden on this part: 2 of 3." in said
    assert "whose number is on the part Use" in said


def test_no_phase_is_hidden_where_none_is_small(world: World) -> None:
    write_phases(world, {"Phase 1": 9, "Phase 3": 5})
    page = open_page("copilot", part="Models and features")
    assert [row["people"] for row in rows(page, "phases")] == [9, 5]
    assert "hidden on this part: 0 of 2." in texts(page)


def write_two_sources(world: World) -> None:
    """May and June are whole, but another source tells of May's first half."""
    write_users(world, [10] * 15, start=date(2026, 5, 1), source="metrics")
    write_users(world, [11] * 46, start=date(2026, 5, 16))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("report", "Not whole (shaded) is the month of 2026-05-01: some of the days of `report` are not here."),
        ("metrics", "Not whole (shaded) is the month of 2026-05-01: some of the days of `metrics` are not here."),
        ("all", ""),
    ],
)
@pytest.mark.parametrize("part", ["Use", "Models and features"])
def test_a_month_is_whole_by_the_days_of_the_chosen_source(world: World, part: str, source: str, said: str) -> None:
    write_two_sources(world)
    page = open_page("copilot", part=part, source=source)
    assert said in texts(page)
    assert ("Not whole" in texts(page)) == bool(said)


def test_a_month_that_is_not_whole_is_shaded(world: World) -> None:
    write_two_sources(world)
    report, both = (open_page("copilot", source=source) for source in ("report", "all"))
    assert '"shapes":[{' in report.get("plotly_chart")[0].proto.spec
    assert '"shapes":[{' not in both.get("plotly_chart")[0].proto.spec


def test_many_periods_that_are_not_whole_are_counted(world: World) -> None:
    """Each week has a day of the older source."""
    for week in range(12):
        start = date(2026, 4, 6) + 7 * week * ONE_DAY
        write_users(world, [10], start=start, source="metrics")
        write_users(world, [11] * 6, start=start + ONE_DAY)
    said = texts(open_page("copilot", grouped="week", source="report"))
    assert "Not whole (shaded) are the weeks of 2026-04-20, 2026-04-27" in said
    assert "2026-06-22 and 2 older ones: some of the days of `report` are not here." in said
