"""What a reading of a declared list holds, and what is stored of it: its rows, and its pages' ETags."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Table, delete, or_, select, update

from chalicelib.github import ListPage, PageState
from chalicelib.ingest.context import Saving
from chalicelib.ingest.mapping import Mapped, save_own_rows
from chalicelib.ingest.streams import ListStream
from chalicelib.store.among import among
from chalicelib.store.models import ListPoll
from chalicelib.store.upsert import Row

# Every table of a list has this column: since when the app knows the row.
FIRST_SEEN = "first_seen_at"
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Place:
    """One list of a stream: its path, and the columns that all its rows have."""

    path: str
    columns: Mapping[str, Any]

    def list_of(self, query: Mapping[str, str]) -> str:
        """Name the list that is asked for with some parameters."""
        return f"{self.path}?{urlencode(query)}" if query else self.path


@dataclass(frozen=True)
class Page:
    """A page of one of a stream's lists, and the parameters that it was asked for with."""

    list: str
    query: Mapping[str, str]
    page: ListPage

    @property
    def items(self) -> Sequence[Any] | None:
        """Its records; None when it is as it was."""
        return self.page.items


@dataclass
class Listing:
    """What a list holds: its pages, its rows by key, and whether every record of it could be mapped."""

    pages: list[Page] = field(default_factory=list)
    rows: dict[Key, Mapped[Row]] = field(default_factory=dict)
    is_whole: bool = True

    def joined_with(self, earlier: Listing) -> Listing:
        """Add the rows of an earlier reading that this one doesn't have."""
        return Listing(self.pages, {**earlier.rows, **self.rows}, self.is_whole and earlier.is_whole)


class Stored(NamedTuple):
    """What is stored of a row: since when it is known, and whether it was there at the last reading."""

    first_seen: datetime
    is_current: bool


@dataclass
class StoredLists:
    """What is stored of a stream in one organisation."""

    context: Saving
    stream: ListStream

    @property
    def _table(self) -> Table:
        table: Table = self.stream.model.__table__
        return table

    @property
    def is_by_stay(self) -> bool:
        """Whether a row is one stay, so that what comes back gets a row of its own."""
        return FIRST_SEEN in self._table.primary_key.columns

    @property
    def _key_names(self) -> list[str]:
        return [column.name for column in self._table.primary_key if column.name != FIRST_SEEN]

    def key_of(self, row: Row) -> Key:
        """Give what identifies a row on GitHub."""
        return tuple(row[name] for name in self._key_names)

    def identity(self, key: Key) -> list[ColumnElement[bool]]:
        """Say a key as conditions."""
        return [self._table.c[name] == value for name, value in zip(self._key_names, key, strict=True)]

    def lock(self, place: Place) -> None:
        """Let others who write the same list wait until this is committed: two could begin the same stay.

        Writing the parent's row does it: PostgreSQL locks the row, and SQLite the database.
        """
        if self.is_by_stay and self.stream.parent and self.stream.parent_key:
            own, key = self.stream.parent_key
            parent = self.stream.parent.model.__table__
            same = parent.c[key] == place.columns[own]
            self.context.session.connection().execute(update(parent).where(same).values(org=parent.c.org))

    def rows_of(self, place: Place, *, listed: Collection[Key] | None = None) -> dict[Key, Stored]:
        """Read what is stored of one list; of several stays the last one counts.

        With `listed`, of the rows that are gone at least those are read that it names: there may be very many.
        """
        columns = [self._table.c[name] for name in (*self._key_names, FIRST_SEEN, self.stream.gone)]
        # The other columns that are copied may have changed: a repository's name, say.
        names = ("org", self.stream.parent_key[0]) if self.stream.parent_key else ("org",)
        same = [self._table.c[name] == place.columns[name] for name in names]
        if listed is not None:
            named = among(self._table.c[self._key_names[0]], {key[0] for key in listed})
            same.append(or_(self._table.c[self.stream.gone].is_(None), named))
        found = self.context.session.execute(select(*columns).where(*same).order_by(self._table.c[FIRST_SEEN]))
        return {tuple(key): Stored(first_seen, gone_at is None) for *key, first_seen, gone_at in found}

    @property
    def _polls(self) -> list[ColumnElement[bool]]:
        return [ListPoll.stream == self.stream.name, ListPoll.org == self.context.scope.org]

    def _polls_at(self, place: Place) -> list[ColumnElement[bool]]:
        return [*self._polls, ListPoll.list.in_([place.list_of(query) for query in self.stream.queries()])]

    def polls_of(self, place: Place) -> dict[str, dict[int, PageState]]:
        """Read what is known of a list's pages, by the list's name and the page's number."""
        polls: dict[str, dict[int, PageState]] = {}
        for poll in self.context.session.scalars(select(ListPoll).where(*self._polls_at(place))):
            polls.setdefault(poll.list, {})[poll.page_no] = PageState(poll.etag, poll.items, poll.next_url)
        return polls

    def save_polls(self, place: Place, pages: Sequence[Page]) -> None:
        """Write what is known of a list's pages now."""
        self.context.session.execute(delete(ListPoll).where(*self._polls_at(place)))
        about = {"stream": self.stream.name, "org": self.context.scope.org, "read_at": self.context.now()}
        polls = [{**about, "list": page.list, "page_no": page.page.number, **asdict(page.page.state)} for page in pages]
        save_own_rows(self.context, ListPoll, polls)

    def doubt_polls(self, place: Place) -> None:
        """Let the next reading ask for a list's pages whole: what was written since may differ from what they hold."""
        self.context.session.execute(update(ListPoll).where(*self._polls_at(place)).values(etag=None))

    def last_read(self) -> dict[str, datetime]:
        """Tell when each list was last read, by its path."""
        read = select(ListPoll.list, ListPoll.read_at).where(*self._polls, ListPoll.page_no == 1)
        return {name.partition("?")[0]: read_at for name, read_at in self.context.session.execute(read)}

    def forget_polls_before(self, begun: datetime) -> None:
        """Forget the pages of lists that are not read any more."""
        self.context.session.execute(delete(ListPoll).where(*self._polls, ListPoll.read_at < begun))
