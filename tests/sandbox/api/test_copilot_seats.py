"""Seats: given and taken as the clock runs, listed twice at times, and held by people who have left."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import Limits, RunningSandbox, World, serve
from tests.sandbox.answers import answered, refusal
from tests.sandbox.conftest import LARGE_LIMITS, Client, small_plan
from tests.sandbox.copilot import DAY_SECONDS, Row, leave

BILLING, SEATS = "/orgs/acme/copilot/billing", "/orgs/acme/copilot/billing/seats"


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    plan = small_plan(organisations=("acme",), people=160, items=20, copilot_days=400)
    with serve(World(plan), limits=Limits(LARGE_LIMITS)) as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Client]:
    with Client(sandbox.url) as client:
        yield client


def seats(client: Client) -> list[Row]:
    found: list[Row] = client.get(SEATS, params={"per_page": 100}).json()["seats"]
    return found


def test_pages_of_seats(client: Client, sandbox: RunningSandbox) -> None:
    truth = [row for row in sandbox.copilot.seats("acme") if row["held"]]
    assert 50 < len(truth) <= 100
    first = client.get(SEATS)
    assert (first.json()["total_seats"], len(first.json()["seats"])) == (len(truth), 50)
    second = client.get(first.links["next"]["url"])
    assert second.json()["total_seats"] == len(truth)
    assert "next" not in second.links
    listed = first.json()["seats"] + second.json()["seats"]
    assert [seat["assignee"]["id"] for seat in listed] == [row["id"] for row in truth]
    assert client.get(SEATS, params={"per_page": 500}).json()["seats"] == listed
    assert [seat["last_activity_at"] for seat in listed] == [row["last_activity_at"] for row in truth]


def test_a_seat(client: Client) -> None:
    found = seats(client)
    assert {frozenset(seat) for seat in found} == {
        frozenset({
            "created_at", "updated_at", "pending_cancellation_date", "last_activity_at", "last_activity_editor",
            "last_authenticated_at", "plan_type", "assignee", "assigning_team",
        })
    }  # fmt: skip
    some = {name: {seat[name] is None for seat in found} for name in found[0]}
    assert some["last_activity_at"] == some["assigning_team"] == {True, False}
    assert all((seat["last_activity_at"] is None) == (seat["last_activity_editor"] is None) for seat in found)
    assert all(seat["last_activity_at"] > "2026-03-03T12" for seat in found if seat["last_activity_at"])


def test_the_last_activity_is_in_the_reports_and_forgotten_after_90_days(
    client: Client, sandbox: RunningSandbox
) -> None:
    today = datetime(2026, 6, 1, tzinfo=UTC)
    seen: dict[int, str] = {}
    for back in range(95, 0, -1):
        day = f"{today - timedelta(back):%Y-%m-%d}"
        seen |= {row["user_id"]: day for row in sandbox.copilot.users("acme", day=day)}
    for seat in seats(client):
        used = (seat["last_activity_at"] or "")[:10]
        if used and used < "2026-05-29":
            assert seen[seat["assignee"]["id"]] == used
        if not used:
            assert seen.get(seat["assignee"]["id"], "") <= "2026-03-03"


def test_the_billing_counts_people(client: Client, sandbox: RunningSandbox) -> None:
    sandbox.copilot.set_up("acme", duplicates=4)
    sandbox.clock.set(advance=9 * DAY_SECONDS)
    found = seats(client)
    breakdown = client.get(BILLING).json()["seat_breakdown"]
    people = {seat["assignee"]["id"]: seat for seat in found}
    assert len(found) == client.get(SEATS).json()["total_seats"] == len(people) + 4
    active = [seat for seat in people.values() if (seat["last_activity_at"] or "") >= "2026-06"]
    assert breakdown == {
        "total": len(people),
        "added_this_cycle": sum(seat["created_at"] >= "2026-06" for seat in people.values()),
        "pending_cancellation": sum(seat["pending_cancellation_date"] is not None for seat in people.values()),
        "pending_invitation": 0,
        "active_this_cycle": len(active),
        "inactive_this_cycle": len(people) - len(active),
    }
    assert active


def test_some_assignees_are_listed_twice_once_through_a_team(client: Client, sandbox: RunningSandbox) -> None:
    before = seats(client)
    sandbox.copilot.set_up("acme", duplicates=3)
    after = seats(client)
    assert after[: len(before)] == before
    twice = after[len(before) :]
    assert len(twice) == 3
    for seat in twice:
        (first,) = [one for one in before if one["assignee"]["id"] == seat["assignee"]["id"]]
        assert first == seat | {"assigning_team": None}
        assert seat["assigning_team"]["slug"]


def test_who_leaves_keeps_the_seat_to_the_months_end_or_for_ever(client: Client, sandbox: RunningSandbox) -> None:
    gone = [seat["assignee"]["login"] for seat in seats(client)[:30]]
    for login in gone:
        leave(sandbox, login)
    held = {seat["assignee"]["login"]: seat for seat in seats(client)}
    pending = {login for login in gone if held[login]["pending_cancellation_date"] == "2026-07-01"}
    assert 0 < len(pending) < len(gone)
    sandbox.clock.set(advance=31 * DAY_SECONDS)
    held = {seat["assignee"]["login"]: seat for seat in seats(client)}
    assert pending.isdisjoint(held)
    assert set(gone) - pending <= held.keys()
    former = [row for row in sandbox.copilot.seats("acme") if row["held"] and not row["member"]]
    assert {row["login"] for row in former} >= set(gone) - pending


def test_seats_are_given_and_taken_as_the_clock_runs(client: Client, sandbox: RunningSandbox) -> None:
    before = {seat["assignee"]["id"] for seat in seats(client)}
    sandbox.copilot.set_up("acme", since="2026-05-01")
    newcomers = sandbox.world.outsiders[:6]
    for person in newcomers:
        sandbox.world.move(sandbox.world.organisations["acme"], person, "member")
    early = {seat["assignee"]["id"] for seat in seats(client)}
    sandbox.clock.set(advance=120 * DAY_SECONDS)
    late = seats(client)
    assert early != before
    assert {seat["assignee"]["id"] for seat in late} - early
    assert {seat["assignee"]["id"] for seat in late} & {person.id for person in newcomers}
    assert all(seat["created_at"] >= "2026-05-01" for seat in late)
    assert any(row["ended_at"] for row in sandbox.copilot.seats("acme"))


def test_some_are_never_used_some_no_more_and_each_month_some_are_cancelled(
    client: Client, sandbox: RunningSandbox
) -> None:
    found = seats(client)
    assert any(seat["last_activity_at"] is None and seat["created_at"] < "2026-03" for seat in found)
    assert any("2026-03-20" < (seat["last_activity_at"] or "") < "2026-05-12" for seat in found)
    pending: dict[int, set[str]] = {}
    for month in (6, 7):
        pending[month] = {seat["assignee"]["login"] for seat in seats(client) if seat["pending_cancellation_date"]}
        assert 0 < len(pending[month]) <= len(found) / 20
        assert pending[month] == {row["login"] for row in sandbox.copilot.seats("acme") if row["pending_cancellation"]}
        sandbox.clock.set(advance=31 * DAY_SECONDS)
    assert (pending[6] | pending[7]).isdisjoint(seat["assignee"]["login"] for seat in seats(client))


def test_where_few_have_a_seat_none_is_cancelled() -> None:
    plan = small_plan(organisations=("acme",), people=30, items=20, copilot_days=400)
    with serve(World(plan), limits=Limits(LARGE_LIMITS)) as running:
        assert not any(row["ended_at"] for row in running.copilot.seats("acme") if row["member"])


def test_the_permission(sandbox: RunningSandbox) -> None:
    sandbox.tokens.add("fine", ["acme"], permissions={"organization_copilot_metrics": "read"})
    with Client(sandbox.url, "fine") as fine:
        for path in (BILLING, SEATS):
            refused = fine.get(path)
            assert answered(refused) == (403, refusal("Resource not accessible by personal access token", 403))
            accepted = refused.headers["X-Accepted-GitHub-Permissions"]
            assert accepted == "organization_copilot_seat_management=read; organization_administration=read"
            sandbox.tokens.add("fine", ["acme"], permissions={"organization_copilot_seat_management": "read"})
            assert fine.get(path).status_code == 200
            sandbox.tokens.add("fine", ["acme"], permissions={})
