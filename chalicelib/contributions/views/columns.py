"""The columns with which several views begin, described once."""

from __future__ import annotations

from typing import Any

from chalicelib.store.views import ViewColumn


def place_columns(fact: Any, item: Any) -> list[ViewColumn]:
    """Which issue or pull request it is; `fact` and `item` are the columns of its facts and of its own row."""
    return [
        ViewColumn("org", fact.org, "Owner of the repository"),
        ViewColumn("repo", fact.repo, "Repository's name, without the owner"),
        ViewColumn("number", fact.number, "Number within the repository"),
        ViewColumn("title", item.title, "Title"),
        ViewColumn("html_url", item.html_url, "Web page"),
    ]


def author_columns(fact: Any) -> list[ViewColumn]:
    """Who opened it."""
    return [
        ViewColumn("username", fact.username, "Author's login; NULL when the account is gone"),
        ViewColumn("author_id", fact.author_id, "Author's id, which stays with a person as a login does not"),
        ViewColumn(
            "author_kind", fact.author_kind, "What the author was at its opening: member, maintainer, non-member or bot"
        ),
    ]


def response_columns(fact: Any, start: str) -> list[ViewColumn]:
    """When somebody first responded, and when one of us did; hours count from `start`."""
    return [
        ViewColumn(
            "first_response_at",
            fact.first_response_at,
            "First comment or review by anybody but the author and bots; NULL: nobody has responded",
        ),
        ViewColumn("first_responder", fact.first_responder, "Login of who that was; NULL when the account is gone"),
        ViewColumn(
            "our_first_response_at",
            fact.our_first_response_at,
            "First comment or review by a member or maintainer who is not the author; NULL: none of us has responded",
        ),
        ViewColumn("our_first_responder", fact.our_first_responder, "Login of who that was"),
        ViewColumn("hours_to_first_response", fact.hours_to_first_response, f"Hours from {start} to first_response_at"),
        ViewColumn(
            "hours_to_our_first_response",
            fact.hours_to_our_first_response,
            f"Hours from {start} to our_first_response_at",
        ),
    ]


def age_column(hours: Any) -> ViewColumn:
    """How old an open item is."""
    return ViewColumn(
        "age_hours",
        hours,
        "Hours from the opening to now while it is open; NULL when it is closed. Read it beside the hours of closed "
        "ones: these alone leave out whatever waits longest",
    )
