from __future__ import annotations

from chalicelib.projects.models import Project, ProjectItem, ProjectItemEvent
from sandbox import Kind
from tests.deliveries import deliver
from tests.organisation import DAY, Organisation
from tests.projects.sync.conftest import boards_of, last_run, rows_of

KINDS = {
    Kind.ADDED_TO_PROJECT_V2: "added",
    Kind.REMOVED_FROM_PROJECT_V2: "removed",
    Kind.CONVERTED_FROM_DRAFT: "converted",
    Kind.PROJECT_V2_ITEM_STATUS_CHANGED: "status",
    Kind.CLOSED: "closed",
    Kind.MERGED: "closed",
    Kind.CONVERTED_TO_DISCUSSION: "closed",
    Kind.REOPENED: "reopened",
}


def test_timelines_tell_what_happened_before_the_first_day(org: Organisation) -> None:
    org.run_job()
    boards = boards_of(org)
    contents = [row.content for board in boards for row in org.sandbox.world.board_items(board) if row.content]
    events = [event for item in contents for event in item.history if event.kind in KINDS]
    true = {(KINDS[event.kind], event.at) for event in events}
    stored = rows_of(org, ProjectItemEvent)
    assert {row["source"] for row in stored} == {"timeline"}
    found = {(row["kind"], int(row["at"].timestamp())) for row in stored}
    assert (found - true, true - found) == (set(), set())
    read = [row for row in rows_of(org, ProjectItem) if row["content_node_id"]]
    assert read
    assert all(row["timeline_read_for"] == row["content_updated_at"] for row in read)


def test_only_the_timelines_of_what_changed_are_read_again(org: Organisation) -> None:
    org.sandbox.world.stand_still()
    org.run_job()
    org.advance(DAY)
    org.run_job()
    assert last_run(org, "projects.timelines")["fetched"] == 0


def test_where_boards_are_forbidden_a_timeline_does_not_count_as_read(org: Organisation) -> None:
    org.sandbox.app.graphql.settings.update(restricted={"acme"})
    org.run_job()
    kinds = {row["kind"] for row in rows_of(org, ProjectItemEvent)}
    assert kinds <= {"closed", "reopened"}
    items = [row for row in rows_of(org, ProjectItem) if row["content_node_id"]]
    assert {row["timeline_read_at"] for row in items} <= {None}
    org.run_job()
    assert last_run(org, "projects.timelines")["fetched"] == 0


def test_webhooks_tell_of_every_change_once_in_any_order(org: Organisation) -> None:
    org.run_job()
    deliver(org)  # the past
    before = {row["id"] for row in rows_of(org, ProjectItemEvent)}
    org.advance(3 * DAY)
    deliver(org, doubled=0.3, shuffled=True)
    new = [row for row in rows_of(org, ProjectItemEvent) if row["id"] not in before]
    assert {row["source"] for row in new} == {"webhook"}
    assert "field" in {row["kind"] for row in new}
    boards = {row["id"] for row in rows_of(org, Project)}
    assert {row["project_id"] for row in new} <= boards
    org.run_job()
    items = {row["id"]: row for row in rows_of(org, ProjectItem)}
    changes = [row for row in new if row["field_name"] == "Sprint"]
    assert changes
    for item_id in {row["item_id"] for row in changes}:
        last = max((row for row in changes if row["item_id"] == item_id), key=lambda row: row["at"])
        assert items[item_id]["iteration_id"] == last["to_id"]


def test_a_board_that_is_not_wanted_is_not_kept(org: Organisation) -> None:
    org.environment["GH_PROJECTS"] = "acme/2"
    org.run_job()
    deliver(org)
    org.advance(2 * DAY)
    deliver(org)
    (board,) = rows_of(org, Project)
    assert {row["project_id"] for row in rows_of(org, ProjectItemEvent) if row["source"] == "webhook"} <= {board["id"]}
