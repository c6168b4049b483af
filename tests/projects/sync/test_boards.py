from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import JobFailedError
from chalicelib.projects.models import (
    Iteration,
    Project,
    ProjectDay,
    ProjectField,
    ProjectItem,
    ProjectItemDay,
    ProjectStatus,
)
from tests.organisation import DAY, Organisation
from tests.projects.sync.conftest import boards_of, last_run, rows_of

HOUR = 3600
COLUMNS = {"sprint": "iteration_id", "points": "points", "status": "status", "deliverable": "deliverable"}


def true_days(org: Organisation, *days: str) -> dict[tuple[str, str], dict[str, Any]]:
    """What the sandbox says that each item was at the end of these days."""
    return {(row["item"], row["day"]): row for row in org.sandbox.app.truth.board_days() if row["day"] in days}


def known_roles(org: Organisation) -> dict[str, set[str]]:
    """Which roles a board's fields have been found for."""
    fields = [row for row in rows_of(org, ProjectField) if row["role"]]
    boards = {row["project_id"] for row in fields}
    return {board: {row["role"] for row in fields if row["project_id"] == board} for board in boards}


def stored_days(org: Organisation) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["item_id"], row["day"].isoformat()): row for row in rows_of(org, ProjectItemDay)}


def current(org: Organisation, board: int = 0) -> set[str]:
    key = rows_of(org, Project)[board]["id"]
    return {row["id"] for row in rows_of(org, ProjectItem, ProjectItem.project_id == key) if row["removed_at"] is None}


def test_each_day_ends_as_the_boards_were(org: Organisation) -> None:
    days = []
    for _ in range(4):
        org.run_job("daily")
        days.append(org.now().date().isoformat())
        # What happens later on a day belongs to it when it is read again.
        org.advance(8 * HOUR)
        org.run_job()
        truth = true_days(org, days[-1])
        found = {key: row for key, row in stored_days(org).items() if key[1] == days[-1]}
        assert found.keys() == truth.keys()
        known = known_roles(org)
        for key, row in found.items():
            told = {name: row[COLUMNS[name]] for name in known[row["project_id"]]}
            true = {name: truth[key][name] for name in known[row["project_id"]]}
            assert told == true
            assert (row["is_archived"], row["is_closed"]) == (truth[key]["archived"], truth[key]["closed"])
        org.advance(DAY - 8 * HOUR)
    assert {key[1] for key in stored_days(org)} == set(days)
    assert {run["status"] for run in (last_run(org), last_run(org, "projects.timelines"))} == {"ok"}


def test_boards_fields_and_iterations_are_the_sandboxs(org: Organisation) -> None:
    org.run_job()
    truth = {board["number"]: board for board in org.sandbox.app.truth.boards()}
    boards = rows_of(org, Project)
    assert [(row["number"], row["id"], row["title"]) for row in sorted(boards, key=lambda row: row["number"])] == [
        (number, board["project"], board["title"]) for number, board in sorted(truth.items())
    ]
    roles = {(row["project_id"], row["role"]): row["id"] for row in rows_of(org, ProjectField) if row["role"]}
    for board in truth.values():
        for role in ("sprint", "points"):
            assert roles[board["project"], role] == board["roles"][role]
        sprints = rows_of(org, Iteration, Iteration.field_id == board["roles"]["sprint"])
        found = [
            (row["id"], row["title"], row["start_date"].isoformat(), row["end_date"].isoformat()) for row in sprints
        ]
        assert sorted(found) == sorted((s["id"], s["title"], s["start"], s["last"]) for s in board["sprints"])
    kinds = {(row["name"], row["kind"]) for row in rows_of(org, ProjectStatus)}
    assert {("Done", "done"), ("In Progress", "in_progress"), ("Todo", "todo")} <= kinds


def test_the_calendar_reaches_from_the_first_day_to_the_last_sprint(org: Organisation) -> None:
    org.environment["WORK_DAYS"] = "mon,sat"
    org.run_job()
    for board in rows_of(org, Project):
        days = rows_of(org, ProjectDay, ProjectDay.project_id == board["id"])
        assert [row["day"] for row in days] == [days[0]["day"] + timedelta(days=n) for n in range(len(days))]
        sprints = rows_of(org, Iteration, Iteration.project_id == board["id"])
        assert days[0]["day"] <= min(board["created_at"].date(), *(row["start_date"] for row in sprints))
        assert days[-1]["day"] == max(row["end_date"] for row in sprints)
        assert all(row["is_working"] is (row["day"].weekday() in {0, 5}) for row in days)
        assert [row["day"] for row in days if row["snapshot_at"]] == [org.now().date()]


def test_a_board_that_did_not_change_is_not_read_again_at_once(org: Organisation) -> None:
    org.sandbox.world.stand_still()
    org.run_job()
    org.advance(1800)
    org.run_job()
    assert last_run(org)["fetched"] == 3  # the boards alone
    org.advance(5 * HOUR)
    org.run_job()
    assert last_run(org)["fetched"] > 3


def test_an_item_that_is_removed_stays_with_its_past(org: Organisation) -> None:
    world = org.sandbox.world
    world.stand_still()
    org.run_job()
    row = next(each for each in world.board_items(boards_of(org)[0]) if each.content is not None)
    before = current(org)
    org.advance(DAY)
    world.remove_from_board(row)
    org.run_job()
    (gone,) = before - current(org)
    (item,) = rows_of(org, ProjectItem, ProjectItem.id == gone)
    assert item["removed_at"] is not None
    days = [key[1] for key in stored_days(org) if key[0] == gone]
    assert days == [(org.now() - timedelta(days=1)).date().isoformat()]


def test_a_board_that_loses_many_items_is_not_believed_until_a_later_answer_agrees(org: Organisation) -> None:
    world = org.sandbox.world
    world.stand_still()
    org.run_job()
    before, days = current(org), stored_days(org)
    org.advance(HOUR)
    for row in list(world.board_items(boards_of(org)[0]))[:15]:
        world.remove_from_board(row)
    with pytest.raises(JobFailedError, match="GitHub no longer shows 15 of"):
        org.run_job()
    assert current(org) == before
    assert stored_days(org) == days
    (doubted,) = [row for row in rows_of(org, ProjectDay) if row["doubted_at"]]
    assert (doubted["day"], doubted["items_missing"]) == (org.now().date(), 15)
    org.advance(21 * HOUR)
    org.run_job()
    assert len(before - current(org)) == 15
    assert last_run(org)["status"] == "ok"


def test_a_board_is_gone_when_github_has_not_listed_it_for_long(org: Organisation) -> None:
    world = org.sandbox.world
    org.run_job()
    world.delete_board(boards_of(org)[0])
    org.run_job()
    assert [row["deleted_at"] for row in rows_of(org, Project)] == [None] * 3
    org.advance(21 * HOUR)
    org.run_job()
    assert sum(row["deleted_at"] is not None for row in rows_of(org, Project)) == 1


def test_only_named_boards_are_read_and_unknown_ones_are_named_in_the_ledger(org: Organisation) -> None:
    org.environment["GH_PROJECTS"] = "acme/2, ACME/77"
    org.run_job()
    assert [row["number"] for row in rows_of(org, Project)] == [2]
    assert last_run(org)["note"] == "GH_PROJECTS names boards that GitHub does not list: ACME/77"


def test_a_setting_says_what_the_fields_mean(org: Organisation) -> None:
    org.environment["GH_PROJECT_FIELDS"] = "acme/1: points=; done=In Review; deliverable=No such field"
    org.run_job()
    first = min(rows_of(org, Project), key=lambda row: row["number"])
    items = rows_of(org, ProjectItem, ProjectItem.project_id == first["id"])
    assert {row["points"] for row in items} == {None}
    done = rows_of(org, ProjectStatus, ProjectStatus.project_id == first["id"], ProjectStatus.kind == "done")
    assert [row["name"] for row in done] == ["In Review"]
    assert first["fields_chosen_by"] == "setting"
    assert (
        last_run(org)["note"] == "GH_PROJECT_FIELDS names what acme/1 does not have, or not of that type: No such field"
    )


def test_without_the_permission_boards_are_left_out_unless_they_were_read(org: Organisation) -> None:
    org.sandbox.tokens.add("narrow", ["acme"], permissions={"metadata": "read"})
    token = org.variables["GH_TOKEN"]
    org.environment["GH_TOKEN"] = "narrow"
    org.run_job()
    assert "boards are not read: " in last_run(org)["note"]
    org.environment["GH_TOKEN"] = token
    org.run_job()
    before = rows_of(org, Project)
    org.environment["GH_TOKEN"] = "narrow"
    with pytest.raises(JobFailedError):
        org.run_job()
    assert rows_of(org, Project) == before


def test_a_killed_reading_leaves_the_day_as_it_was(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    org.run_job()
    days, items = stored_days(org), rows_of(org, ProjectItem)
    org.advance(DAY)

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.projects.sync.reading.take_snapshot", die)
        with pytest.raises(SystemExit):
            org.run_job()
    assert (stored_days(org), rows_of(org, ProjectItem)) == (days, items)
    org.run_job()
    assert {key[1] for key in stored_days(org)} == {
        (org.now() - timedelta(days=1)).date().isoformat(),
        org.now().date().isoformat(),
    }
