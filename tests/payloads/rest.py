"""Answers of GitHub's REST API, made up: the shapes and the traps of real ones, by the names of the recorded files.

Node ids are in both of their forms, numbers need 64 bits, and there are ghosts, bots, nulls and keys that are missing.
"""

from __future__ import annotations

import base64
from typing import Any

Json = dict[str, Any]

API = "https://api.github.com"
WEB = "https://github.com"
BIG = 5_000_000_000  # beyond 32 bits
REPOSITORY = 41_000_007
IN_REPOSITORIES = ("Issue", "PullRequest")
PREFIXES = {"User": "U", "Bot": "BOT", "Issue": "I", "PullRequest": "PR", "Label": "LA", "Milestone": "MI"}


def node(kind: str, number: int) -> str:
    """A node id that carries a number: in the legacy form for even numbers, in the new one for odd ones."""
    if number % 2 == 0:
        return base64.b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode()
    width, mark = (4, b"\xce") if number < 2**32 else (8, b"\xcf")
    place = b"\xce" + REPOSITORY.to_bytes(4, "big") if kind in IN_REPOSITORIES else b""
    packed = (b"\x93\x00" if place else b"\x92\x00") + place + mark + number.to_bytes(width, "big")
    prefix = PREFIXES.get(kind) or "".join(letter for letter in kind if letter.isupper())
    return f"{prefix}_{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def exchange(body: Any, *, status: int = 200, path: str = "/", **headers: Any) -> Json:
    """A request and its answer; `_` in a header's name stands for `-`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    common = {"Date": "Tue, 03 Mar 2026 10:00:00 GMT", "Vary": ["Accept", "Accept-Encoding"]}
    return {"request": {"method": "GET", "url": path}, "status": status, "headers": common | sent, "body": body}


def page_of(body: Any, path: str, number: int, last: int) -> Json:
    """A page of a list, with GitHub's links to the others."""
    others = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    shown = {name: page for name, page in others.items() if 1 <= page <= last and page != number}
    link = ", ".join(f'<{API}{path}&page={page}>; rel="{name}"' for name, page in shown.items())
    return exchange(body, path=path, Link=link, ETag=f'W/"{number:032x}"')


# People


def user(login: str, number: int, **more: Any) -> Json:
    kind = "Bot" if login.endswith("[bot]") else "User"
    address = f"{API}/users/{login}"
    lists = ("followers", "gists", "repos", "subscriptions")
    return {
        "login": login,
        "id": number,
        "node_id": node(kind, number),
        "avatar_url": f"https://avatars.example.com/u/{number}",
        "gravatar_id": "",
        "url": address,
        "html_url": f"{WEB}/{login}",
        **{f"{name}_url": f"{address}/{name}" for name in lists},
        "type": kind,
        "site_admin": False,
        **more,
    }


MIRA, TOVE = user("mira-k", 41), user("Tove", 1_000_042)
OLD_HAND = user("xX-0ld-Xx", 8, site_admin=True)
NEWCOMER = user("newcomer2026", BIG + 3)
ROBOT = user("fixer[bot]", 77_000_001)
MEMBERS = {
    "00": [MIRA, TOVE, OLD_HAND, NEWCOMER],
    "01": [MIRA | {"user_view_type": "public"}, TOVE, ROBOT],
    "02": [{"id": 90, "login": "bare"}, {**MIRA, "gravatar_id": None, "site_admin": True}],
    "03": [],
}

# Items


def label(name: str, number: int) -> Json:
    return {"id": number, "node_id": node("Label", number), "name": name, "color": "ededed", "default": False}


MILESTONE = {"id": 611, "node_id": node("Milestone", 611), "title": "spring", "due_on": None, "creator": MIRA}
URGENT, UMLAUT = label("urgent", BIG + 8), label("größer 🚀", 55)
# What a list of some years ago did not say yet.
YOUNG = ("active_lock_reason", "reactions", "timeline_url", "performed_via_github_app", "state_reason", "draft")


def item(number: int, *, place: str = "lumen/lamp.js", version: int = 1, pull: bool = False, **more: Any) -> Json:
    """An issue, or a pull request in its issue form: of two versions of one the higher is newer."""
    address = f"{API}/repos/{place}/issues/{number}"
    found: Json = {
        "url": address,
        "repository_url": f"{API}/repos/{place}",
        **{f"{name}_url": f"{address}/{name}" for name in ("comments", "events", "timeline")},
        "labels_url": f"{address}/labels{{/name}}",
        "html_url": f"{WEB}/{place}/{'pull' if pull else 'issues'}/{number}",
        "id": BIG + number,
        "node_id": node("PullRequest", pull_id(number)) if pull else node("Issue", BIG + number),
        "number": number,
        "title": f"Lamp {number}, version {version}",
        "user": MIRA,
        "labels": [],
        "state": "open",
        "state_reason": None,
        "locked": False,
        "active_lock_reason": None,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": version,
        "created_at": f"2026-02-{number:02}T07:00:00Z",
        "updated_at": f"2026-03-{number:02}T07:00:{version:02}Z",
        "closed_at": None,
        "author_association": "NONE",
        "body": f"It flickers.\r\nVersion {version}",
        "reactions": {"url": f"{address}/reactions", "total_count": version, "+1": version},
        "performed_via_github_app": None,
        "type": None,
        "sub_issues_summary": {"total": 0, "completed": 0},
    }
    if pull:
        address = address.replace("/issues/", "/pulls/")
        found |= {"draft": False, "pull_request": {"url": address, "diff_url": f"{address}.diff", "merged_at": None}}
    return {name: value for name, value in (found | more).items() if value is not ...}


def pull_id(number: int) -> int:
    return 900_000_000 + number


def closed(day: int, reason: str | None = "completed") -> Json:
    moment = f"2026-03-{day:02}T06:30:00Z"
    return {"state": "closed", "state_reason": reason, "closed_at": moment}


def merged(number: int, day: int) -> Json:
    moment = f"2026-03-{day:02}T06:30:00Z"
    address = f"{API}/repos/lumen/lamp.js/pulls/{number}"
    return closed(day, None) | {"pull_request": {"url": address, "merged_at": moment}}


ISSUES = [
    item(1, user=None, body=None),  # a ghost's
    item(2, title="日本語 'quoted' \"twice\" 😀 \\u0000", labels=[URGENT, UMLAUT], body=""),
    item(3, assignee=TOVE, assignees=[TOVE, MIRA], milestone=MILESTONE, **closed(3)),
    item(4, locked=True, active_lock_reason="too heated", **closed(4, "not_planned")),
    item(5, user=ROBOT, performed_via_github_app={"id": 3, "slug": "fixer", "name": "Fixer"}),
    item(6, author_association="MEMBER", state_reason="reopened", type={"id": 1, "name": "Bug"}),
]
PULLS = [
    item(11, pull=True, user=ROBOT, draft=True, title="x" * 300),
    item(12, pull=True, **merged(12, 12)),
    item(13, pull=True, user=None, **closed(13, None)),
    item(14, pull=True, assignees=[OLD_HAND], assignee=OLD_HAND, labels=[URGENT], body=None),
]


def found_by_search(items: list[Json], *, total: int | None = None) -> Json:
    scored = [found | {"score": 1.0} for found in items]
    return {"total_count": len(items) if total is None else total, "incomplete_results": False, "items": scored}


def without(found: Json, *names: str) -> Json:
    return {name: value for name, value in found.items() if name not in names}


OLDER = [without(found, *YOUNG) for found in (ISSUES[2], *PULLS[:2], item(7, labels=[UMLAUT]))]
SEARCH = "/search/issues?q=org%3Alumen"
LISTS: dict[str, Any] = {
    "search_issues/00": page_of(found_by_search(ISSUES, total=250), SEARCH, 1, 3),
    "search_issues/01": page_of(found_by_search(PULLS, total=250), SEARCH, 2, 3),
    # Another organisation's, and a newer and an older copy of what was listed before.
    "search_issues/02": page_of(
        found_by_search(
            [item(21, place="umbra/lamp.js"), item(2, version=2, **closed(2)), item(12, pull=True, version=0)]
        ),
        SEARCH,
        3,
        3,
    ),
    "issues/00": page_of([*OLDER, item(11, pull=True, version=3)], "/repositories/31/issues?state=all", 1, 2),
    "issues/01": page_of([item(1, version=9), OLDER[1]], "/repositories/31/issues?state=all", 2, 2),
    "devlake/issues": [*ISSUES, *PULLS, item(6, version=2)],
}

# Pull requests in their own form


def own_form(found: Json, **more: Any) -> Json:
    """The same pull request as /pulls lists it: another id, other addresses, and fewer keys."""
    number = found["number"]
    address = found["url"].replace("/issues/", "/pulls/")
    shared = without(found, *YOUNG[1:5], "comments", "events_url", "labels_url", "repository_url", "sub_issues_summary")
    own: Json = {
        "id": pull_id(number),
        "node_id": node("PullRequest", pull_id(number)),
        "url": address,
        "issue_url": found["url"],
        "merged_at": found["pull_request"]["merged_at"],
        "merge_commit_sha": None if found["draft"] else f"{number:040x}",
        "requested_reviewers": [TOVE] if number % 2 else [],
        "requested_teams": [],
        "head": {"ref": "topic", "user": found["user"], "repo": None},
        "base": {"ref": "main"},
        "_links": {"self": {"href": address}},
        "auto_merge": None,
    }
    return without(shared | own, "pull_request", "type") | more


OWN_FORMS = [own_form(found) for found in PULLS]
FORMS: dict[str, Any] = {
    "devlake/pull_requests": [*OWN_FORMS, own_form(item(15, pull=True))],
    "pulls/00": exchange(OWN_FORMS[:3]),
    "pulls/01": exchange([without(OWN_FORMS[3], "draft", "active_lock_reason", "auto_merge")]),
}

# Events, comments and reviews


def event(number: int, kind: str, *, actor: Json | None = MIRA, about: Json = ISSUES[0], **more: Any) -> Json:
    name = "".join(map(str.capitalize, kind.split("_"))) + "Event"
    place = about["repository_url"]
    return {
        "id": number,
        "node_id": node(name, number),
        "url": f"{place}/issues/events/{number}",
        "actor": actor,
        "event": kind,
        "commit_id": None,
        "commit_url": None,
        "created_at": f"2026-03-05T{number % 24:02}:00:00Z",
        "issue": about,
        "performed_via_github_app": None,
        **more,
    }


COMMIT = "4f" * 20
EVENTS = [
    event(BIG + 1, "labeled", label={"name": "urgent", "color": "ededed"}),
    event(BIG + 2, "closed", actor=None, state_reason="not_planned"),  # by somebody who is gone
    event(BIG + 3, "closed", commit_id=COMMIT, commit_url=f"{API}/repos/lumen/lamp.js/commits/{COMMIT}"),
    event(BIG + 4, "assigned", assignee=TOVE, assigner=MIRA),
    event(BIG + 5, "renamed", actor=ROBOT, rename={"from": "Lamp", "to": "Lämp"}),
    event(700, "referenced", commit_id=COMMIT, commit_url=f"{API}/repos/umbra/cave/commits/{COMMIT}"),
    event(701, "review_requested", about=PULLS[0], review_requester=MIRA, requested_reviewer=TOVE),
    event(702, "review_requested", about=PULLS[0], review_requester=MIRA, requested_team={"id": 4, "slug": "wiring"}),
    event(703, "head_ref_deleted", about=PULLS[1]),
    event(704, "merged", about=PULLS[1], commit_id=COMMIT),
    event(705, "milestoned", milestone={"title": "spring"}),
    event(706, "hologram_added", hologram={"id": 1}),  # a kind that nobody knows yet
]
# A list of some years ago said less.
OLD_EVENTS = [without(event(800 + number, "closed"), "performed_via_github_app") for number in range(4)]
COMMENTS = [
    {"id": 31, "node_id": node("IssueComment", 31), "user": MIRA, "body": "Confirmed.", "author_association": "MEMBER"}
    | {"created_at": "2026-03-05T09:00:00Z", "updated_at": "2026-03-06T09:00:00Z", "reactions": {"total_count": 2}},
    {"id": 32, "node_id": node("IssueComment", 32), "user": None, "body": "", "author_association": "NONE"}
    | {"created_at": "2026-03-05T09:01:00Z", "updated_at": "2026-03-05T09:01:00Z"},
    {"id": BIG + 33, "node_id": node("IssueComment", BIG + 33), "user": ROBOT, "body": "🤖", "reactions": None}
    | {"created_at": "2026-03-05T09:02:00Z", "updated_at": "2026-03-05T09:02:00Z", "author_association": "NONE"},
]
REVIEWS = [
    {"id": 31, "user": TOVE, "body": "", "state": "APPROVED", "author_association": "MEMBER", "commit_id": COMMIT}
    | {"node_id": node("PullRequestReview", 31), "submitted_at": "2026-03-07T09:00:00Z", "_links": {}},
    {"id": 42, "user": None, "body": "No.", "state": "DISMISSED", "author_association": "NONE", "commit_id": None}
    | {"node_id": node("PullRequestReview", 42), "submitted_at": "2026-03-07T09:01:00Z"},
]
REPOSITORIES_EVENTS = "/repositories/31/issues/events?per_page=12"
HAPPENINGS: dict[str, Any] = {
    "events/00": page_of(EVENTS, REPOSITORIES_EVENTS, 1, 2),
    "events/01": page_of(OLD_EVENTS, REPOSITORIES_EVENTS, 2, 2),
    "devlake/events": [event(900 + number, "closed", state_reason=None) for number in range(3)],
    "devlake/comments": COMMENTS,
    "devlake/pull_request_reviews": REVIEWS,
}

# Refusals

LIMITS = {"X_RateLimit_Limit": "5000", "X_RateLimit_Remaining": "3100", "X_RateLimit_Reset": "{{in an hour, unix}}"}
# Its clock can't be read, so that the local one is all there is.
SPENT = LIMITS | {
    "Date": "{{now}}",
    "X_RateLimit_Remaining": "0",
    "X_RateLimit_Used": "5000",
    "X_RateLimit_Resource": "core",
}
SLOW_DOWN = {"message": "You have exceeded a secondary rate limit. Wait before you ask again."}
MOVED = f"{API}/repositories/31"
REFUSALS: dict[str, Any] = {
    "errors/301-03": exchange({"message": "Moved Permanently", "url": MOVED}, status=301, Location=MOVED, **LIMITS),
    "errors/304-05": exchange(None, status=304, ETag='"0123"', **LIMITS),
    "errors/403-00": exchange({"message": "Slow down"}, status=403, Retry_After="45", **LIMITS),
    "errors/403-01": exchange(SLOW_DOWN, status=403, GH_Limited_By="requests-in-flight", **LIMITS),
    "errors/403-04": exchange(
        {"message": "Resource not accessible by personal access token", "documentation_url": f"{WEB}/docs"},
        status=403,
        X_Accepted_GitHub_Permissions="administration=read",
        **LIMITS,
    ),
    "errors/403-06": exchange(None, status=403, **SPENT),
    "errors/429-02": exchange(SLOW_DOWN, status=429, Retry_After="12"),
}

FILES = {
    f"github-rest/{name}.json": content
    for name, content in {
        **LISTS,
        **FORMS,
        **HAPPENINGS,
        **REFUSALS,
        **{f"members/{name}": exchange(people) for name, people in MEMBERS.items()},
    }.items()
}
