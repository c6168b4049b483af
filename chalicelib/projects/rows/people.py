"""Logins of who did something, one for each account in all of GitHub's APIs."""

from __future__ import annotations

from typing import Any

from chalicelib.ingest.fields import json_object, text

AUTOMATION = "github-project-automation[bot]"  # the workflows of boards
BOT = "[bot]"
# GraphQL calls the coding agent by its App's name.
OTHER_LOGINS = {"copilot-swe-agent": "Copilot"}


def login_of(actor: Any) -> str | None:
    """Give the login as REST writes it: that of a bot ends with `[bot]`. None for an account that was deleted."""
    person = json_object("actor", actor) or {}
    login = text("actor.login", person.get("login"))
    if not login or person.get("__typename") != "Bot" or login.endswith(BOT):
        return login or None
    return OTHER_LOGINS.get(login) or f"{login}{BOT}"
