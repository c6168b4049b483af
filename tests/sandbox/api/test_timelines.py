"""Timelines, events, comments and reviews: variants, order, pages, edits and deletions."""

import base64
from random import Random

import pytest

from sandbox import Change, Item, Kind, RunningSandbox, World
from sandbox.api.timelines import Timelines, entries
from tests.sandbox.api.test_lists import all_rows, busiest
from tests.sandbox.conftest import NOW, Client, small_plan

STANDARD = {
    "id",
    "node_id",
    "url",
    "actor",
    "event",
    "commit_id",
    "commit_url",
    "created_at",
    "performed_via_github_app",
}


def path_of(item: Item, kind: str = "issues") -> str:
    return f"/repos/{item.repository.full_name}/{kind}/{item.number}"


def decoded(node_id: str) -> int:
    """The number at the end of a node id's msgpack array."""
    raw = base64.urlsafe_b64decode(node_id.partition("_")[2] + "===")
    wide = raw[-9:-8] == b"\xcf"
    return int.from_bytes(raw[-8:] if wide else raw[-4:], "big")


def fresh(sandbox: RunningSandbox, *, pull: bool = False) -> Item:
    world = sandbox.world
    repository = next(iter(world.repositories.values()))
    return world.open(repository, world.now, world.people[0], "New", None, pull=pull, rng=Random(1))


def comments(item: Item) -> list[Change]:
    return [change for change in item.history if change.kind is Kind.COMMENTED]


@pytest.fixture
def issue(changing: RunningSandbox) -> Item:
    return fresh(changing)


def test_each_timeline_is_served_as_it_is_in_truth(reading: RunningSandbox, reader: Client) -> None:
    for item in list(busiest(reading).items.values())[:60]:
        rows = all_rows(reader, f"{path_of(item)}/timeline", per_page=100)
        assert rows == reading.app.payloads.timeline(item)


def test_the_variants_have_the_fields_that_they_have(reading: RunningSandbox) -> None:
    rows = [row for item in reading.world.items.values() for row in reading.app.payloads.timeline(item)]
    for row in rows:
        match row["event"]:
            case "commented":
                assert row["user"] == row["actor"]
                assert {"id", "body", "updated_at", "author_association", "reactions", "issue_url"} <= row.keys()
            case "reviewed":
                assert {"actor", "created_at"}.isdisjoint(row)
                assert row["state"] in ("approved", "changes_requested", "commented", "dismissed")
                assert {"id", "user", "body", "submitted_at", "commit_id", "pull_request_url", "_links"} <= row.keys()
            case "cross-referenced":
                assert row.keys() == {"event", "actor", "created_at", "updated_at", "source"}
            case "committed":
                assert {"id", "created_at", "actor"}.isdisjoint(row)
                assert row["sha"].encode() in base64.urlsafe_b64decode(row["node_id"][2:] + "===")
            case "line-commented" | "commit-commented":
                assert row.keys() - {"commit_id"} == {"event", "node_id", "comments"}
            case _:
                assert row.keys() >= STANDARD
        if "id" in row:
            assert decoded(row["node_id"]) == row["id"]


def test_the_order_is_that_of_time(reading: RunningSandbox) -> None:
    for item in reading.world.items.values():
        moments = [entry.change.at for entry in entries(item)]
        assert moments == sorted(moments)


def test_a_merge_closes_with_an_event_of_its_own(reading: RunningSandbox) -> None:
    for item in reading.world.items.values():
        if item.merged_at is None:
            continue
        rows = reading.app.payloads.timeline(item)
        at = next(index for index, row in enumerate(rows) if row["event"] == "merged")
        merged, closed = rows[at], rows[at + 1]
        assert (closed["event"], closed["id"], closed["commit_id"]) == ("closed", merged["id"] + 1, None)
        assert merged["commit_url"].endswith(merged["commit_id"])


def test_ids_are_unique_in_their_sequence_and_the_sequences_overlap(reading: RunningSandbox) -> None:
    rows = [row for item in reading.world.items.values() for row in reading.app.payloads.timeline(item)]
    sequences: dict[str, list[int]] = {"commented": [], "reviewed": [], "events": []}
    for row in rows:
        if "id" in row:
            sequences.get(row["event"], sequences["events"]).append(row["id"])
    ranges = [range(min(ids), max(ids)) for ids in sequences.values()]
    assert all(len(ids) == len(set(ids)) for ids in sequences.values())
    assert max(one.start for one in ranges) < min(one.stop for one in ranges)
    assert max(sequences["events"]) > 2**32 > min(sequences["events"])


def test_a_comment_and_a_review_can_have_one_id(changing: RunningSandbox, client: Client) -> None:
    pull = fresh(changing, pull=True)
    for kind in (Kind.COMMENTED, Kind.REVIEWED, Kind.LABELED):
        assert changing.world.change(pull, kind, id=4_711, label=pull.repository.labels["bug"])
    rows = client.get(f"{path_of(pull)}/timeline").json()
    assert [row["event"] for row in rows if row.get("id") == 4_711] == ["commented", "reviewed", "labeled"]
    assert len({row["node_id"] for row in rows}) == len(rows)


def test_long_timelines_have_pages_with_etags_of_their_own(
    changing: RunningSandbox, client: Client, issue: Item
) -> None:
    for _ in range(100):
        changing.world.change(issue, Kind.COMMENTED)
    url = f"{path_of(issue)}/timeline?per_page=100"
    full = client.get(url)
    assert (len(full.json()), full.links) == (100, {})
    changing.world.change(issue, Kind.COMMENTED)
    # What comes after a full page leaves it as it was.
    again = client.get(url, headers={"If-None-Match": full.headers["ETag"]})
    assert again.status_code == 304
    assert again.links["next"]["url"] == (
        f"{changing.url}/repositories/{issue.repository.id}/issues/{issue.number}/timeline?per_page=100&page=2"
    )
    changing.faults.script("bare-304", path="/repos")
    assert "Link" not in client.get(url, headers={"If-None-Match": full.headers["ETag"]}).headers
    second = client.get(again.links["next"]["url"])
    assert len(second.json()) == 1
    assert second.headers["ETag"] != full.headers["ETag"]
    remaining = second.headers["X-RateLimit-Remaining"]
    free = client.get(again.links["next"]["url"], headers={"If-None-Match": second.headers["ETag"]})
    assert (free.status_code, free.headers["X-RateLimit-Remaining"]) == (304, remaining)


def test_long_timelines_occur(reading: RunningSandbox) -> None:
    assert any(len(entries(item)) > 100 for item in reading.world.items.values())


def test_a_deleted_comment_lets_later_rows_move_up(changing: RunningSandbox, client: Client, issue: Item) -> None:
    world, author = changing.world, changing.world.people[0]
    for number in range(5):
        world.change(issue, Kind.COMMENTED, actor=author, text=str(number))
    second_page = f"{path_of(issue)}/timeline?per_page=2&page=2"
    assert [row["body"] for row in client.get(second_page).json()] == ["2", "3"]
    changing.clock.set(advance=60)
    client.get("/user")
    assert world.change(issue, Kind.COMMENT_DELETED, actor=author, target=comments(issue)[1])
    assert [row["body"] for row in client.get(second_page).json()] == ["3", "4"]
    now = client.get(path_of(issue)).json()
    assert (now["comments"], now["updated_at"]) == (4, "2026-06-01T12:01:00Z")
    assert len(client.get(f"{path_of(issue)}/comments").json()) == 4
    # Somebody else who deletes a comment leaves an event.
    world.change(issue, Kind.COMMENT_DELETED, actor=world.people[1], target=comments(issue)[0])
    assert client.get(f"{path_of(issue)}/timeline").json()[-1]["event"] == "comment_deleted"
    assert not world.change(issue, Kind.COMMENT_DELETED, target=comments(issue)[0])


def test_an_edit_moves_updated_at_and_a_reaction_does_not(
    changing: RunningSandbox, client: Client, issue: Item
) -> None:
    world = changing.world
    world.change(issue, Kind.COMMENTED, text="First")
    (comment,) = comments(issue)
    changing.clock.set(advance=60)
    world.advance(changing.clock.now())
    assert world.change(issue, Kind.REACTED, target=comment, text="heart")
    assert client.get(path_of(issue)).json()["updated_at"] == "2026-06-01T12:00:00Z"
    assert world.change(issue, Kind.COMMENT_EDITED, target=comment, text="Second")
    assert client.get(path_of(issue)).json()["updated_at"] == "2026-06-01T12:01:00Z"
    (row,) = client.get(f"{path_of(issue)}/timeline").json()
    assert (row["body"], row["created_at"]) == ("Second", "2026-06-01T12:00:00Z")
    assert row["updated_at"] == "2026-06-01T12:01:00Z"
    assert (row["reactions"]["heart"], row["reactions"]["total_count"]) == (1, 1)
    assert not world.change(issue, Kind.REACTED, target=comment, text="shrug")


def test_a_review_is_dismissed(changing: RunningSandbox, client: Client) -> None:
    pull = fresh(changing, pull=True)
    world = changing.world
    author, reviewer = world.people[:2]
    world.change(pull, Kind.REVIEWED, state="approved", actor=reviewer, text="Fine")
    review = next(change for change in pull.history if change.kind is Kind.REVIEWED)
    assert world.change(pull, Kind.REVIEW_DISMISSED, target=review, text="Stale")
    rows = client.get(f"{path_of(pull)}/timeline").json()
    assert (rows[-2]["event"], rows[-2]["state"]) == ("reviewed", "dismissed")
    dismissed = {"state": "approved", "review_id": review.id, "dismissal_message": "Stale"}
    assert rows[-1]["dismissed_review"] == dismissed
    (row,) = client.get(f"{path_of(pull, 'pulls')}/reviews").json()
    assert (row["state"], row["user"]["login"], "event" in row) == ("DISMISSED", reviewer.login, False)
    assert not world.change(pull, Kind.REVIEW_DISMISSED, target=review)
    assert not world.change(pull, Kind.REVIEWED, state="approved", actor=author)
    assert client.get(f"{path_of(fresh(changing), 'pulls')}/reviews").status_code == 404


def test_events_keep_the_names_of_their_time(changing: RunningSandbox, client: Client, issue: Item) -> None:
    world = changing.world
    world.change(issue, Kind.LABELED, label=issue.repository.labels["bug"])
    world.change(issue, Kind.RENAMED, text="Newer")
    world.rename_label(issue.repository, "bug", "defect")
    labeled, renamed = client.get(f"{path_of(issue)}/timeline").json()
    assert labeled["label"]["name"] == "bug"
    assert renamed["rename"] == {"from": "New", "to": "Newer"}
    assert [label["name"] for label in client.get(path_of(issue)).json()["labels"]] == ["defect"]


def test_a_cross_reference_shows_its_source_while_that_can_be_seen(
    changing: RunningSandbox, client: Client, issue: Item
) -> None:
    source = fresh(changing)
    assert changing.world.change(issue, Kind.CROSS_REFERENCED, source=source)
    assert not changing.world.change(issue, Kind.CROSS_REFERENCED, source=source)
    (row,) = client.get(f"{path_of(issue)}/timeline").json()
    assert (row["source"]["type"], row["source"]["issue"]["id"]) == ("issue", source.id)
    changing.world.delete(source)
    assert client.get(f"{path_of(issue)}/timeline").json() == []


def test_the_lists_of_events_and_comments(reading: RunningSandbox, reader: Client) -> None:
    repository = busiest(reading)
    path = f"/repos/{repository.full_name}/issues"
    events = all_rows(reader, f"{path}/events", per_page=100)
    assert [row["id"] for row in events] == sorted((row["id"] for row in events), reverse=True)
    assert {"commented", "reviewed", "committed", "cross-referenced", "unsubscribed"}.isdisjoint(
        row["event"] for row in events
    )
    item = next(one for one in repository.items.values() if one.comments > 1 and one.closed_at)
    own = all_rows(reader, f"{path}/{item.number}/events")
    assert [row["id"] for row in own] == sorted(row["id"] for row in events if row["issue"]["number"] == item.number)
    written = all_rows(reader, f"{path}/comments", per_page=100)
    assert len(written) == sum(one.comments for one in repository.items.values())
    assert [row["created_at"] for row in written] == sorted(row["created_at"] for row in written)
    newest = all_rows(reader, f"{path}/comments", sort="updated", direction="desc", per_page=100)
    assert newest[0]["updated_at"] == max(row["updated_at"] for row in written)
    since = written[len(written) // 2]["updated_at"]
    recent = all_rows(reader, f"{path}/comments", since=since, per_page=100)
    assert {row["id"] for row in recent} == {row["id"] for row in written if row["updated_at"] >= since}
    assert len(all_rows(reader, f"{path}/{item.number}/comments")) == item.comments
    assert reader.get(f"{path}/comments", params={"sort": "colour"}).status_code == 422


def test_comments_on_lines_commits_and_reactions_have_lists_of_their_own(
    reading: RunningSandbox, reader: Client
) -> None:
    repository = busiest(reading)
    path, items = f"/repos/{repository.full_name}", repository.items.values()
    timelines = {item.number: reading.app.payloads.timeline(item) for item in items if item.is_pull}
    remarks = [one for rows in timelines.values() for row in rows for one in row.get("comments", ()) if one["path"]]
    listed = all_rows(reader, f"{path}/pulls/comments", per_page=100)
    assert sorted(listed, key=lambda row: row["id"]) == sorted(remarks, key=lambda row: row["id"])
    assert [row["created_at"] for row in listed] == sorted(row["created_at"] for row in listed)
    newest = all_rows(reader, f"{path}/pulls/comments", direction="desc", since=listed[-2]["created_at"])
    assert newest == listed[:-3:-1]
    pull = next(one for one in items if one.is_pull and one.review_comments)
    own = all_rows(reader, f"{path_of(pull, 'pulls')}/comments")
    assert {row["id"] for row in own} == {
        row["id"] for row in listed if row["pull_request_url"].endswith(f"/{pull.number}")
    }
    commits = all_rows(reader, f"{path_of(pull, 'pulls')}/commits", per_page=100)
    assert [row["sha"] for row in commits] == [row["sha"] for row in timelines[pull.number] if "parents" in row]
    comment = next(one for item in items for one in comments(item) if one.reactions and not one.deleted)
    reactions = all_rows(reader, f"{path}/issues/comments/{comment.id}/reactions")
    assert len(reactions) == sum((comment.reactions or {}).values())
    assert {row["content"] for row in reactions} == set(comment.reactions or {})
    assert reader.get(f"{path}/issues/comments/1/reactions").status_code == 404


def test_a_timeline_grows_at_its_end() -> None:
    world = World(small_plan())
    payloads = Timelines(world, "http://api.test")
    before = {item.id: [entry.id for entry in entries(item)] for item in world.items.values()}
    world.advance(NOW + 5 * 86_400)
    grown = 0
    for number, ids in before.items():
        item = world.items[number]
        removed = {change.id for change in item.history if change.deleted}
        now = [entry.id for entry in entries(item)]
        assert now[: len(ids)] == ids or removed
        grown += len(now) > len(ids)
    assert grown > 10
    assert payloads.timeline(next(iter(world.items.values())))
