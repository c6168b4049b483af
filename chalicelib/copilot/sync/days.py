"""Stores an organisation's days: the last 28 from one report, older ones one by one; with revisions and lost days."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from chalicelib.copilot.api import ORGANIZATION_28, ORGANIZATION_DAY, CopilotAPI, Report
from chalicelib.copilot.models import REPORT, SOURCES, CopilotDay, CopilotDayRevision, CopilotDayTotal
from chalicelib.copilot.rows import DayRows, report_day_rows
from chalicelib.copilot.sync.choice import choose, normalized, rank, within
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.store.marks import WHOLE
from chalicelib.store.upsert import Row

COPILOT, DAYS = "copilot", "copilot.days"
ONE_DAY = timedelta(days=1)
# GitHub offers a year of days, but none before its first report.
YEAR, FIRST_DAY = timedelta(days=365), date(2025, 12, 12)
# The days in the report of the latest days.
LATEST_DAYS = timedelta(days=28)
# GitHub may publish a day this late; an older day without a report is lost.
PUBLICATION_DELAY = timedelta(days=7)


def sync_days(context: Context) -> None:
    """Store the latest 28 days, and each earlier day that is new or may have been revised since the last run.

    The first run reads all days that GitHub offers. Later runs also read the 28 days before the last run once more:
    GitHub may have revised them after it. The ledger names days without a report.
    """
    begun = context.now()
    latest = read_latest(context)
    if latest is None:
        context.note("GitHub has no reports of this organisation's use of Copilot")
        return
    last_day = last_read_day(context, DAYS)
    days = days_to_read(context, DAYS, overlap=LATEST_DAYS)
    missing = [day for day in days if day not in latest and not read_day(context, day)]
    note_lost_days(context, missing, CopilotDay, last_day=last_day)
    context.marks.watermark(DAYS, scope=WHOLE).advance(begun)


def last_read_day(context: Context, name: str) -> date | None:
    """Give the last day that was read or tried; None before the first run. Leaves no transaction open."""
    cursor = context.marks.cursor(name, scope=WHOLE).read()
    context.commit()
    return cursor.date() if cursor else None


def days_to_read(context: Context, name: str, *, overlap: timedelta) -> Iterator[date]:
    """Give the days since the last one that was read, up to yesterday, and those of `overlap` before them.

    The cursor moves after each day, so that an interrupted run goes on where it stopped.
    """
    last_day, yesterday = last_read_day(context, name), context.now().date() - ONE_DAY
    begin = last_day + ONE_DAY - overlap if last_day else max(FIRST_DAY, yesterday - YEAR + ONE_DAY)
    context.run.window_start, context.run.window_end = midnight(begin), midnight(yesterday)
    for day in days_between(begin, yesterday):
        yield day
        context.marks.cursor(name, scope=WHOLE).advance(midnight(day))
        context.checkpoint()


def note_lost_days(
    context: Context, days: Iterable[date], *tables: type[Any], last_day: date | None, until: date | None = None
) -> None:
    """Name in the ledger the lost days among `days`: those in none of `tables`, too old to be published late.

    Days before the first stored one are not lost. Each day is named once: not again when it was too old already at the
    last run, which read up to `last_day`.
    """
    first = context.session.scalar(select(func.min(CopilotDay.day)).where(CopilotDay.org == context.scope.org))
    until = until or context.now().date() - ONE_DAY - PUBLICATION_DELAY
    since = max(first or date.max, last_day - PUBLICATION_DELAY if last_day else date.min)
    stored = set[date]()
    for table in tables:
        stored |= set(context.session.scalars(select(table.day).where(table.org == context.scope.org)))
    lost = [day for day in days if since < day <= until and day not in stored]
    if lost:
        context.note(f"GitHub has no report of {format_days(lost)}")


def read_latest(context: Context) -> set[date] | None:
    """Store the report of the latest 28 days; gives the days that it has, or None when there is no report."""
    with CopilotAPI(context.github).open_report(context.scope.org, ORGANIZATION_28) as report:
        return _save_report(context, report) if report else None


def read_day(context: Context, day: date) -> bool:
    """Store the report of one day; False when there is none."""
    with CopilotAPI(context.github).open_report(context.scope.org, ORGANIZATION_DAY, day) as report:
        return report is not None and bool(_save_report(context, report))


def _save_report(context: Context, report: Report) -> set[date]:
    """Write the days of a report, each with its breakdowns in one transaction; gives the days.

    Of a day that stands in the report twice one record counts, the one that `rank` puts last.
    """
    to_rows = within(report, context.now().date(), partial(report_day_rows, org=context.scope.org), day_of)
    mapped = _keep_revisions(context, report.records(), to_rows)
    chosen = choose(mapped, day_of, lambda rows: rank(rows.day["report"])).values()
    context.commit()  # what was kept aside, also when there is no day
    for each in chosen:
        save_day(context, each.row, each.record)
        context.checkpoint()
    return {day_of(each.row) for each in chosen}


def save_days(context: Context, records: Iterable[Any], to_rows: Callable[[Any], DayRows], written: set[Any]) -> None:
    """Write days of a saved file, each with its breakdowns in one transaction; see `save_day`."""
    for each in _keep_revisions(context, records, to_rows):
        save_day(context, each.row, each.record, written=written)
        context.checkpoint()


def _keep_revisions(
    context: Context, records: Iterable[Any], to_rows: Callable[[Any], DayRows]
) -> Iterator[Mapped[DayRows]]:
    for each in map_records(context, COPILOT, context.count_fetched(records), to_rows):
        _save_revision(context, each.row.day, each.record)
        yield each


def day_of(rows: DayRows) -> date:
    """Give the day that rows are of."""
    day: date = rows.day["day"]
    return day


def save_day(context: Context, rows: DayRows, record: Any, *, written: set[Any] | None = None) -> None:
    """Write a day with its breakdowns, unless the stored day wins.

    The newer source wins. From the same source, GitHub's answer wins, and a file only fills gaps. For a file, `written`
    has the days that files of this command have filled, and gets this one: between those files, `rank` decides.
    """
    key = (rows.day["org"], rows.day["day"])
    stored = context.session.get(CopilotDay, key, populate_existing=True)
    is_ours = written is not None and key in written
    if stored is not None and not _replaces(rows.day, stored, is_live=written is None, is_ours=is_ours):
        return
    columns = revision_columns(stored, context.now(), is_ours=is_ours)
    save_rows(context, COPILOT, CopilotDay, [Mapped({**rows.day, **columns}, record)])
    same_day = (CopilotDayTotal.org == key[0], CopilotDayTotal.day == key[1])
    context.session.execute(delete(CopilotDayTotal).where(*same_day))
    save_rows(context, COPILOT, CopilotDayTotal, [Mapped(row, record) for row in rows.totals])
    if written is not None:
        written.add(key)


def _replaces(row: Row, stored: CopilotDay, *, is_live: bool, is_ours: bool) -> bool:
    sources = SOURCES.index(row["source"]), SOURCES.index(stored.source)
    if sources[0] != sources[1]:
        return sources[0] > sources[1]
    if is_ours:
        return rank(stored.report) < rank(row["report"])
    return is_live and normalized(row["report"]) != normalized(stored.report)


def revision_columns(stored: Any, now: datetime, *, is_ours: bool = False) -> Row:
    """Give the columns that count revisions, for a row that replaces `stored`, or a new one when that is None.

    It is no revision when another file of the same command filled the gap (`is_ours`).
    """
    if stored is None:
        return {"revision": 1, "first_seen_at": now, "revised_at": None}
    if is_ours:
        return {name: getattr(stored, name) for name in ("revision", "first_seen_at", "revised_at")}
    return {"revision": stored.revision + 1, "first_seen_at": stored.first_seen_at, "revised_at": now}


def _save_revision(context: Context, row: Row, record: Any) -> None:
    """Write a report to `copilot_day_revisions`, unless it was seen before."""
    digest = hashlib.sha256(f"{row['source']}\n{normalized(row['report'])}".encode()).hexdigest()
    key = {"org": row["org"], "day": row["day"], "digest": digest}
    if context.session.get(CopilotDayRevision, tuple(key.values())) is None:
        revision = {**key, "source": row["source"], "seen_at": context.now(), "report": row["report"]}
        save_rows(context, COPILOT, CopilotDayRevision, [Mapped(revision, record)])


def stored_days(session: Session, org: str, since: date, until: date) -> set[date]:
    """Give the days of a span that are stored from today's API."""
    found = select(CopilotDay.day).where(
        CopilotDay.org == org, CopilotDay.day.between(since, until), CopilotDay.source == REPORT
    )
    return set(session.scalars(found))


def days_between(first: date, last: date) -> Iterator[date]:
    """Give the days from `first` to `last`, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def format_days(days: Sequence[date]) -> str:
    """Write days as spans: 2026-01-03, 2026-01-05..2026-01-09."""
    spans: list[list[date]] = []
    for day in sorted(days):
        if spans and day - spans[-1][-1] == ONE_DAY:
            spans[-1].append(day)
        else:
            spans.append([day])
    return ", ".join(f"{span[0]}..{span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)


def midnight(day: date) -> datetime:
    """The beginning of a day, UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)
