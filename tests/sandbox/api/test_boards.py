"""Boards over REST: pages by cursor, fields that are asked for, what a token may not see; and the truth of each day."""

import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sandbox import Item, Kind, Project, RunningSandbox, World, serve
from sandbox.world.board_founding import DELIVERY
from tests.sandbox.answers import answered, refusal
from tests.sandbox.conftest import NOW, Client, small_plan

JSON = dict[str, Any]
PATH = "/orgs/octo-sandbox/projectsV2"
DAY = 86_400


@pytest.fixture
def board(changing: RunningSandbox) -> Project:
    """A board of a world in which nothing else happens."""
    changing.world.stand_still()
    return changing.world.create_board(changing.world.organisations["octo-sandbox"], DELIVERY)


def pages(client: Client, path: str) -> list[list[JSON]]:
    """All pages of a list, as `Link` leads through them."""
    found, url = [], path
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        url = answer.links.get("next", {}).get("url", "")
    return found


def an_issue(sandbox: RunningSandbox) -> Item:
    return next(one for one in sandbox.world.items.values() if one.state == "open" and not one.is_pull and one.labels)


def test_rows_are_paged_by_cursor(client: Client, changing: RunningSandbox, board: Project) -> None:
    changing.world.fill_board(board, 25)
    found = pages(client, f"{PATH}/1/items?per_page=10")
    assert [len(page) for page in found] == [10, 10, 5]
    ids = [row["id"] for page in found for row in page]
    assert ids == sorted(row.id for row in changing.world.board_items(board))
    assert len(client.get(f"{PATH}/1/items?per_page=1000").json()) == 25


def test_boards_are_paged_newest_first(client: Client, changing: RunningSandbox, board: Project) -> None:
    changing.world.create_board(changing.world.organisations["octo-sandbox"], DELIVERY)
    changing.world.close_board(board)
    found = pages(client, f"{PATH}?per_page=1")
    assert [(row["number"], row["state"]) for page in found for row in page] == [(2, "open"), (1, "closed")]
    assert client.get(f"{PATH}/1").json() == found[1][0]
    assert answered(client.get(f"{PATH}/3")) == (404, refusal("Not Found", 404))


def test_nothing_new_is_a_304(client: Client, changing: RunningSandbox, board: Project) -> None:
    row = changing.world.draft_on_board(board, "An idea")
    paths = [PATH, f"{PATH}/1", f"{PATH}/1/fields", f"{PATH}/1/items"]
    tags = {path: client.get(path).headers["ETag"] for path in paths}
    again = [client.get(path, headers={"If-None-Match": tag}).status_code for path, tag in tags.items()]
    assert again == [304] * 4
    changing.clock.set(advance=60)
    changing.world.advance(NOW + 60)
    changing.world.archive_row(row)
    again = [client.get(path, headers={"If-None-Match": tag}).status_code for path, tag in tags.items()]
    assert again == [200, 200, 304, 200]


def test_fields_are_shown_when_they_are_asked_for(client: Client, changing: RunningSandbox, board: Project) -> None:
    world, item = changing.world, an_issue(changing)
    row = world.add_to_board(board, item)
    roles, sprint = board.roles, board.roles["sprint"].iterations[0]
    world.set_field(row, roles["points"], 0.5)
    world.set_field(row, roles["sprint"], sprint)
    world.set_field(row, roles["status"], roles["status"].named("In Review"))
    world.set_field(row, board.named("Notes"), "Ask Ann")
    world.set_field(row, board.named("Target date"), "2026-06-30")
    (plain,) = client.get(f"{PATH}/1/items").json()
    assert [one["name"] for one in plain["fields"]] == ["Title"]
    wanted = ",".join(str(one["id"]) for one in client.get(f"{PATH}/1/fields").json())
    (full,) = client.get(f"{PATH}/1/items?fields={wanted}").json()
    values = {one["name"]: one["value"] for one in full["fields"]}
    assert values["Title"]["raw"] == item.title
    assert values["Labels"][0]["name"] == item.labels[0].name
    assert values["Repository"]["full_name"] == item.repository.full_name
    assert values["Status"]["name"]["raw"] == "In Review"
    assert values["Sprint"] == {
        "id": sprint.id,
        "title": {"raw": "Sprint 1", "html": "Sprint 1"},
        "start_date": "2026-06-01",
        "duration": 14,
        "completed": False,
    }
    told = [values[name] for name in ("Points", "Deliverable", "Notes", "Target date")]
    assert told == [0.5, None, {"raw": "Ask Ann", "html": "Ask Ann"}, "2026-06-30"]
    assert client.get(f"{PATH}/1/items?fields[]={roles['points'].id}").json()[0]["fields"][0]["value"] == 0.5
    assert answered(client.get(f"{PATH}/1/items?fields=7")) == (422, refusal("Invalid field ids: 7", 422))


def test_rows_are_as_github_describes_them(
    client: Client, changing: RunningSandbox, board: Project, samples: Path
) -> None:
    text = lzma.decompress((samples / "openapi" / "api.github.com-23.0.2.json.xz").read_bytes())
    # What may be null is said otherwise there than in JSON Schema: rows are compared by their keys and by the rest.
    known = json.loads(text)["components"]["schemas"]
    changing.world.fill_board(board, 5)
    places = {"projects-v2": PATH, "projects-v2-field": f"{PATH}/1/fields"}
    for name, path in {**places, "projects-v2-item-with-content": f"{PATH}/1/items"}.items():
        for row in client.get(path).json():
            assert set(known[name]["required"]) <= set(row) <= set(known[name]["properties"])
    for name, found in (
        ("projects-v2-single-select-options", client.get(f"{PATH}/1/fields").json()[5]["options"]),
        ("projects-v2-iteration-settings", client.get(f"{PATH}/1/fields").json()[6]["configuration"]["iterations"]),
    ):
        assert [list(Draft202012Validator(known[name]).iter_errors(one)) for one in found] == [[]] * len(found)


def test_what_a_token_may_not_see_has_no_content(changing: RunningSandbox, board: Project) -> None:
    world, item = changing.world, an_issue(changing)
    world.add_to_board(board, item)
    world.hide_on_board(board)
    changing.tokens.add("half")
    changing.tokens.hide("half", [item.repository.full_name])
    for token, expected in (("sandbox-token", [item.id, None]), ("half", [None, None])):
        with Client(changing.url, token) as client:
            rows = client.get(f"{PATH}/1/items").json()
        assert [row["content"] and row["content"]["id"] for row in rows] == expected


def test_boards_need_their_permission(changing: RunningSandbox, board: Project) -> None:
    changing.tokens.add("fine", permissions={"issues": "read"})
    changing.tokens.add("finer", permissions={"organization_projects": "read"})
    for token, status in (("fine", 403), ("finer", 200)):
        with Client(changing.url, token) as client:
            found = {client.get(f"{PATH}{path}").status_code for path in ("", "/1", "/1/fields", "/1/items")}
            assert found == {status}


def test_the_truth_of_each_day(changing: RunningSandbox, board: Project) -> None:
    world, item = changing.world, an_issue(changing)
    first, second, *_ = board.roles["sprint"].iterations
    row = world.add_to_board(board, item)
    world.set_field(row, board.roles["sprint"], first)
    world.set_field(row, board.roles["points"], 2.0)
    world.advance(NOW + DAY)
    world.set_field(row, board.roles["sprint"], second)
    world.change(item, Kind.CLOSED, text="completed")
    world.advance(NOW + 2 * DAY)
    world.archive_row(row)
    world.change(item, Kind.REOPENED)
    world.advance(NOW + 3 * DAY)
    world.remove_from_board(row)
    world.advance(NOW + 4 * DAY)
    names = ("day", "sprint", "points", "status", "closed", "archived")
    days = changing.truth.board_days(number=1)
    assert [tuple(one[name] for name in names) for one in days] == [
        ("2026-06-01", first.id, 2.0, None, False, False),
        ("2026-06-02", second.id, 2.0, "Done", True, False),
        ("2026-06-03", second.id, 2.0, "Done", False, True),
    ]
    (told,) = changing.truth.boards(org="octo-sandbox")
    assert {one["project"] for one in days} == {told["project"]}
    assert [one["id"] for one in told["sprints"]] == [one.id for one in board.roles["sprint"].iterations]
    assert changing.truth.board_days(first=NOW + 3 * DAY) == []


def test_the_control_plane_tells_the_truth(client: Client, changing: RunningSandbox, board: Project) -> None:
    changing.world.draft_on_board(board, "An idea")
    (told,) = client.control("GET", "boards").text.splitlines()
    (row,) = client.control("GET", "board-days?number=1&first=2026-06-01T00:00:00Z").text.splitlines()
    assert '"title":"Delivery"' in told.replace(": ", ":")
    assert '"type":"DraftIssue"' in row.replace(": ", ":")


def test_the_truth_ends_with_what_there_is() -> None:
    with serve(World(small_plan(boards=3))) as sandbox:
        rows = [row for board in sandbox.truth.boards() for row in sandbox.truth.board_days(number=board["number"])]
        today = [row for row in rows if row["day"] == "2026-06-01"]
        shown = [
            row
            for number in (1, 2, 3)
            for row in sandbox.world.board_items(sandbox.world.organisations["octo-sandbox"].projects[number - 1])
        ]
    assert len(today) == len(shown)
    assert sum(row["closed"] for row in today) == sum(row.is_closed for row in shown)
    assert sum(row["points"] or 0 for row in today) == sum(row.value("points") or 0 for row in shown)  # type: ignore[misc]
    assert len({row["day"] for row in rows}) > 110
