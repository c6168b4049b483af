"""Gives people, bots and teams of GraphQL the form that REST has.

https://docs.github.com/en/rest/users/users
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from chalicelib.github.nodes import numeric_id

JSON = dict[str, Any]
Node = Mapping[str, Any]

# GraphQL calls the coding agent by its App's name.
OTHER_LOGINS = {"copilot-swe-agent": "Copilot"}
LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def account(actor: Node | None, base_url: str) -> JSON | None:
    """Give an actor the form of REST's users; None for the ghost of a deleted account."""
    if not actor:
        return None
    login = login_of(actor)
    url = f"{base_url}/users/{quote(login)}"
    return {
        "login": login,
        "id": actor.get("databaseId") or numeric_id(actor.get("id") or ""),
        "node_id": actor.get("id"),
        "avatar_url": _plain_avatar(actor["avatarUrl"]),
        "gravatar_id": "",
        "url": url,
        "html_url": actor["url"],
        **{name: url + path for name, path in LINKS.items()},
        "type": actor["__typename"],
        "user_view_type": str(actor.get("userViewType") or "public").lower(),
        "site_admin": bool(actor.get("isSiteAdmin")),
    }


def login_of(actor: Node) -> str:
    """Give an actor's login as REST has it: that of a bot ends with `[bot]`."""
    login = actor["login"]
    if not isinstance(login, str) or not login:
        raise TypeError("login is no text")
    if actor["__typename"] != "Bot" or login.endswith("[bot]"):
        return login
    return OTHER_LOGINS.get(login) or f"{login}[bot]"


def team(node: Node) -> JSON:
    """Give a team what both APIs tell of one."""
    return {"id": node["databaseId"], "name": node["name"], "slug": node["slug"]}


def _plain_avatar(url: Any) -> str:
    """Leave out the parameter that names the picture's version, which REST's URLs don't have."""
    if not isinstance(url, str):
        raise TypeError("avatarUrl is no text")
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name != "u"]
    return urlunsplit(parts._replace(query=urlencode(kept)))
