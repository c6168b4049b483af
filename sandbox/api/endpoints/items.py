"""Searching, and issues and pull requests themselves."""

from sandbox.api.call import Call
from sandbox.api.errors import DOCUMENTATION, ApiError, moved_to
from sandbox.api.messages import Answer
from sandbox.api.pages import cursor_page, read_page
from sandbox.api.search import MAXIMUM_RESULTS, check_window
from sandbox.world.items import Item


def search_issues(call: Call) -> Answer:
    """Answer `GET /search/issues`."""
    if not call.argument("q", ""):
        errors = [{"resource": "Search", "field": "q", "code": "missing"}]
        raise ApiError(422, "Validation Failed", errors=errors, documentation=f"{DOCUMENTATION}/search")
    page = read_page(call.arguments)
    check_window(page.number, page.length)
    sort, order = call.argument("sort", "created"), call.argument("order", "desc")
    found = call.host.index.find(call.argument("q", ""), sort=sort, order=order, token=call.token)
    rows, headers = call.numbered(found[:MAXIMUM_RESULTS], "search/issues")
    if call.incomplete:
        # A search that timed out shows what it had by then.
        rows, found = rows[: len(rows) // 2], found[: len(found) // 2]
    items = [call.payloads.found(item) for item in rows]
    answer = {
        "total_count": len(found),
        "incomplete_results": call.incomplete,
        "search_type": "lexical",
        "items": items,
    }
    return Answer(answer, headers={**headers, "Cache-Control": "no-cache"})


def _sort_keys(call: Call, items: list[Item]) -> tuple[list[tuple[int, int]], bool]:
    """Return each item's place in the order asked for, sorted, and whether it is a descending one."""
    sort = call.argument("sort", "created")
    if sort not in ("created", "updated", "comments"):
        raise ApiError(422, "Validation Failed", errors=[{"resource": "Issue", "field": "sort", "code": "invalid"}])
    field = {"created": "created_at", "updated": "updated_at", "comments": "comments"}[sort]
    descending = call.argument("direction", "desc") != "asc"
    return sorted(((getattr(item, field), item.id) for item in items), reverse=descending), descending


def _has_labels(item: Item, wanted: set[str]) -> bool:
    return wanted <= {label.name.lower() for label in item.labels}


def list_issues(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/issues`: pull requests too, open ones unless asked otherwise, by cursor."""
    repository = call.repository()
    items = call.items(repository)
    state = call.argument("state", "open")
    if state != "all":
        items = [item for item in items if item.state == state]
    if (first := call.since()) is not None:
        items = [item for item in items if item.updated_at >= first]
    if wanted := {name.strip().lower() for name in call.argument("labels", "").split(",") if name.strip()}:
        items = [item for item in items if _has_labels(item, wanted)]
    keys, descending = _sort_keys(call, items)
    url = f"{call.payloads.links}/repositories/{repository.id}/issues"
    span, headers = cursor_page(keys, call.arguments, url, descending=descending)
    rows = [call.payloads.issue(call.world.items[number]) for _, number in keys[span]]
    return Answer(rows, headers=headers)


def get_issue(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/issues/{number}`: a transferred one leads on, if the token reads the target."""
    moved = call.repository().moved.get(call.path["number"])
    if moved is not None and call.token.reads(moved.repository):
        raise moved_to(f"{call.payloads.links}/repositories/{moved.repository.id}/issues/{moved.number}")
    return Answer(call.payloads.single_issue(call.item()))


def get_pull(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/pulls/{number}`."""
    return Answer(call.payloads.single_pull(call.pull()))


def get_requested_reviewers(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/pulls/{number}/requested_reviewers`: no page, and no teams here."""
    return Answer({"users": [call.payloads.user(person) for person in call.pull().reviewers], "teams": []})
