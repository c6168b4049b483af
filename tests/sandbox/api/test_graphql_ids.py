"""GraphQL finds things by both forms of node ids, and shows a token what it may see."""

from sandbox import Kind, Plan, RunningSandbox, World, serve
from sandbox.api.event_kinds import REST_ONLY
from tests.sandbox.conftest import NOW, Client, happened
from tests.sandbox.queries import TIMELINE, TITLES, ask, busiest, data, id_of, kinds

NAMES = {False: "Issue", True: "PullRequest"}
IDS = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"

# Node ids


def test_both_forms_of_a_node_id_lead_to_the_same(full: RunningSandbox, full_reader: Client) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Actor { __typename login } } }"
    world = full.world
    old, new = full.app.payloads, full.app.new_payloads
    people = [*world.people[:5], *world.bots.values(), next(iter(world.organisations.values())).account]
    found = [
        data(full_reader, query, ids=[forms.user(one)["node_id"] for one in people])["nodes"] for forms in (old, new)
    ]
    assert found[0] == found[1]
    assert [row["login"] for row in found[0]] == [one.login.removesuffix("[bot]") for one in people]


def test_the_header_asks_for_the_new_form_alone(full: RunningSandbox, full_reader: Client) -> None:
    headers = {"X-Github-Next-Global-ID": "1"}
    item = next(one for one in full.world.items.values() if one.author and one.author.id < 90_000_000)
    path = f"/repos/{item.repository.full_name}/issues/{item.number}"
    query = "query($id: ID!) { node(id: $id) { ... on Comment { author { ... on User { id } ... on Bot { id } } } } }"
    ids = set()
    for asked in (None, headers):
        rest = full_reader.get(path, headers=asked).json()["user"]["node_id"]
        graphql = ask(full_reader, query, headers=asked, id=id_of(full, item))["data"]["node"]["author"]["id"]
        assert rest == graphql
        ids.add(rest)
    assert len(ids) == 2


def test_old_items_have_old_ids() -> None:
    world = happened(World(Plan(now=NOW, repositories=2, people=20, days=60, items=60, legacy_until=NOW - 30 * 86_400)))
    with serve(world) as sandbox, Client(sandbox.url) as old_reader:
        ids = [id_of(sandbox, one) for one in world.items.values()]
        assert len({identifier.endswith("=") or "_" not in identifier for identifier in ids}) == 2
        new = [sandbox.app.new_payloads.item_node_id(one) for one in world.items.values()]
        assert data(old_reader, TITLES, ids=ids) == data(old_reader, TITLES, ids=new)
        item = max(world.items.values(), key=lambda one: len(one.history))
        rows = [row["node_id"] for row in sandbox.app.payloads.timeline(item) if "node_id" in row and "sha" not in row]
        known = [row for row in rows if row[:3] not in ("CWS", "CWF")]
        assert [row["id"] for row in data(old_reader, IDS, ids=known[:100])["nodes"]] == known[:100]


def test_every_row_is_found_by_its_id(full: RunningSandbox, full_reader: Client) -> None:
    for pull in NAMES:
        rows = full.app.payloads.timeline(busiest(full, pull=pull))
        ids = [row["node_id"] for row in rows if "node_id" in row and row["event"] not in ("committed", *REST_ONLY)]
        assert [row["id"] for row in data(full_reader, IDS, ids=ids[:100])["nodes"]] == ids[:100]


def test_what_is_not_there_is_null_and_the_others_are_kept(client: Client, changing: RunningSandbox) -> None:
    world = changing.world
    issues = [one for one in world.items.values() if not one.is_pull]
    kept, deleted = issues[0], issues[1]
    movable = [one for one in issues[2:] if any(two for two in one.repository.owner.repositories if two.private)]
    moved = movable[0]
    target = next(two for two in moved.repository.owner.repositories if two.private and two is not moved.repository)
    ids = [id_of(changing, one) for one in (kept, deleted, moved)]
    world.delete(deleted)
    new = world.transfer(moved, target)
    answer = ask(client, TITLES, ids=[*ids, "nonsense", "I_kwDOAAAAAM4AAAAB", id_of(changing, new)])
    titles = [node and node["title"] for node in answer["data"]["nodes"]]
    assert titles == [kept.title, None, None, None, None, moved.title]
    assert kinds(answer) == ["NOT_FOUND"] * 4
    assert answer["errors"][0] == {
        "type": "NOT_FOUND",
        "path": ["nodes", 1],
        "locations": [{"line": 1, "column": 23}],
        "message": f"Could not resolve to a node with the global id of '{ids[1]}'",
    }


# What a token may see


def test_a_hidden_repository_is_not_found(client: Client, changing: RunningSandbox) -> None:
    world = changing.world
    item = next(iter(world.items.values()))
    changing.tokens.hide(changing.token, [item.repository.full_name])
    answer = ask(client, TITLES, ids=[id_of(changing, item)])
    assert (answer["data"]["nodes"], kinds(answer)) == ([None], ["NOT_FOUND"])


def test_a_reference_from_a_hidden_repository_is_hidden(client: Client, changing: RunningSandbox) -> None:
    world = changing.world
    first, second = list(world.repositories.values())[:2]
    item, source = (next(iter(one.items.values())) for one in (first, second))
    world.change(item, Kind.CROSS_REFERENCED, source=source)
    counts = []
    for hidden in ([], [second.full_name]):
        changing.tokens.hide(changing.token, hidden)
        node = data(client, TIMELINE, ids=[id_of(changing, item)])["nodes"][0]
        rows = [row["__typename"] for row in node["timelineItems"]["nodes"]]
        counts.append((rows.count("CrossReferencedEvent"), node["timelineItems"]["totalCount"]))
    assert counts[1] == (counts[0][0] - 1, counts[0][1] - 1)


def test_a_permission_shows_one_kind_of_item(changing: RunningSandbox) -> None:
    changing.tokens.add("fine", ["octo-sandbox"], permissions={"issues": "read"})
    items = [next(one for one in changing.world.items.values() if one.is_pull == pull) for pull in NAMES]
    with Client(changing.url, "fine") as client:
        answer = ask(client, TITLES, ids=[id_of(changing, one) for one in items])
    assert answer["data"]["nodes"] == [{"__typename": "Issue", "title": items[0].title}, None]
    assert [(one["type"], one["message"]) for one in answer["errors"]] == [
        ("FORBIDDEN", "Resource not accessible by personal access token")
    ]


def test_places_and_the_viewer(full: RunningSandbox, full_reader: Client) -> None:
    repository = next(iter(full.world.repositories.values()))
    number = next(iter(repository.items))
    query = """query($owner: String!, $name: String!, $number: Int!) {
      viewer { login } organization(login: "Octo-Sandbox") { login }
      repository(owner: $owner, name: $name) { nameWithOwner issueOrPullRequest(number: $number) { __typename } } }"""
    found = data(full_reader, query, owner="octo-sandbox", name=repository.name, number=number)
    assert found["organization"] == {"login": "octo-sandbox"}
    assert found["viewer"]["login"] == full.world.first_admin(repository.owner).login
    assert found["repository"]["nameWithOwner"] == repository.full_name
    assert found["repository"]["issueOrPullRequest"]["__typename"] in NAMES.values()
    lost = ask(full_reader, query, owner="octo-sandbox", name="nowhere", number=1)
    assert (lost["data"]["repository"], kinds(lost)) == (None, ["NOT_FOUND"])
