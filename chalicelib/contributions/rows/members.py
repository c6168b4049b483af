"""Maps people from member lists to rows."""

from __future__ import annotations

from typing import Any

from chalicelib.ingest.fields import Converter, Row, cleaned, converted, flag, identity, required, text

MEMBER_REQUIRED: dict[str, Converter] = {"id": identity, "login": text}
MEMBER_OPTIONAL: dict[str, Converter] = {
    "avatar_url": text,
    "events_url": text,
    "followers_url": text,
    "following_url": text,
    "gists_url": text,
    "gravatar_id": text,
    "html_url": text,
    "node_id": text,
    "organizations_url": text,
    "received_events_url": text,
    "repos_url": text,
    "site_admin": flag,
    "starred_url": text,
    "subscriptions_url": text,
    "type": text,
    "url": text,
}


def member_row(record: Any) -> Row:
    """Map a user object of a member list to the columns of `members` that come from GitHub.

    Raises RejectedError when its id or login is missing.
    https://docs.github.com/en/rest/orgs/members#list-organization-members
    """
    user = cleaned(record)
    return required(user, MEMBER_REQUIRED) | converted(user, MEMBER_OPTIONAL)
