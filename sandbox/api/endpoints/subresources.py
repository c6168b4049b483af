"""What hangs on an issue or a pull request: its timeline, events, comments and reviews."""

from collections.abc import Callable

from sandbox.api.call import Call
from sandbox.api.errors import ApiError, not_found
from sandbox.api.messages import Answer
from sandbox.api.timelines import TIMELINE_ONLY, Entry, entries
from sandbox.world.items import Change, Item, Kind

Rows = list[tuple[Item, Change]]


def list_timeline(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/issues/{number}/timeline`: in order of time, whatever the page."""
    item = call.item()
    found = call.payloads.entries(item, reads=call.token.reads)
    rows, headers = call.numbered(found, f"repositories/{item.repository.id}/issues/{item.number}/timeline")
    return Answer([call.payloads.row(item, entry) for entry in rows], headers=headers)


def list_events(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/issues/{number}/events`: the timeline without what only that shows."""
    item = call.item()
    found = [entry for entry in entries(item) if entry.kind not in TIMELINE_ONLY]
    rows, headers = call.numbered(found, f"repositories/{item.repository.id}/issues/{item.number}/events")
    return Answer([call.payloads.issue_event(item, entry) for entry in rows], headers=headers)


def list_repository_events(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/issues/events`: of all items, the newest first, each with its issue."""
    repository = call.repository()
    found: list[tuple[Item, Entry]] = [
        (item, entry) for item in call.items(repository) for entry in entries(item) if entry.kind not in TIMELINE_ONLY
    ]
    found.sort(key=lambda pair: pair[1].id, reverse=True)
    rows, headers = call.numbered(found, f"repositories/{repository.id}/issues/events")
    payloads = call.payloads
    return Answer(
        [{**payloads.issue_event(item, entry), "issue": payloads.issue(item)} for item, entry in rows], headers=headers
    )


def list_comments(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/issues/{number}/comments`: the oldest first, `since` by update."""
    item = call.item()
    url = f"repositories/{item.repository.id}/issues/{item.number}/comments"
    return _comments(call, _since(call, _comments_of(item)), url)


def list_repository_comments(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/issues/comments`: of all items, the oldest first unless asked otherwise."""
    repository = call.repository()
    found = [row for item in call.items(repository) for row in _comments_of(item)]
    field = {"created": _created, "updated": _updated}.get(call.argument("sort", "created"))
    if field is None:
        raise ApiError(422, "Validation Failed", errors=[{"resource": "Issue", "field": "sort", "code": "invalid"}])
    moment: Callable[[Change], int] = field
    found.sort(key=lambda row: (moment(row[1]), row[1].id), reverse=call.argument("direction", "asc") == "desc")
    return _comments(call, _since(call, found), f"repositories/{repository.id}/issues/comments")


def list_reviews(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/pulls/{number}/reviews`: the oldest first."""
    item = call.item()
    if not item.is_pull:
        raise not_found()
    found = [entry for entry in entries(item) if entry.kind is Kind.REVIEWED]
    rows, headers = call.numbered(found, f"repositories/{item.repository.id}/pulls/{item.number}/reviews")
    return Answer([call.payloads.review(item, entry) for entry in rows], headers=headers)


def _comments_of(item: Item) -> Rows:
    return [(item, change) for change in item.history if change.kind is Kind.COMMENTED and not change.deleted]


def _comments(call: Call, found: Rows, url: str) -> Answer:
    rows, headers = call.numbered(found, url)
    return Answer([call.payloads.comment(item, change) for item, change in rows], headers=headers)


def _created(change: Change) -> int:
    return change.at


def _updated(change: Change) -> int:
    return change.updated_at or change.at


def _since(call: Call, rows: Rows) -> Rows:
    first = call.since()
    return rows if first is None else [row for row in rows if _updated(row[1]) >= first]
