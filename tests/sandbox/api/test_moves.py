"""What searches can't see: transfers, deletions, hidden repositories, silent changes."""

from random import Random

import pytest

from sandbox import Change, Item, Kind, Plan, Repository, RunningSandbox, World
from sandbox.world.state import Deletion, Transfer
from tests.sandbox.api.test_timelines import comments, fresh, path_of
from tests.sandbox.conftest import NOW, Client, small_plan


@pytest.fixture
def issue(changing: RunningSandbox) -> Item:
    """An issue with a label, an assignee and a comment, in a repository from which it can move."""
    item = fresh(changing)
    for repository in changing.world.repositories.values():
        repository.private = False
    world = changing.world
    world.change(item, Kind.LABELED, label=item.repository.labels["bug"])
    world.change(item, Kind.LABELED, label=item.repository.labels["question"])
    world.change(item, Kind.ASSIGNED, person=world.people[1])
    world.change(item, Kind.COMMENTED, text="Hello")
    changing.clock.set(advance=60)
    world.advance(changing.clock.now())
    return item


def others(world: World, item: Item) -> list[Repository]:
    return [one for one in world.repositories.values() if one is not item.repository]


def unfollowed(client: Client, item: Item) -> tuple[int, str | None]:
    answer = client.get(path_of(item), allow_redirects=False)
    return answer.status_code, answer.headers.get("Location")


def test_a_transfer(changing: RunningSandbox, client: Client, issue: Item) -> None:
    world = changing.world
    target = others(world, issue)[0]
    del target.labels["question"]
    old = client.get(path_of(issue)).json()
    new = world.transfer(issue, target)
    moved = client.get(path_of(new)).json()
    assert (moved["id"], moved["number"]) == (new.id, target.last_number)
    assert moved["id"] != old["id"]
    assert moved["repository_url"].endswith(target.full_name)
    for field in ("user", "created_at", "title", "body", "state", "comments", "assignees"):
        assert moved[field] == old[field], field
    assert [label["name"] for label in moved["labels"]] == ["bug"]
    assert moved["labels"][0]["id"] == target.labels["bug"].id
    assert moved["updated_at"] == "2026-06-01T12:01:00Z" > old["updated_at"]
    answer = client.get(path_of(issue), allow_redirects=False)
    location = f"{changing.url}/repositories/{target.id}/issues/{moved['number']}"
    assert (answer.status_code, answer.headers["Location"]) == (301, location)
    assert answer.json().keys() == {"message", "url", "documentation_url"}
    assert (answer.json()["message"], answer.json()["url"]) == ("Moved Permanently", location)
    assert client.get(path_of(issue)).json()["id"] == moved["id"]
    for part in ("timeline", "comments", "events"):
        assert client.get(f"{path_of(issue)}/{part}").status_code == 404
    rows = client.get(f"{path_of(issue.now())}/timeline").json()
    assert [row["event"] for row in rows] == ["labeled", "labeled", "assigned", "commented", "transferred"]
    assert rows[3]["id"] == comments(issue)[0].id
    assert rows[3]["issue_url"] == moved["url"]
    assert not {row["id"] for row in rows if row["event"] != "commented"} & {
        change.id for change in issue.history if change.kind is not Kind.COMMENTED
    }


def test_searches_and_lists_show_the_new_one_only(changing: RunningSandbox, client: Client, issue: Item) -> None:
    new = changing.world.transfer(issue, others(changing.world, issue)[0])
    found = client.numbers(f"org:octo-sandbox is:issue created:{'2026-06-01'}")
    assert new.id in found
    assert issue.id not in found
    listed = client.get(f"/repos/{issue.repository.full_name}/issues", params={"state": "all", "per_page": 100}).json()
    assert issue.id not in {row["id"] for row in listed}
    reopened = changing.world.open(issue.repository, NOW, None, "Next", None, pull=False, rng=Random(1))
    assert reopened.number > issue.number


def test_chains_and_the_way_back(changing: RunningSandbox, client: Client, issue: Item) -> None:
    world = changing.world
    second, third = others(world, issue)[:2]
    there = world.transfer(issue, second)
    further = world.transfer(there, third)
    back = world.transfer(further, issue.repository)
    steps = [unfollowed(client, item) for item in (issue, there, further, back)]
    assert [status for status, _ in steps] == [301, 301, 301, 200]
    assert (steps[0][1] or "").endswith(f"/repositories/{second.id}/issues/{there.number}")
    assert back.repository is issue.repository
    assert len({item.id for item in (issue, there, further, back)}) == 4
    assert back.number != issue.number
    assert client.get(path_of(issue)).json()["id"] == back.id
    assert [change.kind for change in back.history].count(Kind.TRANSFERRED) == 3
    assert world.transfers[1:] == [Transfer(there, further, world.now), Transfer(further, back, world.now)]


def test_a_target_that_the_token_cannot_read(changing: RunningSandbox, client: Client, issue: Item) -> None:
    world = changing.world
    new = world.transfer(issue, others(world, issue)[0])
    name = new.repository.full_name
    changing.tokens.hide(changing.token, [name])
    for path in (path_of(issue), path_of(new), f"/repos/{name}", f"/repositories/{new.repository.id}/issues"):
        assert client.get(path).status_code == 404, path
    assert new.id not in client.numbers("org:octo-sandbox is:issue created:2026-06-01")
    assert client.search(f"is:issue repo:{name}").status_code == 422
    assert name not in {row["full_name"] for row in client.get("/orgs/octo-sandbox/repos").json()}
    changing.tokens.hide(changing.token, [])
    assert unfollowed(client, issue)[0] == 301


def test_a_reference_from_a_hidden_repository_is_hidden(changing: RunningSandbox, client: Client, issue: Item) -> None:
    world = changing.world
    source = world.open(others(world, issue)[0], NOW, None, "Elsewhere", None, pull=False, rng=Random(1))
    world.change(issue, Kind.CROSS_REFERENCED, source=source)
    rows = len(client.get(f"{path_of(issue)}/timeline").json())
    changing.tokens.hide(changing.token, [source.repository.full_name])
    assert len(client.get(f"{path_of(issue)}/timeline").json()) == rows - 1


def test_transfers_that_github_refuses(changing: RunningSandbox, client: Client, issue: Item) -> None:
    world = changing.world
    pull = fresh(changing, pull=True)
    public, private = others(world, issue)[:2]
    private.private = True
    hidden = world.open(private, NOW, None, "Secret", None, pull=False, rng=Random(1))
    for item, target in ((pull, public), (issue, issue.repository), (hidden, public)):
        with pytest.raises(ValueError, match=r"transferred|moves"):
            world.transfer(item, target)
    world.transfer(issue, private)
    with pytest.raises(ValueError, match="only issues can be transferred, from where they are"):
        world.transfer(issue, public)


def test_what_was_going_to_happen_happens_there(changing: RunningSandbox, issue: Item) -> None:
    world = changing.world
    target = others(world, issue)[0]
    here = issue.repository
    world.change(issue, Kind.UNLABELED, label=here.labels["question"])
    new = world.transfer(issue, target)
    assert world.apply(issue, Change(world.now, Kind.LABELED, None, label=here.labels["question"]))
    assert new.labels[-1] is target.labels["question"]
    assert world.apply(issue, Change(world.now, Kind.CLOSED, None))
    assert new.state == "closed"
    assert issue.state == "open"


def test_a_moved_issue_that_was_deleted(changing: RunningSandbox, client: Client, issue: Item) -> None:
    world = changing.world
    new = world.transfer(issue, others(world, issue)[0])
    world.delete(new)
    assert unfollowed(client, issue)[0] == 301
    assert client.get(path_of(issue)).status_code == 410
    for part in ("timeline", "comments", "events"):
        assert client.get(f"{path_of(new)}/{part}").status_code == 410
    assert world.deletions == [Deletion(new, world.now)]


def test_labels_change_silently(changing: RunningSandbox, client: Client, issue: Item) -> None:
    world, repository = changing.world, issue.repository
    before = client.get(path_of(issue)).json()
    world.rename_label(repository, "bug", "kind: bug")
    world.delete_label(repository, "question")
    after = client.get(path_of(issue)).json()
    assert [label["name"] for label in after["labels"]] == ["kind: bug"]
    assert {key for key in after if after[key] != before[key]} == {"labels"}
    assert issue.id in client.numbers(f'repo:{repository.full_name} is:issue label:"kind: bug"')
    with pytest.raises(KeyError):
        world.rename_label(repository, "bug", "x")
    with pytest.raises(ValueError, match="has a label documentation already"):
        world.rename_label(repository, "kind: bug", "documentation")
    # One that is gone is put on nothing any more.
    gone = next(change.label for change in issue.history if change.text == "question")
    assert not changing.world.change(issue, Kind.LABELED, label=gone)


def test_milestones_change_silently(changing: RunningSandbox, client: Client) -> None:
    world = changing.world
    item = next(one for one in world.items.values() if one.milestone)
    assert item.milestone
    before = client.get(path_of(item)).json()
    world.rename_milestone(item.repository, item.milestone.number, "Later")
    world.close_milestone(item.repository, item.milestone.number)
    after = client.get(path_of(item)).json()
    assert after["updated_at"] == before["updated_at"]
    assert (after["milestone"]["title"], after["milestone"]["state"]) == ("Later", "closed")
    assert after["milestone"]["closed_at"] == "2026-06-01T12:00:00Z"


def test_by_themselves_at_the_rates_of_the_plan() -> None:
    quiet = World(small_plan())
    assert not quiet.transfers + quiet.deletions
    plan = Plan(now=NOW, repositories=8, people=30, days=100, items=500, transfers=0.5, deletions=0.3, silent_changes=1)
    world = World(plan)
    assert 25 < len(world.transfers) < 90
    assert 15 < len(world.deletions) < 45
    assert any(name.startswith("kind/") for one in world.repositories.values() for name in one.labels)
    again = World(plan)
    assert [one.new.id for one in again.transfers] == [one.new.id for one in world.transfers]
    assert again.items.keys() == world.items.keys()
    before = len(world.transfers)
    world.advance(NOW + 20 * 86_400)
    assert len(world.transfers) > before


def test_an_index_that_lags_forgets_the_old_one_later() -> None:
    world = World(small_plan(), index_lag=30)
    issue = next(item for item in world.items.values() if not item.is_pull and not item.repository.private)
    target = next(one for one in world.repositories.values() if one is not issue.repository and not one.archived)
    world.advance(NOW + 40)
    world.searchable()
    new = world.transfer(issue, target)
    assert issue.id in world.searchable()
    assert new.id not in world.searchable()
    world.advance(world.now + 31)
    assert issue.id not in world.searchable()
    assert world.searchable()[new.id].repository is target
