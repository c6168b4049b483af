"""GitHub's own payloads of repositories, releases and memberships: stored or politely left, none rejected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.inventory.models import Release, Repository, Team, TeamMember
from chalicelib.models import MODELS, create_db_session
from tests.deliveries import Payload, recorded, tell
from tests.inventory.conftest import rows_of
from tests.organisation import Organisation, at


def hear(org: Organisation, event: str, payload: Payload) -> None:
    """Deliver a payload to the organisation that it is of."""
    owner = payload.get("repository", {}).get("owner") or payload["organization"]
    org.environment["GH_ORGS"] = owner["login"]
    assert tell(org, event, payload) == 200


def assert_none_rejected(org: Organisation) -> None:
    assert rows_of(org, MODELS["RejectedRecord"]) == []
    deliveries = rows_of(org, MODELS["WebhookDelivery"])
    assert {(row["status"], row["rejected"]) for row in deliveries} == {("stored", 0)}


def store_repository(org: Organisation, payload: Payload) -> None:
    """Let the payload's repository be known."""
    hear(org, "repository", {"action": "created", "repository": payload["repository"]})


@pytest.mark.parametrize("is_stored", [True, False])
def test_repositories(org: Organisation, samples: Path, is_stored: bool) -> None:
    for name, payload in recorded(samples, "repository").items():
        if is_stored:
            store_repository(org, payload)
        hear(org, "repository", payload)
        found = rows_of(org, Repository, id=payload["repository"]["id"])
        if is_stored or name.startswith(("created", "transferred")):
            assert (found[0]["name"], found[0]["private"]) == ("Hello-World", payload["repository"]["private"])
            assert found[0]["updated_at"] >= at(payload["repository"]["updated_at"])
    assert_none_rejected(org)


def test_releases(org: Organisation, samples: Path) -> None:
    stored: dict[str, Any] = {}
    for name, payload in recorded(samples, "release").items():
        hear(org, "release", payload)  # of a repository that is not stored: left
        store_repository(org, payload)
        hear(org, "release", payload)
        stored[name] = rows_of(org, Release, id=payload["release"]["id"])
    assert all(len(rows) == 1 for rows in stored.values())
    first = stored["created"][0]
    assert (first["tag_name"], first["repository_id"], first["deleted_at"]) == ("0.0.1", 186853002, None)
    assert stored["deleted"][0]["deleted_at"] is not None
    assert_none_rejected(org)


def test_memberships(org: Organisation, samples: Path) -> None:
    stays = []
    for name, payload in recorded(samples, "membership").items():
        team = payload["team"]
        with create_db_session(org.db_url) as session:
            about = {"org": payload["organization"]["login"], "slug": "github", "name": team["name"]}
            session.merge(Team(id=team["id"], first_seen_at=org.now(), **about))
            session.commit()
        hear(org, "membership", payload)
        stays.append((name, [row["left_at"] is None for row in rows_of(org, TeamMember, team_id=team["id"])]))
    assert stays[0] == ("added", [True])
    assert {tuple(left) for _, left in stays[1:]} == {(False,)}
    assert_none_rejected(org)
