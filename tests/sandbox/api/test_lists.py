"""Lists, pages and single things: shapes, order and the `Link` header."""

import base64
import re

import pytest

from sandbox import Item, Kind, Repository, RunningSandbox
from sandbox.api.nodeids import account_node_id, commit_node_id, decode, legacy_node_id, node_id
from sandbox.api.pages import Page, cursor_page, decode_cursor, encode_cursor, number_links, read_page
from tests.sandbox.conftest import Client

ORG = "/orgs/octo-sandbox"


def busiest(sandbox: RunningSandbox) -> Repository:
    return max(sandbox.world.repositories.values(), key=lambda one: len(one.items))


def all_rows(client: Client, path: str, **arguments: object) -> list[dict]:
    rows: list[dict] = []
    answer = client.get(path, params=arguments)
    while True:
        assert answer.status_code == 200, answer.text
        rows += answer.json()
        if "next" not in answer.links:
            return rows
        answer = client.get(answer.links["next"]["url"])


def test_node_ids_carry_the_numeric_id() -> None:
    # Recorded from GitHub: an issue, a pull request, a user, a bot.
    assert node_id("I", 617_210, 3_495_762_524) == "I_kwDOAAlq-s7QXRpc"
    assert node_id("PR", 690_780_740, 1_512_843_328) == "PR_kwDOKSx6RM5aLChA"
    assert node_id("LA", 690_780_740, 5_955_506_552) == "LA_kwDOKSx6RM8AAAABYvnReA"
    assert node_id("R", 525_745_693) == "R_kgDOH1Y-HQ"
    assert legacy_node_id("User", 16_658_738) == "MDQ6VXNlcjE2NjU4NzM4"
    assert account_node_id("Organization", 99_000_000).startswith("O_kgDO")
    assert base64.b64decode(account_node_id("Bot", 49_699_333)) == b"03:Bot49699333"


def test_node_ids_are_read_in_both_forms() -> None:
    # Recorded from GitHub, but for the last one: a change of a board's status, a user of either age.
    assert decode("PVTISC_lADOHusmC86gCdsNzwAAAAOWVFLC") == ("PVTISC", [518_727_179, 2_685_000_461, 15_407_010_498])
    assert decode("MDQ6VXNlcjE2NjU4NzM4") == ("User", [16_658_738])
    assert decode("U_kgDOCCyfsA") == ("U", [137_142_192])
    assert decode(commit_node_id(7, "ab" * 20)) == ("C", [7, "ab" * 20])
    for nonsense in ("", "I_", "I_====", "I_k", "what", "I_kwDO", "MDQ6VXNlcg==", "é"):
        with pytest.raises(ValueError):  # noqa: PT011 - several reasons
            decode(nonsense)


def test_cursors_come_back_and_others_are_refused(reader: Client) -> None:
    assert decode_cursor(encode_cursor((1_780_000_000, 3_000_000_000))) == (1_780_000_000, 3_000_000_000)
    name = "octo-sandbox/nothing"
    assert reader.get(f"/repos/{name}/issues?after=x").status_code == 404


def test_pages_that_make_no_sense_are_the_default() -> None:
    assert read_page([("page", "0"), ("per_page", "-1")]) == Page(1, 30)
    assert read_page([("page", "x"), ("per_page", "500")]) == Page(1, 100)
    assert read_page([("page", "3"), ("per_page", "7")]) == Page(3, 7)


def test_links_keep_the_query_in_order() -> None:
    header = number_links("http://h/x", [("state", "all"), ("page", "2"), ("q", "a b")], Page(2, 10), 35)
    relations = {relation: url for url, relation in re.findall(r'<([^>]+)>; rel="(\w+)"', header["Link"])}
    assert relations == {
        "prev": "http://h/x?state=all&page=1&q=a+b",
        "next": "http://h/x?state=all&page=3&q=a+b",
        "last": "http://h/x?state=all&page=4&q=a+b",
        "first": "http://h/x?state=all&page=1&q=a+b",
    }
    assert number_links("http://h/x", [], Page(1, 10), 10) == {}


def test_a_cursor_goes_on_where_it_was_although_rows_were_added() -> None:
    keys = [(moment, moment) for moment in range(10, 0, -1)]
    span, header = cursor_page(keys, [("per_page", "3")], "http://h/x", descending=True)
    assert keys[span] == keys[:3]
    after = re.findall(r"after=([^&]+)&", header["Link"])[0].replace("%3D", "=")
    more = [(12, 12), (11, 11), *keys]
    span, _ = cursor_page(more, [("per_page", "3"), ("after", after)], "http://h/x", descending=True)
    assert more[span] == keys[3:6]


def test_issues_of_a_repository(reading: RunningSandbox, reader: Client) -> None:
    repository = busiest(reading)
    path = f"/repos/{repository.full_name}/issues"
    rows = all_rows(reader, path, state="all", per_page=100)
    assert [row["id"] for row in rows] == sorted((item.id for item in repository.items.values()), reverse=True)
    pulls = {row["number"] for row in rows if "pull_request" in row}
    assert pulls == {item.number for item in repository.items.values() if item.is_pull}
    open_rows = all_rows(reader, path, per_page=100)
    assert {row["state"] for row in open_rows} == {"open"}
    first = reader.get(path, params={"state": "all", "per_page": 5})
    assert first.links["next"]["url"].startswith(
        f"{reading.url}/repositories/{repository.id}/issues?state=all&per_page=5"
    )
    second = reader.get(first.links["next"]["url"])
    assert reader.get(second.links["prev"]["url"]).json() == first.json()


def test_issues_since_by_update_and_label(reading: RunningSandbox, reader: Client) -> None:
    repository = busiest(reading)
    moments = sorted(item.updated_at for item in repository.items.values())
    since = moments[len(moments) // 2]
    arguments = {"state": "all", "since": "1970-01-01T00:00:00Z", "sort": "updated", "direction": "asc"}
    path = f"/repos/{repository.full_name}/issues"
    everything = all_rows(reader, path, per_page=100, **arguments)
    assert [row["updated_at"] for row in everything] == sorted(row["updated_at"] for row in everything)
    stamp = next(row["updated_at"] for row in everything[len(moments) // 2 :])
    newer = all_rows(reader, path, per_page=100, **(arguments | {"since": stamp}))
    assert len(newer) == sum(moment >= since for moment in moments)
    labelled = all_rows(reader, path, state="all", labels="bug,enhancement", per_page=100)
    assert all({"bug", "enhancement"} <= {label["name"] for label in row["labels"]} for row in labelled)
    assert reader.get(path, params={"since": "soon"}).status_code == 422
    assert reader.get(path, params={"sort": "colour"}).status_code == 422


def test_deep_pages_want_cursors(reading: RunningSandbox, reader: Client) -> None:
    answer = reader.get(f"/repos/{busiest(reading).full_name}/issues", params={"page": 101, "per_page": 1})
    assert answer.status_code == 422
    assert "cursor" in answer.json()["message"]


def test_pull_requests_have_ids_of_their_own(reading: RunningSandbox, reader: Client) -> None:
    repository = busiest(reading)
    path = f"/repos/{repository.full_name}"
    pulls = all_rows(reader, f"{path}/pulls", state="all", per_page=100)
    issues = {row["number"]: row for row in all_rows(reader, f"{path}/issues", state="all", per_page=100)}
    assert len(pulls) == sum(item.is_pull for item in repository.items.values())
    for pull in pulls:
        assert pull["id"] != issues[pull["number"]]["id"]
        assert pull["node_id"] == issues[pull["number"]]["node_id"]
        assert pull["node_id"] == node_id("PR", repository.id, pull["id"])
        assert pull["merged_at"] == issues[pull["number"]]["pull_request"]["merged_at"]
    assert [pull["id"] for pull in pulls] == sorted((pull["id"] for pull in pulls), reverse=True)


def test_pull_requests_by_update(reading: RunningSandbox, reader: Client) -> None:
    arguments = {"state": "closed", "sort": "updated", "direction": "desc", "per_page": 100}
    rows = all_rows(reader, f"/repos/{busiest(reading).full_name}/pulls", **arguments)
    assert {row["state"] for row in rows} == {"closed"}
    assert [row["updated_at"] for row in rows] == sorted((row["updated_at"] for row in rows), reverse=True)


def test_page_two_has_another_form(reading: RunningSandbox, reader: Client) -> None:
    organisation = reading.world.organisations["octo-sandbox"]
    for name in ("repos", "members"):
        first = reader.get(f"{ORG}/{name}", params={"per_page": 4})
        url = f"{reading.url}/organizations/{organisation.account.id}/{name}?per_page=4&page=2"
        assert first.links["next"]["url"] == url
    assert len(all_rows(reader, f"{ORG}/members", per_page=4)) == len(organisation.members)


def test_members_say_nothing_about_roles(reading: RunningSandbox, reader: Client) -> None:
    organisation = reading.world.organisations["octo-sandbox"]
    everybody = all_rows(reader, f"{ORG}/members")
    admins, members = (all_rows(reader, f"{ORG}/members", role=role) for role in ("admin", "member"))
    assert not any("role" in row or "role_name" in row for row in everybody)
    assert {row["login"] for row in admins} | {row["login"] for row in members} == set(organisation.members)
    assert 0 < len(admins) < len(members)
    assert reader.get(f"{ORG}/members/{everybody[0]['login']}").status_code == 204
    assert reader.get(f"{ORG}/members/dependabot[bot]").status_code == 404


def test_repositories_by_kind_and_name(reading: RunningSandbox, reader: Client) -> None:
    names = [row["name"] for row in all_rows(reader, f"{ORG}/repos", sort="full_name", per_page=5)]
    assert names == sorted(one.name for one in reading.world.repositories.values())
    private = all_rows(reader, f"{ORG}/repos", type="private")
    assert {row["visibility"] for row in private} == {"private"}


@pytest.mark.parametrize(
    "path",
    [
        "/repos/octo-sandbox/nothing",
        "/orgs/nobody/members",
        "/users/nobody",
        "/user/",
        "/orgs//members",
        f"{ORG}/members/",
        "/repositories/1/issues",
        "/organizations/1/repos",
        "/nothing",
    ],
)
def test_not_found(path: str, reader: Client) -> None:
    answer = reader.get(path)
    assert answer.status_code == 404
    assert answer.json()["status"] == "404"


def test_names_are_found_in_any_case(reading: RunningSandbox, reader: Client) -> None:
    name = busiest(reading).full_name
    assert reader.get(f"/repos/{name.upper()}").json() == reader.get(f"/repos/{name}").json()


def test_a_deleted_item_is_gone(changing: RunningSandbox, client: Client) -> None:
    item = next(iter(changing.world.items.values()))
    path = f"/repos/{item.repository.full_name}/issues/{item.number}"
    assert client.get(path).status_code == 200
    changing.world.delete(item)
    assert (client.get(path).status_code, client.get(path).json()["message"]) == (410, "This issue was deleted")
    assert client.get(path.replace(f"/{item.number}", "/99999")).status_code == 404


def test_an_issue_is_no_pull_request(reading: RunningSandbox, reader: Client) -> None:
    issue = next(item for item in reading.world.items.values() if not item.is_pull)
    assert reader.get(f"/repos/{issue.repository.full_name}/pulls/{issue.number}").status_code == 404


def test_an_associations_reason(changing: RunningSandbox, client: Client) -> None:
    def association(item: Item) -> str:
        shown: str = client.get(f"/repos/{item.repository.full_name}/issues/{item.number}").json()["author_association"]
        return shown

    world = changing.world
    members = world.organisations["octo-sandbox"].members
    item = next(i for i in world.items.values() if i.author and i.author.login in members and not i.merged_at)
    author = item.author
    assert association(item) == "MEMBER"
    assert author is not None
    world.move(item.repository.owner, author, None)
    item.repository.contributors.clear()
    assert association(item) == "NONE"
    pull = world.open(item.repository, world.now, author, "Add it", None, pull=True, rng=changing.app._shifts)
    world.change(pull, Kind.MERGED)
    assert association(item) == "CONTRIBUTOR"
