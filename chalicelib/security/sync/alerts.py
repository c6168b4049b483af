"""Keeps alerts as GitHub has them: what changed each day, and all of them once a week.

Nothing is concluded from an alert that is not listed: GitHub is asked for it, or says that the feature is off there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from chalicelib.errors import ForbiddenError, GitHubError, NotFoundError, SingleSignOnError
from chalicelib.ingest import brake
from chalicelib.ingest.context import Context
from chalicelib.security.api.alerts import LISTS, AlertList, SecurityAPI
from chalicelib.security.settings import SECRET_COMMENTS
from chalicelib.security.sync.comments import forget_comments
from chalicelib.security.sync.limits import save_limits
from chalicelib.security.sync.missing import Settling, has_returned, note_not_listed
from chalicelib.security.sync.pages import NEWEST, WHOLE, Bookmark
from chalicelib.security.sync.saving import save_page
from chalicelib.security.sync.sources import ORGANISATION_OFF, Source, is_off
from chalicelib.store.among import among
from chalicelib.store.marks import Mark

WEEK = timedelta(days=7)
# A whole reading that was stopped goes on for so long; then GitHub's links to further pages may be too old.
PATIENCE = timedelta(days=2)
# GitHub may show a change a little late.
OVERLAP = timedelta(minutes=10)


def sync_alerts(context: Context, *, source: Source) -> None:
    """Bring a table of alerts up to date, and how long they may stay open.

    A feature that is off, or forbidden from the beginning, is named in the ledger and skipped. Raises ForbiddenError or
    NotFoundError when it could be read before.
    """
    save_limits(context)
    if source.holds_secrets and not context.settings.value(SECRET_COMMENTS):
        forget_comments(context, source)
    context.checkpoint()
    reading = AlertReading(context, source)
    try:
        reading.read()
    except SingleSignOnError:
        raise
    except (ForbiddenError, NotFoundError) as error:
        context.session.rollback()
        if is_off(error):
            _note_off(context, source, error)
        elif context.marks.watermark(source.name).exists:
            raise source.with_advice(error) from error
        else:
            context.note(f"{source.data} are not read: {source.with_advice(error).message}")
        return
    reading.settle()


def _note_off(context: Context, source: Source, error: GitHubError) -> None:
    """Name a feature that is off; alerts that were read before are neither open nor closed any more.

    That is believed a day later. What says that they were read goes, so that nothing shows them as current.
    """
    context.note(f"{source.data} are not read: {error.message}")
    model = source.model
    if brake.is_believed(context, context.marks.cursor(f"off:{source.name}")):
        listed = (model.org == context.scope.org, model.unlisted_at.is_(None))
        rows = context.session.execute(select(model.repository_id, model.repo).where(*listed).distinct())
        ids = [row.repository_id for row in rows if context.scope.covers(context.scope.org, row.repo)]
        gone = {"unlisted_at": context.now(), "unlisted_reason": ORGANISATION_OFF}
        context.session.execute(update(model).where(*listed, among(model.repository_id, ids)).values(gone))
        for mark in (context.marks.watermark(source.name), *map(context.marks.cursor, AlertReading.cursors(source))):
            mark.drop()
    context.checkpoint()


@dataclass
class AlertReading:
    """One reading of a kind of alert."""

    context: Context
    source: Source

    def __post_init__(self) -> None:
        self.api = SecurityAPI(self.context.github)
        self.begun = self.context.now()

    @staticmethod
    def cursors(source: Source) -> tuple[str, str]:
        """Name the cursors that say how far whole readings came."""
        return f"whole:{source.name}", f"reading:{source.name}"

    @property
    def _mark(self) -> Mark:
        """The watermark: every change before it is stored."""
        return self.context.marks.watermark(self.source.name)

    @property
    def _whole(self) -> Mark:
        """The cursor that says when the last whole reading began."""
        return self.context.marks.cursor(f"whole:{self.source.name}")

    @property
    def _under_way(self) -> Mark:
        """The cursor that says when the whole reading began that is not at its end."""
        return self.context.marks.cursor(f"reading:{self.source.name}")

    def read(self) -> None:
        """Read all alerts once a week, or when some may be listed again; those that changed on the other days."""
        last, mark = self._whole.read(), self._mark.read()
        if mark is not None:
            # First of all, also when all are read: a page that fails must not hold up what is new.
            self._read_newest(since=mark - OVERLAP)
            self._mark.advance(self.begun)
            self.context.checkpoint()
        is_due = last is None or self.begun - last >= WEEK or self._under_way.exists
        if mark is None or is_due or has_returned(self.context, self.source):
            self._read_whole()
        if self.context.run.rejected:
            self.context.note("some alerts could not be understood: they are in rejected_records, and not in the table")
        self.context.checkpoint()

    def settle(self) -> None:
        """Find out what became of the alerts that the last whole reading did not list."""
        if (last := self._whole.read()) is not None:
            Settling(self.context, self.source, self.api, last).run()

    def _read_whole(self) -> None:
        """Read all lists from the oldest alert on; a reading that was stopped goes on where it was."""
        started = self._under_way.read()
        if started is None or self.begun - started >= PATIENCE:
            started = self.begun
            self._under_way.drop()
            self._under_way.advance(started)
            for alerts in self._lists:
                self._bookmark(WHOLE, alerts).remove()
        self.context.checkpoint()
        for alerts in self._lists:
            with self._skipping(alerts):
                self._read_all(alerts, started)
        note_not_listed(self.context, self.source)
        self._mark.advance(started)
        self._whole.advance(started)
        self._under_way.drop()

    def _read_all(self, alerts: AlertList, started: datetime) -> None:
        bookmark = self._bookmark(WHOLE, alerts)
        after = bookmark.read()
        if after is not None and after.state.next_url is None:
            return  # read to its end
        for page in self.api.fetch_all(self.context.scope.org, alerts, after=after):
            self._note_readable()
            self._save(page.items or (), listed_at=started)
            bookmark.put(page)
            self.context.checkpoint()

    def _read_newest(self, *, since: datetime) -> None:
        """Read each list until what changed before `since`."""
        for alerts in self._lists:
            with self._skipping(alerts):
                self._read_list(alerts, since)

    def _read_list(self, alerts: AlertList, since: datetime) -> None:
        bookmark = self._bookmark(NEWEST, alerts)
        known, newest = bookmark.read(), None
        for page in self.api.fetch_newest(self.context.scope.org, alerts, {1: known.state} if known else {}):
            self._note_readable()
            if page.items is None:
                break  # what changed last is what changed last before
            newest = newest or page
            moments = self._save(page.items)
            self.context.checkpoint()
            if moments and moments == sorted(moments, reverse=True) and moments[-1] < since:
                break
        if newest is not None:
            # Not before its end: a reading that was stopped must be done again.
            bookmark.put(newest)
            self.context.checkpoint()

    @contextmanager
    def _skipping(self, alerts: AlertList) -> Iterator[None]:
        """Go on where only a part of a feature is off, such as secrets of generic types."""
        try:
            yield
        except (ForbiddenError, NotFoundError) as error:
            if alerts == self._lists[0] or not is_off(error):
                raise
            self.context.note(f"some of {self.source.data} are not read: {error.message}")

    @property
    def _lists(self) -> Sequence[AlertList]:
        return LISTS[self.source.feature]

    def _bookmark(self, purpose: str, alerts: AlertList) -> Bookmark:
        return Bookmark(self.context, self.source.name, f"{purpose} {alerts.name}")

    def _save(self, records: Sequence[Any], *, listed_at: datetime | None = None) -> list[datetime]:
        """Store a page; gives when its alerts changed."""
        return save_page(self.context, self.source, records, listed_at=listed_at, seen_at=self.begun)

    def _note_readable(self) -> None:
        """Forget that the feature looked off: what can be listed is on."""
        self.context.marks.cursor(f"off:{self.source.name}").drop()
