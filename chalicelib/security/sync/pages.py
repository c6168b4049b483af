"""Remembers pages of lists of alerts: where a whole reading goes on, and the ETag of the newest page."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, delete, select

from chalicelib.github import ListPage, PageState
from chalicelib.ingest.context import Saving
from chalicelib.ingest.mapping import save_own_rows
from chalicelib.store.models import ListPoll

NEWEST, WHOLE = "newest", "whole"  # what a page is remembered for


@dataclass(frozen=True)
class Bookmark:
    """The last page that was read of a list, for one purpose."""

    context: Saving
    stream: str
    name: str

    def read(self) -> ListPage | None:
        """Give the page, without its items; None when there is none."""
        poll = self.context.session.scalar(select(ListPoll).where(*self._same))
        if poll is None:
            return None
        return ListPage(poll.page_no, None, PageState(poll.etag, poll.items, poll.next_url))

    def put(self, page: ListPage) -> None:
        """Remember a page, instead of the one before."""
        self.remove()
        about = {"stream": self.stream, "org": self.context.scope.org, "list": self._list, "page_no": page.number}
        save_own_rows(self.context, ListPoll, [{**about, **asdict(page.state), "read_at": self.context.now()}])

    def remove(self) -> None:
        """Forget the page."""
        self.context.session.execute(delete(ListPoll).where(*self._same))

    @property
    def _list(self) -> str:
        # Another choice of repositories is another reading.
        return f"{self.name} {self.context.scope.name}"

    @property
    def _same(self) -> list[ColumnElement[bool]]:
        return [
            ListPoll.stream == self.stream,
            ListPoll.org == self.context.scope.org,
            ListPoll.list == self._list,
        ]
