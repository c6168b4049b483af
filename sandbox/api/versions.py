"""API versions: what a later one leaves out."""

from typing import Any

from sandbox.api.errors import ApiError

DEFAULT_VERSION, LATER_VERSION = "2022-11-28", "2026-03-10"
REMOVED = {"assignee", "merge_commit_sha", "rate"}


def select_version(asked: str | None) -> str:
    """Return the version that is answered; raise the API's 400 for one that there isn't."""
    if asked is None or asked in (DEFAULT_VERSION, LATER_VERSION):
        return asked or DEFAULT_VERSION
    message = f"API version {asked} is not supported. Use one of {DEFAULT_VERSION}, {LATER_VERSION}."
    raise ApiError(400, message)


def in_version(data: Any, version: str) -> Any:
    """Return an answer's data without what the version leaves out."""
    if version == DEFAULT_VERSION or data is None:
        return data
    if isinstance(data, list):
        return [in_version(row, version) for row in data]
    rows = {"items": in_version(data["items"], version)} if "items" in data else {}
    return {name: value for name, value in data.items() if name not in REMOVED} | rows
