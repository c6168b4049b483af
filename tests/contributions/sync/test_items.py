"""Payloads load into both databases, none rejected, and each row equals its payload, column by column."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib.contributions.sync.items import save_items, save_pulls
from chalicelib.ingest.context import Context
from chalicelib.models import Issue, PullRequest, RejectedRecord
from tests.store.expected import item_columns, make_context, pull_columns, stored, whole
from tests.store.payloads import Json

MODELS: dict[str, type[Any]] = {"issues": Issue, "pull_requests": PullRequest}


def pages_of(folder: Path, pattern: str) -> Iterator[list[Json]]:
    """The pages of items in some files: exchanges, or raw objects."""
    for path in sorted((folder / "github-rest").glob(pattern)):
        content = json.loads(path.read_text())
        body = content["body"] if isinstance(content, dict) else content
        yield body["items"] if isinstance(body, dict) else body


def of_kind(page: list[Json], kind: str) -> list[Json]:
    return [item for item in page if ("pull_request" in item) == (kind == "pull_requests")]


def owner(item: Json) -> str:
    return str(item["html_url"].split("/")[3])


def by_owner(session: Session, page: list[Json]) -> Iterator[tuple[Context, list[Json]]]:
    for org in sorted({owner(item) for item in page}):
        yield make_context(session, org=org), [item for item in page if owner(item) == org]


class Truth:
    """What must stand in a table after some payloads: of two with one key, the newer one, else the later one."""

    def __init__(self) -> None:
        self.rows: dict[int, Json] = {}

    def add(self, columns: Json) -> None:
        known = self.rows.setdefault(columns["id"], {})
        if not known or columns["updated_at"] >= known["updated_at"]:
            known |= columns

    def table(self, model: type[Any]) -> list[Json]:
        return [whole(model, row) for _, row in sorted(self.rows.items())]


ISSUE_FORM = ["search_issues/*.json", "issues/*.json", "devlake/issues.json"]


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("pattern", ISSUE_FORM)
def test_items_in_the_issue_form_are_stored_as_they_are(
    shared: Session, payloads: Path, pattern: str, kind: str
) -> None:
    truth = Truth()
    for page in pages_of(payloads, pattern):
        items = of_kind(page, kind)
        for context, mine in by_owner(shared, items):
            save_items(context, kind, mine)
        for item in items:
            truth.add(item_columns(item))
    assert truth.rows, "there must be something to compare"
    assert stored(shared, RejectedRecord) == []
    assert stored(shared, MODELS[kind]) == truth.table(MODELS[kind])


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("order", [1, -1], ids=["as listed", "reversed"])
def test_of_an_item_that_is_listed_twice_the_newest_copy_wins(
    shared: Session, payloads: Path, kind: str, order: int
) -> None:
    pages = [of_kind(page, kind) for pattern in ISSUE_FORM for page in pages_of(payloads, pattern)]
    newest: dict[int, Json] = {}
    for page in pages:
        for item in page:
            newest[item["id"]] = max(item, newest.get(item["id"], item), key=lambda copy: copy["updated_at"])
    for page in pages[::order]:
        for context, mine in by_owner(shared, page):
            save_items(context, kind, mine)
    told = [("id", "updated_at", "title", "state", "comments")]
    told += sorted(tuple(item_columns(item)[name] for name in told[0]) for item in newest.values())
    assert [tuple(row[name] for name in told[0]) for row in stored(shared, MODELS[kind])] == told[1:]


@pytest.mark.parametrize("pattern", ["devlake/pull_requests.json", "pulls/*.json"])
def test_pull_requests_in_their_own_form_are_stored_as_they_are(shared: Session, payloads: Path, pattern: str) -> None:
    truth = Truth()
    for page in pages_of(payloads, pattern):
        for context, mine in by_owner(shared, page):
            save_pulls(context, mine)
        for pull in page:
            truth.add(pull_columns(pull))
    assert len(truth.rows) >= 3
    assert stored(shared, RejectedRecord) == []
    assert stored(shared, PullRequest) == truth.table(PullRequest)


@pytest.mark.parametrize("first", ["items", "pulls"])
def test_both_forms_of_a_pull_request_are_one_row_under_its_issue_id(
    shared: Session, payloads: Path, first: str
) -> None:
    [page], [pulls] = pages_of(payloads, "devlake/issues.json"), pages_of(payloads, "devlake/pull_requests.json")
    items = of_kind(page, "pull_requests")
    steps = {"items": lambda context: save_items(context, "pull_requests", items)}
    steps["pulls"] = lambda context: save_pulls(context, pulls)
    context = make_context(shared, org=owner(items[0]))
    for step in sorted(steps, key=lambda step: step != first):
        steps[step](context)
    expected = {pull["number"]: -pull["id"] for pull in pulls} | {item["number"]: item["id"] for item in items}
    assert [(row["number"], row["id"]) for row in by_number(stored(shared, PullRequest))] == sorted(expected.items())
    assert stored(shared, RejectedRecord) == []


def by_number(rows: list[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: int(row["number"]))
