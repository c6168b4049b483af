"""Repositories, organisations and people under other names: the same ids, and the old names as GitHub leaves them."""

from random import Random

import pytest

from sandbox import Item, Plan, Repository, RunningSandbox, World, serve
from tests.sandbox.conftest import NOW, Client, small_plan

ORGS = ("acme", "umbrella")


@pytest.fixture
def repository(changing: RunningSandbox) -> Repository:
    return max(changing.world.repositories.values(), key=lambda one: len(one.items))


def an_issue(repository: Repository) -> Item:
    return next(item for item in repository.items.values() if not item.is_pull)


def test_a_renamed_repository_keeps_its_id_and_its_old_name_leads_to_it(
    changing: RunningSandbox, client: Client, repository: Repository
) -> None:
    before, issue = repository.full_name, an_issue(repository)
    version = changing.world.version
    changing.world.rename_repository(repository, "shelf")
    assert changing.world.version > version
    answer = client.get(f"/repos/{before}/issues/{issue.number}/timeline?per_page=7", allow_redirects=False)
    target = f"{changing.url}/repositories/{repository.id}/issues/{issue.number}/timeline?per_page=7"
    assert (answer.status_code, answer.headers["Location"], answer.json()["url"]) == (301, target, target)
    assert client.get(f"/repos/{before}").json()["full_name"] == f"{repository.owner.login}/shelf"
    assert client.get(f"/repos/{repository.full_name}").json()["id"] == repository.id
    shown = client.get(f"/repositories/{repository.id}/issues/{issue.number}").json()
    assert (shown["id"], shown["repository_url"].rpartition("/")[2]) == (issue.id, "shelf")
    assert issue.id in client.numbers(f"is:issue repo:{repository.full_name}")
    assert client.search(f"is:issue repo:{before}").status_code == 422


def test_a_new_repository_takes_the_old_name_over(
    changing: RunningSandbox, client: Client, repository: Repository
) -> None:
    name, issue, world = repository.name, an_issue(repository), changing.world
    with pytest.raises(ValueError, match="already"):
        world.create_repository(repository.owner, name)
    world.rename_repository(repository, "shelf")
    made = world.create_repository(repository.owner, name)
    assert made.id not in {one.id for one in world.repositories.values() if one is not made}
    assert client.get(f"/repos/{made.full_name}").json()["id"] == made.id
    assert client.get(f"/repos/{made.full_name}/issues/{issue.number}").status_code == 404
    opened = world.open(made, world.now, issue.author, "Another", None, pull=False, rng=Random(1))
    assert opened.number == 1
    with pytest.raises(ValueError, match="already"):
        world.rename_repository(repository, name.upper())


def test_a_repository_that_moves_takes_its_items_along() -> None:
    with serve(World(small_plan(organisations=ORGS))) as sandbox, Client(sandbox.url) as client:
        world = sandbox.world
        acme, umbrella = world.organisations.values()
        repository = max(acme.repositories, key=lambda one: len(one.items))
        before, issue = repository.full_name, an_issue(repository)
        world.move_repository(repository, umbrella)
        assert client.get(f"/repos/{before}").json()["owner"]["login"] == "umbrella"
        assert repository.id not in {one["id"] for one in client.get("/orgs/acme/repos").json()}
        assert repository.id in {one["id"] for one in client.get("/orgs/umbrella/repos").json()}
        moved = client.get(f"/repos/{repository.full_name}/issues/{issue.number}").json()
        assert (moved["id"], moved["number"]) == (issue.id, issue.number)
        assert issue.id not in client.numbers("is:issue org:acme")
        sandbox.tokens.add("acme's", ["acme"])
        client.headers["Authorization"] = "Bearer acme's"
        assert client.get(f"/repos/{before}").status_code == 404
        assert client.get(f"/repositories/{repository.id}").status_code == 404


def test_a_deleted_repository_is_gone_with_its_items(
    changing: RunningSandbox, client: Client, repository: Repository
) -> None:
    issue = an_issue(repository)
    changing.world.rename_repository(repository, "shelf")
    changing.world.delete_repository(repository)
    for path in (f"/repos/{repository.full_name}", f"/repositories/{repository.id}"):
        assert client.get(path).status_code == 404
    assert issue.id not in client.numbers("is:issue org:octo-sandbox")
    changing.world.advance(changing.world.now + 30 * 86_400)
    assert {item.repository for item in changing.world.items.values()} <= set(changing.world.repositories.values())


def test_a_renamed_organisation_answers_under_its_new_name_only(
    changing: RunningSandbox, client: Client, repository: Repository
) -> None:
    [organisation] = changing.world.organisations.values()
    changing.tokens.add("its", [organisation.login])
    client.headers["Authorization"] = "Bearer its"
    old = repository.full_name
    changing.world.rename_organisation(organisation, "octo-corp")
    assert client.get("/orgs/octo-sandbox").status_code == 404
    answer = client.get("/orgs/octo-corp").json()
    assert (answer["id"], answer["login"]) == (organisation.id, "octo-corp")
    assert client.get(f"/repos/{old}").json()["full_name"] == f"octo-corp/{repository.name}"
    assert client.get("/orgs/octo-corp/repos").json()[0]["owner"]["login"] == "octo-corp"
    assert client.search("is:issue org:octo-corp").json()["total_count"] > 0
    assert client.search("is:issue org:octo-sandbox").status_code == 422


def test_a_renamed_person_is_called_so_everywhere(changing: RunningSandbox, client: Client) -> None:
    world = changing.world
    [organisation] = world.organisations.values()
    item = next(one for one in world.items.values() if one.author and one.author.login in organisation.members)
    person, before = item.author, item.author.login if item.author else ""
    assert person is not None
    assert client.get(f"/users/{before}").status_code == 200
    world.rename_person(person, "somebody-else")
    assert client.get(f"/users/{before}").status_code == 404
    assert client.get("/users/somebody-else").json()["id"] == person.id
    assert client.get(f"/orgs/octo-sandbox/members/{before}").status_code == 404
    assert client.get("/orgs/octo-sandbox/members/somebody-else").status_code == 204
    shown = client.get(f"/repositories/{item.repository.id}/issues/{item.number}").json()
    assert (shown["user"]["login"], shown["user"]["id"]) == ("somebody-else", person.id)
    with pytest.raises(ValueError, match="already"):
        world.rename_person(world.people[0], "Somebody-Else")


def test_names_are_not_part_of_the_worlds_fate() -> None:
    """A renamed world lives on as the same world would under its old names."""
    one, other = (World(Plan(now=NOW, items=60, people=10, days=60, repositories=3)) for _ in range(2))
    other.rename_repository(next(iter(other.repositories.values())), "shelf")
    for world in (one, other):
        world.advance(NOW + 10 * 86_400)
    assert [item.title for item in one.items.values()] == [item.title for item in other.items.values()]
