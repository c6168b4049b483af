"""What a query costs, which ones GitHub refuses, and what a test can let go wrong."""

from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from sandbox import Fault, Kind, RunningSandbox
from sandbox.api.graphql import schema
from sandbox.api.graphql.cost import Cost, Measure, QueryError
from sandbox.api.messages import Answer, Request
from sandbox.world.items import Item
from tests.sandbox.conftest import NOW, Client, Timer
from tests.sandbox.queries import JSON, TIMELINE, TITLES, ask, data, id_of, kinds

LIMIT = "{ rateLimit { limit cost remaining used resetAt nodeCount } }"


def measured(query: str, **variables: Any) -> Cost:
    tree = parse(query)
    fragments = {one.name.value: one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)}
    operation = next(one for one in tree.definitions if isinstance(one, OperationDefinitionNode))
    return Measure(schema.load(schema.NEW), fragments, variables).operation(operation)


# The formula


def test_a_hundred_timelines_cost_a_point() -> None:
    cost = measured(TIMELINE.replace("$first: Int = 100", "$first: Int"), ids=["x"] * 100, first=100)
    assert cost == Cost(requests=101, nodes=100 + 100 * 100)
    assert cost.points == 1


@pytest.mark.parametrize(("requests", "points"), [(0, 1), (1, 1), (149, 1), (150, 2), (249, 2), (250, 3), (5_101, 51)])
def test_points_are_rounded_to_the_nearest(requests: int, points: int) -> None:
    assert Cost(requests=requests).points == points


def test_connections_multiply() -> None:
    """GitHub's own example: 50 repositories of 20 pull requests, 20 issues, each with 10 labels, and so on."""
    query = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on PullRequest {
      comments(first: 50) { edges { node { id } } }
      labels(first: 60) { edges { node { id } } }
      timelineItems(last: 10) { nodes { ... on PullRequestReview { comments(first: 20) { nodes { id } } } } }
    } } }"""
    cost = measured(query, ids=["x"] * 20)
    assert cost == Cost(requests=1 + 20 * 3 + 20 * 10, nodes=20 + 20 * (50 + 60 + 10) + 20 * 10 * 20)


def test_a_count_alone_is_a_request() -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Issue { comments { totalCount } } } }"
    assert measured(query, ids=["x"] * 100) == Cost(requests=101, nodes=100)


def test_types_that_exclude_each_other_are_not_added() -> None:
    query = """query($ids: [ID!]!) { nodes(ids: $ids) { ...Seen ... on Issue { labels(first: 1) { totalCount } } } }
    fragment Seen on Node { ... on PullRequest { reviews(first: 5) { totalCount } labels(first: 1) { totalCount } } }"""
    assert measured(query, ids=["x"] * 10).requests == 1 + 10 * 2


@pytest.mark.parametrize(
    ("field", "kind", "message"),
    [
        (
            "comments(first: 101) { nodes { id } }",
            "EXCESSIVE_PAGINATION",
            "Requesting 101 records on the `comments` connection exceeds the `first` limit of 100 records.",
        ),
        (
            "comments { nodes { id } }",
            "MISSING_PAGINATION_BOUNDARIES",
            "You must provide a `first` or `last` value to properly paginate the `comments` connection.",
        ),
        (
            "timelineItems(first: 100) { nodes { ... on PullRequestReview { comments(first: 100) { totalCount } } } }",
            "MAX_NODE_LIMIT_EXCEEDED",
            "This query requests up to 1,010,100 possible nodes which exceeds the maximum limit of 500,000.",
        ),
    ],
)
def test_refused_before_it_runs(field: str, kind: str, message: str, client: Client) -> None:
    query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on PullRequest {{ {field} }} }} }}"
    with pytest.raises(QueryError) as refused:
        measured(query, ids=["x"] * 100)
    assert (refused.value.body["type"], refused.value.body["message"]) == (kind, message)
    answer = ask(client, query, ids=["x"] * 100)
    assert answer == {"errors": [refused.value.body]}


def test_more_than_a_hundred_ids(client: Client) -> None:
    answer = ask(client, TITLES, ids=["x"] * 101)
    message = "You may not provide more than 100 node ids; you provided 101."
    assert answer == {"errors": [{"type": "ARGUMENT_LIMIT", "path": ["nodes"], "message": message}]}


# What is no query


def test_bodies_that_are_no_queries(client: Client) -> None:
    url = f"{client.url}/graphql"
    assert client.post(url, data=b"{", timeout=10).json()["message"] == "Problems parsing JSON"
    missing = client.post(url, json={}, timeout=10)
    assert (missing.status_code, missing.json()["message"]) == (
        400,
        "A query attribute must be specified and must be a string.",
    )
    assert "Parse error" in ask(client, "{ viewer")["errors"][0]["message"]
    assert ask(client, "query A { viewer { login } } query B { viewer { login } }").keys() == {"errors"}
    assert ask(client, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }").keys() == {"errors"}
    client.headers["Authorization"] = "Bearer wrong"
    assert client.post(url, json={"query": LIMIT}, timeout=10).status_code == 401


def test_it_tells_what_it_knows(client: Client) -> None:
    query = '{ __type(name: "IssueTimelineItems") { possibleTypes { name } } __schema { queryType { name } } }'
    found = data(client, query)
    assert {"name": "LabeledEvent"} in found["__type"]["possibleTypes"]
    assert found["__schema"] == {"queryType": {"name": "Query"}}


# Limits


def test_points_are_a_resource_of_their_own(timed: RunningSandbox, timer: Timer) -> None:
    with Client(timed.url) as client:
        first = data(client, LIMIT)["rateLimit"]
        behind = int(timer.now) - NOW
        reset = client.get("/rate_limit").json()["resources"]["graphql"]["reset"]
        assert first | {"resetAt": ""} == {
            "limit": 5_000,
            "cost": 1,
            "remaining": 4_999,
            "used": 1,
            "resetAt": "",
            "nodeCount": 0,
        }
        headers = client.post(f"{client.url}/graphql", json={"query": LIMIT}, timeout=10).headers
        assert [headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Used", "Resource")] == [
            "5000",
            "4998",
            "2",
            "graphql",
        ]
        assert int(headers["X-RateLimit-Reset"]) == reset - behind
        core = client.get("/rate_limit").json()["resources"]["core"]
        assert core["used"] == 0


def test_exhaustion_is_an_error_with_status_200(client: Client, changing: RunningSandbox) -> None:
    changing.limits.update(graphql=2)
    asked = "a: comments { totalCount } b: comments { totalCount }"
    dear = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Issue {{ {asked} }} }} }}"
    assert kinds(ask(client, dear, ids=["x"] * 100)) == ["NOT_FOUND"] * 100
    answer = client.post(f"{client.url}/graphql", json={"query": LIMIT}, timeout=10)
    assert answer.status_code == 200
    message = "API rate limit already exceeded for user ID 1."
    assert answer.json() == {"errors": [{"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": message}]}
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    changing.graphql.schema = "old"
    assert kinds(ask(client, LIMIT)) == ["RATE_LIMITED"]
    # REST has a limit of its own.
    assert client.get("/user").status_code == 200


def test_a_refused_query_costs_a_point(client: Client) -> None:
    ask(client, "{ nothing }")
    assert data(client, LIMIT)["rateLimit"]["used"] == 2


def test_two_thousand_queries_a_minute(timed: RunningSandbox, timer: Timer) -> None:
    timed.limits.update(graphql_points=3, points=3)
    with Client(timed.url) as client:
        for _ in range(3):
            ask(client, LIMIT)
        refused = client.post(f"{client.url}/graphql", json={"query": LIMIT}, timeout=10)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        assert client.get("/user").status_code == 200
        timer.now += 61
        assert data(client, LIMIT)["rateLimit"]["used"] == 4


# The time that a query takes


@pytest.fixture
def items(changing: RunningSandbox) -> list[Item]:
    """Ten items whose timelines have some rows."""
    found = [one for one in changing.world.items.values() if 6 <= len(one.history) <= 12][:10]
    assert len(found) == 10
    return found


def ids(sandbox: RunningSandbox, items: list[Item]) -> list[str]:
    return [id_of(sandbox, item) for item in items]


def test_too_long_is_a_502_that_costs(client: Client, changing: RunningSandbox, items: list[Item]) -> None:
    changing.graphql.update(microseconds_per_node=1_000, seconds=0.04)
    answer = client.post(f"{client.url}/graphql", json=body(ids(changing, items)), timeout=10)
    assert answer.status_code == 502
    assert answer.json()["data"] is None
    assert answer.headers["X-RateLimit-Used"] == "1"
    assert ask(client, TIMELINE, ids=ids(changing, items[:1]))["data"]["nodes"][0] is not None


def test_too_much_is_partial_data(client: Client, changing: RunningSandbox, items: list[Item]) -> None:
    changing.graphql.update(microseconds_per_node=1_000, seconds=0.04, over="resources")
    answer = ask(client, TIMELINE, ids=ids(changing, items))
    nodes = answer["data"]["nodes"]
    assert nodes[0]["timelineItems"]["nodes"]
    assert nodes[-1] is None or nodes[-1]["timelineItems"]["nodes"] is None
    assert set(kinds(answer)) == {"RESOURCE_LIMITS_EXCEEDED"}
    assert all(error["path"][0] == "nodes" for error in answer["errors"])


def body(wanted: list[str]) -> JSON:
    return {"query": TIMELINE, "variables": {"ids": wanted}}


# Faults


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.GRAPHQL_NODES, "MAX_NODE_LIMIT_EXCEEDED"),
        (Fault.GRAPHQL_RATE_LIMIT, "RATE_LIMITED"),
        (Fault.GRAPHQL_FORBIDDEN, "FORBIDDEN"),
        (Fault.GRAPHQL_TIMEOUT, None),
    ],
)
def test_the_whole_call_is_refused(fault: Fault, kind: str | None, client: Client, changing: RunningSandbox) -> None:
    changing.faults.script(fault, path="/graphql")
    answer = ask(client, LIMIT)
    assert (kinds(answer), "data" in answer) == ([kind], False)
    assert data(client, LIMIT)["rateLimit"]["used"] == 2
    assert changing.stats.by_fault[fault] == 1


def test_servers_that_fail(client: Client, changing: RunningSandbox) -> None:
    for fault in ("502", "504", "503"):
        changing.faults.script(fault, path="/graphql")
    answers = [client.post(f"{client.url}/graphql", json={"query": LIMIT}, timeout=10) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [502, 504, 503, 200]
    assert "Something went wrong while executing your query" in answers[0].json()["errors"][0]["message"]
    assert answers[1].headers["Content-Type"].startswith("text/html")
    assert answers[1].text.startswith("<!DOCTYPE html>")
    assert answers[3].json()["data"]["rateLimit"]["used"] == 4
    changing.faults.script("504", path="/user")
    assert client.get("/user").status_code == 504


@pytest.fixture
def whole(client: Client, changing: RunningSandbox, items: list[Item]) -> list[JSON]:
    """The items' timelines as they are."""
    found: list[JSON] = data(client, TIMELINE, ids=ids(changing, items))["nodes"]
    return found


def test_half_of_the_nodes_take_too_much(
    client: Client, changing: RunningSandbox, items: list[Item], whole: list[JSON]
) -> None:
    changing.faults.script("graphql-resources", path="/graphql")
    answer = ask(client, TIMELINE, ids=ids(changing, items))
    assert answer["data"]["nodes"] == [*whole[:5], *[None] * 5]
    assert kinds(answer) == ["RESOURCE_LIMITS_EXCEEDED"] * 5


def test_one_node_fails(client: Client, changing: RunningSandbox, items: list[Item], whole: list[JSON]) -> None:
    changing.faults.script("graphql-partial", path="/graphql")
    answer = ask(client, TIMELINE, ids=ids(changing, items))
    assert answer["data"]["nodes"] == [*whole[:5], None, *whole[6:]]
    assert answer["errors"][0]["path"] == ["nodes", 5]


@pytest.mark.parametrize("fault", [Fault.GRAPHQL_NULLS, Fault.GRAPHQL_DUPLICATE, Fault.GRAPHQL_DISORDER])
def test_odd_pages(
    fault: Fault, client: Client, changing: RunningSandbox, items: list[Item], whole: list[JSON]
) -> None:
    changing.faults.script(fault, path="/graphql")
    odd = data(client, TIMELINE, ids=ids(changing, items))["nodes"]
    for node, known in zip(odd, whole, strict=True):
        rows = known["timelineItems"]["nodes"]
        expected = {
            Fault.GRAPHQL_NULLS: [None, *rows[1:]],
            Fault.GRAPHQL_DUPLICATE: [rows[0], *rows],
            Fault.GRAPHQL_DISORDER: rows[::-1],
        }
        assert node["timelineItems"]["nodes"] == expected[fault]
        assert node["timelineItems"]["totalCount"] == len(rows)


def test_a_replica_that_is_behind(
    client: Client, changing: RunningSandbox, items: list[Item], whole: list[JSON]
) -> None:
    changing.clock.set(advance=60)
    changing.world.advance(changing.clock.now())
    changing.world.change(items[0], Kind.COMMENTED, text="New.")
    changing.faults.script("graphql-stale", path="/graphql")
    stale = data(client, TIMELINE, ids=ids(changing, items[:1]))["nodes"][0]
    fresh = data(client, TIMELINE, ids=ids(changing, items[:1]))["nodes"][0]
    assert stale["timelineItems"]["nodes"] == whole[0]["timelineItems"]["nodes"]
    assert stale["updatedAt"] < fresh["updatedAt"] == "2026-06-01T12:01:00Z"


def test_boards_of_a_restricting_organisation_forbid_the_whole_call(client: Client, changing: RunningSandbox) -> None:
    changing.graphql.restricted = {"Octo-Sandbox"}
    item = next(one for one in changing.world.items.values() if not one.is_pull)
    query = """query($ids: [ID!]!, $types: [IssueTimelineItemsItemType!]) { nodes(ids: $ids) { ... on Issue {
      timelineItems(first: 5, itemTypes: $types) { totalCount } } } }"""
    wanted = ids(changing, [item])
    refused = ask(client, query, ids=wanted, types=["LABELED_EVENT", "ADDED_TO_PROJECT_V2_EVENT"])
    assert (refused["data"], kinds(refused)) == (None, ["FORBIDDEN"])
    assert data(client, query, ids=wanted, types=["LABELED_EVENT"])["nodes"]


def test_oddities_see_queries_and_their_answers(client: Client, changing: RunningSandbox) -> None:
    seen: list[JSON] = []

    def lie(request: Request, answer: Answer) -> Answer:
        if request.path != "/graphql":
            return answer
        seen.append(request.json())
        return Answer({"data": {**answer.data["data"], "viewer": None}}, answer.status, answer.headers)

    with changing.oddities.telling(lie):
        assert ask(client, "{ viewer { login } }") == {"data": {"viewer": None}}
    assert seen == [{"query": "{ viewer { login } }", "variables": {}}]


def test_the_control_plane_sets_it(client: Client, changing: RunningSandbox) -> None:
    found = client.control("PUT", "graphql", schema="old", restricted=["acme"], broken={"Acme/web": "object"}).json()
    assert found == {
        "schema": "old",
        "microseconds_per_node": 0,
        "seconds": 10.0,
        "over": "502",
        "largest_board_page": 0,
        "restricted": ["acme"],
        "broken": {"acme/web": "object"},
    }
    assert changing.graphql.schema == "old"
    assert client.control("PUT", "graphql", broken={"acme/web": "wheels"}).status_code == 422
    assert client.control("PUT", "graphql", schema="newest").status_code == 422
    assert client.control("PUT", "graphql", speed=1).status_code == 422
    assert client.control("POST", "faults", kind="graphql-nulls", path="/graphql").status_code == 204


def test_random_faults_of_graphql_are_for_graphql(changing: RunningSandbox) -> None:
    changing.faults.update(rate=1.0, kinds=["graphql-nulls"])
    assert changing.faults.draw("/user", later_page=False) is None
    assert changing.faults.draw("/graphql", later_page=False) is Fault.GRAPHQL_NULLS
