"""Whose turn it is to store what webhooks tell of an item: of two that come at once, one waits for the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import or_

from chalicelib.contributions.models import Issue, PullRequest
from chalicelib.ingest.context import Saving
from chalicelib.ingest.fields import INT8
from chalicelib.store.among import among
from chalicelib.store.locks import lock_rows, take_turn

Record = Mapping[str, Any]


def take_turns(saving: Saving, *items: tuple[Record, Record]) -> None:
    """Wait until no other delivery about these items is being stored; each item comes with its repository.

    Their rows are locked, too, against jobs: those of issues before those of pull requests, as everywhere.
    """
    connection = saving.session.connection()
    names = {(whole(repository.get("id")), whole(item.get("number"))) for repository, item in items if item}
    for repository_id, number in sorted(names):
        take_turn(connection, f"item {number} of repository {repository_id}")
    ids = _ids(item for _, item in items if not is_pull_form(item))
    pull_ids = _ids(item for _, item in items if is_pull_form(item))
    lock_rows(connection, Issue.id, among(Issue.id, ids))
    lock_rows(connection, PullRequest.id, or_(among(PullRequest.id, ids), among(PullRequest.pull_id, pull_ids)))


def is_pull_form(item: Record) -> bool:
    """Tell whether it is a pull request in its own form, which has another id than its issue form."""
    return "issue_url" in item


def _ids(items: Iterable[Record]) -> Sequence[int]:
    return sorted({number for item in items if (number := whole(item.get("id")))})


def whole(value: Any) -> int:
    """Give a number as GitHub's ids are; 0 for anything else."""
    is_one = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= INT8
    return value if is_one else 0
