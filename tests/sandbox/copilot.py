"""Copilot's reports as a client reads them: links from the API, files without a token."""

import json
from typing import Any

import requests

from sandbox import RunningSandbox
from tests.sandbox.conftest import Client

Row = dict[str, Any]
DAY_SECONDS = 86_400
GROUPS = (
    "totals_by_ide",
    "totals_by_feature",
    "totals_by_language_feature",
    "totals_by_language_model",
    "totals_by_model_feature",
)


def reports(name: str, org: str = "acme") -> str:
    return f"/orgs/{org}/copilot/metrics/reports/{name}"


def download(link: str, **headers: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(link, headers=headers, timeout=10)


def links(client: Client, name: str) -> list[str]:
    answer = client.get(reports(name))
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json()["download_links"]
    return found


def read(client: Client, name: str) -> list[Any]:
    """Every link's JSON object, or all rows of all links."""
    rows = []
    for link in links(client, name):
        answer = download(link)
        assert answer.status_code == 200, answer.text
        rows += [json.loads(line) for line in answer.text.splitlines()]
    return rows


def leave(sandbox: RunningSandbox, login: str) -> None:
    world = sandbox.world
    world.move(world.organisations["acme"], world.accounts[login.lower()], None)
