"""The reports' files: what a download link leads to, as it was at the moment when the link was given."""

from collections.abc import Callable
from typing import Any

from sandbox.api.copilot.reports import organisation_row, team_rows, user_rows
from sandbox.api.messages import encode
from sandbox.api.times import timestamp
from sandbox.world.copilot.publication import Publication
from sandbox.world.copilot.settings import day_name
from sandbox.world.copilot.usage import Usage
from sandbox.world.hours import DAY

JSON = dict[str, Any]
ORGANISATION_1, USERS_1, TEAMS_1 = "organization-1-day", "users-1-day", "user-teams-1-day"
ORGANISATION_28, USERS_28 = "organization-28-day", "users-28-day"
PERIOD = 28


def suffix(report: str) -> str:
    """Return the ending of a report's files."""
    return "json" if report in (ORGANISATION_1, ORGANISATION_28) else "ndjson"


def count_files(usage: Usage, report: str) -> int:
    """Return into how many files a report is split; an organisation's day is one object."""
    return 1 if report == ORGANISATION_1 else usage.settings.links


def first_day(report: str, day: int) -> int:
    """Return where the period of a report begins that ends with a day."""
    return day - (PERIOD - 1) * DAY if report in (ORGANISATION_28, USERS_28) else day


def report_rows(usage: Usage, report: str, *, day: int, at: int) -> list[JSON]:
    """Return the rows of a report that ends with a day, as they are at a moment."""
    published = [usage.offered(one, at) for one in range(first_day(report, day), day + DAY, DAY)]
    return WRITERS[report](usage, [one for one in published if one is not None], at)


def write_file(usage: Usage, report: str, rows: list[JSON], *, day: int, at: int, part: int, parts: int) -> bytes:
    """Return one of the files (the first is 1) that a report's rows are split into."""
    rows = rows[(part - 1) * len(rows) // parts : part * len(rows) // parts]
    if report == ORGANISATION_1:
        return encode(_envelope(usage, report, day, at, rows) if usage.settings.wrapped else rows[0])
    if report == ORGANISATION_28:
        return encode(_envelope(usage, report, day, at, rows))
    return b"".join(encode(row) + b"\n" for row in rows)


def _envelope(usage: Usage, report: str, day: int, at: int, rows: list[JSON]) -> JSON:
    publication = usage.publication(day)
    return {
        "report_start_day": day_name(first_day(report, day)),
        "report_end_day": day_name(day),
        "organization_id": str(usage.organisation.account.id),
        "created_at": timestamp(publication.at[publication.revision(at)]),
        "day_totals": rows,
    }


def _organisation_days(usage: Usage, published: list[Publication], at: int) -> list[JSON]:
    return [organisation_row(usage, one, one.revision(at)) for one in published]


def _user_days(usage: Usage, published: list[Publication], at: int) -> list[JSON]:
    return [row for one in published for row in user_rows(usage, one, one.revision(at))]


def _users_period(usage: Usage, published: list[Publication], at: int) -> list[JSON]:
    # Its last day is published, or there would be no report.
    last = published[-1].day
    period = {"report_start_day": day_name(first_day(USERS_28, last)), "report_end_day": day_name(last)}
    return [period | row for row in _user_days(usage, published, at)]


def _team_days(usage: Usage, published: list[Publication], _: int) -> list[JSON]:
    # Who was in which team is never revised.
    return [row for one in published for row in team_rows(usage, one.day)]


WRITERS: dict[str, Callable[[Usage, list[Publication], int], list[JSON]]] = {
    ORGANISATION_1: _organisation_days,
    USERS_1: _user_days,
    TEAMS_1: _team_days,
    ORGANISATION_28: _organisation_days,
    USERS_28: _users_period,
}
