"""History from the shell: each domain is asked for its own kinds, and what can't be done is said in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib.domains import DOMAINS
from chalicelib.errors import SettingsError
from chalicelib.github import GitHubAPI
from chalicelib.ingest.comparisons import Report
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Domain, Plan, Request
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.steps import Kind
from chalicelib.ingest.windows import Window
from chalicelib.jobs import backfill
from chalicelib.models import SyncRun
from chalicelib.settings import load_settings
from tests.store.expected import NOW, make_context

MAY = Window(NOW - timedelta(days=31), NOW)


def runner_of(session: Session) -> Runner:
    return Runner(session, GitHubAPI("token"), Scope("acme"), load_settings({}), "backfill", lambda: NOW)


# The kinds


def test_the_kinds_are_those_that_a_backfill_can_read() -> None:
    every = [kind for domain in DOMAINS for kind in domain.all_kinds]
    assert list(backfill.ALL_KINDS) == [kind for kind in every if kind.cost]
    assert list(backfill.KINDS) == [kind.name for kind in backfill.ALL_KINDS]
    assert {kind.name for kind in every} - set(backfill.KINDS) == {kind.name for kind in every if not kind.cost}


def test_some_are_read_by_default_and_some_can_be_counted() -> None:
    assert backfill.COUNTED_KINDS
    assert set(backfill.COUNTED_KINDS) < set(backfill.DEFAULT_KINDS) < set(backfill.KINDS)


def test_of_some_kinds_those_are_chosen_that_github_counts() -> None:
    assert backfill.counted(backfill.KINDS) == backfill.COUNTED_KINDS
    one = backfill.COUNTED_KINDS[-1:]
    assert backfill.counted([*one, "members"]) == one


@pytest.mark.parametrize("kind", sorted(set(backfill.KINDS) - set(backfill.COUNTED_KINDS)))
def test_a_kind_that_github_does_not_count_is_named(kind: str) -> None:
    with pytest.raises(SettingsError) as caught:
        backfill.counted([kind])
    assert f"can't count {kind}," in str(caught.value)
    assert all(name in str(caught.value) for name in backfill.COUNTED_KINDS)


# Each domain is asked for its own


@dataclass
class Part:
    """The history, the proof and the files of a domain of one kind, and what was asked of them."""

    name: str
    asked: list[Any] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.name

    def plan(self, context: Context, request: Request) -> Plan:
        self.asked.append(request)
        return Plan([f"{self.name}: 7"], total=7)

    def read(self, runner: Runner, request: Request, plan: Plan) -> Iterator[str]:
        self.asked.append((request, plan.total))
        yield f"{self.name} of May"

    def verify(self, runner: Runner, *, kinds: Sequence[str], window: Window, report: Report) -> Iterator[str]:
        self.asked.append((tuple(kinds), window, report))
        yield f"{self.name} compared"

    def domain(self, *, has_files: bool = False) -> Domain:
        kinds = (Kind(self.name, cost="little", counted=True), Kind(f"{self.name}_old", cost="more", counted=True))
        return Domain(
            self.name, kinds=kinds, history=self, verify=self.verify, files=SavedFiles(self.name) if has_files else None
        )


@dataclass
class SavedFiles:
    """A domain's files."""

    kind: str

    def read(self, names: Sequence[str]) -> Mapping[str, Any]:
        return dict.fromkeys(names, self.kind)

    def load(self, runner: Runner, documents: Mapping[str, Any]) -> Iterator[str]:
        yield from documents


SetUp = Callable[..., None]


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch) -> SetUp:
    return lambda *domains: monkeypatch.setattr(backfill, "DOMAINS", domains)


def test_a_plan_asks_each_domain_for_its_own_kinds_only(shared: Session, set_up: SetUp) -> None:
    lamps, doors, bells = Part("lamps"), Part("doors"), Part("bells")
    set_up(lamps.domain(), doors.domain(), bells.domain())
    plans = backfill.plan(make_context(shared), Request(("bells_old", "lamps_old", "lamps"), MAY))
    assert [(planned.domain.name, planned.request.kinds, planned.plan) for planned in plans] == [
        ("lamps", ("lamps_old", "lamps"), Plan(["lamps: 7"], total=7)),
        ("bells", ("bells_old",), Plan(["bells: 7"], total=7)),
    ]
    assert lamps.asked == [Request(("lamps_old", "lamps"), MAY)]
    assert doors.asked == []


def test_what_was_planned_is_read_in_its_order(shared: Session, set_up: SetUp) -> None:
    lamps, bells = Part("lamps"), Part("bells")
    set_up(bells.domain(), lamps.domain())
    plans = backfill.plan(make_context(shared), Request(("lamps", "bells"), MAY))
    assert list(backfill.read(runner_of(shared), plans)) == ["bells of May", "lamps of May"]
    assert lamps.asked[-1] == (Request(("lamps",), MAY), 7)


def test_each_domain_proves_its_own_kinds_into_one_report(shared: Session, set_up: SetUp) -> None:
    lamps, doors, report = Part("lamps"), Part("doors"), Report()
    set_up(lamps.domain(), doors.domain(), Domain("bare", kinds=(Kind("bare"),)))
    assert list(backfill.verify(runner_of(shared), ["doors", "bare"], MAY, report)) == ["doors compared"]
    assert lamps.asked == []
    [(kinds, window, told)] = doors.asked
    assert (kinds, window) == (("doors",), MAY)
    assert told is report


def test_files_are_those_of_the_one_kind_that_is_named(set_up: SetUp) -> None:
    set_up(Part("lamps").domain(), Part("doors").domain(has_files=True), Part("bells").domain(has_files=True))
    assert backfill.files_of(["bells"]) == SavedFiles("bells")
    for names in (["lamps"], ["doors", "bells"], []):
        with pytest.raises(SettingsError, match="--only doors or bells"):
            backfill.files_of(names)


@pytest.mark.parametrize("domain", [domain for domain in DOMAINS if domain.files], ids=lambda domain: domain.name)
def test_a_declared_domain_s_files_are_found_by_their_kind(domain: Domain) -> None:
    assert domain.files is not None
    assert backfill.files_of([domain.files.kind]) is domain.files


# Since when there is a past


def backfilled(
    session: Session, step: str, since: datetime | None, *, job: str = "backfill", org: str = "acme"
) -> None:
    session.add(SyncRun(job=job, step=step, org=org, status="ok", started_at=NOW, window_start=since))
    session.flush()


def test_the_first_backfill_is_the_oldest_of_the_kinds_asked_for(shared: Session) -> None:
    day = timedelta(days=1)
    backfilled(shared, "issues.created", NOW - 30 * day)
    backfilled(shared, "issues.created", NOW - 60 * day)
    backfilled(shared, "pull_requests.created", NOW - 90 * day)
    backfilled(shared, "issues.created", NOW - 200 * day, org="umbrella")
    backfilled(shared, "issues.created", NOW - 300 * day, job="verify")
    backfilled(shared, "issues.updated", NOW - 400 * day)
    runner = runner_of(shared)
    assert backfill.first_backfill(runner, ["issues"]) == NOW - 60 * day
    assert backfill.first_backfill(runner, ["issues", "pull_requests", "members"]) == NOW - 90 * day


def test_without_a_backfill_there_is_no_first_one(shared: Session) -> None:
    backfilled(shared, "issues.created", None)
    assert backfill.first_backfill(runner_of(shared), ["issues", "members"]) is None
    assert backfill.first_backfill(runner_of(shared), []) is None
