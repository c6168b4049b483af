"""Recognises saved files and downloaded reports by the keys of their records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from chalicelib.copilot.rows.days import ACTIVE, DayRows
from chalicelib.copilot.rows.fields import ACTIVITY, day
from chalicelib.copilot.rows.legacy import METRICS, USAGE, metrics_day_rows, usage_day_rows
from chalicelib.copilot.rows.reports import BREAKDOWNS, FLAGS, REPORT, report_day_rows
from chalicelib.errors import RejectedError

DAYS, USER_DAYS, USER_PERIODS = "days", "user_days", "user_periods"
USER_TEAMS, SEATS, LINKS = "user_teams", "seats", "links"

EXPECTED = (
    "expected a Copilot usage report (JSON or NDJSON), a list of days from /copilot/metrics or /copilot/usage, "
    "or a list of Copilot seats"
)
# The lists that answers hold, and the kind of their records when no record shows it (an empty list, for example).
ENVELOPES = {"download_links": LINKS, "seats": SEATS, "day_totals": DAYS, "user_totals": USER_PERIODS}

REPORT_MARKS = {*ACTIVITY, *ACTIVE, *BREAKDOWNS}
METRICS_MARKS = {
    "copilot_ide_code_completions",
    "copilot_ide_chat",
    "copilot_dotcom_chat",
    "copilot_dotcom_pull_requests",
    "total_engaged_users",
}
USAGE_MARKS = {"total_suggestions_count", "total_acceptances_count", "total_lines_suggested", "total_active_users"}
USER_MARKS = REPORT_MARKS | {*FLAGS, "total_active_days"}


class Document(NamedTuple):
    """A file: the kind of its records, the records, and its first and last day, from the file or else from its records.

    `kind` is days, user_days, user_periods, user_teams, seats or links. Links have no records. `user_periods` always
    have both days. Broken records are included; their mapper rejects them.
    """

    kind: str
    records: list[Any]
    start_day: date | None
    end_day: date | None


class _Part(NamedTuple):
    """One JSON value of a file: the kinds of its records, the kind to assume when there is none, records and days."""

    kinds: set[str]
    fallback: str | None
    records: list[Any]
    window: tuple[date | None, date | None]


def shape_of(record: Any) -> str:
    """Tell which API a day's record is from: report, metrics or usage; report when it looks like none of them."""
    keys = _keys(record)
    if "date" in keys or keys & METRICS_MARKS:
        return METRICS
    return USAGE if keys & (USAGE_MARKS | {"breakdown"}) else REPORT


def any_day_rows(record: Any, *, org: str) -> DayRows:
    """Map a day of any of the three APIs to its rows."""
    mapper = {REPORT: report_day_rows, METRICS: metrics_day_rows, USAGE: usage_day_rows}[shape_of(record)]
    return mapper(record, org=org)


def read_document(text: str) -> Document:
    """Recognise a file by its content; RejectedError, which says what was expected, when it has no Copilot data."""
    parts = [_part(value) for value in _values(text)]
    kind = _kind(parts)
    records = [record for part in parts for record in part.records]
    starts, ends = zip(*(part.window for part in parts), strict=True) if parts else ((), ())
    start_day, end_day = min(_days(starts), default=None), max(_days(ends), default=None)
    if kind == USER_PERIODS and len({part.window for part in parts if part.kinds}) != 1:
        raise RejectedError("its people's totals are of different periods: give each period a file of its own")
    if kind == USER_PERIODS and (start_day is None or end_day is None):
        raise RejectedError("it lacks the period of its people's totals (report_start_day, report_end_day)")
    return Document(kind, records, start_day, end_day)


def _values(text: str) -> list[Any]:
    """Parse JSON (a list's elements, or its one value) or NDJSON."""
    plain = text.removeprefix("\ufeff").strip()
    if not plain:
        raise RejectedError(f"it is empty; {EXPECTED}")
    try:
        value = json.loads(plain)
    except (ValueError, RecursionError):
        return _lines(plain)
    return value if isinstance(value, list) else [value]


def _lines(text: str) -> list[Any]:
    """Parse NDJSON; a broken line stays text, and a file in which most lines are broken raises RejectedError."""
    # Not splitlines, which also splits at characters that JSON allows inside a string.
    lines = [_line(line) for line in text.split("\n") if line.strip()]
    if 2 * sum(isinstance(line, dict) for line in lines) < len(lines):
        raise RejectedError(f"it is neither JSON nor NDJSON; {EXPECTED}")
    return lines


def _line(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line


def _kind(parts: list[_Part]) -> str:
    kinds = {kind for part in parts for kind in part.kinds}
    if len(kinds) > 1:
        raise RejectedError(f"it mixes {' and '.join(sorted(kinds))}; {EXPECTED}")
    # The retired APIs gave an empty list for an organisation without data.
    fallback = next((part.fallback for part in parts if part.fallback), None if parts else DAYS)
    kind = next(iter(kinds), fallback)
    if kind is None:
        raise RejectedError(f"its records are not Copilot's; {EXPECTED}")
    return kind


def _part(value: Any) -> _Part:
    name = next((name for name in ENVELOPES if isinstance(value, dict) and isinstance(value.get(name), list)), None)
    if name is None:
        return _Part(_kinds([value]), DAYS if _keys(value) & REPORT_MARKS else None, [value], _window(value))
    kind, records, window = ENVELOPES[name], value[name], _window(value)
    if kind == LINKS:
        return _Part({LINKS}, LINKS, [], window)
    if kind == USER_PERIODS:
        return _user_totals(records, window if any(window) else _span(records))
    kinds = {SEATS} if kind == SEATS else _kinds(records)
    return _Part(kinds, kind, records, window if any(window) else _span(records))


def _user_totals(records: list[Any], window: tuple[date | None, date | None]) -> _Part:
    """Read an enterprise's people; a report of one day has the day at its top, and not in its rows."""
    start_day, end_day = window
    if start_day is not None and start_day == end_day:
        day_of_all = {"day": start_day.isoformat()}
        records = [day_of_all | record if isinstance(record, dict) else record for record in records]
    kind = USER_DAYS if any(isinstance(record, dict) and "day" in record for record in records) else USER_PERIODS
    return _Part({kind}, kind, records, window)


def _kinds(records: Iterable[Any]) -> set[str]:
    return {kind for kind in map(_kind_of, records) if kind is not None}


def _kind_of(record: Any) -> str | None:
    keys = _keys(record)
    if keys >= {"team_id", "user_id"}:
        return USER_TEAMS
    if keys >= {"assignee", "last_activity_at"}:
        return SEATS
    if keys & {"user_id", "user_login", "login"} and keys & USER_MARKS:
        return USER_PERIODS if "total_active_days" in keys and "day" not in keys else USER_DAYS
    # Without these keys it may be a person's row that lacks its user: the other records decide.
    return DAYS if keys & {*ACTIVE, *METRICS_MARKS, *USAGE_MARKS} else None


def _keys(record: Any) -> set[str]:
    return set(record) if isinstance(record, dict) else set()


def _window(value: Any) -> tuple[date | None, date | None]:
    """Read the first and last day of an answer or a record, each None when it is not there."""
    fields = value if isinstance(value, dict) else {}
    single = _day_in(fields, "report_day") or _day_in(fields, "day") or _day_in(fields, "date")
    return _day_in(fields, "report_start_day") or single, _day_in(fields, "report_end_day") or single


def _day_in(fields: Mapping[str, Any], name: str) -> date | None:
    try:
        return day(name, fields.get(name))
    except RejectedError:
        return None  # the record's mapper will reject it


def _span(records: Iterable[Any]) -> tuple[date | None, date | None]:
    windows = [_window(record) for record in records]
    starts, ends = _days(start for start, _ in windows), _days(end for _, end in windows)
    return min(starts, default=None), max(ends, default=None)


def _days(values: Iterable[date | None]) -> list[date]:
    return [value for value in values if value is not None]
