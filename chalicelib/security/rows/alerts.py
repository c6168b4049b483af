"""What may be kept of an alert that is about a secret."""

from __future__ import annotations

import re
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
TEXTS = ("state", "html_url", "secret_type", "secret_type_display_name", "provider", "validity", "resolution")
NUMBERS = ("number",)
FLAGS = ("publicly_leaked", "multi_repo", "is_base64_encoded", "has_more_locations", "push_protection_bypassed")
TIMES = ("created_at", "updated_at", "resolved_at", "push_protection_bypassed_at")
TIME = re.compile(r"[0-9T:.Z+-]{1,40}")
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
    texts = (*TEXTS, *(COMMENTS if keeps_comments else ()))
    kept = {
        name: record[name]
        for names, is_fit in ((texts, _is_text), (NUMBERS, _is_number), (FLAGS, _is_flag), (TIMES, _is_time))
        for name in names
        if name in record and (record[name] is None or is_fit(record[name]))
    }
    kept |= {name: _picked(record[name], inner) for name, inner in NESTED.items() if name in record}
    owner = (kept.get("repository") or {}).get("owner")
    if owner is not None:
        kept["repository"]["owner"] = _picked(owner, PERSON)
    return kept


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return type(value) is int


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and TIME.fullmatch(value) is not None


def _picked(value: Any, names: Collection[str]) -> dict[str, Any] | None:
    return {name: value[name] for name in names if name in value} if isinstance(value, dict) else None
