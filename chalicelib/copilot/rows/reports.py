"""Maps reports of today's API to rows: an organisation's or an enterprise's days, and people's days and teams.

https://docs.github.com/en/rest/copilot/copilot-usage-metrics
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from chalicelib.copilot.rows.days import ACTIVE, PULL_REQUESTS, DayRows, Line, day_rows_of, required_day
from chalicelib.copilot.rows.fields import (
    activity,
    day,
    github_id,
    login_of,
    name_of,
    objects,
    people,
    picked,
)
from chalicelib.ingest.fields import Converter, Record, Row, cleaned, flag, fraction, json_object, required, text

REPORT = "report"
# Other `totals_by_…` lists have no columns; they are kept in the day's `report` only.
BREAKDOWNS = {
    "totals_by_ide": ("ide",),
    "totals_by_feature": ("feature",),
    "totals_by_language_feature": ("language", "feature"),
    "totals_by_language_model": ("language", "model"),
    "totals_by_model_feature": ("model", "feature"),
}
USER_DAY: dict[str, Converter] = {"day": day, "user_id": github_id}
USER_TEAM: dict[str, Converter] = {"day": day, "team_id": github_id, "user_id": github_id}
FLAGS = ("used_agent", "used_chat", "used_cli")


def report_day_rows(record: Any, *, org: str) -> DayRows:
    """Map a day of an organisation's or an enterprise's report to its rows.

    `record` is a 1-day report, or one of `day_totals`.
    https://docs.github.com/en/copilot/reference/copilot-usage-metrics/copilot-usage-metrics
    """
    report = cleaned(record)
    pull_requests = json_object("pull_requests", report.get("pull_requests")) or {}
    counters = activity(report)
    counters |= picked(report, dict(zip(ACTIVE, ACTIVE, strict=True)), people)
    counters |= picked(pull_requests, PULL_REQUESTS, people, within="pull_requests.")
    on = required_day("day", day("day", report.get("day")))
    return day_rows_of(report, org=org, day=on, source=REPORT, counters=counters, lines=_lines(report))


def _lines(report: Record) -> Iterator[Line]:
    for name, fields in BREAKDOWNS.items():
        for line in objects(name, report.get(name)):
            names = {field: name_of(line, field, within=name) for field in fields}
            yield Line(name.removeprefix("totals_by_"), names, activity(line, within=f"{name}."))


def user_day_row(record: Any, *, org: str) -> Row:
    """Map a person's day (users-1-day, users-28-day) to a row of `copilot_user_days`.

    https://docs.github.com/en/copilot/reference/copilot-usage-metrics/copilot-usage-metrics
    """
    report = cleaned(record)
    row = required(report, USER_DAY) | {"org": org, "login": login_of(report), "source": REPORT}
    row |= activity(report) | picked(report, dict(zip(FLAGS, FLAGS, strict=True)), flag)
    return row | {"ai_credits_used": fraction("ai_credits_used", report.get("ai_credits_used")), "report": report}


def user_period_row(record: Any, *, org: str, start_day: date, end_day: date) -> Row:
    """Map one of an enterprise's `user_totals`, a person's sum over 28 days, to a row of `copilot_user_periods`."""
    report = cleaned(record)
    row = required(report, {"user_id": github_id}) | {"org": org, "start_day": start_day, "end_day": end_day}
    row |= activity(report) | {"total_active_days": people("total_active_days", report.get("total_active_days"))}
    return row | {"login": login_of(report) or "", "report": report}


def user_team_row(record: Any, *, org: str) -> Row:
    """Map a person's membership of a team on a day (user-teams-1-day) to a row of `copilot_user_teams`.

    https://docs.github.com/en/copilot/reference/copilot-usage-metrics/team-level-metrics
    """
    membership = cleaned(record)
    slug = text("slug", membership.get("slug")) or text("team_slug", membership.get("team_slug"))
    return required(membership, USER_TEAM) | {"org": org, "team_slug": slug, "login": login_of(membership)}
