"""Seats: who holds one, who held one, and how many there are each day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.models import CopilotSeat, CopilotSeatDay
from sandbox import Fault
from sandbox.api.messages import Answer, Request
from sandbox.server.oddities import Oddity
from tests.copilot.conftest import Copilot
from tests.organisation import ORG, at

pytestmark = pytest.mark.slow


@pytest.fixture
def seats(make_copilot: Callable[..., Copilot]) -> Copilot:
    """With few days to read besides."""
    copilot = make_copilot(people=24, offered_days=2)
    copilot.forget_before(date(2026, 6, 13))
    copilot.run()
    return copilot


def held(copilot: Copilot) -> dict[str, Any]:
    """The truth: who holds a seat now."""
    return {row["login"]: row for row in copilot.sandbox.seats(ORG) if row["held"]}


def stored(copilot: Copilot) -> dict[str, CopilotSeat]:
    return {row.login: row for row in copilot.stored(CopilotSeat) if row.removed_at is None}


def assert_equal(copilot: Copilot) -> None:
    rows, truth = stored(copilot), held(copilot)
    assert rows.keys() == truth.keys()
    for login, row in rows.items():
        assert row.assignee_id == truth[login]["id"]
        assert row.created_at == at(truth[login]["given_at"])


def test_every_seat_is_there_once_though_github_lists_some_twice(make_copilot: Callable[..., Copilot]) -> None:
    copilot = make_copilot(people=24, duplicates=3)
    run = copilot.run()[-1]
    assert_equal(copilot)
    assert run.fetched == len(held(copilot)) + 3
    [day] = copilot.stored(CopilotSeatDay)
    assert (day.day, day.total, day.billed) == (copilot.org.now().date(), len(held(copilot)), len(held(copilot)))


def test_seats_that_are_taken_back_are_kept_with_the_moment(seats: Copilot) -> None:
    before = stored(seats)
    for _ in range(30):
        seats.live_on(7)
        if held(seats).keys() < before.keys() | held(seats).keys() and before.keys() - held(seats).keys():
            break
    moment = seats.org.now()
    seats.run()
    assert_equal(seats)
    gone = {row.login: row for row in seats.stored(CopilotSeat) if row.removed_at is not None}
    assert gone.keys() == before.keys() - held(seats).keys()
    assert gone
    assert {row.removed_at for row in gone.values()} == {moment}
    assert [day.total for day in seats.stored(CopilotSeatDay)] == [len(before), len(held(seats))]


def test_a_use_that_github_has_forgotten_is_still_known(seats: Copilot) -> None:
    """After 90 days `last_activity_at` is null again."""
    before = {row.login: row.last_activity_at for row in seats.stored(CopilotSeat) if row.last_activity_at}
    assert before
    seats.live_on(100)
    seats.run()
    after = {row.login: row.last_activity_at for row in seats.stored(CopilotSeat)}
    assert all(after[login] and after[login] >= use for login, use in before.items())


def test_the_counts_of_a_day(seats: Copilot) -> None:
    now, rows = seats.org.now(), list(stored(seats).values())
    [day] = seats.stored(CopilotSeatDay)
    uses = [row.last_activity_at for row in rows]
    assert day.active == sum(use is not None and now - use <= timedelta(days=28) for use in uses)
    assert day.never_used == sum(use is None for use in uses)
    assert day.pending_cancellation == sum(row.pending_cancellation_date is not None for row in rows)


def test_a_list_that_breaks_off_takes_nobody_s_seat(seats: Copilot) -> None:
    before = stored(seats)
    seats.live_on()
    seats.org.sandbox.faults.script(Fault.INTERNAL, path=f"/orgs/{ORG}/copilot/billing/seats", count=99)
    run = seats.run()[-1]
    assert run.status == "failed"
    assert stored(seats).keys() == before.keys()


def test_a_list_that_shifts_takes_nobody_s_seat(seats: Copilot) -> None:
    """A seat that was taken back moved the next one to the page before, which had been read already."""
    before = stored(seats)
    missed = min(before)
    seen: list[str] = []

    def shift(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("/billing/seats") or seen:
            return answer
        seen.append(request.path)
        left = [seat for seat in answer.data["seats"] if seat["assignee"]["login"] != missed]
        return replace(answer, data={"total_seats": len(left), "seats": left})

    with seats.org.sandbox.oddities.telling(shift):
        run = seats.run()[-1]
    assert (run.status, run.fetched, len(seen)) == ("ok", len(before), 1)
    assert stored(seats).keys() == before.keys()


def test_an_empty_list_takes_nobody_s_seat(seats: Copilot) -> None:
    """All seats were marked as taken back, though GitHub went on billing for them."""
    before = stored(seats)

    def empty(request: Request, answer: Answer) -> Answer:
        is_list = request.path.endswith("/billing/seats")
        return replace(answer, data={"total_seats": 0, "seats": []}) if is_list else answer

    with seats.org.sandbox.oddities.telling(empty):
        run = seats.run()[-1]
    assert (run.status, run.error) == ("failed", f"GitHub bills for {len(before)} seats and lists none")
    assert stored(seats).keys() == before.keys()


def of_seats(change: Callable[[list[Any]], list[Any]]) -> Oddity:
    """Change the list of seats; its total follows."""

    def odd(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("/billing/seats"):
            return answer
        listed = change(answer.data["seats"])
        return replace(answer, data={"total_seats": len(listed), "seats": listed})

    return odd


def test_a_seat_whose_record_is_broken_takes_nobody_s_seat(seats: Copilot) -> None:
    """It was marked as taken back: the broken record was its own."""
    before = stored(seats)
    broken = of_seats(lambda listed: [{**listed[0], "assignee": {"login": None}}, *listed[1:]])
    with seats.org.sandbox.oddities.telling(broken):
        run = seats.run()[-1]
    assert (run.status, run.rejected) == ("ok", 1)
    assert stored(seats).keys() == before.keys()


def test_most_seats_are_not_taken_back_while_github_bills_for_them(make_copilot: Callable[..., Copilot]) -> None:
    copilot = make_copilot(people=60, offered_days=2)
    copilot.forget_before(date(2026, 6, 13))
    copilot.run()
    before = stored(copilot)
    with copilot.org.sandbox.oddities.telling(of_seats(lambda listed: listed[:5])):
        run = copilot.run()[-1]
    assert run.status == "failed"
    assert f"it bills for {len(before)}, but lists" in str(run.error)
    assert stored(copilot).keys() == before.keys()


@pytest.mark.parametrize(("price", "expected"), [("", {19.0, 39.0}), ("21.5", {21.5}), ("0", {0.0})])
def test_what_a_seat_costs(copilot: Copilot, price: str, expected: set[float]) -> None:
    copilot.org.environment["COPILOT_SEAT_PRICE"] = price
    copilot.run()
    assert {row.monthly_price for row in copilot.stored(CopilotSeat)} <= expected
