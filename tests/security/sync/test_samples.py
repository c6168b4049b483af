"""GitHub's real alerts, column by column."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Double, Integer

from chalicelib.security.models import AlertTransition, CodeScanningAlert, DependabotAlert, SecretScanningAlert
from chalicelib.security.rows import COMMENTS
from chalicelib.store.base import UTCDateTime
from tests.organisation import at
from tests.security.conftest import Stub, rows_of

REPOSITORY = {"id": 99, "name": "lib", "full_name": "acme/lib", "owner": {"login": "acme", "id": 1}}
FILES = {
    "dependabot/psychomodels_repo_alerts.json": ("dependabot/alerts", DependabotAlert),
    "dependabot/aws-samples_repo_alerts.json": ("dependabot/alerts", DependabotAlert),
    "security/code_scanning/souschef.json": ("code-scanning/alerts", CodeScanningAlert),
    "security/code_scanning/octokit_rb_org_list.json": ("code-scanning/alerts", CodeScanningAlert),
    "security/code_scanning/octokit_rb_repo_list.json": ("code-scanning/alerts", CodeScanningAlert),
    "security/secret_scanning/defectdojo.json": ("secret-scanning/alerts", SecretScanningAlert),
    "security/secret_scanning/octocrab.json": ("secret-scanning/alerts", SecretScanningAlert),
}


def read(path: Path) -> list[dict[str, Any]]:
    """The alerts of a file, in one organisation: a repository's own list does not say where they are."""
    content = json.loads(path.read_text())
    records = content["body"] if isinstance(content, dict) else content
    for record in records:
        place = record.setdefault("repository", dict(REPOSITORY))
        place["owner"] = {**place["owner"], "login": "acme"}
    found: list[dict[str, Any]] = records
    return found


def said(record: Any, path: str) -> Any:
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return record


def expected(model: Any, record: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in model.__table__.columns:
        if column.info.get("ours"):
            continue
        value = said(record, column.info.get("field", column.name))
        is_time = isinstance(column.type, UTCDateTime)
        row[column.name] = at(value) if value and is_time else value
        if isinstance(column.type, Integer | Double) and value is not None and not isinstance(column.type, Boolean):
            row[column.name] = pytest.approx(value)
    return row | {name: None for name in COMMENTS if name in row}


@pytest.mark.parametrize("name", FILES)
def test_they_load_column_by_column_with_nothing_rejected(stub: Stub, samples: Path, name: str) -> None:
    place, model = FILES[name]
    records = read(samples / name)
    stub.lists[place] = records
    run = stub.run()[model.__tablename__]
    assert (run.status, run.fetched, run.rejected, run.error) == ("ok", len(records), 0, None)
    stored = {(row["repository_id"], row["number"]): row for row in rows_of(stub.db_url, model)}
    assert len(stored) == len(records)
    for record in records:
        truth = expected(model, record)
        row = stored[record["repository"]["id"], record["number"]]
        assert {key: row[key] for key in truth} == truth
        assert row["org"] == "acme"


@pytest.mark.parametrize("name", FILES)
def test_each_has_the_changes_of_state_that_it_tells_of(stub: Stub, samples: Path, name: str) -> None:
    place, _ = FILES[name]
    records = read(samples / name)
    stub.lists[place] = records
    stub.run()
    found: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in rows_of(stub.db_url, AlertTransition, "at", "from_state"):
        found.setdefault((row["repository_id"], row["number"]), []).append(row)
    times = {"dismissed": "dismissed_at", "fixed": "fixed_at", "auto_dismissed": "auto_dismissed_at"}
    for record in records:
        changes = sorted(found[record["repository"]["id"], record["number"]], key=lambda row: row["from_state"] or "")
        assert (changes[0]["action"], changes[0]["at"]) == ("opened", at(record["created_at"]))
        assert changes[-1]["to_state"] == record["state"]
        assert all(row["is_exact"] for row in changes)
        if record["state"] != "open":
            closed_at = record[times.get(record["state"], "resolved_at")]
            assert (len(changes), changes[-1]["at"]) == (2, at(closed_at))
    again = {step: run for step, run in stub.run().items() if run.fetched}
    assert {run.stored for run in again.values()} <= {0}


def test_a_fix_that_moves_no_updated_at_is_seen_by_the_weekly_reading(stub: Stub, samples: Path) -> None:
    """Real alerts were dismissed and had fixed_at days after updated_at: a watermark by update never saw that."""
    records = read(samples / "security/code_scanning/souschef.json")
    silent = next(record for record in records if record["state"] == "open")
    # More than a page of alerts has changed since.
    others = {"updated_at": "2026-11-01T00:00:00Z", "repository": {**silent["repository"], "id": 8}}
    stub.lists["code-scanning/alerts"] = [*records, *({**silent, **others, "number": n} for n in range(1, 101))]
    stub.run()
    fixed_at = "2026-11-25T10:00:00Z"
    silent |= {"state": "fixed", "fixed_at": fixed_at}
    stub.later(days=1)
    stub.run()
    actions = Counter(
        row["action"]
        for row in rows_of(stub.db_url, AlertTransition)
        if row["number"] == silent["number"] and row["repository_id"] != 8
    )
    stub.later(days=6)
    stub.run()
    last = [
        row
        for row in rows_of(stub.db_url, AlertTransition, "at")
        if row["number"] == silent["number"] and row["repository_id"] != 8
    ][-1]
    assert (actions, last["action"], last["at"]) == ({"opened": 1}, "fixed", at(fixed_at))
    assert isinstance(last["at"], datetime)
