"""Lists the runs of repositories, by ETags where nothing changed; of what is not listed, nothing is concluded.

The newest runs are read back to where the last reading began. Of older ones, those are listed that are queued or in
progress: they may run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import delete, func, select

from chalicelib.errors import RejectedError
from chalicelib.github import PER_PAGE, ListPage, Pacer, PageState
from chalicelib.ingest.ahead import fetch_ahead
from chalicelib.ingest.context import Context
from chalicelib.ingest.deliveries import Place
from chalicelib.ingest.fields import moment
from chalicelib.ingest.mapping import save_own_rows
from chalicelib.ingest.steps import DAILY
from chalicelib.store.marks import TOLERANCE, WHOLE
from chalicelib.store.models import ListPoll
from chalicelib.workflows.api import WorkflowAPI, runs_path
from chalicelib.workflows.models import WorkflowRun
from chalicelib.workflows.sync.places import THREADS, Outcome, places_with_runs
from chalicelib.workflows.sync.saving import RUNS, save_runs

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
QUERIES: tuple[Mapping[str, str], ...] = ({}, {"status": "queued"}, {"status": "in_progress"})
# How far back a first reading goes, and the daily one; and how much of what was read is read again.
BACK, OVERLAP = timedelta(days=7), timedelta(hours=1)
# A first reading lists so many pages of the newest runs at most.
MOST_PAGES = 50
# ETags of lists that are not asked for any more.
FORGOTTEN = timedelta(days=30)


def read_runs(context: Context) -> None:
    """List the runs of repositories that had some lately; once a day, of all.

    Raises IncompleteReadError at its end when some repositories could not be read; the others are stored.
    """
    RunReading(context).read()


@dataclass(frozen=True)
class RunList:
    """One of a repository's lists of runs, and what is known of its pages since the last reading."""

    place: Place
    query: Mapping[str, str]
    known: Mapping[int, PageState]
    read_at: datetime | None

    @property
    def is_filtered(self) -> bool:
        """Whether it lists runs of one status only."""
        return bool(self.query)


@dataclass
class RunReading:
    """One reading of the runs in one organisation."""

    context: Context
    outcome: Outcome = field(init=False)

    def __post_init__(self) -> None:
        budget = self.context.github.budget
        self.outcome = Outcome(self.context)
        self.api = WorkflowAPI(self.context.github, Pacer(now=budget.now, sleep=budget.sleep).wait)
        self.is_daily = self.context.run.job == DAILY

    def read(self) -> None:
        """Read every repository, each list in transactions of its own, the one that waited longest first."""
        begun = self.context.now()
        lists = self._lists()
        self.context.checkpoint()
        session = self.context.session
        ahead = fetch_ahead(self._awaited(lists), self._fetch_first, threads=THREADS, name="runs", session=session)
        for one, first in ahead:
            self.outcome.attempt(one.place, partial(self._save, one, first.result, begun))
            self.context.checkpoint()
            if self.outcome.is_hopeless:
                break
        self.outcome.conclude()
        old = (ListPoll.stream == RUNS, ListPoll.org == self.context.scope.org, ListPoll.read_at < begun - FORGOTTEN)
        self.context.session.execute(delete(ListPoll).where(*old))
        self.context.marks.watermark(RUNS, scope=WHOLE).advance(begun)
        self.context.checkpoint()

    def _lists(self) -> list[RunList]:
        polls: dict[str, dict[int, ListPoll]] = {}
        stored = select(ListPoll).where(ListPoll.stream == RUNS, ListPoll.org == self.context.scope.org)
        for poll in self.context.session.scalars(stored):
            polls.setdefault(poll.list, {})[poll.page_no] = poll
        places = places_with_runs(self.context, is_active=not self.is_daily).values()
        lists = [_run_list(place, query, polls) for place in places for query in QUERIES]
        return sorted(lists, key=lambda one: one.read_at or NEVER)

    def _awaited(self, lists: Iterable[RunList]) -> Iterator[RunList]:
        return (one for one in lists if not self.outcome.is_out(one.place))

    def _fetch_first(self, one: RunList) -> ListPage:
        return next(self.api.fetch_runs(one.place.repository_id, one.known, one.query))

    def _save(self, one: RunList, fetched: Callable[[], ListPage], begun: datetime) -> None:
        """Store what is new of a list, page by page; its ETags only at its end, for then it was read to there."""
        first, until = fetched(), self._until(one, begun)
        known = 0 if one.is_filtered else self._count_since(one, until)
        states: dict[int, PageState] = {}
        for page in self._pages(one, first):
            is_whole = page.items is None or save_runs(self.context, one.place, page.items, told=False)
            # A page of which a record is kept aside is read again.
            states[page.number] = page.state if is_whole else PageState(None, page.state.items, page.state.next_url)
            if not one.is_filtered and self._reaches(page, until, known):
                break
            if one.read_at is None and page.number == MOST_PAGES:
                most = MOST_PAGES * PER_PAGE
                self.context.note(f"{one.place.org}/{one.place.repo}: only its {most} newest runs were read")
                break
            self.context.commit()
        self._save_polls(one, states, begun)

    def _pages(self, one: RunList, first: ListPage) -> Iterator[ListPage]:
        behind = self.api.fetch_runs(one.place.repository_id, one.known, one.query, after=first)
        return chain([first], behind if first.state.next_url else ())

    def _until(self, one: RunList, begun: datetime) -> datetime:
        """Say how far back a list is read."""
        back = begun - BACK
        # A reading that has not come yet is a wrong clock's.
        is_known = one.read_at is not None and one.read_at <= begun + TOLERANCE
        return back if self.is_daily or one.read_at is None or not is_known else max(back, one.read_at - OVERLAP)

    def _count_since(self, one: RunList, until: datetime) -> int:
        since = (WorkflowRun.repository_id == one.place.repository_id, WorkflowRun.created_at >= until)
        return self.context.session.scalar(select(func.count()).select_from(WorkflowRun).where(*since)) or 0

    def _reaches(self, page: ListPage, until: datetime, known: int) -> bool:
        """Tell whether a page goes so far back; of one that is unchanged, by how many newer runs are stored."""
        if page.items is None:
            return page.number * PER_PAGE >= known
        return min((_created_at(record) for record in page.items), default=NEVER) < until

    def _save_polls(self, one: RunList, states: Mapping[int, PageState], begun: datetime) -> None:
        about = {"stream": RUNS, "org": self.context.scope.org, "list": _list_name(one.place, one.query)}
        rows = [{**about, "page_no": number, **asdict(state), "read_at": begun} for number, state in states.items()]
        save_own_rows(self.context, ListPoll, rows)


def _run_list(place: Place, query: Mapping[str, str], polls: Mapping[str, Mapping[int, ListPoll]]) -> RunList:
    pages = polls.get(_list_name(place, query), {})
    known = {number: PageState(poll.etag, poll.items, poll.next_url) for number, poll in pages.items()}
    return RunList(place, query, known, pages[1].read_at if 1 in pages else None)


def _list_name(place: Place, query: Mapping[str, str]) -> str:
    path = runs_path(place.repository_id)
    return f"{path}?{urlencode(query)}" if query else path


def _created_at(record: Any) -> datetime:
    """Give when a run was made; one that doesn't say so is kept aside, and ends no reading."""
    try:
        made_at = moment("created_at", record.get("created_at")) if isinstance(record, dict) else None
    except RejectedError:
        made_at = None
    return made_at or datetime.max.replace(tzinfo=UTC)
