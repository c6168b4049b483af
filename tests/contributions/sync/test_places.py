"""To which repository an item belongs: by its id, whatever name a search shows."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.contributions.sync.items import save_items
from chalicelib.models import MODELS, Issue
from tests.store.expected import NOW, make_context

OURS, STRANGER = 41, 42
IN_OURS = "I_kwDOAAAAKc4AAAAH"  # [0, 41, 7]


def item(repo: str, **other: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "number": 1,
        "title": "It fails",
        "state": "open",
        "created_at": "2026-05-01T08:00:00Z",
        "updated_at": "2026-05-02T09:30:15Z",
        "repository_url": f"https://api.github.com/repos/Acme/{repo}",
        **other,
    }


@pytest.fixture
def session(shared: Session) -> Session:
    """One repository that was called web, and another that has the name now."""
    names = {OURS: "shelf", STRANGER: "web"}
    for number, name in names.items():
        shared.add(MODELS["Repository"](id=number, org="Acme", name=name, first_seen_at=NOW))
    shared.flush()
    return shared


def places(session: Session) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.execute(select(Issue.repository_id, Issue.org, Issue.repo))]


def test_a_node_id_counts_more_than_the_name_of_yesterday(session: Session) -> None:
    save_items(make_context(session), "issues", [item("web", node_id=IN_OURS)])
    assert places(session) == [(OURS, "Acme", "shelf")]


def test_a_name_leads_to_the_id_where_the_node_id_tells_none(session: Session) -> None:
    save_items(make_context(session), "issues", [item("Shelf", node_id="MDU6SXNzdWU3")])
    assert places(session) == [(OURS, "Acme", "shelf")]


def test_what_is_known_is_not_changed_by_a_name(session: Session) -> None:
    context = make_context(session)
    save_items(context, "issues", [item("shelf")])
    save_items(context, "issues", [item("web", updated_at="2026-05-03T09:30:15Z", title="Seen later")])
    assert places(session) == [(OURS, "Acme", "shelf")]
    assert list(session.scalars(select(Issue.title))) == ["Seen later"]


def test_an_unknown_name_leads_nowhere(session: Session) -> None:
    save_items(make_context(session), "issues", [item("nobody-s")])
    assert places(session) == [(None, "Acme", "nobody-s")]


def test_a_repository_that_is_not_listed_gives_no_name(session: Session) -> None:
    session.get_one(MODELS["Repository"], OURS).deleted_at = NOW
    session.flush()
    save_items(make_context(session), "issues", [item("web", node_id=IN_OURS)])
    assert places(session) == [(OURS, "Acme", "web")]
