"""GitHub's recorded deliveries are stored, or left politely: none is rejected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.models import Event, Issue, Membership, PullRequest, Transfer
from tests.contributions.deliveries.told import SECRET, rejected, rows, tell
from tests.organisation import Organisation, organisation

EVENTS = ("issues", "pull_request", "issue_comment", "pull_request_review", "organization")


@pytest.mark.parametrize("event", EVENTS)
def test_recorded_deliveries(db_url: str, samples: Path, event: str) -> None:
    paths = sorted((samples / "webhooks" / event).glob("*.json"))
    assert paths
    with organisation(db_url, items=1, repositories=1, people=2, days=1) as org:
        org.environment |= {"WEBHOOK_SECRET": SECRET, "GH_ORGS": "Codertocat,octo-org,Octocoders,github"}
        for path in [*paths, *reversed(paths)]:
            tell(org, event, json.loads(path.read_text(encoding="utf-8")))
        assert rejected(org) == 0
        assert len(stored(org)[event]) > 0


def stored(org: Organisation) -> dict[str, list[object]]:
    events = rows(org, Event)
    return {
        "issues": [*rows(org, Issue), *rows(org, Transfer)],
        "pull_request": [*rows(org, PullRequest)],
        "issue_comment": [row for row in events if row["event"] == "commented"],
        # Only its pull id is known, so the review itself waits.
        "pull_request_review": [*rows(org, PullRequest)],
        # Their memberships are pending.
        "organization": [None, *rows(org, Membership)],
    }
