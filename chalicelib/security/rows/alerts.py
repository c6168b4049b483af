"""What may be kept of an alert that is about a secret."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

# What people write about a secret may quote it.
COMMENTS = (
    "resolution_comment",
    "push_protection_bypass_request_comment",
    "push_protection_bypass_request_reviewer_comment",
    "closure_request_comment",
    "closure_request_reviewer_comment",
)
# All else that is kept of an alert about a secret. What GitHub adds some day may quote it, so it is left out.
PLAIN = (
    *("number", "state", "created_at", "updated_at", "html_url", "secret_type", "secret_type_display_name"),
    *("provider", "validity", "publicly_leaked", "multi_repo", "is_base64_encoded", "has_more_locations"),
    *("resolution", "resolved_at", "push_protection_bypassed", "push_protection_bypassed_at"),
)
PERSON = ("id", "login")
NESTED: Mapping[str, tuple[str, ...]] = {
    "resolved_by": PERSON,
    "assigned_to": PERSON,
    "push_protection_bypassed_by": PERSON,
    "first_location_detected": ("path",),
    "repository": ("id", "name", "full_name", "owner"),
}
NO_RECORD = {"withheld": "it is no object, and may hold a secret"}


def without_secrets(record: Any, *, keeps_comments: bool) -> dict[str, Any]:
    """Take out of an alert all that may hold a secret's text, also what is not known yet."""
    if not isinstance(record, dict):
        return dict(NO_RECORD)
    names = (*PLAIN, *(COMMENTS if keeps_comments else ()))
    kept = {name: record[name] for name in names if name in record and not isinstance(record[name], (dict, list))}
    kept |= {name: _picked(record[name], inner) for name, inner in NESTED.items() if name in record}
    owner = (kept.get("repository") or {}).get("owner")
    if owner is not None:
        kept["repository"]["owner"] = _picked(owner, PERSON)
    return kept


def _picked(value: Any, names: Collection[str]) -> dict[str, Any] | None:
    return {name: value[name] for name in names if name in value} if isinstance(value, dict) else None
