"""Issues and pull requests in GitHub's shapes.

What a payload says is a function of its number and version, so that two copies of one version are equal.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

Json = dict[str, Any]

API = "https://api.github.com"
START = datetime(2026, 5, 1, tzinfo=UTC)
# The two sequences of ids overlap, as GitHub's own do.
FIRST_ID, FIRST_PULL_ID = 3_000_000_000, 3_000_000_002


def issue_id(number: int) -> int:
    return FIRST_ID + number


def pull_id(number: int) -> int:
    return FIRST_PULL_ID + number


def user(login: str) -> Json:
    return {"login": login, "id": sum(map(ord, login)), "type": "User", "site_admin": False}


def node_id(number: int) -> str:
    """A pull request's node id, in the legacy form for even numbers and in the new one for odd numbers."""
    if number % 2 == 0:
        return base64.b64encode(f"011:PullRequest{pull_id(number)}".encode()).decode()
    # A msgpack array of three: 0, the repository's id, the pull request's.
    packed = bytes.fromhex("9300ce00096afa") + b"\xce" + pull_id(number).to_bytes(4, "big")
    return "PR_" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _shared(number: int, version: int) -> Json:
    """What both forms of a pull request, and an issue, say of one version."""
    random = Random(f"{number}.{version}")
    updated = START + timedelta(days=number, hours=version)
    closed = random.random() < 0.6
    people = random.sample([user("ada"), user("grace"), user("Łukasz-😀")], random.randint(0, 3))
    url = f"{API}/repos/Acme/rocket.js/issues/{number}"
    return {
        "active_lock_reason": random.choice([None, "spam"]),
        "assignee": people[0] if people else None,
        "assignees": people,
        "author_association": random.choice(["MEMBER", "NONE"]),
        "body": random.choice([None, "", f"version {version}\r\n日本語 😀 \\u0000 'quoted' \"twice\""]),
        "closed_at": stamp(updated) if closed else None,
        "comments_url": f"{url}/comments",
        "created_at": stamp(START + timedelta(days=number)),
        "draft": random.random() < 0.3,
        "html_url": f"https://github.com/Acme/rocket.js/pull/{number}",
        "labels": [{"id": 9, "name": name, "default": False} for name in random.sample(["bug", "ça", "🚀"], 2)],
        "locked": random.random() < 0.2,
        "milestone": random.choice([None, {"id": 1, "title": "1.0", "due_on": None, "open_issues": version}]),
        "node_id": node_id(number),
        "number": number,
        "state": "closed" if closed else "open",
        "title": f"Thing {number} in version {version}",
        "updated_at": stamp(updated),
        "user": random.choice([None, user("ada"), user("dependabot[bot]")]),
    }


def search_item(number: int, version: int = 1, *, pull: bool = False) -> Json:
    """An issue, or a pull request in its issue form, as a search gives it."""
    random = Random(f"search {number}.{version}")
    item = _shared(number, version)
    url = f"{API}/repos/Acme/rocket.js/issues/{number}"
    item |= {
        "id": issue_id(number),
        "comments": version,
        "events_url": f"{url}/events",
        "labels_url": f"{url}/labels{{/name}}",
        "performed_via_github_app": random.choice([None, {"id": 5, "slug": "renovate", "name": "Renovate"}]),
        "reactions": {"url": f"{url}/reactions", "total_count": version, "+1": version},
        "repository_url": f"{API}/repos/Acme/rocket.js",
        "score": 1.0,
        "state_reason": random.choice([None, "completed"]),
        "sub_issues_summary": {"total": 0},
        "timeline_url": f"{url}/timeline",
        "type": None,
        "url": url,
    }
    if pull:
        return item | {"pull_request": {"url": url.replace("/issues/", "/pulls/"), "merged_at": _merged(item)}}
    del item["draft"]
    return item | {"node_id": base64.b64encode(f"05:Issue{number}".encode()).decode()}


def pull_form(number: int, version: int = 1) -> Json:
    """The same version of a pull request as `/pulls` lists it: another id, and fewer keys."""
    pull = _shared(number, version)
    url = f"{API}/repos/Acme/rocket.js/pulls/{number}"
    return pull | {
        "id": pull_id(number),
        "url": url,
        "issue_url": f"{API}/repos/Acme/rocket.js/issues/{number}",
        "merged_at": _merged(pull),
        "merge_commit_sha": "3ddd58c390b0f928a5782c235f90ad0c9c21312c",
        "head": {"ref": "topic"},
        "base": {"ref": "main"},
        "requested_reviewers": [],
    }


def _merged(item: Json) -> str | None:
    return item["closed_at"] if item["closed_at"] and item["number"] % 3 else None


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
