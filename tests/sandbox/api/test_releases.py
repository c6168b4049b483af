"""Releases as they are listed: fields, order, pages, drafts and permissions."""

import pytest

from sandbox import Repository, RunningSandbox
from sandbox.api.times import timestamp
from tests.sandbox.answers import answered, refusal
from tests.sandbox.api.test_lists import all_rows
from tests.sandbox.conftest import AppClient, Client

DAY = 86_400


def path_of(repository: Repository) -> str:
    return f"/repos/{repository.full_name}/releases"


@pytest.fixture
def repository(changing: RunningSandbox) -> Repository:
    found = next(iter(changing.world.repositories.values()))
    found.releases.clear()
    return found


def test_each_repositorys_releases_are_the_truth(reading: RunningSandbox, reader: Client) -> None:
    truth = reading.truth.releases()
    assert len(truth) == len(reading.world.releases) > 50
    for repository in reading.world.repositories.values():
        rows = all_rows(reader, path_of(repository), per_page=3)
        assert [row["created_at"] for row in rows] == sorted((row["created_at"] for row in rows), reverse=True)
        expected = [row for row in truth if row["repository"] == repository.full_name]
        assert expected == reading.truth.releases(repo=repository.full_name)
        by_id = {row["id"]: row for row in expected}
        assert {row["id"]: {**row, "repository": repository.full_name} for row in rows} == by_id
        assert all_rows(reader, f"/repositories/{repository.id}/releases") == rows


def test_a_release(changing: RunningSandbox, client: Client, repository: Repository) -> None:
    world = changing.world
    author = world.people[0]
    release = world.release(repository, "v1.0.0", author, name="One", body="All new", assets=["one.zip"])
    changing.clock.set(advance=40 * DAY)
    newer = client.get(path_of(repository)).json()
    (row,) = [one for one in newer if one["id"] == release.id]
    url, page = f"{client.url}/repos/{repository.full_name}/releases", f"https://github.example/{repository.full_name}"
    (asset,) = row.pop("assets")
    assert row == {
        "url": f"{url}/{release.id}",
        "assets_url": f"{url}/{release.id}/assets",
        "upload_url": f"{url}/{release.id}/assets{{?name,label}}",
        "html_url": f"{page}/releases/tag/v1.0.0",
        "id": release.id,
        "author": changing.app.payloads.user(author),
        "node_id": row["node_id"],
        "tag_name": "v1.0.0",
        "target_commitish": "main",
        "name": "One",
        "draft": False,
        "immutable": False,
        "prerelease": False,
        "created_at": "2026-06-01T12:00:00Z",
        "updated_at": timestamp(release.updated_at),
        "published_at": "2026-06-01T12:00:00Z",
        "tarball_url": f"{client.url}/repos/{repository.full_name}/tarball/v1.0.0",
        "zipball_url": f"{client.url}/repos/{repository.full_name}/zipball/v1.0.0",
        "body": "All new" if release.updated_at == release.created_at else release.body,
    }
    assert row["node_id"].startswith("RE_")
    assert (asset["name"], asset["content_type"], asset["size"]) == ("one.zip", "application/zip", asset["size"])
    assert asset["browser_download_url"] == f"{page}/releases/download/v1.0.0/one.zip"
    assert asset["download_count"] > 0


def test_drafts_are_for_those_who_may_push(changing: RunningSandbox, client: Client, repository: Repository) -> None:
    world = changing.world
    draft = world.release(repository, "v2", draft=True)
    published = world.release(repository, "v1")
    changing.tokens.add("reads", permissions={"contents": "read"})
    changing.tokens.add("writes", permissions={"contents": "write"})
    for token, ids in (
        ("reads", [published.id]),
        ("writes", [published.id, draft.id]),
        (None, [published.id, draft.id]),
    ):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        assert [row["id"] for row in client.get(path_of(repository), headers=headers).json()] == ids, token
    row = client.get(path_of(repository)).json()[1]
    assert (row["draft"], row["published_at"], row["tarball_url"]) == (True, None, None)
    assert "/releases/tag/untagged-" in row["html_url"]
    world.publish(draft)
    shown = client.get(path_of(repository), headers={"Authorization": "Bearer reads"}).json()
    assert {row["id"] for row in shown} == {published.id, draft.id}


def test_what_changes_is_seen_and_what_does_not_is_not_modified(
    changing: RunningSandbox, client: Client, repository: Repository
) -> None:
    world = changing.world
    release = world.release(repository, "v1")
    first = client.get(path_of(repository))
    again = {"If-None-Match": first.headers["ETag"]}
    assert client.get(path_of(repository), headers=again).status_code == 304
    world.edit_release(release, name="Better", body=None, prerelease=True)
    edited = client.get(path_of(repository), headers=again)
    assert (edited.status_code, edited.json()[0]["name"], edited.json()[0]["prerelease"]) == (200, "Better", True)
    world.delete_release(release)
    assert client.get(path_of(repository)).json() == []


def test_the_permission_and_what_is_hidden(changing: RunningSandbox, repository: Repository) -> None:
    changing.tokens.add("fine", permissions={"issues": "read"})
    changing.tokens.add("blind")
    changing.tokens.hide("blind", [repository.full_name])
    with Client(changing.url, "fine") as fine, Client(changing.url, "blind") as blind:
        refused = fine.get(path_of(repository))
        assert answered(refused) == (403, refusal("Resource not accessible by personal access token", 403))
        assert refused.headers["X-Accepted-GitHub-Permissions"] == "contents=read"
        assert answered(blind.get(path_of(repository))) == (404, refusal("Not Found", 404))
        assert blind.get(f"/repositories/{repository.id}/releases").status_code == 404


def test_an_app_reads_them(owner: AppClient) -> None:
    owner.sandbox.integrations.change(owner.app.id, permissions={"contents": "read"})
    repository = owner.sandbox.world.organisations["acme"].repositories[0]
    assert owner.ask(path_of(repository), owner.token()).status_code == 200
