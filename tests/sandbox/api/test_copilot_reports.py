"""Copilot's reports: what is in them, and how a day's figures come, late and revised, as the clock runs."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from sandbox import Limits, Plan, RunningSandbox, World, serve
from sandbox.api.copilot.reports import organisation_row
from sandbox.api.copilot.service import Copilot
from sandbox.world.copilot.settings import parse_day
from tests.sandbox.answers import answered, refusal
from tests.sandbox.conftest import LARGE_LIMITS, NOW, Client, small_plan
from tests.sandbox.copilot import DAY_SECONDS, GROUPS, Row, leave, read, reports

pytestmark = pytest.mark.slow

TODAY = date(2026, 6, 1)
COUNTS = ("user_initiated_interaction_count", "code_generation_activity_count", "code_acceptance_activity_count")
LINES = ("loc_suggested_to_add_sum", "loc_suggested_to_delete_sum", "loc_added_sum", "loc_deleted_sum")
FRIDAY = "2026-05-29"


def copilot_plan() -> Plan:
    return small_plan(organisations=("acme",), people=36, items=20, copilot_days=400)


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with serve(World(copilot_plan()), limits=Limits(LARGE_LIMITS)) as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Client]:
    with Client(sandbox.url) as client:
        yield client


def ago(days: int) -> str:
    return (TODAY - timedelta(days)).isoformat()


def usual(copilot: Copilot) -> list[Row]:
    """The working days that were published in time."""
    rows = copilot.days("acme")
    return [row for row in rows if date.fromisoformat(row["day"]).weekday() < 5]


def test_an_organisations_day_is_one_flat_object(client: Client, sandbox: RunningSandbox) -> None:
    truth = {row["day"]: row for row in sandbox.copilot.days("acme")}
    assert read(client, f"organization-1-day?day={FRIDAY}") == [truth[FRIDAY]["report"]]
    assert answered(client.get(reports(f"organization-1-day?day={FRIDAY}")))[1]["report_day"] == FRIDAY
    sandbox.copilot.set_up("acme", wrapped=True)
    (wrapped,) = read(client, f"organization-1-day?day={FRIDAY}")
    assert wrapped.pop("created_at").startswith("2026-06-01T")
    assert wrapped == {
        "report_start_day": FRIDAY,
        "report_end_day": FRIDAY,
        "organization_id": str(sandbox.world.organisations["acme"].account.id),
        "day_totals": [truth[FRIDAY]["report"]],
    }


def test_the_28_day_reports_are_the_days_together(client: Client, sandbox: RunningSandbox) -> None:
    published = [row for row in sandbox.copilot.days("acme") if row["day"] >= ago(28)]
    (whole,) = read(client, "organization-28-day/latest")
    assert whole["day_totals"] == [row["report"] for row in published]
    assert (whole["report_start_day"], whole["report_end_day"]) == (ago(28), ago(1))
    answer = client.get(reports("users-28-day/latest")).json()
    period = {"report_start_day": ago(28), "report_end_day": ago(1)}
    assert {name: answer[name] for name in period} == period
    users = [row for one in published for row in sandbox.copilot.users("acme", day=one["day"], final=False)]
    assert read(client, "users-28-day/latest") == [period | row for row in users]


def test_a_users_day(client: Client, sandbox: RunningSandbox) -> None:
    rows = read(client, f"users-1-day?day={FRIDAY}")
    assert rows == sandbox.copilot.users("acme", day=FRIDAY, final=False)
    assert len({row["user_id"] for row in rows}) == len(rows) > 5
    required = {
        "user_id", "user_login", "day", "organization_id", *COUNTS, *LINES, *GROUPS, "used_agent", "used_chat",
        "used_cli", "used_copilot_coding_agent", "used_copilot_cloud_agent", "ai_adoption_phase", "ai_credits_used",
        "used_copilot_code_review_active", "used_copilot_code_review_passive",
    }  # fmt: skip
    optional = {"totals_by_cli", "totals_by_language_model"}
    assert {frozenset(row.keys() | optional) for row in rows} == {frozenset(required | optional)}
    # Each of them is missing somewhere.
    lately = [row for back in range(1, 31) for row in sandbox.copilot.users("acme", day=ago(back))]
    assert all(any(name not in row for row in lately) for name in optional)


def test_a_rows_groups_add_up(sandbox: RunningSandbox) -> None:
    for row in sandbox.copilot.users("acme", day=FRIDAY) + [one["report"] for one in sandbox.copilot.days("acme")]:
        for group in GROUPS[1:]:
            for name in (*COUNTS, *LINES) if group in ("totals_by_feature", "totals_by_model_feature") else COUNTS[1:]:
                assert sum(part[name] for part in row.get(group, ())) == row[name] or group not in row
        # Nobody has an editor on the command line.
        assert sum(part[COUNTS[1]] for part in row["totals_by_ide"]) <= row[COUNTS[1]]
        assert row[COUNTS[2]] <= row[COUNTS[1]]


def test_an_organisations_totals_are_not_quite_its_users(sandbox: RunningSandbox) -> None:
    for row in usual(sandbox.copilot)[-30:]:
        users = sandbox.copilot.users("acme", day=row["day"])
        summed = sum(user[COUNTS[1]] for user in users)
        assert summed < row["final"][COUNTS[1]] < summed * 1.1
        assert row["final"]["daily_active_users"] == len(users)
        assert len(users) <= row["final"]["weekly_active_users"] <= row["final"]["monthly_active_users"]


def test_older_days_lack_newer_fields(sandbox: RunningSandbox) -> None:
    rows = sandbox.copilot.days("acme")
    newer = rows[-1]["report"].keys() - rows[0]["report"].keys()
    assert "daily_active_cli_users" in newer
    assert "weekly_active_copilot_cloud_agent_users" in newer
    assert "monthly_passive_copilot_code_review_users" in newer
    assert "used_cli" not in sandbox.copilot.users("acme", day=rows[4]["day"])[0]


@pytest.mark.parametrize("status", [204, 200, 404])
def test_days_without_reports(status: int, client: Client, sandbox: RunningSandbox) -> None:
    sandbox.copilot.set_up("acme", no_data=status, since=ago(300), late={ago(1): 2, ago(3): 0})
    for day in (ago(301), ago(0), ago(-5), ago(1)):
        for report in ("organization-1-day", "users-1-day", "user-teams-1-day"):
            answer = client.get(reports(f"{report}?day={day}"))
            assert (answer.status_code, answer.text) == (status, "") or answer.json() == refusal("Not Found", 404)
    assert client.get(reports(f"organization-1-day?day={ago(300)}")).status_code == 200
    sandbox.copilot.set_up("acme", offered_days=30)
    assert client.get(reports(f"organization-1-day?day={ago(30)}")).status_code == 200
    assert client.get(reports(f"organization-1-day?day={ago(31)}")).status_code == status
    sandbox.copilot.set_up("acme", since=ago(0))
    assert client.get(reports("users-28-day/latest")).status_code == status


@pytest.mark.parametrize("day", ["", "?day=", "?day=20260529", "?day=2026-5-29", "?day=2026-02-30", "?day=latest"])
def test_a_malformed_day(day: str, client: Client) -> None:
    assert client.get(reports(f"organization-1-day{day}")).status_code == 422


def test_without_the_permission_or_the_policy(client: Client, sandbox: RunningSandbox) -> None:
    sandbox.tokens.add("fine", ["acme"], permissions={"members": "read"})
    accepted = "X-Accepted-GitHub-Permissions"
    with Client(sandbox.url, "fine") as fine:
        refused = fine.get(reports("users-28-day/latest"))
        assert answered(refused) == (403, refusal("Resource not accessible by personal access token", 403))
        assert refused.headers[accepted] == "organization_copilot_metrics=read"
        sandbox.tokens.add("fine", ["acme"], permissions={"organization_copilot_metrics": "read"})
        assert fine.get(reports("users-28-day/latest")).headers[accepted] == "organization_copilot_metrics=read"
        sandbox.copilot.set_up("acme", policy=False)
        for one in (fine, client):
            off = one.get(reports(f"organization-1-day?day={FRIDAY}"))
            assert off.status_code == 403
            assert off.json()["message"] == "Your organization has disabled Copilot Metrics API access."
            assert accepted not in off.headers
    assert client.get("/orgs/acme/copilot/billing").status_code == 200


def test_without_copilot(client: Client, sandbox: RunningSandbox) -> None:
    sandbox.copilot.end("acme")
    for path in (reports("users-28-day/latest"), "/orgs/acme/copilot/billing", "/orgs/acme/copilot/billing/seats"):
        assert answered(client.get(path)) == (404, refusal("Not Found", 404))
    with pytest.raises(KeyError):
        sandbox.copilot.end("acme")
    assert World(small_plan()).plan.copilot_days == 0


def test_a_day_is_revised_until_it_is_settled(client: Client, sandbox: RunningSandbox) -> None:
    sandbox.copilot.set_up("acme", late_days=0)
    seen: list[Row] = []
    for _ in range(24):
        sandbox.clock.set(advance=DAY_SECONDS)
        (report,) = read(client, "organization-1-day?day=2026-06-01")
        seen += [report] if report not in seen else []
    (truth,) = [row for row in sandbox.copilot.days("acme") if row["day"] == "2026-06-01"]
    assert len(seen) == 1 + truth["last_revision"] >= 4
    assert truth["revision"] == truth["last_revision"]
    assert seen[-1] == truth["report"] == truth["final"]


def test_some_days_are_revised_again_when_only_the_28_day_reports_still_look(sandbox: RunningSandbox) -> None:
    rows = usual(sandbox.copilot)
    again = [row for row in rows if row["last_revision"] == 4]
    assert 0 < len(again) < len(rows) / 5
    for row in again:
        after = date.fromisoformat(row["settled_at"][:10]) - date.fromisoformat(row["day"])
        assert timedelta(4) < after < timedelta(28)


def test_every_revision_of_a_working_day_changes_something(sandbox: RunningSandbox) -> None:
    usage = sandbox.copilot.usage("acme")
    for row in usual(sandbox.copilot)[-60:]:
        publication = usage.publication(parse_day(row["day"]))
        figures = [organisation_row(usage, publication, number) for number in range(publication.last + 1)]
        assert all(one != other for one, other in pairwise(figures)), row["day"]


def test_late_days_come_some_days_later(client: Client, sandbox: RunningSandbox) -> None:
    delays = set()
    for row in sandbox.copilot.days("acme", every=True):
        delays.add((date.fromisoformat(row["published_at"][:10]) - date.fromisoformat(row["day"])).days)
    assert delays == {1, 2, 3, 4}
    sandbox.copilot.set_up("acme", late={"2026-06-01": 5, "2026-06-02": 0})
    sandbox.clock.set(advance=2 * DAY_SECONDS)
    answers = [client.get(reports(f"organization-1-day?day=2026-06-0{day}")).status_code for day in (1, 2)]
    assert answers == [204, 200]
    (whole,) = read(client, "organization-28-day/latest")
    assert "2026-06-01" not in {row["day"] for row in whole["day_totals"]}
    sandbox.clock.set(advance=3 * DAY_SECONDS)
    assert client.get(reports("organization-1-day?day=2026-06-01")).status_code == 204
    sandbox.clock.set(advance=DAY_SECONDS)
    assert client.get(reports("organization-1-day?day=2026-06-01")).status_code == 200


def test_days_are_lost_when_nobody_asks_for_a_year(sandbox: RunningSandbox) -> None:
    before = sandbox.copilot.days("acme", every=True)
    assert [row["offered"] for row in before[:35]] == [False] * 35
    assert (before[35]["day"], before[35]["offered"], before[0]["final"]) == (ago(365), True, None)
    assert (before[0]["day"], before[-1]["day"]) == (ago(400), ago(1))


def test_the_figures_depend_on_the_seed_the_day_and_the_clock_alone() -> None:
    worlds = [World(copilot_plan()) for _ in range(2)]
    first, second = (Copilot(world) for world in worlds)
    first.days("acme")
    for _ in range(10):
        worlds[0].advance(worlds[0].now + DAY_SECONDS)
        first.users("acme", day=FRIDAY)
    worlds[1].advance(NOW + 10 * DAY_SECONDS)
    second.set_up("acme", links=3)
    assert first.days("acme") == second.days("acme")
    assert first.users("acme", final=False) == second.users("acme", final=False)
    assert first.seats("acme") == second.seats("acme")


def test_teams_of_fewer_than_five_are_left_out(client: Client, sandbox: RunningSandbox) -> None:
    organisation = sandbox.world.organisations["acme"]
    rows = read(client, f"user-teams-1-day?day={FRIDAY}")
    assert rows == sandbox.copilot.user_teams("acme", day=FRIDAY)
    members = {(row["team_id"], row["user_id"]) for row in rows}
    assert len(members) == len(rows)
    slugs = {team.id: team.slug for team in organisation.teams}
    assert all(
        row.keys() == {"user_id", "user_login", "day", "organization_id", "team_id", "slug"}
        and (row["slug"], row["day"]) == (slugs[row["team_id"]], FRIDAY)
        for row in rows
    )
    held = {row["id"] for row in sandbox.copilot.seats("acme") if row["held"]}
    for team in organisation.teams:
        seated = {(team.id, person.id) for person in team.members if person.id in held}
        assert {one for one in members if one[0] == team.id} == (seated if len(seated) >= 5 else set())


def test_who_leaves_takes_nothing_out_of_the_past(client: Client, sandbox: RunningSandbox) -> None:
    names = ("organization-1-day", "users-1-day", "user-teams-1-day")
    before = [read(client, f"{name}?day=2026-05-20") for name in names]
    users = before[1]
    for row in users[:8]:
        leave(sandbox, row["user_login"])
    assert [read(client, f"{name}?day=2026-05-20") for name in names] == before
    sandbox.clock.set(advance=3 * DAY_SECONDS)
    gone = {row["user_id"] for row in users[:8]}
    assert gone.isdisjoint(row["user_id"] for row in read(client, "users-1-day?day=2026-06-02"))
    assert gone.isdisjoint(row["user_id"] for row in read(client, "user-teams-1-day?day=2026-06-02"))


@pytest.mark.parametrize(
    "wanted",
    [{"colour": "red"}, {"links": 0}, {"since": "soon"}, {"no_data": 500}, {"late": {"now": 1}}],
)
def test_settings_that_make_no_sense(wanted: Row, sandbox: RunningSandbox) -> None:
    before = sandbox.copilot.usage("acme").settings
    with pytest.raises((TypeError, ValueError)):
        sandbox.copilot.set_up("acme", **wanted)
    with pytest.raises(KeyError):
        sandbox.copilot.set_up("nowhere", links=2)
    assert sandbox.copilot.usage("acme").settings == before


def test_the_fields_are_those_of_recorded_reports(sandbox: RunningSandbox, samples: Path) -> None:
    folder = samples / "copilot" / "reports"
    for name, rows in {
        "organization-28-day": [row["report"] for row in sandbox.copilot.days("acme")],
        "organization-users-28-day": sandbox.copilot.users("acme"),
    }.items():
        recorded = json.loads((folder / f"{name}-report.json").read_text())["day_totals"]
        assert _names(rows) <= _names(recorded), name


def _names(rows: list[Row]) -> set[str]:
    """Every field, those within others as `outer.inner`."""
    found = set()
    for row in rows:
        for name, value in row.items():
            found.add(name)
            inner = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
            found |= {f"{name}.{one}" for one in _names(inner)}
    return found
