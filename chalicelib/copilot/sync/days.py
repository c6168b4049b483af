"""Organisations' days: the last 28 in one report, the others one by one; what is revised, and what is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from chalicelib.copilot.api import ORGANIZATION_28, ORGANIZATION_DAY, CopilotAPI
from chalicelib.copilot.models import REPORT, SOURCES, CopilotDay, CopilotDayRevision, CopilotDayTotal
from chalicelib.copilot.rows import DayRows, report_day_rows
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.store.engine import canonical
from chalicelib.store.marks import WHOLE
from chalicelib.store.upsert import Row

COPILOT, DAYS = "copilot", "copilot.days"
ONE = timedelta(days=1)
# What GitHub offers, and since when there have been such reports.
YEAR, FIRST_DAY = timedelta(days=365), date(2025, 12, 12)
# What the report of the last days holds.
SPAN = timedelta(days=28)
# A day may be published so much later; one that is older and not there is lost.
LATE = timedelta(days=7)
# What GitHub writes anew each time, though nothing has changed.
VOLATILE = {"created_at", "report_start_day", "report_end_day"}


def sync_days(context: Context) -> None:
    """Store the last 28 days as they are now, and every day since the last run that is not among them.

    The first run reads all that GitHub offers. Days that it has no report of are named in the ledger. What was among
    the last 28 of the last run is read once more when it is not among them now: it may have been revised meanwhile.
    """
    latest = read_latest(context)
    if latest is None:
        context.run.note = "GitHub has no reports of this organisation's use of Copilot"
        return
    asked = last_asked(context, DAYS)
    days = new_days(context, DAYS, again=SPAN)
    missing = [day for day in days if day not in latest and not read_day(context, day)]
    name_lost(context, missing, CopilotDay, asked=asked)


def last_asked(context: Context, name: str) -> date | None:
    """The last day that was asked for; None before the first run."""
    asked = context.marks.cursor(name, scope=WHOLE).read()
    return asked.date() if asked else None


def new_days(context: Context, name: str, *, again: timedelta) -> Iterator[date]:
    """Give the days up to yesterday that were not asked for yet, and so many before them anew.

    Each counts as asked afterwards, so that a run which ends in between goes on where it was.
    """
    asked, yesterday = last_asked(context, name), context.now().date() - ONE
    begin = asked + ONE - again if asked else max(FIRST_DAY, yesterday - YEAR + ONE)
    context.run.window_start, context.run.window_end = midnight(begin), midnight(yesterday)
    for day in days_between(begin, yesterday):
        yield day
        context.marks.cursor(name, scope=WHOLE).advance(midnight(day))
        context.checkpoint()


def name_lost(
    context: Context, days: Iterable[date], *tables: type[Any], asked: date | None, until: date | None = None
) -> None:
    """Name in the ledger the days that no report tells of: not stored in `tables`, behind the first, more than late.

    Each is named once: not when it was past the time at the last run (`asked`) already.
    """
    first = context.session.scalar(select(func.min(CopilotDay.day)).where(CopilotDay.org == context.scope.org))
    until = until or context.now().date() - ONE - LATE
    since = max(first or date.max, asked - LATE if asked else date.min)
    stored = set[date]()
    for table in tables:
        stored |= set(context.session.scalars(select(table.day).where(table.org == context.scope.org)))
    lost = [day for day in days if since < day <= until and day not in stored]
    context.run.note = f"GitHub has no report of {spans(lost)}" if lost else None


def read_latest(context: Context) -> set[date] | None:
    """Store the report of the last 28 days; gives those of them that it has, None when there is no such report."""
    with CopilotAPI(context.github).open_report(context.scope.org, ORGANIZATION_28) as report:
        return save_reports(context, report.records()) if report else None


def read_day(context: Context, day: date) -> bool:
    """Store a day's own report; False when there is none."""
    with CopilotAPI(context.github).open_report(context.scope.org, ORGANIZATION_DAY, day) as report:
        return report is not None and bool(save_reports(context, report.records()))


def save_reports(context: Context, records: Iterable[Any]) -> set[date]:
    """Write days as today's API reports them; gives the days."""
    return save_days(context, records, partial(report_day_rows, org=context.scope.org))


def save_days(
    context: Context, records: Iterable[Any], to_rows: Callable[[Any], DayRows], *, is_live: bool = True
) -> set[date]:
    """Write days, each with its breakdowns in one transaction; gives the days that there were."""
    days = set()
    for each in map_records(context, COPILOT, context.count_fetched(records), to_rows):
        save_day(context, each.row, each.record, is_live=is_live)
        days.add(each.row.day["day"])
        context.checkpoint()
    return days


def save_day(context: Context, rows: DayRows, record: Any, *, is_live: bool) -> None:
    """Write a day unless it says what is known, or comes from an older source; whatever is new of it is kept whole.

    What GitHub says now is true now; what a file says was true once, and doesn't stand against the same source.
    """
    key = (rows.day["org"], rows.day["day"])
    known = context.session.get(CopilotDay, key, populate_existing=True)
    _keep_version(context, rows.day, record)
    if known is not None and not _replaces(rows.day, known, is_live=is_live):
        return
    day = Mapped({**rows.day, **revision(known, context.now())}, record)
    save_rows(context, COPILOT, CopilotDay, [day])
    same_day = (CopilotDayTotal.org == key[0], CopilotDayTotal.day == key[1])
    context.session.execute(delete(CopilotDayTotal).where(*same_day))
    save_rows(context, COPILOT, CopilotDayTotal, [Mapped(row, record) for row in rows.totals])


def _replaces(row: Row, known: CopilotDay, *, is_live: bool) -> bool:
    ranks = SOURCES.index(row["source"]), SOURCES.index(known.source)
    if ranks[0] != ranks[1]:
        return ranks[0] > ranks[1]
    return is_live and content(row["report"]) != content(known.report)


def revision(known: Any, now: datetime) -> Row:
    """Say of what is to be written how often it has changed, given what is stored of it, if anything."""
    if known is None:
        return {"revision": 1, "first_seen_at": now, "revised_at": None}
    return {"revision": known.revision + 1, "first_seen_at": known.first_seen_at, "revised_at": now}


def content(report: dict[str, Any]) -> str:
    """Write a report so that two that say the same are the same text."""
    return canonical({name: value for name, value in report.items() if name not in VOLATILE})


def _keep_version(context: Context, row: Row, record: Any) -> None:
    """Keep a report that was not seen before, whole."""
    digest = hashlib.sha256(f"{row['source']}\n{content(row['report'])}".encode()).hexdigest()
    key = {"org": row["org"], "day": row["day"], "digest": digest}
    if context.session.get(CopilotDayRevision, tuple(key.values())) is None:
        kept = {**key, "source": row["source"], "seen_at": context.now(), "report": row["report"]}
        save_rows(context, COPILOT, CopilotDayRevision, [Mapped(kept, record)])


def stored_days(session: Session, org: str, since: date, until: date) -> set[date]:
    """Which days of a span stand there as today's API reports them."""
    found = select(CopilotDay.day).where(
        CopilotDay.org == org, CopilotDay.day.between(since, until), CopilotDay.source == REPORT
    )
    return set(session.scalars(found))


def days_between(first: date, last: date) -> Iterator[date]:
    """Give the days of a span, both ends included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def spans(days: Sequence[date]) -> str:
    """Write days as spans: 2026-01-03, 2026-01-05..2026-01-09."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == ONE:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(f"{run[0]}..{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def midnight(day: date) -> datetime:
    """The moment that a day begins, UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)
