"""How a domain declares itself: its steps, its kinds of data, its history, its permissions and its settings.

Jobs, backfills, health, `make check-setup` and the reference page are made from these declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from chalicelib.errors import SettingsError
from chalicelib.github import GitHubAPI
from chalicelib.ingest.comparisons import Report
from chalicelib.ingest.context import Context
from chalicelib.ingest.deliveries import Event
from chalicelib.ingest.messages import MESSAGES, Message, message_step
from chalicelib.ingest.permissions import Need, unique_needs
from chalicelib.ingest.reading import step_of
from chalicelib.ingest.resources import Resource
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.snapshots import FILES, Snapshot, snapshot_step
from chalicelib.ingest.steps import Kind, Step, accept, always
from chalicelib.ingest.streams import ListStream
from chalicelib.ingest.windows import Window
from chalicelib.settings import Setting, Settings
from chalicelib.store.facts import FactSet
from chalicelib.store.views import View


@dataclass(frozen=True)
class Request:
    """What a backfill is asked for: these kinds, of what was created in a window.

    `via` is the API to read through, graphql or rest, where a domain can read something through both.
    """

    kinds: tuple[str, ...]
    window: Window
    via: str = "graphql"


@dataclass(frozen=True)
class Plan:
    """What a domain's backfill is going to read: a sentence for each kind, and how many units in all.

    `details` are the domain's own.
    """

    lines: Sequence[str] = ()
    total: int = 0
    details: Any = None


class History(Protocol):
    """A domain's way back in time."""

    def plan(self, context: Context, request: Request) -> Plan:
        """Ask GitHub how much there is to read. Stores nothing."""
        ...

    def read(self, runner: Runner, request: Request, plan: Plan) -> Iterator[str]:
        """Read it; yields the name of each unit before it begins. Each has its row in `runner.runs`."""
        ...


class Proving(Protocol):
    """A domain's way of comparing what is stored with GitHub's own counts."""

    def __call__(self, runner: Runner, *, kinds: Sequence[str], window: Window, report: Report) -> Iterator[str]:
        """Compare, repair, and compare again; yields the name of each unit before it begins."""
        ...


class Files(Protocol):
    """A domain's saved files."""

    kind: str

    def read(self, names: Sequence[str]) -> Mapping[str, Any]:
        """Read files, whole, by their names; SettingsError when one can't be read."""
        ...

    def load(self, runner: Runner, documents: Mapping[str, Any]) -> Iterator[str]:
        """Store what files hold, each with its row in `runner.runs`; yields a sentence about each."""
        ...


@dataclass(frozen=True)
class Command:
    """A command of `app.py` that asks GitHub: its name, what it shows (for the help), and what gives its lines.

    `lines` gets what gives each organisation's client.
    """

    name: str
    help: str
    lines: Callable[[Callable[[str], GitHubAPI], Settings], Iterator[str]]


@dataclass(frozen=True)
class Relation:
    """How one table refers to another, in SQL and in words, for the data dictionary."""

    table: str
    to: str
    join: str
    words: str


@dataclass(frozen=True)
class Domain:
    """A domain: everything that the rest of the app needs to know of it.

    `views` may read those before them; `facts` are stored for them.
    `retired_views` are names that views had in older versions, to be dropped.
    `events` are those of webhooks that it keeps something of, each with what saves it. `enabled` says whether jobs and
    the webhook keep it at all. `agree` raises SettingsError when its settings contradict each other.
    `resources` are what front ends may ask for, `commands` what people may ask `app.py` for. `examples` are arguments
    of `backfill.py`, for its help.
    """

    name: str
    steps: Sequence[Step] = ()
    kinds: Sequence[Kind] = ()
    needs: Sequence[Need] = ()
    views: Sequence[View] = ()
    retired_views: Sequence[str] = ()
    facts: FactSet | None = None
    streams: Sequence[ListStream] = ()
    snapshots: Sequence[Snapshot] = ()
    messages: Sequence[Message] = ()
    events: Mapping[str, Event] = field(default_factory=dict)
    resources: Sequence[Resource] = ()
    settings: Sequence[Setting[Any]] = ()
    enabled: Callable[[Settings], bool] = always
    agree: Callable[[Settings], None] = accept
    history: History | None = None
    verify: Proving | None = None
    files: Files | None = None
    relations: Sequence[Relation] = ()
    examples: Sequence[str] = ()
    commands: Sequence[Command] = ()

    @property
    def all_kinds(self) -> tuple[Kind, ...]:
        """Its kinds of data, its lists included."""
        return (*self.kinds, *(stream.kind for stream in self.streams))

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """Its steps; those of its lists come after its own, and those of its snapshots and messages last."""
        lists = (step_of(stream) for stream in self.streams)
        shows = (*map(snapshot_step, self.snapshots), *map(message_step, self.messages))
        return (*self.steps, *lists, *shows)

    @property
    def all_needs(self) -> tuple[Need, ...]:
        """Its permissions, those of its lists included, each once."""
        return unique_needs((*self.needs, *(stream.need for stream in self.streams)))

    def steps_of(self, job: str) -> Iterator[Step]:
        """Give the steps of a job, in their order."""
        return (step for step in self.all_steps if job in step.on)

    def check(self, settings: Settings) -> None:
        """Raise SettingsError when settings contradict each other."""
        if self.enabled(settings):
            self.agree(settings)
            return
        for setting, declared in ((FILES, self.snapshots), (MESSAGES, self.messages)):
            for each in declared:
                if each.name in settings.value(setting):
                    raise SettingsError(f"{setting.name} names {each.name}, but {self.name} is switched off")

    def plan(self, context: Context, request: Request) -> Plan:
        """Say what a backfill of its kinds will read. Stores nothing."""
        plan = self.history.plan(context, request) if self.history else Plan()
        return replace(plan, lines=[*plan.lines, *(f"{each.name}: {each.kind.cost}" for each in self._lists(request))])

    def read(self, runner: Runner, request: Request, plan: Plan) -> Iterator[str]:
        """Read its history; yields the name of each unit before it begins."""
        if self.history:
            yield from self.history.read(runner, request, plan)
        for stream in self._lists(request):
            if not runner.is_refused:
                yield stream.name
                runner.run(stream.name, step_of(stream).run)

    def _lists(self, request: Request) -> Iterator[ListStream]:
        return (stream for stream in self.streams if stream.name in request.kinds)


def kept_events(domains: Iterable[Domain], settings: Settings) -> set[str]:
    """Name the events of webhooks of which a domain that is switched on keeps something."""
    return {event for domain in domains if domain.enabled(settings) for event in domain.events}
