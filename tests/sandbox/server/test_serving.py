"""What stands between a client and the data: tokens, limits, conditional requests, compression and faults."""

import contextlib
import gzip
import http.client
import json
import socket
import threading
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
import requests

from sandbox import Fault, Limits, LimitSettings, RunningSandbox, World, serve
from sandbox.api.errors import ApiError
from sandbox.api.messages import Answer, Request
from sandbox.server.app import App
from sandbox.server.clock import Clock
from sandbox.server.faults import DEFAULT_KINDS, Faults, FaultSettings
from sandbox.server.tokens import DEFAULT_TOKEN
from tests.sandbox.conftest import Client, Timer, small_plan

ORG = "/orgs/octo-sandbox"
SEARCH = "/search/issues?q=org:octo-sandbox+is:issue"


# Tokens


@pytest.mark.parametrize("authorization", ["Bearer wrong", "Basic sandbox-token", "sandbox-token", "Bearer"])
def test_a_wrong_token(authorization: str, client: Client) -> None:
    answer = client.get("/user", headers={"Authorization": authorization})
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


def test_no_token_and_the_older_scheme(client: Client) -> None:
    assert client.get("/user", headers={"Authorization": f"token {DEFAULT_TOKEN}"}).status_code == 200
    del client.headers["Authorization"]
    assert client.get("/user").json()["message"] == "Requires authentication"


def test_a_revoked_token(changing: RunningSandbox, client: Client) -> None:
    assert client.get("/user").status_code == 200
    changing.tokens.revoke(changing.token)
    assert client.get("/user").status_code == 401


def test_a_user_agent_is_required(client: Client) -> None:
    answer = client.get("/user", headers={"User-Agent": None})
    assert answer.status_code == 200  # http.client sends none of its own, but requests does
    connection = http.client.HTTPConnection(urlsplit(client.url).netloc, timeout=5)
    connection.request("GET", "/user", headers={"Authorization": f"Bearer {DEFAULT_TOKEN}"})
    refused = connection.getresponse()
    assert refused.status == 403
    assert b"Request forbidden by administrative rules" in refused.read()
    connection.close()


# Headers


def test_headers(client: Client) -> None:
    headers = client.get(f"{ORG}/members").headers
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["X-GitHub-Media-Type"] == "github.v3; format=json"
    assert headers["x-github-api-version-selected"] == "2022-11-28"
    assert headers["X-RateLimit-Limit"] == "5000"
    assert headers["X-RateLimit-Remaining"] == "4999"
    assert headers["X-RateLimit-Resource"] == "core"
    date = parsedate_to_datetime(headers["Date"]).timestamp()
    assert abs(int(headers["X-RateLimit-Reset"]) - date - 3_600) < 60
    assert {"ETag", "X-GitHub-Request-Id", "Vary"} <= set(headers)


def test_the_date_is_the_worlds(client: Client, changing: RunningSandbox) -> None:
    assert parsedate_to_datetime(client.get("/user").headers["Date"]).timestamp() == changing.clock.now()


def test_an_oddity_is_sent_instead_of_the_answer(client: Client, changing: RunningSandbox) -> None:
    def odd(request: Request, answer: Answer) -> Answer:
        return Answer({"path": request.path}, answer.status, {"X-Odd": "yes"})

    with changing.oddities.telling(odd):
        told = client.get("/user")
    assert (told.json(), told.headers["X-Odd"]) == ({"path": "/user"}, "yes")
    assert "login" in client.get("/user").json()


def test_versions(client: Client) -> None:
    later = {"X-GitHub-Api-Version": "2026-03-10"}
    assert "rate" in client.get("/rate_limit").json()
    assert "rate" not in client.get("/rate_limit", headers=later).json()
    assert "assignee" in client.get(SEARCH).json()["items"][0]
    assert "assignee" not in client.get(SEARCH, headers=later).json()["items"][0]
    assert client.get("/user", headers={"X-GitHub-Api-Version": "2020-01-01"}).status_code == 400


def test_compression_is_asked_for(client: Client) -> None:
    plain = client.get(SEARCH, headers={"Accept-Encoding": "identity"})
    packed = client.get(SEARCH, headers={"Accept-Encoding": "gzip"}, stream=True)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.raw.read()) == plain.content


# Conditional requests


def test_a_304_is_free_and_the_etag_is_the_tokens(changing: RunningSandbox, client: Client) -> None:
    changing.tokens.add("another")
    first = client.get(f"{ORG}/members")
    etag = first.headers["ETag"]
    assert etag.startswith('W/"')
    again = client.get(f"{ORG}/members", headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"]
    other = {"If-None-Match": etag, "Authorization": "Bearer another"}
    assert client.get(f"{ORG}/members", headers=other).status_code == 200
    organisation = changing.world.organisations["octo-sandbox"]
    member = next(person for person, role in organisation.members.values() if role == "member")
    changing.world.move(organisation, member, None)
    assert client.get(f"{ORG}/members", headers={"If-None-Match": etag}).status_code == 200
    assert changing.stats.not_modified == 1


# Limits


def test_the_primary_limit_and_its_reset() -> None:
    timer = Timer(1_000)
    limits = Limits(LimitSettings(search=2), now=timer)
    for used in (1, 2):
        assert limits.charge("t", "search").used == used
    with pytest.raises(ApiError) as refused:
        limits.charge("t", "search")
    assert refused.value.status == 403
    assert refused.value.headers["X-RateLimit-Remaining"] == "0"
    assert refused.value.headers["X-RateLimit-Reset"] == "1060"
    limits.charge("t", "core")
    limits.charge("another", "search")
    timer.now = 1_060
    assert limits.charge("t", "search").used == 1


def test_the_secondary_limits() -> None:
    timer = Timer(1_000)
    limits = Limits(LimitSettings(points=3, concurrency=2, retry_after=5), now=timer)
    limits.enter("t")
    limits.enter("t")
    with pytest.raises(ApiError) as at_once:
        limits.enter("t")
    assert (at_once.value.status, at_once.value.headers) == (403, {"Retry-After": "5"})
    limits.leave("t")
    limits.enter("t")
    limits.leave("t")
    with pytest.raises(ApiError) as a_minute:
        limits.enter("t")
    assert (a_minute.value.status, a_minute.value.headers) == (429, {"Retry-After": "5"})
    timer.now += 60
    limits.enter("t")


def test_refusals_over_http(changing: RunningSandbox, client: Client) -> None:
    changing.limits.update(search=1)
    assert client.get(SEARCH).status_code == 200
    refused = client.get(SEARCH)
    assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert "API rate limit exceeded" in refused.json()["message"]
    assert client.get("/user").status_code == 200
    assert client.get("/rate_limit").json()["resources"]["search"]["remaining"] == 0
    changing.limits.update(points=1)
    assert client.get("/user").status_code == 200
    slowed = client.get("/user")
    assert (slowed.status_code, slowed.headers["X-RateLimit-Remaining"]) == (429, "4999")
    assert int(slowed.headers["Retry-After"]) > 0
    assert changing.stats.refused == 2


def test_looking_at_the_limits_is_free(client: Client) -> None:
    for _ in range(3):
        assert client.get("/rate_limit").json()["resources"]["core"]["used"] == 0


# Faults


def script(sandbox: RunningSandbox, kind: str, path: str = "/", **options: int) -> None:
    sandbox.faults.update(stall_seconds=0.2)
    sandbox.faults.script(kind, path=path, **options)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors(status: int, changing: RunningSandbox, client: Client) -> None:
    script(changing, str(status), "/user", count=2)
    assert [client.get("/user").status_code for _ in range(3)] == [status, status, 200]


def test_scripted_for_a_path_after_some_good_ones(changing: RunningSandbox, client: Client) -> None:
    script(changing, "502", ORG, skip=1)
    paths = ("/user", ORG, f"{ORG}/repos", ORG)
    assert [client.get(path).status_code for path in paths] == [200, 200, 502, 200]
    assert changing.stats.by_fault == {"502": 1}


def test_a_reset_connection(changing: RunningSandbox, client: Client) -> None:
    script(changing, "reset")
    with pytest.raises(requests.ConnectionError, match=r"[Rr]eset"):
        client.get("/user")
    assert client.get("/user").status_code == 200


@pytest.mark.parametrize("kind", ["truncated", "truncated-chunks"])
def test_a_body_that_ends_too_early(kind: str, changing: RunningSandbox, client: Client) -> None:
    script(changing, kind)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get(SEARCH)
    assert client.get(SEARCH).status_code == 200


def test_a_compressed_body_that_ends_too_early(changing: RunningSandbox, client: Client) -> None:
    script(changing, "truncated-gzip")
    answer = client.get(SEARCH, stream=True)
    with pytest.raises(EOFError):
        gzip.decompress(answer.raw.read())
    assert client.get(SEARCH).status_code == 200


@pytest.mark.parametrize("kind", ["truncated", "truncated-gzip", "truncated-chunks"])
def test_an_answer_without_a_body_is_cut_off_as_a_whole(kind: str, changing: RunningSandbox, client: Client) -> None:
    etag = client.get(ORG).headers["ETag"]
    script(changing, kind)
    with pytest.raises(requests.ConnectionError):
        client.get(ORG, headers={"If-None-Match": etag})
    assert client.get(ORG, headers={"If-None-Match": etag}).status_code == 304


def test_a_stall(changing: RunningSandbox, client: Client) -> None:
    script(changing, "stall")
    with pytest.raises(requests.Timeout):
        requests.Session.get(client, f"{client.url}/user", timeout=0.05)


def test_a_page_of_html(changing: RunningSandbox, client: Client) -> None:
    script(changing, "html")
    answer = client.get(SEARCH)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize(
    ("kind", "status", "retry_after"),
    [("secondary-403", 403, "1"), ("secondary-429", 429, "1"), ("secondary-bare", 403, None)],
)
def test_secondary_refusals(kind: str, status: int, retry_after: str, changing: RunningSandbox, client: Client) -> None:
    script(changing, kind)
    answer = client.get("/user")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry_after)
    assert answer.headers["X-RateLimit-Remaining"] != "0"
    assert "secondary rate limit" in answer.json()["message"]


def test_an_incomplete_search(changing: RunningSandbox, client: Client) -> None:
    script(changing, "incomplete", "/search")
    incomplete, complete = client.get(SEARCH).json(), client.get(SEARCH).json()
    assert (incomplete["incomplete_results"], complete["incomplete_results"]) == (True, False)
    assert incomplete["total_count"] < complete["total_count"]
    assert len(incomplete["items"]) < len(complete["items"])


@pytest.mark.parametrize("kind", ["issue", "pr"])
def test_pages_that_shift_while_they_are_read(kind: str, changing: RunningSandbox, client: Client) -> None:
    query = f"org:octo-sandbox is:{kind}"
    first = client.search(query, sort="created", per_page=20).json()["items"]
    script(changing, "shift", "/search")
    second = client.search(query, sort="created", per_page=20, page=2).json()["items"]
    # One was opened at the front, so the last of the first page comes again.
    assert second[0]["id"] == first[-1]["id"]


def test_a_share_of_answers_goes_wrong_and_the_same_ones_each_time() -> None:
    def drawn(seed: int) -> list[Fault | None]:
        faults = Faults(FaultSettings(rate=0.2), seed=seed)
        return [faults.draw("/search/issues", later_page=True) for _ in range(2_000)]

    assert drawn(1) == drawn(1) != drawn(2)
    kinds = [kind for kind in drawn(1) if kind]
    assert 330 < len(kinds) < 470
    assert set(kinds) == set(DEFAULT_KINDS)
    assert Fault.SECONDARY_BARE not in kinds


def test_faults_where_they_make_no_sense_are_not_drawn() -> None:
    faults = Faults(FaultSettings(rate=1.0, kinds=(Fault.SHIFT, Fault.INCOMPLETE)))
    assert faults.draw("/user", later_page=False) is None
    assert faults.draw("/search/issues", later_page=False) is Fault.INCOMPLETE
    assert faults.draw("/orgs/x/repos", later_page=True) is Fault.SHIFT


# The server


def test_connections_are_kept(changing: RunningSandbox, client: Client) -> None:
    url = urlsplit(changing.url)
    connection = http.client.HTTPConnection(url.netloc, timeout=5)
    headers = {"Authorization": f"Bearer {DEFAULT_TOKEN}", "User-Agent": "test"}
    ports = set()
    started = time.perf_counter()
    for _ in range(100):
        connection.request("GET", "/rate_limit", headers=headers)
        assert connection.getresponse().read()
        assert connection.sock is not None
        ports.add(connection.sock.getsockname()[1])
    assert len(ports) == 1
    # A delayed acknowledgement would cost 40 ms in each.
    assert time.perf_counter() - started < 2
    connection.close()


def test_nothing_is_left_after_closing() -> None:
    before = threading.active_count()
    sandbox = serve(World(small_plan()))
    idle = socket.create_connection(("127.0.0.1", urlsplit(sandbox.url).port or 0))
    with Client(sandbox.url) as client:
        client.get("/user")
        script(sandbox, "stall")
        sandbox.faults.update(stall_seconds=60)

        def ask() -> None:
            # Which is first, the end of the stall or of the connection, is left to chance.
            with contextlib.suppress(requests.ConnectionError):
                client.get("/user")

        stalled = threading.Thread(target=ask)
        stalled.start()
        while not sandbox.stats.by_fault:
            time.sleep(0.001)
        sandbox.close()
        stalled.join()
    idle.close()
    assert threading.active_count() == before


def test_latency_and_requests_at_once() -> None:
    with serve(World(small_plan()), latency=0.1, limits=Limits(LimitSettings(concurrency=2))) as sandbox:
        statuses = []

        def ask() -> None:
            with Client(sandbox.url) as client:
                statuses.append(client.get("/user").status_code)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200, 200, 403]


def test_no_socket_is_needed() -> None:
    world = World(small_plan())
    app = App(world, Clock(world.now, speed=0), faults=Faults(), limits=Limits(), base_url="http://api.test")
    headers = {"authorization": f"Bearer {DEFAULT_TOKEN}", "user-agent": "test"}
    response = app.handle(Request("GET", "/user", headers))
    assert json.loads(response.body)["url"].startswith("http://api.test/users/")
    assert app.handle(Request("POST", "/user", headers)).status == 404
