"""By label, and how many issues are bugs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.contributions.views import BUG_RATIO_MONTHLY, LABEL_MONTHLY
from tests.views.world import World, may

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def labels(*names: str) -> list[dict[str, Any]]:
    return [{"name": name} for name in names]


def test_what_is_opened_and_closed_under_each_label(world: World) -> None:
    world.issue(may(4), closed_at=may(5), labels=labels("bug", "ui"))
    world.issue(may(4), closed_at=datetime(2026, 6, 3, tzinfo=UTC), labels=labels("bug"))
    world.issue(may(4), repo="web", labels=labels("bug"))
    world.issue(may(4), "hubot", labels=labels("bug"), closed_at=may(9))
    world.issue(may(4), closed_at=may(9), labels=labels())
    world.issue(may(4), closed_at=may(9), labels=labels("bug"), deleted_at=may(10))
    world.pull(may(4), merged_at=may(4, 6), labels=labels("ui"))
    rows = [tuple(row.values()) for row in world.read(LABEL_MONTHLY)]
    # level, org, repo, month, kind, name, opened, still_open, closed, median_hours_to_close, n_hours_to_close
    assert sorted(rows, key=repr) == [
        ("organisation", "acme", None, MAY, "issue", "bug", 3, 1, 1, 24.0, 1),
        ("organisation", "acme", None, MAY, "issue", "ui", 1, 0, 1, 24.0, 1),
        ("organisation", "acme", None, MAY, "pull_request", "ui", 1, 0, 1, 6.0, 1),
        ("organisation", "acme", None, JUNE, "issue", "bug", 0, 0, 1, 720.0, 1),
        ("repository", "acme", "r", MAY, "issue", "bug", 2, 0, 1, 24.0, 1),
        ("repository", "acme", "r", MAY, "issue", "ui", 1, 0, 1, 24.0, 1),
        ("repository", "acme", "r", MAY, "pull_request", "ui", 1, 0, 1, 6.0, 1),
        ("repository", "acme", "r", JUNE, "issue", "bug", 0, 0, 1, 720.0, 1),
        ("repository", "acme", "web", MAY, "issue", "bug", 1, 1, 0, None, 0),
    ]


def test_the_share_of_bugs(world: World) -> None:
    world.issue(may(4), labels=labels("ui", "Bug", "bug: crash"))
    world.issue(may(4), labels=labels("ui"))
    world.issue(may(4), labels=labels())
    world.issue(may(4), labels=None)
    world.issue(may(4), repo="web", labels=labels("kind/bug"))
    world.issue(may(4), "hubot", labels=labels("bug"))
    world.pull(may(4), labels=labels("bug"))
    rows = [tuple(row.values()) for row in world.read(BUG_RATIO_MONTHLY)]
    # level, org, repo, month, opened, labelled, bugs, bug_ratio
    assert sorted(rows, key=repr) == [
        ("organisation", "acme", None, MAY, 5, 3, 2, 0.4),
        ("repository", "acme", "r", MAY, 4, 2, 1, 0.25),
        ("repository", "acme", "web", MAY, 1, 1, 1, 1.0),
    ]


@pytest.mark.parametrize(
    ("name", "is_bug"),
    [
        *((name, 1) for name in ("bug", "BUG", "bugfix", "Bug 🐛", "type: bug", "Type:Bug", "type/bug", "kind/bug")),
        *((name, 0) for name in ("debug", "not a bug", "crash", "kind/debug", "type bug", "", "%", "b_g")),
    ],
)
def test_which_labels_say_that_it_is_a_bug(world: World, name: str, is_bug: int) -> None:
    world.issue(may(4), labels=labels(name))
    assert {row["bugs"] for row in world.read(BUG_RATIO_MONTHLY)} == {is_bug}
