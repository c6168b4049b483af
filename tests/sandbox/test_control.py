"""The control plane, over HTTP."""

import json

import pytest

from sandbox import Kind, RunningSandbox
from tests.sandbox.conftest import NOW, Client


def truth(client: Client, **arguments: str) -> list[dict]:
    answer = client.get("/_sandbox/items", params=arguments)
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.content.decode().split("\n")[:-1]]


def test_the_truth_is_everything_there_is(changing: RunningSandbox, client: Client) -> None:
    items = truth(client)
    assert {item["id"] for item in items} == set(changing.world.items)
    pulls = truth(client, **{"is": "pr"})
    assert {item["pull_id"] for item in pulls} == {one.pull_id for one in changing.world.items.values() if one.is_pull}
    name = items[0]["repository"]
    assert {item["repository"] for item in truth(client, repo=name)} == {name}
    served = client.get(f"/repos/{name}/issues/{items[0]['number']}").json()
    assert {key: items[0][key] for key in served} == served


def test_statistics(changing: RunningSandbox, client: Client) -> None:
    client.get("/user")
    client.get("/user")
    client.get("/nothing")
    stats = client.control("GET", "stats").json()
    assert stats["total"] == 3
    assert stats["by_route"] == {"/user": 2, "unmatched": 1}
    assert stats["by_status"] == {"200": 2, "404": 1}
    assert client.control("DELETE", "stats").status_code == 204
    assert client.control("GET", "stats").json()["total"] == 0
    assert changing.stats.resets == 1


def test_the_clock(client: Client) -> None:
    assert client.control("GET", "clock").json() == {"now": "2026-06-01T12:00:00Z", "epoch": NOW, "speed": 0.0}
    moved = client.control("POST", "clock", advance=86_400).json()
    assert moved["now"] == "2026-06-02T12:00:00Z"
    moved = client.control("POST", "clock", now="2026-06-10T00:00:00Z", speed=2).json()
    assert (moved["now"], moved["speed"]) == ("2026-06-10T00:00:00Z", 2.0)
    assert max(item["created_at"] for item in truth(client)) > "2026-06-08"


def test_faults_and_limits(client: Client) -> None:
    assert client.control("PUT", "faults", rate=1.0, kinds=["502"]).json()["rate"] == 1.0
    assert client.get("/user").status_code == 502
    assert client.control("DELETE", "faults").status_code == 204
    assert client.get("/user").status_code == 200
    assert client.control("POST", "faults", kind="503", path="/user", count=1).status_code == 204
    assert [client.get("/user").status_code for _ in range(2)] == [503, 200]
    assert client.control("PUT", "limits", core=1).json()["core"] == 1
    assert [client.get("/user").status_code for _ in range(2)] == [200, 403]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "faults", {"speed": 1}),
        ("POST", "faults", {"kind": "flood"}),
        ("POST", "faults", {}),
        ("POST", "clock", {"now": "soon"}),
        ("POST", "touch", {"count": "many"}),
        ("POST", "touch", {"count": None}),
        ("PUT", "limits", {"patience": 1}),
        ("POST", "items", {"repo": "octo-sandbox/nothing", "title": "x"}),
        ("POST", "members", {"org": "nobody", "login": "x"}),
        ("POST", "tokens", {}),
        ("POST", "tokens", {"token": "t", "permissions": {"issues": "look"}}),
        ("PUT", "tokens/sandbox-token", {}),
        ("POST", "apps", {"public_key": "", "permissions": {}}),
        ("PUT", "apps/1", {"permissions": {}}),
        ("DELETE", "apps/1/tokens", {}),
    ],
)
def test_what_makes_no_sense_is_said(method: str, path: str, body: dict, client: Client) -> None:
    assert client.control(method, path, **body).status_code == 422
    assert client.request(method, f"{client.url}/_sandbox/{path}", data="[", timeout=5).status_code == 400
    assert client.control("GET", "nothing").status_code == 404


def test_tokens(client: Client) -> None:
    assert client.control("POST", "tokens", token="t", organisations=["octo-sandbox"]).status_code == 204
    assert client.get("/user", headers={"Authorization": "Bearer t"}).status_code == 200
    assert client.control("GET", "tokens").json()["tokens"][-1] == {
        "token": "t",
        "organisations": ["octo-sandbox"],
        "hidden": [],
        "permissions": None,
        "installation": None,
    }
    assert client.control("DELETE", "tokens/t").status_code == 204
    assert client.get("/user", headers={"Authorization": "Bearer t"}).status_code == 401


def test_members(client: Client) -> None:
    added = client.control("POST", "members", org="octo-sandbox", login="newcomer").json()
    assert added["role"] == "member"
    assert client.get("/orgs/octo-sandbox/members/newcomer").status_code == 204
    assert client.get("/users/newcomer").json()["id"] == added["id"]
    assert added in client.control("GET", "members").json()["members"]
    assert (
        client.control("POST", "members", org="octo-sandbox", login="newcomer", role="admin").json()["role"] == "admin"
    )
    assert client.control("DELETE", "members/octo-sandbox/newcomer").status_code == 204
    assert client.get("/orgs/octo-sandbox/members/newcomer").status_code == 404


def test_an_items_life(changing: RunningSandbox, client: Client) -> None:
    repository = next(iter(changing.world.repositories.values()))
    repository.milestones.clear()
    author = changing.world.people[3].login
    opened = client.control(
        "POST", "items", repo=repository.full_name, title="A new one", body="Hi", pull=True, author=author
    ).json()
    path = f"items/{repository.full_name}/{opened['number']}"
    assert (opened["title"], opened["user"]["login"], opened["created_at"]) == (
        "A new one",
        author,
        "2026-06-01T12:00:00Z",
    )
    client.control("POST", "clock", advance=60)
    for body in (
        {"kind": "commented", "actor": author},
        {"kind": "labeled", "label": "bug"},
        {"kind": "assigned", "person": author},
        {"kind": "renamed", "text": "Renamed"},
        {"kind": "merged"},
    ):
        assert client.control("POST", path, **body).status_code == 200, body
    now = client.control("GET", path).json()
    assert (now["comments"], now["title"], now["state"]) == (1, "Renamed", "closed")
    assert [one["kind"] for one in now["history"]] == ["commented", "labeled", "assigned", "renamed", "merged"]
    assert now["updated_at"] == "2026-06-01T12:01:00Z"
    for wrong in (
        {"kind": "merged"},
        {"kind": "exploded"},
        {"kind": "labeled", "label": "none such"},
        {"kind": "milestoned", "milestone": 9},
    ):
        assert client.control("POST", path, **wrong).status_code == 422
    assert client.control("DELETE", path).status_code == 204
    assert client.control("GET", path).status_code == 422
    assert client.get(f"/repos/{repository.full_name}/issues/{opened['number']}").status_code == 410


def test_touching_many(changing: RunningSandbox, client: Client) -> None:
    client.control("POST", "clock", advance=60)
    touched = client.control("POST", "touch", count=40).json()["touched"]
    assert len(set(touched)) == 40
    found = [item for item in changing.world.items.values() if item.updated_at == NOW + 60]
    assert {f"{item.repository.full_name}#{item.number}" for item in found} >= set(touched)
    assert all(item.history[-1].kind is Kind.COMMENTED for item in found)
    name = next(iter(changing.world.repositories.values())).full_name
    here = client.control("POST", "touch", count=2, repo=name).json()["touched"]
    assert {one.partition("#")[0] for one in here} == {name}
