"""Download links: without a token, for a while, and broken at times."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests

from sandbox import Limits, RunningSandbox, World, serve
from tests.sandbox.conftest import Client, Timer, small_plan
from tests.sandbox.copilot import DAY_SECONDS, download, links, read

USERS = "users-1-day?day=2026-05-29"


@pytest.fixture
def sandbox(timer: Timer) -> Iterator[RunningSandbox]:
    plan = small_plan(organisations=("acme",), people=60, items=20, copilot_days=60)
    with serve(World(plan), limits=Limits(now=timer)) as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Client]:
    with Client(sandbox.url) as client:
        yield client


def refused(answer: requests.Response, status: int, code: str) -> bool:
    assert answer.headers["Content-Type"] == "application/xml"
    return answer.status_code == status and f"<Code>{code}</Code>" in answer.text


def test_a_link_is_read_without_a_token_and_only_so(client: Client, sandbox: RunningSandbox) -> None:
    (link,) = links(client, USERS)
    assert link.startswith(f"{sandbox.url}/_sandbox/copilot/downloads/acme/users-1-day/2026-05-29/")
    before = sandbox.limits.window("sandbox-token", "core").used
    answer = download(link)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert {"X-RateLimit-Used", "ETag"}.isdisjoint(answer.headers)
    assert sandbox.limits.window("sandbox-token", "core").used == before
    for header in ("Bearer sandbox-token", "token nonsense"):
        assert refused(download(link, Authorization=header), 400, "InvalidAuthenticationInfo")
    assert sandbox.stats.summary()["by_route"]["/_sandbox/copilot/downloads/<file>"] == 3


def test_a_signature_is_of_one_file(client: Client) -> None:
    (link,) = links(client, USERS)
    head, _, signature = link.partition("&sig=")
    for other in (head, f"{head}&sig=", link.replace("users-1-day", "user-teams-1-day"), link.replace("se=1", "se=2")):
        assert refused(download(other), 403, "AuthenticationFailed"), other
    # A client that quotes a link once more breaks it.
    assert refused(download(f"{head}&sig={quote(signature)}"), 403, "AuthenticationFailed")


def test_a_link_ends_after_a_while_of_real_time(client: Client, sandbox: RunningSandbox, timer: Timer) -> None:
    sandbox.copilot.set_up("acme", link_seconds=90)
    (link,) = links(client, USERS)
    # The world's time is none of its business.
    sandbox.clock.set(advance=10 * DAY_SECONDS)
    timer.now += 88
    assert download(link).status_code == 200
    timer.now += 3
    answer = download(link)
    assert refused(answer, 403, "AuthenticationFailed")
    assert "Signature not valid in the specified time frame" in answer.text
    assert read(client, USERS)


def test_all_links_end_at_once(client: Client, sandbox: RunningSandbox) -> None:
    (link,) = links(client, USERS)
    sandbox.downloads.expire()
    assert refused(download(link), 403, "AuthenticationFailed")
    assert read(client, USERS)


def test_a_link_shows_what_was_known_when_it_was_given(client: Client, sandbox: RunningSandbox) -> None:
    (link,) = links(client, "organization-1-day?day=2026-05-29")
    before = download(link).json()
    sandbox.clock.set(advance=3 * DAY_SECONDS)
    (after,) = read(client, "organization-1-day?day=2026-05-29")
    assert download(link).json() == before != after


@pytest.mark.parametrize("number", [2, 3, 40])
def test_a_report_may_be_in_several_files(number: int, client: Client, sandbox: RunningSandbox) -> None:
    names = (USERS, "user-teams-1-day?day=2026-05-29", "users-28-day/latest")
    before = [read(client, name) for name in names]
    (whole,) = read(client, "organization-28-day/latest")
    sandbox.copilot.set_up("acme", links=number)
    for name, rows in zip(names, before, strict=True):
        assert len(links(client, name)) == number
        assert read(client, name) == rows
    parts = read(client, "organization-28-day/latest")
    assert [row for part in parts for row in part["day_totals"]] == whole["day_totals"]
    assert len(links(client, "organization-1-day?day=2026-05-29")) == 1


def test_what_is_not_there(client: Client, sandbox: RunningSandbox) -> None:
    (link,) = links(client, USERS)
    sandbox.copilot.end("acme")
    assert refused(download(link), 404, "BlobNotFound")
    sandbox.copilot.set_up("acme", since="2026-05-30")
    assert refused(download(link), 404, "BlobNotFound")


def test_downloads_go_wrong_on_demand(client: Client, sandbox: RunningSandbox) -> None:
    (link,) = links(client, USERS)
    path = "/_sandbox/copilot/downloads/"
    for kind, status in (("500", 500), ("503", 503), ("secondary-429", 503)):
        sandbox.faults.script(kind, path=path)
        assert refused(download(link), status, "ServerBusy")
    for kind in ("reset", "truncated", "truncated-gzip", "truncated-chunks"):
        sandbox.faults.script(kind, path=path)
        with pytest.raises((requests.RequestException, json.JSONDecodeError)):
            [json.loads(line) for line in download(link).text.splitlines()]
    assert download(link).status_code == 200
