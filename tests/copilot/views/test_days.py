"""copilot_use_daily, copilot_acceptance_monthly and the breakdowns, counted by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert

from chalicelib.copilot.views import (
    COPILOT_ACCEPTANCE_MONTHLY,
    COPILOT_FEATURES_DAILY,
    COPILOT_IDES_DAILY,
    COPILOT_LANGUAGES_DAILY,
    COPILOT_MODELS_DAILY,
    COPILOT_TEAM_USE_DAILY,
    COPILOT_USE_DAILY,
)
from chalicelib.models import CopilotDayRevision
from chalicelib.store.views import View
from tests.views.world import World, may

FOURTH = date(2026, 5, 4)


def some(world: World, view: View, *names: str, **where: Any) -> list[tuple[Any, ...]]:
    """The rows of a view in these columns."""
    return [tuple(row[name] for name in names) for row in world.read(view, **where)]


# Days


def test_a_whole_day(world: World) -> None:
    world.copilot_day(
        FOURTH,
        *(40, 10),
        daily_active_users=4,
        weekly_active_users=5,
        monthly_active_users=6,
        loc_suggested_to_add_sum=200,
        loc_added_sum=60,
        user_initiated_interaction_count=24,
    )
    assert world.row(COPILOT_USE_DAILY) == {
        "org": "acme",
        "day": FOURTH,
        "daily_active_users": 4,
        "weekly_active_users": 5,
        "monthly_active_users": 6,
        "engaged_users": None,
        "suggestions": 40,
        "acceptances": 10,
        "acceptance_rate": 0.25,
        "lines_suggested": 200,
        "lines_added": 60,
        "lines_accepted": None,
        "lines_added_or_accepted": 60,
        "chat_turns": None,
        "prompts": 24,
        "source": "report",
        "revision": 1,
    }


def test_a_day_of_an_api_that_is_gone(world: World) -> None:
    world.copilot_day(FOURTH, 8, 2, source="metrics", engaged_users=3, chat_turns=34, lines_accepted=12)
    names = ("source", "engaged_users", "chat_turns", "lines_added", "lines_accepted", "lines_added_or_accepted")
    assert some(world, COPILOT_USE_DAILY, *names) == [("metrics", 3, 34, None, 12, 12)]


@pytest.mark.parametrize(
    ("suggestions", "acceptances", "rate"),
    [(3, 2, 2 / 3), (3, 0, 0.0), (0, 0, None), (0, 2, None), (None, 2, None), (3, None, None), (2, 3, 1.5)],
)
def test_a_rate_needs_suggestions(
    world: World, suggestions: int | None, acceptances: int | None, rate: float | None
) -> None:
    world.copilot_day(FOURTH, suggestions, acceptances)
    assert world.row(COPILOT_USE_DAILY)["acceptance_rate"] == rate
    assert world.row(COPILOT_ACCEPTANCE_MONTHLY)["acceptance_rate"] == rate


def test_a_revised_day_counts_once_as_it_is_now(world: World) -> None:
    world.copilot_day(FOURTH, 50, 10, revision=2, revised_at=may(6))
    for digest in ("before", "after"):
        kept = {"org": "acme", "day": FOURTH, "digest": digest, "source": "report", "seen_at": may(5), "report": {}}
        world.session.execute(insert(CopilotDayRevision), [kept])
    assert some(world, COPILOT_USE_DAILY, "suggestions", "revision") == [(50, 2)]
    assert some(world, COPILOT_ACCEPTANCE_MONTHLY, "days", "suggestions") == [(1, 50)]


# Months


def test_a_month_by_hand(world: World) -> None:
    """A busy day at a tenth, a quiet one at a half, one without suggestions, and one of a source that is gone."""
    day = {"loc_suggested_to_add_sum": 10}
    world.copilot_day(date(2026, 5, 1), 0, 0, source="usage", daily_active_users=2, lines_accepted=1, **day)
    world.copilot_day(date(2026, 5, 4), 100, 10, daily_active_users=8, loc_added_sum=20, **day)
    world.copilot_day(date(2026, 5, 30), 10, 5, daily_active_users=3, loc_added_sum=4, **day)
    world.copilot_day(date(2026, 5, 31), 6, 1, daily_active_users=None, loc_added_sum=None)
    assert world.row(COPILOT_ACCEPTANCE_MONTHLY) == {
        "org": "acme",
        "month": date(2026, 5, 1),
        "days": 4,
        "report_days": 3,
        "suggestions": 116,
        "acceptances": 16,
        "acceptance_rate": 16 / 116,
        "mean_daily_acceptance_rate": 0.255556,  # of 0.1, 0.5 and 0.1666…
        "lines_suggested": 30,
        "lines_added_or_accepted": 25,
        "mean_daily_active_users": 13 / 3,
        "max_daily_active_users": 8,
    }


def test_a_month_with_nothing_but_days(world: World) -> None:
    world.copilot_day(FOURTH, None, None)
    row = world.row(COPILOT_ACCEPTANCE_MONTHLY)
    told = {"org": "acme", "month": date(2026, 5, 1), "days": 1, "report_days": 1}
    assert row == dict.fromkeys(row, None) | told


def test_a_day_that_tells_only_one_of_both_is_in_no_rate(world: World) -> None:
    world.copilot_day(date(2026, 5, 4), 10, 5)
    world.copilot_day(date(2026, 5, 5), None, 5)
    world.copilot_day(date(2026, 5, 6), 10, None)
    names = ("suggestions", "acceptances", "acceptance_rate", "mean_daily_acceptance_rate")
    assert some(world, COPILOT_ACCEPTANCE_MONTHLY, *names) == [(20, 10, 0.5, 0.5)]


def test_months_end_with_their_last_day_wherever_the_reader_is(world: World) -> None:
    """Taken for midnight in the reader's time zone, the first of May was in April."""
    for number, day in enumerate([date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 1)], 1):
        world.copilot_day(day, number, 0)
    world.copilot_day(date(2026, 5, 1), 7, 0, org="other")
    assert some(world, COPILOT_ACCEPTANCE_MONTHLY, "org", "month", "days", "suggestions") == [
        ("acme", date(2026, 4, 1), 1, 1),
        ("acme", date(2026, 5, 1), 2, 5),
        ("acme", date(2026, 6, 1), 1, 4),
        ("other", date(2026, 5, 1), 1, 7),
    ]


# Breakdowns


def report_day(world: World, day: date = FOURTH, **columns: Any) -> None:
    """A day of 10 suggestions and 4 acceptances, which every breakdown tells whole."""
    world.copilot_day(day, 10, 4, **columns)
    lines = [
        ("ide", 10, 4, {"ide": "vscode"}),
        ("feature", 7, 4, {"feature": "code_completion"}),
        ("feature", 3, 0, {"feature": "agent_edit"}),
        ("language_feature", 6, 4, {"language": "python", "feature": "code_completion"}),
        ("language_feature", 3, 0, {"language": "python", "feature": "agent_edit"}),
        ("language_model", 9, 4, {"language": "python", "model": "auto"}),
        ("model_feature", 7, 4, {"model": "auto", "feature": "code_completion"}),
        ("model_feature", 3, 0, {"model": "gpt-5", "feature": "agent_edit"}),
    ]
    for dimension, suggestions, acceptances, names in lines:
        world.copilot_total(day, dimension, suggestions, acceptances, **names, **columns)


def counted(world: World, view: View, thing: str, **where: Any) -> list[tuple[Any, ...]]:
    return some(world, view, thing, "suggestions", "acceptances", **where)


def test_a_report_counts_nothing_twice(world: World) -> None:
    report_day(world)
    assert counted(world, COPILOT_IDES_DAILY, "ide") == [("vscode", 10, 4)]
    assert counted(world, COPILOT_FEATURES_DAILY, "feature") == [("agent_edit", 3, 0), ("code_completion", 7, 4)]
    # One suggestion less than the day has: GitHub left it out.
    assert counted(world, COPILOT_LANGUAGES_DAILY, "language") == [("python", 9, 4)]
    assert counted(world, COPILOT_MODELS_DAILY, "model") == [("auto", 7, 4), ("gpt-5", 3, 0)]


def test_a_whole_row_of_a_breakdown(world: World) -> None:
    report_day(world)
    numbers = {"loc_suggested_to_add_sum": 30, "loc_added_sum": 12, "user_initiated_interaction_count": 9}
    world.copilot_total(FOURTH, "ide", 0, 0, ide="xcode", **numbers)
    assert world.row(COPILOT_IDES_DAILY, ide="xcode") == {
        "org": "acme",
        "day": FOURTH,
        "ide": "xcode",
        "source": "report",
        "suggestions": 0,
        "acceptances": 0,
        "acceptance_rate": None,
        "lines_suggested": 30,
        "lines_added_or_accepted": 12,
        "prompts": 9,
    }
    assert world.row(COPILOT_IDES_DAILY, ide="vscode")["acceptance_rate"] == 0.4


def test_metrics_have_languages_by_ide_and_model_and_no_features(world: World) -> None:
    world.copilot_day(FOURTH, 9, 3, source="metrics")
    for ide, language, suggestions, acceptances in (("vscode", "go", 4, 1), ("vscode", "c", 2, 1), ("vim", "go", 3, 1)):
        named = {"ide": ide, "language": language, "model": "default", "lines_accepted": suggestions}
        world.copilot_total(FOURTH, "language_ide_model", suggestions, acceptances, **named)
    for ide, suggestions, acceptances in (("vscode", 6, 2), ("vim", 3, 1), ("xcode", 0, 0)):
        named = {"ide": ide, "model": "default", "lines_accepted": suggestions}
        world.copilot_total(FOURTH, "ide_model", suggestions, acceptances, **named)
    names = ("suggestions", "acceptances", "lines_added_or_accepted", "prompts")
    assert some(world, COPILOT_IDES_DAILY, "ide", *names) == [
        ("vim", 3, 1, 3, None),
        ("vscode", 6, 2, 6, None),
        ("xcode", 0, 0, 0, None),
    ]
    assert some(world, COPILOT_MODELS_DAILY, "model", *names) == [("default", 9, 3, 9, None)]
    assert some(world, COPILOT_LANGUAGES_DAILY, "language", *names) == [("c", 2, 1, 2, None), ("go", 7, 2, 7, None)]
    assert world.read(COPILOT_FEATURES_DAILY) == []


def test_usage_has_languages_by_ide_and_no_models(world: World) -> None:
    world.copilot_day(FOURTH, 9, 3, source="usage")
    for ide, language, suggestions, acceptances in (("vscode", "go", 4, 1), ("vscode", "c", 2, 1), ("vim", "go", 3, 1)):
        world.copilot_total(FOURTH, "language_ide", suggestions, acceptances, ide=ide, language=language)
    assert counted(world, COPILOT_IDES_DAILY, "ide") == [("vim", 3, 1), ("vscode", 6, 2)]
    assert counted(world, COPILOT_LANGUAGES_DAILY, "language") == [("c", 2, 1), ("go", 7, 2)]
    assert world.read(COPILOT_MODELS_DAILY) == []
    assert world.read(COPILOT_FEATURES_DAILY) == []


def test_sources_by_day_and_organisations_are_apart(world: World) -> None:
    report_day(world)
    report_day(world, org="other")
    fifth = date(2026, 5, 5)
    world.copilot_day(fifth, 2, 1, source="usage")
    world.copilot_total(fifth, "language_ide", 2, 1, ide="vscode", language="python")
    world.copilot_total(fifth, "ide", 99, 99, ide="vscode")  # what this source doesn't have
    names = ("org", "day", "source", "suggestions")
    for view in (COPILOT_IDES_DAILY, COPILOT_LANGUAGES_DAILY):
        of_a_report = 10 if view is COPILOT_IDES_DAILY else 9
        assert some(world, view, *names) == [
            ("acme", FOURTH, "report", of_a_report),
            ("acme", fifth, "usage", 2),
            ("other", FOURTH, "report", of_a_report),
        ]


# Teams


def test_a_teams_day(world: World) -> None:
    numbers = {"loc_added_sum": 31, "user_initiated_interaction_count": 18, "ai_credits_used": 3.7}
    world.team_day(FOURTH, 1, 40, 10, members=6, active_members=2, **numbers)
    assert world.row(COPILOT_TEAM_USE_DAILY) == {
        "org": "acme",
        "day": FOURTH,
        "team_id": 1,
        "team_slug": "team-1",
        "members": 6,
        "active_members": 2,
        "suggestions": 40,
        "acceptances": 10,
        "acceptance_rate": 0.25,
        "lines_added": 31,
        "prompts": 18,
        "ai_credits": 3.7,
    }


def test_teams_of_five_and_more(world: World) -> None:
    world.team_day(FOURTH, 1, 2, 1, members=4, active_members=4)
    world.team_day(FOURTH, 2, None, None)  # nobody was active
    world.team_day(FOURTH, 3, 0, 0, active_members=1)
    world.team_day(FOURTH, 3, 2, 1, org="other")
    world.team_day(date(2026, 5, 5), 1, 2, 1, members=5)  # it has grown
    found = some(world, COPILOT_TEAM_USE_DAILY, "org", "day", "team_id", "suggestions", "acceptance_rate")
    assert found == [
        ("acme", FOURTH, 2, None, None),
        ("acme", FOURTH, 3, 0, None),
        ("acme", date(2026, 5, 5), 1, 2, 0.5),
        ("other", FOURTH, 3, 2, 0.5),
    ]
