"""The columns with which several views begin, described once."""

from __future__ import annotations

from typing import Any

from chalicelib.store.views import ViewColumn


def place_columns(item: Any) -> list[ViewColumn]:
    """Which issue or pull request it is; `item` is a selectable's columns."""
    return [
        ViewColumn("org", item.org, "Owner of the repository"),
        ViewColumn("repo", item.repo, "Repository's name, without the owner"),
        ViewColumn("number", item.number, "Number within the repository"),
        ViewColumn("title", item.title, "Title"),
        ViewColumn("html_url", item.html_url, "Web page"),
    ]


def author_columns(item: Any) -> list[ViewColumn]:
    """Who opened it."""
    return [
        ViewColumn("username", item.username, "Author's login; NULL when the account is gone"),
        ViewColumn("author_kind", item.author_kind, "What the author was at its opening: member, non-member or bot"),
    ]
