"""The last step of every job: what it stores, for which items, and what readers see meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from chalicelib.contributions.facts import FACTS
from chalicelib.contributions.facts.people import BOT, MAINTAINER
from chalicelib.contributions.facts.roles import person_roles
from chalicelib.contributions.sync import facts as step
from chalicelib.contributions.views.told import ACTIVITY
from chalicelib.errors import JobFailedError
from chalicelib.inventory.models import Team, TeamMember
from chalicelib.models import (
    ChangedItem,
    Event,
    FactDefinition,
    PersonRole,
    SyncRun,
    create_db_session,
)
from chalicelib.store.facts import store_changed
from chalicelib.views import start_noting
from tests.contributions.test_killed import Killed, killed_at
from tests.facts import assert_facts_are_stored, assert_facts_are_true, noted_items
from tests.organisation import ORG, Organisation, organisation
from tests.views.world import FIRST_LOOK, IDS, World, may

pytestmark = pytest.mark.slow

# `make soak` kills at each statement, this at some.
STRIDE = 1 if "SOAK" in os.environ else 3


class Step:
    """The step of a world, without GitHub: whom the settings list, and which items it notes."""

    def __init__(self, world: World) -> None:
        self.world, self.session = world, world.session
        self.maintainers: tuple[str, ...] = ()
        self.bots: tuple[str, ...] = ()

    def noted(self) -> set[int]:
        """Follow roles, and give what that noted: before and after it is stored, all is as the tables say."""
        self.session.flush()
        self.world.store_facts()
        step.follow_lists(self.session, {MAINTAINER: self.maintainers, BOT: self.bots})
        step.follow_roles(self.session, "acme")
        noted = noted_items(self.session)
        assert step._hulls(self.session.execute(person_roles("acme"))) == self.stored_roles()
        assert_facts_are_true(self.session)
        self.world.store_facts()
        assert_facts_are_stored(self.session)
        return noted

    def stored_roles(self) -> Any:
        columns = (PersonRole.user_id, PersonRole.role, PersonRole.since, PersonRole.until)
        return step._hulls(self.session.execute(select(*columns)))

    def kinds(self, login: str) -> list[str]:
        """What a person was at each thing that this person did, in their order."""
        return [row["person_kind"] for row in self.world.read(ACTIVITY, username=login)]


@pytest.fixture
def steps(world: World) -> Step:
    return Step(world)


def test_a_member_joins_leaves_and_comes_back(steps: Step) -> None:
    world = steps.world
    before, after = world.issue(may(1), "yan"), world.issue(may(20), "yan")
    other = world.issue(may(20), "zoe")
    steps.noted()
    world.member("yan", since=may(10))
    assert steps.noted() == {after}
    assert steps.kinds("yan") == ["non-member", "member"]
    world.member("yan", since=may(10), until=may(15))
    assert steps.noted() == {after}
    assert steps.kinds("yan") == ["non-member", "non-member"]
    world.member("yan", since=may(10))
    world.comment(other, may(16), "yan")
    assert steps.noted() == {after, other}
    assert steps.kinds("yan") == ["non-member", "member", "member"]
    assert steps.noted() == set()
    assert before not in steps.noted()


def test_a_member_of_today_notes_what_the_author_got_merged_since(steps: Step) -> None:
    """Of a pull request that was opened before, its merge was left as a non-member's for ever."""
    pull = steps.world.pull(may(1), "yan", merged_at=may(12))
    steps.world.pull(may(1), "yan", merged_at=may(5))
    steps.world.event(pull, "merged", may(12), "ada")
    steps.noted()
    steps.world.member("yan", since=may(10))
    assert steps.noted() == {pull}
    (merged,) = [row for row in steps.world.read(ACTIVITY, what="was_merged") if row["at"] == may(12)]
    assert merged["person_kind"] == "member"


def test_who_has_merged_is_a_maintainer_from_then_on(steps: Step) -> None:
    world = steps.world
    pull, first, last = world.pull(may(1), "yan"), world.issue(may(2), "zoe"), world.issue(may(9), "zoe")
    steps.noted()
    world.event(pull, "merged", may(5), "zoe")
    assert steps.noted() == {pull, last}
    assert steps.kinds("zoe") == ["maintainer", "non-member", "maintainer"]
    # An older merge is found later.
    world.event(first, "merged", may(1), "zoe")
    assert steps.noted() == {pull, first, last}
    # And what was shown no more is no merge.
    steps.session.execute(update(Event).where(Event.event == "merged").values(removed_at=may(10)))
    steps.noted()
    assert steps.kinds("zoe") == ["non-member", "non-member"]


@pytest.mark.parametrize("bot", ["hubot", "dependabot[bot]"])
def test_a_merge_by_a_bot_makes_nobody_one_of_us(steps: Step, bot: str) -> None:
    pull = steps.world.pull(may(1), "yan")
    steps.world.event(pull, "merged", may(2), bot)
    steps.world.comment(pull, may(3), bot)
    steps.noted()
    assert set(steps.kinds(bot)) == {"bot"}
    assert steps.kinds("yan") == ["non-member"]


def test_listed_logins_count_in_any_case(steps: Step) -> None:
    mine, other = steps.world.issue(may(1), "yan"), steps.world.issue(may(1), "zoe")
    steps.noted()
    steps.maintainers = ("YAN",)
    assert steps.noted() == {mine}
    assert steps.kinds("yan") == ["maintainer"]
    steps.maintainers, steps.bots = (), ("Yan",)
    assert steps.noted() == {mine}
    assert steps.kinds("yan") == ["bot"]
    steps.bots = ()
    assert steps.noted() == {mine}
    assert steps.kinds("yan") == ["non-member"]
    assert other not in steps.noted()


def test_people_of_a_listed_team_count_while_they_are_in_it(steps: Step) -> None:
    team = {"id": 1, "org": "acme", "slug": "Core-Team", "name": "C", "first_seen_at": FIRST_LOOK}
    stay = {"team_id": 1, "org": "acme", "member_id": IDS["yan"], "login": "yan", "role": "member"}
    steps.session.execute(insert(Team), [team])
    steps.session.execute(insert(TeamMember), [stay | {"first_seen_at": may(5)}])
    steps.world.issue(may(1), "yan")
    during, after = steps.world.issue(may(6), "yan"), steps.world.issue(may(20), "yan")
    steps.noted()
    steps.maintainers = ("ACME/core-team",)
    assert steps.noted() == {during, after}
    assert steps.kinds("yan") == ["non-member", "maintainer", "maintainer"]
    steps.session.execute(update(TeamMember).values(left_at=may(10)))
    assert steps.noted() == {after}
    assert steps.kinds("yan") == ["non-member", "maintainer", "non-member"]
    steps.maintainers = ()
    assert steps.noted() == {during, after}
    assert steps.kinds("yan") == ["non-member"] * 3


def test_of_many_new_people_all_items_are_noted(steps: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "MANY_PEOPLE", 0)
    all_items = {steps.world.issue(may(1), "zoe"), steps.world.pull(may(1), "bob")}
    assert steps.noted() == all_items


def test_an_event_to_come_keeps_its_item_noted(steps: Step) -> None:
    """Its time was asked for after the facts were made: one whose time came in between was never counted."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    pull = steps.world.pull(may(1), "yan")
    steps.world.event(pull, "committed", soon, "yan")
    steps.noted()
    assert noted_items(steps.session) == {pull}
    order: list[str] = []
    real = FACTS.note

    def record(*arguments: Any) -> None:
        order.append("noted")
        real(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(FACTS), "note", lambda _self, *arguments: record(*arguments))
        patch.setattr("chalicelib.store.facts.Facts.store", lambda *_: order.append("stored"))
        steps.world.store_facts()
    assert order[0] == "noted"


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=24, days=20, repositories=3) as org:
        org.begin("nrt_events")
        yield org


def looked_at(org: Organisation, look: Callable[[Session], None]) -> None:
    with create_db_session(org.db_url) as session:
        look(session)


def note_everything(org: Organisation) -> int:
    """Let all be stored anew, and otherwise than what is stored; gives how many items."""
    with create_db_session(org.db_url) as session:
        FACTS.note_all(session.connection())
        for facts in FACTS.facts:
            session.execute(facts.table.update().values(org="nobody"))
        session.commit()
        return len(noted_items(session))


def test_a_backfill_ends_with_the_step(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    looked_at(org, assert_facts_are_stored)
    number = note_everything(org)
    assert org.backfill("--since", "2026-01-01", "--only", "members") == 0
    looked_at(org, assert_facts_are_stored)
    assert f"acme facts: 0 read, {number} new or changed, 0 rejected, 0 requests" in capsys.readouterr().out


def test_settings_change_the_views_with_the_next_job_and_cost_no_request(org: Organisation) -> None:
    with create_db_session(org.db_url) as session:
        login = session.scalar(select(ACTIVITY.table.c.username).where(ACTIVITY.table.c.person_kind == "member"))
        org.environment["GH_BOTS"] = str(login).upper()
    org.run_job("nrt_events")
    with create_db_session(org.db_url) as session:
        kinds = select(ACTIVITY.table.c.person_kind).where(ACTIVITY.table.c.username == login)
        assert set(session.scalars(kinds)) == {"bot"}
        runs = session.execute(select(SyncRun.requests, SyncRun.stored).where(SyncRun.step == "facts"))
        assert runs.all()[-1][0] == 0
        assert_facts_are_stored(session)


def test_a_step_that_is_killed_at_any_statement_shows_the_truth(org: Organisation) -> None:
    statement, was_killed = 0, True
    while was_killed:
        note_everything(org)
        with killed_at(statement) as heard, suppress(Killed), create_db_session(org.db_url) as session:
            for _ in step.store_parts(session):
                session.commit()
        looked_at(org, assert_facts_are_true)
        was_killed = heard[0] > statement
        statement += STRIDE
    looked_at(org, assert_facts_are_stored)
    assert statement > 15


def test_a_job_without_time_leaves_the_rest_for_the_next(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "AT_ONCE", 5)
    number = note_everything(org)
    real, budget = step.store_parts, org.budget()

    def slow_parts(session: Session) -> Iterator[list[int]]:
        for number, ids in enumerate(real(session)):
            if number == 1:
                budget.cancel()
            yield ids

    monkeypatch.setattr(step, "store_parts", slow_parts)
    monkeypatch.setattr(org, "budget", lambda _deadline=None: budget)
    org.run_job("nrt_events")
    with create_db_session(org.db_url) as session:
        last = session.scalars(select(SyncRun).order_by(SyncRun.id.desc()).limit(1)).one()
        assert (last.step, last.status, last.stored) == ("facts", "partial", 10)
        assert len(noted_items(session)) == number - 10
        assert_facts_are_true(session)
    monkeypatch.undo()
    org.run_job("nrt_events")
    looked_at(org, assert_facts_are_stored)


def test_a_note_that_is_written_while_the_step_runs_stays(db_url: str) -> None:
    """On SQLite nobody writes meanwhile."""
    with create_db_session(db_url) as session, create_db_session(db_url) as other:
        is_postgresql = session.connection().dialect.name == "postgresql"
        World(session).issue(may(1), "zoe")
        session.commit()
        if is_postgresql:
            other.execute(insert(ChangedItem), [{"item_id": 1}])
        store_changed(session.connection(), FACTS, at_most=9)
        session.commit()
        other.commit()
        assert noted_items(session) == ({1} if is_postgresql else set())
        assert_facts_are_true(session)


@pytest.mark.postgresql
def test_two_jobs_at_once_store_one_after_the_other(postgres_copies: Any) -> None:
    with (
        postgres_copies.borrow() as url,
        create_db_session(url) as session,
        create_db_session(url) as other,
    ):
        World(session).issue(may(1), "zoe")
        session.commit()
        assert store_changed(session.connection(), FACTS, at_most=9) == [1]
        other.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(Exception, match="lock timeout"):
            store_changed(other.connection(), FACTS, at_most=9)
        other.rollback()
        session.commit()
        assert store_changed(other.connection(), FACTS, at_most=9) == []


def test_another_definition_has_all_stored_anew(org: Organisation) -> None:
    with create_db_session(org.db_url) as session:
        session.execute(update(FactDefinition).where(FactDefinition.name == "wait_facts").values(digest="other"))
        start_noting(session.connection())
        session.commit()
        assert noted_items(session) >= set(session.scalars(select(Event.issue_id)))
        start_noting(session.connection())
        session.execute(delete(ChangedItem))
        start_noting(session.connection())
        assert noted_items(session) == set()


def test_other_code_than_that_of_the_views_stores_nothing(org: Organisation) -> None:
    """An older Lambda stored what its own definitions say, after `make migrate`: the new views showed it for ever."""
    with create_db_session(org.db_url) as session:
        FACTS.note_all(session.connection())
        session.execute(update(FactDefinition).values(digest="newer"))
        session.commit()
    with pytest.raises(JobFailedError, match="run `make migrate` with this code"):
        org.run_job("nrt_events")
    with create_db_session(org.db_url) as session:
        assert noted_items(session) >= set(session.scalars(select(Event.issue_id)))
        assert_facts_are_true(session)


def test_a_team_that_nobody_knows_is_named_in_the_ledger(org: Organisation) -> None:
    """A typing error in GH_MAINTAINERS left people's numbers wrong, without a sign."""
    org.environment["GH_MAINTAINERS"] = f"{ORG}/no-such-team,somebody"
    org.run_job("nrt_events")
    with create_db_session(org.db_url) as session:
        [note] = session.scalars(select(SyncRun.note).where(SyncRun.step == "facts", SyncRun.note.is_not(None)))
    assert note == f"GH_MAINTAINERS names teams that are not known: {ORG}/no-such-team"
