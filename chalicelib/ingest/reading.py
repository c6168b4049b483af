"""How a declared list is read: by ETags where nothing changed, and never concluding more than was said.

What is no longer listed is marked as gone only when a second whole reading doesn't list it either, for lists shift
while they are read; and not while a record of the list could not be mapped, for that may be the one. When a list lacks
a large share of what is stored, it is believed a day later: the token may see less for a while. Of what comes and goes
all the time (`churns`), two readings are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update

from chalicelib.errors import (
    BrakeError,
    ForbiddenError,
    GitHubError,
    IncompleteReadError,
    NotFoundError,
    SingleSignOnError,
    UnauthorizedError,
)
from chalicelib.github import ListAPI, Pacer, PageState
from chalicelib.ingest import brake
from chalicelib.ingest.ahead import fetch_ahead
from chalicelib.ingest.context import Context, counted
from chalicelib.ingest.listings import FIRST_SEEN, Key, Listing, Page, Place, Stored, StoredLists
from chalicelib.ingest.mapping import map_records, save_rows
from chalicelib.ingest.steps import Step
from chalicelib.ingest.streams import ListStream
from chalicelib.store.marks import WHOLE, Mark

Polls = Mapping[str, Mapping[int, PageState]]
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
# Eight threads keep up 14 requests a second even when an answer takes half a second.
THREADS = 8
# How often a list is read whole of which otherwise only the newest records are read.
WEEK = timedelta(days=7)


def step_of(stream: ListStream) -> Step:
    """Make the step that brings a list's table up to date with GitHub.

    It raises IncompleteReadError at its end when some lists could not be read; the others are stored.
    """

    def read(context: Context) -> None:
        if _is_read(context, stream) and stream.afterwards:
            stream.afterwards(context)

    return Step(stream.name, read, stream.on, stream.every, stream.is_first)


def _is_read(context: Context, stream: ListStream) -> bool:
    """Read a stream; False when it is optional, was never read, and is refused, which the ledger's note says."""
    try:
        ListReading(context, stream).read()
    except SingleSignOnError:
        raise
    except (ForbiddenError, NotFoundError) as error:
        context.session.rollback()
        if not stream.is_optional or context.marks.watermark(stream.name, scope=WHOLE).exists:
            raise
        reason = error if isinstance(error, ForbiddenError) else stream.with_advice(error)
        context.note(f"{stream.data} are not read: {reason.message}")
        return False
    return True


@dataclass
class ListReading:
    """One reading of a stream in one organisation."""

    context: Context
    stream: ListStream
    failures: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    done: int = 0

    def __post_init__(self) -> None:
        self.stored = StoredLists(self.context, self.stream)
        budget = self.context.github.budget
        self.pacer = Pacer(now=budget.now, sleep=budget.sleep)
        last = self._whole.read()
        self.reads_whole = not self.stream.newest_first or last is None or self.context.now() - last >= WEEK

    @property
    def _whole(self) -> Mark:
        """The cursor that says when the stream was last read whole."""
        return self.context.marks.cursor(f"whole:{self.stream.name}")

    def read(self) -> None:
        """Read every list, each in a transaction of its own, the one that waited longest first."""
        begun = self.context.now()
        self._end_orphans()
        places = self._places()
        # The first alone: when it is refused, so will be all the others.
        self._read_places(places[:1])
        self._read_places(places[1:])
        self._conclude(len(places))
        self.stored.forget_polls_before(begun)
        if self.reads_whole:
            self._whole.advance(begun)
        self.context.marks.watermark(self.stream.name, scope=WHOLE).advance(begun)
        self.context.checkpoint()

    def _read_places(self, places: Sequence[Place]) -> None:
        """Read lists, a few ahead of the one that is being written; what is not read whole is read as it is written."""
        session = self.context.session
        ahead = fetch_ahead(self._with_polls(places), self._fetch_place, threads=THREADS, name="list", session=session)
        for (place, _), pages in ahead:
            self._try_place(place, pages.result)
            self.context.checkpoint()

    def _with_polls(self, places: Sequence[Place]) -> Iterator[tuple[Place, Polls]]:
        for place in places:
            yield place, self.stored.polls_of(place)

    def _fetch_place(self, asked: tuple[Place, Polls]) -> list[Page]:
        return list(self._fetch(*asked)) if self.reads_whole else []

    def _conclude(self, lists: int) -> None:
        """Say what was passed over; IncompleteReadError when something failed, or nothing at all could be read."""
        if self.failures:
            raise IncompleteReadError(
                f"could not read {counted(self.failures, 'list')} of {lists}; the first: {self.failures[0]}"
            )
        if self.passed_over and not self.done:
            raise IncompleteReadError(f"none of {lists} lists could be read; the first: {self.passed_over[0]}")
        if self.passed_over:
            self.context.note(f"passed over {counted(self.passed_over, 'list')}; the first: {self.passed_over[0]}")

    def _places(self) -> list[Place]:
        org = self.context.scope.org
        if self.stream.parent is None:
            return [Place(self.stream.path_of({"org": org}), {"org": org})]
        if self.context.marks.watermark(self.stream.parent.name, scope=WHOLE).read() is None:
            parent = self.stream.parent.name
            raise IncompleteReadError(f"{parent} were never read, and {self.stream.name} are found through them")
        places = [self._place_of(parent) for parent in self._parents(self.stream.parent)]
        last_read = self.stored.last_read()
        return sorted(places, key=lambda place: last_read.get(place.path, NEVER))

    def _place_of(self, parent: Any) -> Place:
        columns = {column.name: getattr(parent, column.name) for column in parent.__table__.columns}
        copied = {own: columns[name] for own, name in self.stream.copies.items()}
        return Place(self.stream.path_of(columns), {"org": columns["org"], **copied})

    def _parents(self, parent: ListStream) -> Iterator[Any]:
        model, scope = parent.model, self.context.scope
        current = select(model).where(model.org == scope.org, getattr(model, parent.gone).is_(None))
        for row in self.context.session.scalars(current.order_by(*model.__table__.primary_key)):
            if not parent.repo or scope.covers(scope.org, getattr(row, parent.repo)):
                yield row

    def _end_orphans(self) -> None:
        """Mark the rows whose parent is gone."""
        parent, model = self.stream.parent, self.stream.model
        if parent is None or self.stream.parent_key is None:
            return
        own, key = self.stream.parent_key
        ended = select(getattr(parent.model, key)).where(getattr(parent.model, parent.gone).is_not(None))
        self._mark_as_gone(model.org == self.context.scope.org, getattr(model, own).in_(ended))
        self.context.checkpoint()

    def _mark_as_gone(self, *conditions: ColumnElement[bool]) -> None:
        gone = self.stream.model.__table__.c[self.stream.gone]
        now = self.context.now()
        marked = update(self.stream.model).where(*conditions, gone.is_(None)).values({gone.name: now})
        self.context.run.stored += self.context.session.connection().execute(marked).rowcount

    def _try_place(self, place: Place, fetched: Callable[[], list[Page]]) -> None:
        """Read one list; what goes wrong with it doesn't hold up the others."""
        try:
            if self.reads_whole:
                self._read_whole(place, fetched())
            else:
                self._read_newest(place)
            self.done += 1
        except (UnauthorizedError, SingleSignOnError):
            raise
        except self.stream.tolerated as error:
            self._set_aside(error, self.passed_over)
        except ForbiddenError as error:
            # One list may be blocked; when the first one is refused, so will be all the others.
            if not self.done:
                raise self.stream.with_advice(error) from error
            self._set_aside(error, self.failures)
        except (BrakeError, GitHubError, IncompleteReadError) as error:
            self._set_aside(error, self.failures)

    def _set_aside(self, error: Exception, where: list[str]) -> None:
        self.context.session.rollback()
        if self.stream.parent is None:
            raise error
        where.append(str(error))

    def _read_whole(self, place: Place, pages: list[Page]) -> None:
        if all(page.items is None for page in pages):
            self._doubt(place).drop()
            self.stored.save_polls(place, pages)
            return
        if any(page.items is None for page in pages):
            pages = list(self._fetch(place, {}))
        listing, stored = self._map(place, pages), self.stored.rows_of(place, listed=())
        missing = {key for key, row in stored.items() if row.is_current} - listing.rows.keys()
        if missing:
            # What was rejected is kept now: on SQLite, others could not write while GitHub answers.
            self.context.commit()
            listing = self._map(place, self._fetch(place, {})).joined_with(listing)
            missing -= listing.rows.keys()
        if missing and not listing.rows and self.stream.parent is None and not self.stream.churns:
            raise IncompleteReadError(f"GitHub lists no {self.stream.name} of {place.columns['org']}; none was marked")
        stored_since = self._save(listing, place)
        if listing.is_whole:
            if not self._may_mark(place, len(missing), of=sum(row.is_current for row in stored.values())):
                return  # without its ETags, or the next reading would not look at it
            for key in missing:
                if stored_since.get(key) == stored[key]:
                    self._mark_as_gone(*self.stored.identity(key))
            self.stored.save_polls(place, listing.pages)

    def _doubt(self, place: Place) -> Mark:
        """The cursor that says since when a list has lacked too many rows, or all of its few."""
        return self.context.marks.cursor(f"doubt:{place.path}", scope=WHOLE)

    def _may_mark(self, place: Place, missing: int, *, of: int) -> bool:
        """Tell whether the rows that a list lacks are gone; of many rows, and of all, that is believed a day later.

        Raises BrakeError when they are too many to be believed now; what the list has is stored all the same.
        """
        if self.stream.churns:
            return True
        doubt, is_too_much = self._doubt(place), brake.is_too_much(self.context, place.path, missing, of=of)
        is_emptied = 1 < missing == of
        if (not is_too_much and not is_emptied) or brake.is_believed(self.context, doubt):
            doubt.drop()
            return True
        self.context.commit()
        if is_too_much:
            raise brake.stop(f"rows of {place.path}", missing, of=of, reason=brake.WAITING)
        self.context.note(f"{place.path} is empty: none of its {of} rows is marked as gone, and {brake.WAITING}")
        return False

    def _read_newest(self, place: Place) -> None:
        """Read up to the first page that holds nothing unknown; of what isn't listed, nothing is concluded."""
        stored, listing = self.stored.rows_of(place), Listing()
        for page in self._fetch(place, self.stored.polls_of(place)):
            known_before = len(listing.rows.keys() - stored.keys())
            self._add(listing, place, page)
            if len(listing.rows.keys() - stored.keys()) == known_before:
                break
        self._save(listing, place)
        if listing.is_whole:
            self.stored.save_polls(place, listing.pages[:1])

    def _fetch(self, place: Place, polls: Polls) -> Iterator[Page]:
        api = ListAPI(self.context.github, self.pacer.wait, within=self.stream.within)
        for query in self.stream.queries():
            name = place.list_of(query)
            for page in api.fetch_pages(place.path, polls.get(name, {}), query):
                yield Page(name, query, page)

    def _map(self, place: Place, pages: Iterable[Page]) -> Listing:
        listing = Listing()
        for page in pages:
            self._add(listing, place, page)
        return listing

    def _add(self, listing: Listing, place: Place, page: Page) -> None:
        items = page.items or ()
        self.context.run.fetched += len(items)
        mapped = list(map_records(self.context, self.stream.name, items, self.stream.to_row))
        listing.pages.append(page)
        listing.is_whole = listing.is_whole and len(mapped) == len(items)
        for each in mapped:
            row = each.with_columns(**place.columns, **page.query)
            listing.rows[self.stored.key_of(row.row)] = row

    def _save(self, listing: Listing, place: Place) -> Mapping[Key, Stored]:
        """Write a list's rows; gives what was stored of it just before."""
        covers, repo = self.context.scope.covers, self.stream.repo
        listed = {
            key: each for key, each in listing.rows.items() if not repo or covers(each.row["org"], each.row[repo])
        }
        self.stored.lock(place)
        if self.stream.before_saving:
            self.stream.before_saving(self.context, [each.row for each in listed.values()])
        stored, now = self.stored.rows_of(place, listed=listing.rows.keys()), self.context.now()
        rows = [
            each.with_columns(**{FIRST_SEEN: self._first_seen(stored.get(key), now), self.stream.gone: None})
            for key, each in listed.items()
        ]
        save_rows(self.context, self.stream.name, self.stream.model, rows)
        return stored

    def _first_seen(self, stored: Stored | None, now: datetime) -> datetime:
        is_back = stored is not None and self.stored.is_by_stay and not stored.is_current
        return now if stored is None or is_back else stored.first_seen
