"""A small payload of each event of webhooks that something is kept of, with what its rows can't do without."""

from __future__ import annotations

from typing import Any

from chalicelib.domains import DOMAINS

TIME = "2026-11-20T05:00:00Z"
API = "https://api.github.com/repos/acme/web"
PERSON = {"id": 71, "login": "ada", "type": "User"}
REPOSITORY = {"id": 5, "name": "web", "full_name": "acme/web", "owner": {"login": "acme", "id": 1}}
ORGANISATION = {"login": "acme", "id": 1}
ITEM: dict[str, Any] = {
    "id": 21,
    "number": 4,
    "title": "It breaks",
    "state": "open",
    "user": PERSON,
    "labels": [],
    "created_at": TIME,
    "updated_at": TIME,
    "closed_at": None,
    "repository_url": API,
    "comments": 0,
}
PULL = {**ITEM, "id": 22, "number": 5, "issue_url": f"{API}/issues/5", "merged_at": None, "draft": False}
DEPLOYMENT = {"id": 8, "environment": "production", "created_at": TIME, "updated_at": TIME}
JOB: dict[str, Any] = {
    "id": 11,
    "run_id": 3,
    "run_attempt": 1,
    "name": "build",
    "workflow_name": "CI",
    "labels": ["ubuntu-latest"],
    "status": "in_progress",
    "conclusion": None,
    "runner_id": 9,
    "runner_name": "runner-9",
    "steps": [],
    "created_at": TIME,
    "started_at": "2026-11-20T05:00:40Z",
    "completed_at": None,
}
ALERT = {"number": 2, "state": "open", "created_at": TIME, "updated_at": TIME, "html_url": "https://github.com/acme"}
PARTS: dict[str, dict[str, Any]] = {
    "workflow_job": {"workflow_job": JOB, "deployment": DEPLOYMENT},
    "workflow_run": {
        "workflow_run": {
            "id": 3,
            "run_attempt": 1,
            "name": "CI",
            "status": "queued",
            "created_at": TIME,
            "updated_at": TIME,
        }
    },
    "deployment_status": {
        "deployment": DEPLOYMENT,
        "deployment_status": {"id": 9, "state": "success", "created_at": TIME},
    },
    "issues": {"issue": ITEM},
    "pull_request": {"pull_request": PULL},
    "issue_comment": {
        "issue": ITEM,
        "comment": {"id": 31, "body": "Why?", "user": PERSON, "created_at": TIME, "updated_at": TIME},
    },
    "pull_request_review": {
        "pull_request": PULL,
        "review": {"id": 32, "state": "approved", "body": "", "user": PERSON, "submitted_at": TIME},
    },
    "organization": {"membership": {"user": PERSON, "role": "member", "state": "active"}},
    "membership": {"member": PERSON, "team": {"id": 41, "slug": "core", "name": "Core"}, "scope": "team"},
    "repository": {},
    "release": {
        "release": {
            "id": 51,
            "tag_name": "v1",
            "draft": False,
            "prerelease": False,
            "author": PERSON,
            "created_at": TIME,
            "published_at": TIME,
        }
    },
    "dependabot_alert": {
        "alert": {**ALERT, "dependency": {}, "security_advisory": {"severity": "high"}, "security_vulnerability": {}}
    },
    "code_scanning_alert": {"alert": {**ALERT, "rule": {"id": "x"}, "tool": {"name": "CodeQL"}}, "ref": ""},
    "secret_scanning_alert": {"alert": {**ALERT, "secret_type": "x"}},
    "projects_v2": {
        "projects_v2": {"node_id": "PVT_1", "number": 5, "title": "Road", "created_at": TIME, "updated_at": TIME}
    },
    "projects_v2_item": {
        "projects_v2_item": {
            "node_id": "PVTI_1",
            "project_node_id": "PVT_1",
            "content_node_id": "I_1",
            "content_type": "Issue",
            "created_at": TIME,
            "updated_at": TIME,
        },
        "changes": {
            "field_value": {
                "field_node_id": "PVTF_1",
                "field_type": "number",
                "field_name": "Points",
                "project_number": 5,
                "from": None,
                "to": 0.5,
            }
        },
    },
    "ping": {"zen": "Keep it logically awesome.", "hook_id": 7},
    "push": {"ref": "refs/heads/main"},
}
EVENTS = sorted({event for domain in DOMAINS for event in domain.events} | {"ping", "push"})


def payload_of(event: str, action: Any = "created") -> dict[str, Any]:
    """A payload of an event."""
    return {"action": action, "repository": REPOSITORY, "organization": ORGANISATION, **PARTS[event]}
