"""GraphQL shows the same world as REST: every field of every row, in both schemas, with the same ids and times."""

from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLUnionType

from sandbox import Kind, RunningSandbox
from sandbox.api.event_kinds import EVENT_KINDS, GRAPHQL_ONLY, REST_ONLY, item_type
from sandbox.api.graphql import schema
from tests.sandbox.conftest import Client
from tests.sandbox.queries import JSON, TIMELINE, ask, busiest, data, everything, id_of, kinds

NAMES = {False: "Issue", True: "PullRequest"}
# They are in GitHub's union of a pull request's rows, but happen to issues alone.
ONLY_TO_ISSUES = {
    EVENT_KINDS[kind].type_name
    for kind in (
        Kind.ISSUE_TYPE_ADDED,
        Kind.ISSUE_TYPE_CHANGED,
        Kind.ISSUE_TYPE_REMOVED,
        Kind.SUB_ISSUE_ADDED,
        Kind.SUB_ISSUE_REMOVED,
        Kind.PARENT_ISSUE_ADDED,
        Kind.PARENT_ISSUE_REMOVED,
        Kind.PINNED,
        Kind.UNPINNED,
        Kind.TRANSFERRED,
        Kind.CONVERTED_TO_DISCUSSION,
    )
}
ROWS = """query($id: ID!) { node(id: $id) { ... on %s { timelineItems(first: 100) { totalCount nodes {
  __typename ... on Node { id }
  ... on LabeledEvent { createdAt actor { ...Person } label { name color } }
  ... on AssignedEvent { createdAt actor { ...Person } assignee { ...Person } }
  ... on RenamedTitleEvent { createdAt actor { ...Person } previousTitle currentTitle }
  ... on MilestonedEvent { createdAt actor { ...Person } milestoneTitle }
  ... on ClosedEvent { createdAt actor { ...Person } stateReason }
  ... on LockedEvent { createdAt actor { ...Person } lockReason }
  ... on IssueComment { createdAt updatedAt author { ...Person } body authorAssociation fullDatabaseId url }
  %s
} } } } }
fragment Person on Actor { __typename login url ... on Node { id } }"""
PULL_ROWS = """
  ... on PullRequestReview { submittedAt updatedAt author { ...Person } body state commit { oid } fullDatabaseId url }
  ... on PullRequestCommit { pushed: commit { oid message committedDate author { name email date } } }
  ... on MergedEvent { createdAt actor { ...Person } commit { oid } }
  ... on ReviewRequestedEvent { createdAt actor { ...Person } requestedReviewer { ...Person ... on Team { id } } }
  ... on PullRequestReviewThread { comments(first: 5) { nodes { id body path createdAt author { ...Person } } } }"""


@pytest.mark.parametrize("pull", NAMES)
def test_every_field_of_every_row_is_answered(full: RunningSandbox, full_reader: Client, pull: bool) -> None:
    """Or a client would get an error for what the schema promises."""
    union, item = union_of(schema.NEW, pull=pull), id_of(full, busiest(full, pull=pull))
    rows = set()
    for kind in union.types:
        selected = everything(schema.load(schema.NEW), kind, 1)
        query = f"""query($id: ID!, $types: [{union.name}ItemType!]) {{ node(id: $id) {{ ... on {NAMES[pull]} {{
            timelineItems(first: 100, itemTypes: $types) {{ nodes {{ ... on {kind.name} {selected} }} }} }} }} }}"""
        found = data(full_reader, query, id=item, types=[item_type(kind.name)])
        rows |= {row["__typename"] for row in found["node"]["timelineItems"]["nodes"]}
    assert rows == {kind.name for kind in union.types} - (ONLY_TO_ISSUES if pull else set())


@pytest.mark.parametrize("pull", NAMES)
def test_an_older_server_shows_what_it_knows(full: RunningSandbox, full_reader: Client, pull: bool) -> None:
    item = busiest(full, pull=pull)
    query = f"""query($id: ID!) {{ node(id: $id) {{ ... on {NAMES[pull]} {{
        timelineItems(first: 100) {{ totalCount nodes {{ __typename }} }} }} }} }}"""
    full.graphql.schema = schema.OLD
    try:
        found = data(full_reader, query, id=id_of(full, item))["node"]["timelineItems"]
        unknown = ask(full_reader, '{ __type(name: "IssueType") { name } }')
        refused = ask(full_reader, "{ viewer { issueType } }")
    finally:
        full.graphql.schema = schema.NEW
    rows = {row["__typename"] for row in found["nodes"]}
    assert rows == {kind.name for kind in union_of(schema.OLD, pull=pull).types} - (ONLY_TO_ISSUES if pull else set())
    assert found["totalCount"] == len(found["nodes"])
    assert unknown == {"data": {"__type": None}}
    assert refused["errors"][0]["extensions"] == {
        "code": "undefinedField",
        "typeName": "User",
        "fieldName": "issueType",
    }


def union_of(version: str, *, pull: bool) -> GraphQLUnionType:
    union = schema.load(version).type_map[schema.TIMELINES[pull]]
    assert isinstance(union, GraphQLUnionType)
    return union


@pytest.mark.parametrize("pull", NAMES)
def test_every_field_of_an_item_is_answered(full: RunningSandbox, full_reader: Client, pull: bool) -> None:
    kind, item = schema.load(schema.NEW).type_map[NAMES[pull]], busiest(full, pull=pull)
    assert isinstance(kind, GraphQLObjectType)
    selected = everything(schema.load(schema.NEW), kind, 2)
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on {kind.name} {selected} }} }}"
    found = data(full_reader, query, id=id_of(full, item))
    assert found["node"]["number"] == item.number


@pytest.mark.parametrize("pull", NAMES)
def test_rows_are_those_of_rest(full: RunningSandbox, full_reader: Client, pull: bool) -> None:
    item = busiest(full, pull=pull)
    left_out = set(map(str, REST_ONLY))
    rest = [row for row in full.app.payloads.timeline(item) if row["event"] not in left_out]
    query = ROWS % (NAMES[pull], PULL_ROWS if pull else "")
    timeline = data(full_reader, query, id=id_of(full, item))["node"]["timelineItems"]
    nodes = [row for row in timeline["nodes"] if row["__typename"] != "PullRequestRevisionMarker"]
    assert timeline["totalCount"] == len(timeline["nodes"])
    types = {str(kind): one.type_name for kind, one in EVENT_KINDS.items() if kind not in GRAPHQL_ONLY}
    assert [row["__typename"] for row in nodes] == [types[row["event"]] for row in rest]
    for row, known in zip(nodes, rest, strict=True):
        if known["event"] not in ("cross-referenced", "committed"):
            assert row["id"] == known["node_id"]
        assert told(row) == said(known, row), row


def person(row: JSON | None) -> JSON | None:
    """An account as both sides know it; REST's names of bots are others."""
    if row is None:
        return None
    if "node_id" not in row:
        return {"type": row["__typename"], "id": row["id"], "login": row["login"], "url": row["url"]}
    login = "copilot-swe-agent" if row["login"] == "Copilot" else row["login"].removesuffix("[bot]")
    return {"type": row["type"], "id": row["node_id"], "login": login, "url": row["html_url"]}


def told(row: JSON) -> JSON:
    """What a row of GraphQL says, in REST's words."""
    read: dict[str, Callable[[Any], JSON]] = {
        "createdAt": lambda value: {"created_at": value},
        "updatedAt": lambda value: {"updated_at": value},
        "submittedAt": lambda value: {"submitted_at": value},
        "actor": lambda value: {"actor": person(value)},
        "author": lambda value: {"user": person(value)},
        "assignee": lambda value: {"assignee": person(value)},
        "body": lambda value: {"body": value},
        "authorAssociation": lambda value: {"author_association": value},
        "fullDatabaseId": lambda value: {"id": int(value)},
        "url": lambda value: {"html_url": value},
        "label": lambda value: {"label": value},
        "milestoneTitle": lambda value: {"milestone": {"title": value}},
        "stateReason": lambda value: {"state_reason": value and value.lower()},
        "state": lambda value: {"state": value.lower()},
        "lockReason": lambda value: {"lock_reason": value.lower()},
        "requestedReviewer": _requested,
        "commit": lambda value: {"commit_id": value["oid"]},
        "pushed": _pushed,
        "previousTitle": lambda _: {"rename": {"from": row["previousTitle"], "to": row["currentTitle"]}},
    }
    found: JSON = {}
    for name, value in row.items():
        found |= read[name](value) if name in read else {}
    return found


def _requested(reviewer: JSON) -> JSON:
    if "login" not in reviewer:
        return {"requested_team": reviewer["id"]}
    return {"requested_reviewer": person(reviewer)}


def _pushed(commit: JSON) -> JSON:
    author = {"name": commit["author"]["name"], "email": commit["author"]["email"], "date": commit["committedDate"]}
    return {"sha": commit["oid"], "message": commit["message"], "author": author}


def said(row: JSON, like: JSON) -> JSON:
    """What a row of REST says of the same."""
    people: JSON = {
        name: person(row[name]) for name in ("actor", "user", "assignee", "requested_reviewer") if name in row
    }
    known = {**row, **people}
    if "requested_team" in row:
        known["requested_team"] = row["requested_team"]["node_id"]
    return {name: known[name] for name in told(like)}


def test_merged_is_a_state_and_only_asked_for_duplicates_are_told(client: Client, changing: RunningSandbox) -> None:
    world = changing.world
    merged = next(one for one in world.items.values() if one.merged_at is not None)
    issue = next(one for one in world.items.values() if not one.is_pull and one.state == "open")
    world.change(issue, Kind.CLOSED, text="duplicate")
    query = """query($ids: [ID!]!) { nodes(ids: $ids) {
      ... on PullRequest { state: state merged } ... on Issue { issueState: state stateReason
      told: stateReason(enableDuplicate: true) } } }"""
    assert data(client, query, ids=[id_of(changing, merged), id_of(changing, issue)])["nodes"] == [
        {"state": "MERGED", "merged": True},
        {"issueState": "CLOSED", "stateReason": "NOT_PLANNED", "told": "DUPLICATE"},
    ]


def test_reactions_have_a_time_once_there_are_some(client: Client, changing: RunningSandbox) -> None:
    world = changing.world
    item = next(one for one in world.items.values() if not one.is_pull)
    world.change(item, Kind.COMMENTED, text="Well?")
    comment = item.history[-1]
    changing.clock.set(advance=60)
    world.advance(changing.clock.now())
    world.change(item, Kind.REACTED, target=comment, text="heart")
    row = changing.app.payloads.comment(item, comment)
    query = """query($id: ID!) { node(id: $id) { ... on Reactable { reactionGroups {
      content createdAt reactors { totalCount } } } } }"""
    groups = data(client, query, id=row["node_id"])["node"]["reactionGroups"]
    given = [group for group in groups if group["createdAt"] is not None]
    assert given == [{"content": "HEART", "createdAt": "2026-06-01T12:01:00Z", "reactors": {"totalCount": 1}}]
    assert len(groups) == 8


# Pages


def test_a_timeline_is_read_in_pages(full: RunningSandbox, full_reader: Client) -> None:
    item = id_of(full, busiest(full, pull=True))
    whole = data(full_reader, TIMELINE, ids=[item])["nodes"][0]["timelineItems"]
    nodes: list[JSON] = []
    after = None
    while True:
        page = data(full_reader, TIMELINE, ids=[item], first=30, after=after)["nodes"][0]["timelineItems"]
        assert page["totalCount"] == whole["totalCount"]
        assert page["filteredCount"] == whole["totalCount"] - len(nodes)
        assert page["pageCount"] == len(page["nodes"])
        assert page["pageInfo"]["hasPreviousPage"] == bool(nodes)
        nodes, after = nodes + page["nodes"], page["pageInfo"]["endCursor"]
        assert page["edges"][-1]["cursor"] == after
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert nodes == whole["nodes"]


def test_a_cursor_outlives_its_row(client: Client, changing: RunningSandbox) -> None:
    """A comment is deleted between two pages: nothing is skipped, nothing comes twice."""
    world = changing.world
    item = next(one for one in world.items.values() if not one.is_pull and one.author)
    texts = [f"{number}." for number in range(6)]
    for text in texts:
        world.change(item, Kind.COMMENTED, text=text)
        changing.clock.set(advance=60)
        world.advance(changing.clock.now())
    count = data(client, TIMELINE, ids=[id_of(changing, item)])["nodes"][0]["timelineItems"]["totalCount"]
    first = data(client, TIMELINE, ids=[id_of(changing, item)], first=count - 3)["nodes"][0]["timelineItems"]
    world.change(item, Kind.COMMENT_DELETED, target=item.history[-4])
    after = first["pageInfo"]["endCursor"]
    rest = data(client, TIMELINE, ids=[id_of(changing, item)], after=after)["nodes"][0]["timelineItems"]
    assert len(rest["nodes"]) == 3
    assert rest["totalCount"] == count - 1


def test_no_cursor_is_refused(full: RunningSandbox, full_reader: Client) -> None:
    answer = ask(full_reader, TIMELINE, ids=[id_of(full, busiest(full, pull=False))], after="what")
    assert kinds(answer) == ["INVALID_CURSOR_ARGUMENTS"]


def test_kinds_and_time_and_the_last_ones(full: RunningSandbox, full_reader: Client) -> None:
    item = busiest(full, pull=False)
    query = """query($id: ID!, $since: DateTime) { node(id: $id) { ... on Issue {
      labels: timelineItems(itemTypes: [LABELED_EVENT, UNLABELED_EVENT]) { totalCount }
      last: timelineItems(last: 2) { nodes { __typename } }
      late: timelineItems(first: 100, since: $since) { nodes { __typename } totalCount }
      skipped: timelineItems(first: 1, skip: 1, itemTypes: [LABELED_EVENT, UNLABELED_EVENT]) { nodes { __typename } }
    } } }"""
    rest = [row["event"] for row in full.app.payloads.timeline(item)]
    since = full.app.payloads.timeline(item)[-2]["created_at"]
    node = data(full_reader, query, id=id_of(full, item), since=since)["node"]
    assert node["labels"]["totalCount"] == sum(event in ("labeled", "unlabeled") for event in rest)
    # The conversion closes the issue.
    assert node["last"]["nodes"] == [{"__typename": "ConvertedToDiscussionEvent"}, {"__typename": "ClosedEvent"}]
    assert node["late"]["nodes"] == node["last"]["nodes"]
    assert len(node["skipped"]["nodes"]) == 1
