"""The control plane, over HTTP."""

import json

import pytest

from sandbox import RunningSandbox
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


def test_the_truth_of_releases_and_teams(changing: RunningSandbox, client: Client) -> None:
    changing.world.release(next(iter(changing.world.repositories.values())), "v0", draft=True, assets=["a.zip"])
    name = next(iter(changing.world.repositories.values())).full_name
    for path, truth in {
        "releases": changing.truth.releases(),
        f"releases?repo={name}": changing.truth.releases(repo=name),
        "teams": changing.truth.teams(),
        "teams?org=Octo-Sandbox": changing.truth.teams(),
    }.items():
        assert [json.loads(line) for line in client.control("GET", path).text.splitlines()] == truth, path
    assert client.control("GET", "teams?org=nobody").status_code == 422
    assert client.control("GET", "items?is=epic").status_code == 422


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
        ("POST", "happen", {"count": "many"}),
        ("POST", "happen", {"count": None}),
        ("PUT", "limits", {"patience": 1}),
        ("POST", "tokens", {}),
        ("POST", "tokens", {"token": "t", "permissions": {"issues": "look"}}),
    ],
)
def test_what_makes_no_sense_is_said(method: str, path: str, body: dict, client: Client) -> None:
    assert client.control(method, path, **body).status_code == 422
    assert client.request(method, f"{client.url}/_sandbox/{path}", data="[", timeout=5).status_code == 400
    assert client.control("GET", "nothing").status_code == 404


def test_tokens(client: Client) -> None:
    assert client.control("POST", "tokens", token="t", organisations=["octo-sandbox"]).status_code == 204
    assert client.get("/user", headers={"Authorization": "Bearer t"}).status_code == 200
    assert client.control("DELETE", "tokens/t").status_code == 204
    assert client.get("/user", headers={"Authorization": "Bearer t"}).status_code == 401


def test_fine_grained_tokens(client: Client) -> None:
    client.control("POST", "tokens", token="fine", organisations=["octo-sandbox"], permissions={"issues": "read"})
    fine = {"Authorization": "Bearer fine"}
    assert client.get("/user", headers=fine).status_code == 200
    assert client.get("/orgs/octo-sandbox/members", headers=fine).status_code == 403
    client.control("POST", "tokens", token="fine", permissions={"members": "write"})
    assert client.get("/orgs/octo-sandbox/members", headers=fine).status_code == 200
