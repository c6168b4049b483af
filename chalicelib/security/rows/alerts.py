"""What may be kept of an alert that is about a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
Inner = Mapping[str, Any]
PERSON: Inner = {"id": int, "login": str}
NESTED: Mapping[str, Inner] = {
    "resolved_by": PERSON,
    "assigned_to": PERSON,
    "push_protection_bypassed_by": PERSON,
    "first_location_detected": {"path": str},
    "repository": {"id": int, "name": str, "full_name": str, "owner": PERSON},
}
WITHHELD = "withheld"
NO_RECORD = {"withheld": "it is no object, and may hold a secret"}


def without_secrets(record: Any, *, keeps_comments: bool) -> dict[str, Any]:
    """Take out of an alert all that may hold a secret's text, also what is not known yet.

    A number, a time or a switch that is none is replaced by a word, so that the alert is rejected for it.
    """
    if not isinstance(record, dict):
        return dict(NO_RECORD)
    texts = (*TEXTS, *(COMMENTS if keeps_comments else ()))
    kept = {name: record[name] for name in texts if isinstance(record.get(name, 0), str | None)}
    kept |= {
        name: record[name] if record[name] is None or is_fit(record[name]) else WITHHELD
        for names, is_fit in ((NUMBERS, _is_number), (FLAGS, _is_flag), (TIMES, _is_time))
        for name in names
        if name in record
    }
    kept |= {name: _picked(record[name], inner) for name, inner in NESTED.items() if name in record}
    return kept


def without_comments(record: Any) -> Any:
    """Take the comments out of an alert that was kept without its secret."""
    return (
        {name: value for name, value in record.items() if name not in COMMENTS} if isinstance(record, dict) else record
    )


def _is_number(value: Any) -> bool:
    return type(value) is int


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and TIME.fullmatch(value) is not None


def _picked(value: Any, inner: Inner) -> dict[str, Any] | None:
    """Give the fields of an object that are known to be harmless, where they are of their kind."""
    if not isinstance(value, dict):
        return None
    return {
        name: _picked(value[name], kind) if isinstance(kind, dict) else value[name]
        for name, kind in inner.items()
        if name in value and (isinstance(kind, dict) or type(value[name]) is kind)
    }
