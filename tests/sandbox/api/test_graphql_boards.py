"""Boards over GraphQL: fields, rows, values of each type, redacted rows, pages that are too large, permissions."""

from typing import Any

import pytest
from graphql import GraphQLObjectType

from sandbox import Item, Project, RunningSandbox
from sandbox.api.board_forms import project_node_id, row_node_id
from sandbox.api.graphql import schema
from sandbox.world.board_founding import DELIVERY
from tests.sandbox.conftest import NOW, Client
from tests.sandbox.queries import ask, data, everything, id_of, kinds

JSON = dict[str, Any]
BOARDS = """query($first: Int!, $after: String) { organization(login: "octo-sandbox") {
  projectsV2(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
    id fullDatabaseId number title shortDescription url public closed closedAt createdAt updatedAt } } } }"""
FIELDS = """query($id: ID!) { node(id: $id) { ... on ProjectV2 { fields(first: 50) { nodes {
  ... on ProjectV2FieldCommon { id name dataType }
  ... on ProjectV2SingleSelectField { options { id name } }
  ... on ProjectV2IterationField {
    configuration { duration startDay iterations { ...I } completedIterations { ...I } } }
} } } } }
fragment I on ProjectV2IterationFieldIteration { id title startDate duration }"""
ROWS = """query($id: ID!, $first: Int!, $after: String, $values: Int = 100) { rateLimit { cost }
  node(id: $id) { ... on ProjectV2 { items(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
    nodes { id fullDatabaseId type isArchived createdAt updatedAt creator { login }
      content { __typename ... on Issue { id title number closed parent { title } issueType { name } }
        ... on PullRequest { title merged } ... on DraftIssue { id title } }
      fieldValues(first: $values) { totalCount pageInfo { hasNextPage endCursor } nodes { __typename
        ... on ProjectV2ItemFieldValueCommon {
          field { ... on ProjectV2FieldCommon { name } } creator { login } updatedAt }
        ... on ProjectV2ItemFieldTextValue { text } ... on ProjectV2ItemFieldNumberValue { number }
        ... on ProjectV2ItemFieldDateValue { date } ... on ProjectV2ItemFieldSingleSelectValue { name optionId }
        ... on ProjectV2ItemFieldIterationValue { title iterationId startDate duration } } }
      points: fieldValueByName(name: "points") { ... on ProjectV2ItemFieldNumberValue { number } } } } } } }"""
TIMELINE = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Issue {
  parent { title } projectItems(first: 5) { totalCount nodes { project { number } } }
  subIssuesSummary { total completed percentCompleted }
  timelineItems(first: 50, itemTypes: [ADDED_TO_PROJECT_V2_EVENT, REMOVED_FROM_PROJECT_V2_EVENT, CLOSED_EVENT,
    CONVERTED_FROM_DRAFT_EVENT, PROJECT_V2_ITEM_STATUS_CHANGED_EVENT, REOPENED_EVENT]) { nodes { __typename
    ... on ProjectV2ItemStatusChangedEvent { previousStatus status wasAutomated actor { login } createdAt
      project { id number title } } } } } } }"""


@pytest.fixture
def board(changing: RunningSandbox) -> Project:
    """A board of a world in which nothing else happens."""
    changing.world.stand_still()
    return changing.world.create_board(changing.world.organisations["octo-sandbox"], DELIVERY)


@pytest.fixture
def issue(changing: RunningSandbox) -> Item:
    return issues(changing)[0]


def issues(sandbox: RunningSandbox) -> list[Item]:
    return [one for one in sandbox.world.items.values() if one.state == "open" and not one.is_pull]


def rows(client: Client, board: Project, **variables: Any) -> list[JSON]:
    """A page of a board's rows."""
    answer = data(client, ROWS, id=project_node_id(board), **{"first": 100, **variables})
    found: list[JSON] = answer["node"]["items"]["nodes"]
    return found


def test_boards_of_an_organisation(client: Client, changing: RunningSandbox, board: Project) -> None:
    changing.world.create_board(changing.world.organisations["octo-sandbox"], DELIVERY)
    changing.world.close_board(board)
    page = data(client, BOARDS, first=1)["organization"]["projectsV2"]
    assert (page["totalCount"], page["nodes"][0]["number"], page["pageInfo"]["hasNextPage"]) == (2, 2, True)
    rest = data(client, BOARDS, first=1, after=page["pageInfo"]["endCursor"])["organization"]["projectsV2"]
    assert rest["nodes"] == [
        {
            "id": project_node_id(board),
            "fullDatabaseId": str(board.id),
            "number": 1,
            "title": "Delivery",
            "shortDescription": "What the product teams deliver",
            "url": "https://github.example/orgs/octo-sandbox/projects/1",
            "public": False,
            "closed": True,
            "closedAt": "2026-06-01T12:00:00Z",
            "createdAt": "2026-06-01T12:00:00Z",
            "updatedAt": "2026-06-01T12:00:00Z",
        }
    ]
    one = 'query($n: Int!) { organization(login: "octo-sandbox") { projectV2(number: $n) { title } } }'
    assert data(client, one, n=1) == {"organization": {"projectV2": {"title": "Delivery"}}}
    assert kinds(ask(client, one, n=9)) == ["NOT_FOUND"]


def test_fields_and_iterations(client: Client, changing: RunningSandbox, board: Project) -> None:
    changing.clock.set(advance=15 * 86_400)
    changing.world.advance(NOW + 15 * 86_400)
    found = data(client, FIELDS, id=project_node_id(board))["node"]["fields"]["nodes"]
    by_name = {one["name"]: one for one in found}
    assert [one["name"] for one in by_name["Status"]["options"]] == [
        "Backlog",
        "Todo",
        "In Progress",
        "In Review",
        "Done",
    ]
    configuration = by_name["Sprint"]["configuration"]
    assert [one["title"] for one in configuration["iterations"]] == ["Sprint 2", "Sprint 3"]
    (past,) = configuration["completedIterations"]
    assert (past["title"], past["startDate"], past["duration"]) == ("Sprint 1", "2026-06-01", 14)
    assert (by_name["Points"]["dataType"], by_name["Points"]["id"][:5]) == ("NUMBER", "PVTF_")


def test_values_of_each_type(client: Client, changing: RunningSandbox, board: Project, issue: Item) -> None:
    world = changing.world
    row = world.add_to_board(board, issue)
    sprint, deliverable = board.roles["sprint"].iterations[0], board.roles["deliverable"].options[0]
    for name, value in (("Points", 0.0), ("Sprint", sprint), ("Deliverable", deliverable), ("Notes", "Ask Ann")):
        world.set_field(row, board.named(name), value)
    world.set_field(row, board.named("Target date"), "2026-06-30")
    (found,) = rows(client, board)
    assert (found["type"], found["content"]["title"], found["points"]) == ("ISSUE", issue.title, {"number": 0.0})
    said = {one["field"]["name"]: one for one in found["fieldValues"]["nodes"] if "field" in one}
    assert said["Sprint"].items() >= {"title": "Sprint 1", "iterationId": sprint.id, "startDate": "2026-06-01"}.items()
    assert said["Deliverable"].items() >= {"name": deliverable.name, "optionId": deliverable.id}.items()
    told = (said["Title"]["text"], said["Notes"]["text"], said["Target date"]["date"])
    assert told == (issue.title, "Ask Ann", "2026-06-30")
    # What is emptied vanishes.
    world.set_field(row, board.named("Points"), None)
    (found,) = rows(client, board)
    assert (found["points"], "Status" in said) == (None, False)
    assert "Points" not in {one["field"]["name"] for one in found["fieldValues"]["nodes"] if "field" in one}


def test_more_values_than_a_page(client: Client, changing: RunningSandbox, board: Project) -> None:
    row = changing.world.draft_on_board(board, "An idea")
    for number in range(120):
        changing.world.set_field(row, changing.world.add_field(board, f"Field {number}"), str(number))
    (found,) = rows(client, board)
    values = found["fieldValues"]
    assert (values["totalCount"], len(values["nodes"]), values["pageInfo"]["hasNextPage"]) == (121, 100, True)
    query = """query($id: ID!, $after: String) { node(id: $id) { ... on ProjectV2Item {
      fieldValues(first: 100, after: $after) { nodes { ... on ProjectV2ItemFieldTextValue { text } } } } } }"""
    rest = data(client, query, id=found["id"], after=values["pageInfo"]["endCursor"])["node"]["fieldValues"]["nodes"]
    assert [one["text"] for one in rest] == [str(number) for number in range(99, 120)]


def test_a_large_board_is_read_page_by_page(client: Client, changing: RunningSandbox, board: Project) -> None:
    changing.world.fill_board(board, 250)
    changing.graphql.update(largest_board_page=60)
    variables: JSON = {"id": project_node_id(board), "first": 100}
    slow = client.post(f"{client.url}/graphql", json={"query": ROWS, "variables": variables}, timeout=10)
    assert (slow.status_code, slow.json()["data"]) == (502, None)
    changing.graphql.update(over="resources")
    answer = ask(client, ROWS, **variables)
    assert (kinds(answer), answer["data"]["node"]) == (["RESOURCE_LIMITS_EXCEEDED"], None)
    seen: list[str] = []
    variables |= {"first": 50, "after": None}
    while True:
        answer = data(client, ROWS, **variables)
        page = answer["node"]["items"]
        seen += [one["id"] for one in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        variables["after"] = page["pageInfo"]["endCursor"]
    assert answer["rateLimit"]["cost"] == 1
    assert seen == [row_node_id(row) for row in changing.world.board_items(board)]


def test_a_cursor_holds_its_place_when_rows_go(client: Client, changing: RunningSandbox, board: Project) -> None:
    first, second, third = (changing.world.draft_on_board(board, str(number)) for number in range(3))
    page = data(client, ROWS, id=project_node_id(board), first=2)["node"]["items"]
    for row in (first, second):
        changing.world.remove_from_board(row)
    rest = rows(client, board, after=page["pageInfo"]["endCursor"])
    assert [one["content"]["title"] for one in rest] == [third.draft and third.draft.title]


def test_redacted_drafts_and_archived_rows(changing: RunningSandbox, board: Project, issue: Item) -> None:
    world = changing.world
    world.archive_row(world.add_to_board(board, issue))
    world.draft_on_board(board, "An idea")
    world.set_field(world.hide_on_board(board), board.named("Points"), 3.0)
    changing.tokens.add("half")
    changing.tokens.hide("half", [issue.repository.full_name])
    redacted = ("REDACTED", None)
    expected = {"sandbox-token": ("ISSUE", issue.title), "half": redacted}
    for token, first in expected.items():
        with Client(changing.url, token) as client:
            found = rows(client, board)
        shown = [(one["type"], one["content"] and one["content"]["title"]) for one in found]
        assert shown == [first, ("DRAFT_ISSUE", "An idea"), redacted]
        assert [one["isArchived"] for one in found] == [True, False, False]
        assert found[2]["points"] == {"number": 3.0}


def test_boards_need_their_permission(changing: RunningSandbox, board: Project, issue: Item) -> None:
    changing.world.add_to_board(board, issue)
    changing.tokens.add("fine", permissions={"issues": "read"})
    changing.tokens.add("elsewhere", ["umbrella"])
    with Client(changing.url, "fine") as client:
        asked = [ask(client, BOARDS, first=1), ask(client, ROWS, id=project_node_id(board), first=1)]
        mine = data(client, TIMELINE, ids=[id_of(changing, issue)])["nodes"][0]["projectItems"]
    assert [kinds(answer) for answer in asked] == [["FORBIDDEN"], ["FORBIDDEN"]]
    assert mine == {"totalCount": 0, "nodes": []}
    with Client(changing.url, "elsewhere") as client:
        assert kinds(ask(client, ROWS, id=project_node_id(board), first=1)) == ["NOT_FOUND"]


def test_what_timelines_tell(client: Client, changing: RunningSandbox, board: Project) -> None:
    world = changing.world
    top, issue = issues(changing)[:2]
    world.set_parent(issue, top)
    row = world.add_to_board(board, issue)
    world.set_field(row, board.roles["status"], board.roles["status"].named("Todo"))
    world.change(issue, world.items[issue.id].history[0].kind.CLOSED, text="completed")
    above, below = data(client, TIMELINE, ids=[id_of(changing, top), id_of(changing, issue)])["nodes"]
    assert above["subIssuesSummary"] == {"total": 1, "completed": 1, "percentCompleted": 100}
    assert (below["parent"], below["projectItems"]["nodes"]) == ({"title": top.title}, [{"project": {"number": 1}}])
    *_, added, todo, closed, done = below["timelineItems"]["nodes"]
    assert [added["__typename"], closed["__typename"]] == ["AddedToProjectV2Event", "ClosedEvent"]
    assert todo["previousStatus"] == ""
    assert done == {
        "__typename": "ProjectV2ItemStatusChangedEvent",
        "previousStatus": "Todo",
        "status": "Done",
        "wasAutomated": True,
        "actor": {"login": "github-project-automation"},
        "createdAt": "2026-06-01T12:00:00Z",
        "project": {"id": project_node_id(board), "number": 1, "title": "Delivery"},
    }
    changing.graphql.update(restricted=["octo-sandbox"])
    assert kinds(ask(client, TIMELINE, ids=[id_of(changing, issue)])) == ["FORBIDDEN"]


@pytest.mark.parametrize("name", ["ProjectV2", "ProjectV2Item"])
def test_every_field_is_answered(client: Client, changing: RunningSandbox, board: Project, name: str) -> None:
    changing.world.fill_board(board, 5)
    row = changing.world.board_items(board)[0]
    kind = schema.load(schema.NEW).type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    node = {"ProjectV2": project_node_id(board), "ProjectV2Item": row_node_id(row)}[name]
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on {name} {everything(schema.load(schema.NEW), kind, 3)} }} }}"
    assert data(client, query, id=node)["node"]["id"] == node


def test_an_older_server_has_boards_without_their_events(
    client: Client, changing: RunningSandbox, board: Project
) -> None:
    changing.world.draft_on_board(board, "An idea")
    changing.graphql.update(schema=schema.OLD)
    query = "query($id: ID!) { node(id: $id) { ... on ProjectV2 { items(first: 9) { totalCount } } } }"
    assert data(client, query, id=project_node_id(board)) == {"node": {"items": {"totalCount": 1}}}
    refused = ask(client, "{ node(id: 1) { ... on ProjectV2ItemStatusChangedEvent { status } } }")
    assert "ProjectV2ItemStatusChangedEvent" in refused["errors"][0]["message"]
