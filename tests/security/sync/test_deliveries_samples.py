"""GitHub's own payloads of alerts: stored or politely left, none rejected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.models import MODELS
from tests.deliveries import recorded, tell
from tests.organisation import Organisation
from tests.security.conftest import rows_of
from tests.security.sync.test_alerts import KINDS

# Of the others the branch is not the default one or not known, or (of the secret) not when it was opened.
STORED = {
    "dependabot": {"created": "open", "fixed": "fixed"},
    "code_scanning": {"reopened": "open", "reopened.with-organization": "open"},
    "secret_scanning": {},
}


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_stored_or_left(quiet: Organisation, samples: Path, kind: str) -> None:
    stored: dict[str, Any] = {}
    for name, payload in recorded(samples, f"{kind}_alert").items():
        quiet.environment["GH_ORGS"] = payload["repository"]["owner"]["login"]
        assert tell(quiet, f"{kind}_alert", payload) == 200
        key = payload["repository"]["id"], payload["alert"]["number"]
        for row in rows_of(quiet.db_url, KINDS[kind][0]):
            if (row["repository_id"], row["number"]) == key:
                stored[name] = row["state"]
    assert stored == STORED[kind]
    assert rows_of(quiet.db_url, MODELS["RejectedRecord"]) == []
    deliveries = rows_of(quiet.db_url, MODELS["WebhookDelivery"])
    assert {(row["status"], row["rejected"]) for row in deliveries} == {("stored", 0)}
