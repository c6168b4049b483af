"""Webhooks: what is delivered, how it is signed, what goes wrong on demand, and what the log knows."""

import hmac
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from random import Random
from threading import Thread
from time import sleep
from typing import Any
from urllib.parse import parse_qs

import pytest
from githubkit.webhooks import parse

from sandbox import CodeAlert, DependabotAlert, JobSpec, Kind, Repository, RunningSandbox, SecretAlert, World, serve
from sandbox.api.hooks import sign
from sandbox.api.times import parse_moment
from tests.sandbox.conftest import AppClient, Client, small_plan

JSON = dict[str, Any]
SECRET = "It's a Secret to Everybody"
ORG = "octo-sandbox"


@pytest.fixture
def repository(changing: RunningSandbox) -> Repository:
    return next(iter(changing.world.repositories.values()))


@pytest.fixture
def log(changing: RunningSandbox) -> str:
    """The path of the organisation's deliveries."""
    hook = changing.hooks.of(changing.world.organisations[ORG])
    return f"/orgs/{ORG}/hooks/{hook.id}/deliveries"


def told(sandbox: RunningSandbox) -> list[tuple[str, JSON]]:
    """What is delivered now, by its event and action."""
    found = [(headers["X-GitHub-Event"], json.loads(body)) for headers, body in sandbox.deliveries(SECRET)]
    return [(f"{event}.{payload['action']}", payload) for event, payload in found]


def names(sandbox: RunningSandbox) -> list[str]:
    return [name for name, _ in told(sandbox)]


def test_githubs_own_signature() -> None:
    """As https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries has it."""
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert sign(SECRET, b"Hello, World!") == expected


def test_a_signed_delivery(changing: RunningSandbox, repository: Repository) -> None:
    assert changing.deliveries(SECRET) == []  # the history is not told
    changing.world.start_run(repository, ["build"])
    _, (headers, body) = changing.deliveries(SECRET)
    assert headers["X-GitHub-Event"] == "workflow_job"
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert headers["X-Hub-Signature-256"] == "sha256=" + hmac.new(SECRET.encode(), body, "sha256").hexdigest()
    payload = json.loads(body)
    truth = {name: value for name, value in changing.truth.jobs()[0].items() if name != "deployment"}
    assert payload["workflow_job"] == truth
    assert payload["repository"]["full_name"] == repository.full_name
    assert (payload["organization"]["login"], payload["sender"]["type"]) == (ORG, "User")
    assert changing.deliveries(SECRET) == []


def test_deployments_of_the_history_are_told_if_so_asked() -> None:
    """How each job that deployed to production ended: nothing else, nothing older, and the truth is the same."""
    plan = small_plan(runs=2.0)
    first = plan.now - 40 * 86_400
    with serve(World(plan)) as silent, serve(World(replace(plan, told_days=40))) as telling:
        assert silent.deliveries(SECRET) == []
        truth = telling.truth.jobs()
        assert truth == json.loads(json.dumps(silent.truth.jobs()).replace(silent.url, telling.url))
        found = told(telling)
    assert [name for name, _ in found] == ["workflow_job.completed", "deployment_status.created"] * (len(found) // 2)
    assert all(payload["deployment"]["environment"] == "production" for _, payload in found)
    states = Counter(payload["deployment_status"]["state"] for _, payload in found[1::2])
    assert states["success"] > states["failure"] > 0
    told_ids = {payload["workflow_job"]["id"] for _, payload in found[::2]}
    known = {job["id"] for job in truth if job["name"] == "deploy" and job["conclusion"] and job["runner_id"]}
    late = {job["id"] for job in truth if job["completed_at"] and parse_moment(job["completed_at"]) > first}
    assert known & late <= told_ids <= late


def test_each_delivery_tells_how_it_was_then(changing: RunningSandbox, repository: Repository) -> None:
    world = changing.world
    world.add_runner(repository.owner)
    gated = JobSpec("deploy", ("self-hosted",), "production")
    run = world.start_run(repository, [gated])
    for _ in range(3):
        world.advance(changing.clock.set(advance=60))
        world.advance_run(run)
    everything = told(changing)
    found = [
        (name, payload["workflow_job"], payload["deployment"])
        for name, payload in everything
        if name.startswith("workflow_job")
    ]
    assert [(name.partition(".")[2], job["status"]) for name, job, _ in found] == [
        ("queued", "waiting"),
        ("waiting", "waiting"),
        ("queued", "queued"),
        ("in_progress", "in_progress"),
        ("completed", "completed"),
    ]
    # Before the runner came, `started_at` was when the job was queued.
    states = [one["deployment_status"]["state"] for name, one in everything if name == "deployment_status.created"]
    assert states == ["waiting", "queued", "in_progress", "success"]
    starts = [job["started_at"][11:19] for _, job, _ in found]
    assert starts == ["12:00:00", "12:00:00", "12:00:00", "12:02:00", "12:02:00"]
    assert [gate["updated_at"][11:19] for *_, gate in found] == ["12:00:00", "12:00:00", *["12:01:00"] * 3]


def test_lost_doubled_and_shuffled(changing: RunningSandbox, repository: Repository, client: Client, log: str) -> None:
    world = changing.world
    for _ in range(40):
        world.finish_run(world.start_run(repository))
    found = changing.deliveries(SECRET, lost=0.2, doubled=0.2, shuffled=True, seed=4)
    guids = Counter(headers["X-GitHub-Delivery"] for headers, _ in found)
    hook = changing.hooks.of(repository.owner)
    failed = [one for one in changing.hooks.logged(hook) if one.status_code != 200]
    assert len(guids) + len(failed) == len(hook.log) == 40 * 9
    assert (40 < len(failed) < 110, 30 < sum(count == 2 for count in guids.values()) < 90) == (True, True)
    ids = {one.guid: one.id for one in hook.log}
    order = [ids[headers["X-GitHub-Delivery"]] for headers, _ in found]
    assert order != sorted(order)
    (row, *_) = client.get(f"{log}?status=failure").json()
    shown = ("status", "status_code", "redelivery", "repository_id", "installation_id")
    assert [row[name] for name in shown] == ["failed to connect to host", 502, False, repository.id, None]
    assert {one["status_code"] for one in client.get(f"{log}?status=success&per_page=100").json()} == {200}


def test_a_redelivery_is_a_new_one_of_the_same_guid(
    changing: RunningSandbox, repository: Repository, client: Client, log: str
) -> None:
    changing.world.fail_at_startup(repository)
    assert changing.deliveries(SECRET, lost=1.0) == []
    newest, oldest = client.get(log).json()
    assert (oldest["event"], oldest["action"], newest["action"]) == ("workflow_run", "requested", "completed")
    answer = client.request("POST", f"{changing.url}{log}/{oldest['id']}/attempts", headers=client.headers, timeout=10)
    assert (answer.status_code, answer.json()) == (202, {})
    ((headers, body),) = changing.deliveries(SECRET)
    assert headers["X-GitHub-Delivery"] == oldest["guid"]
    (again, *_) = client.get(log).json()
    assert again["id"] > newest["id"]
    assert (again["guid"], again["redelivery"], again["status"]) == (oldest["guid"], True, "OK")
    whole = client.get(f"{log}/{again['id']}").json()
    assert (whole["request"]["headers"], whole["request"]["payload"]) == (headers, json.loads(body))
    assert client.get(f"{log}/1").status_code == 404
    # After three days the log has forgotten them.
    changing.world.advance(changing.clock.set(advance=3 * 86_400))
    assert client.get(log).json() == []
    assert client.get(f"{log}/{again['id']}").status_code == 404


def test_the_log_goes_by_cursor(changing: RunningSandbox, repository: Repository, client: Client, log: str) -> None:
    for _ in range(3):
        changing.world.fail_at_startup(repository)
    changing.deliveries(SECRET)
    everything = [row["id"] for row in client.get(log).json()]
    assert everything == sorted(everything, reverse=True)
    assert len(everything) == 6
    path, found = f"{log}?per_page=4", []
    while path:
        answer = client.get(path)
        found.append([row["id"] for row in answer.json()])
        path = answer.links.get("next", {}).get("url", "")
        if path:
            # What is delivered meanwhile doesn't move the pages.
            changing.world.fail_at_startup(repository)
            changing.deliveries(SECRET)
    assert found == [everything[:4], everything[4:]]
    assert client.get(f"{log}?cursor=4").status_code == 422
    (hook,) = client.get(f"/orgs/{ORG}/hooks").json()
    assert hook["deliveries_url"].endswith(log)


class _Receiver(BaseHTTPRequestHandler):
    statuses = [202, 500]
    seen: list[tuple[str, bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.headers["X-Hub-Signature-256"], body))
        self.send_response(self.statuses[len(self.seen) % 2])
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    _Receiver.seen.clear()
    with HTTPServer(("127.0.0.1", 0), _Receiver) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/webhook?from=test"
        server.shutdown()
        thread.join()


def test_deliveries_are_posted(
    changing: RunningSandbox, repository: Repository, client: Client, log: str, receiver: str
) -> None:
    changing.world.fail_at_startup(repository)
    assert changing.deliver(receiver, SECRET) == {500: 1, 202: 1}
    assert all(signature == sign(SECRET, body) for signature, body in _Receiver.seen)
    statuses = [(row["status"], row["status_code"]) for row in client.get(log).json()]
    assert statuses == [("OK", 202), ("Invalid HTTP Response: 500", 500)]
    assert client.get(f"/orgs/{ORG}/hooks").json()[0]["config"]["url"] == receiver
    changing.world.fail_at_startup(repository)
    assert changing.deliver("http://127.0.0.1:9/webhook", SECRET) == {502: 2}
    # Or a test takes them itself, as forms.
    changing.world.fail_at_startup(repository)
    taken: list[JSON] = []

    def take(headers: dict[str, str], body: bytes) -> int:
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        taken.append(json.loads(parse_qs(body.decode())["payload"][0]))
        return 200

    assert changing.deliver(take, SECRET, form=True) == {200: 2}
    assert [payload["action"] for payload in taken] == ["requested", "completed"]


def test_another_process_lets_webhooks_be_posted(
    changing: RunningSandbox, repository: Repository, client: Client, receiver: str
) -> None:
    changing.world.fail_at_startup(repository)
    answer = client.control("POST", "deliver", url=receiver, secret=SECRET)
    assert (answer.status_code, answer.json()) == (200, {"202": 1, "500": 1})
    assert client.control("POST", "deliver", url=receiver).status_code == 422
    assert len(client.control("GET", "runs").text.splitlines()) == 1


def test_webhooks_are_posted_as_things_happen(changing: RunningSandbox, repository: Repository, receiver: str) -> None:
    changing.keep_delivering(receiver, SECRET, every=0.01)
    changing.world.fail_at_startup(repository)
    while len(_Receiver.seen) < 2:
        sleep(0.01)
    assert [json.loads(body)["action"] for _, body in _Receiver.seen] == ["requested", "completed"]


def test_an_apps_webhook(owner: AppClient) -> None:
    sandbox = owner.sandbox
    repository = sandbox.world.organisations["acme"].repositories[0]
    sandbox.integrations.change(owner.app.id, organisations=["acme"])
    sandbox.world.fail_at_startup(repository)
    sandbox.world.fail_at_startup(sandbox.world.organisations["umbrella"].repositories[0])
    (headers, body), _ = sandbox.deliveries(SECRET, integration=owner.app, lost=0.0)
    assert headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    assert json.loads(body)["installation"]["id"] == owner.installation()
    newest, oldest = owner.as_app("/app/hook/deliveries").json()
    assert (newest["installation_id"], oldest["action"]) == (owner.installation(), "requested")
    assert owner.as_app(f"/app/hook/deliveries/{oldest['id']}").json()["request"]["payload"] == json.loads(body)
    assert owner.as_app(f"/app/hook/deliveries/{oldest['id']}/attempts", method="POST").status_code == 202
    assert len(sandbox.deliveries(SECRET, integration=owner.app)) == 1
    # The organisations' own webhooks hear of it besides.
    assert len(sandbox.deliveries(SECRET)) == 4


def test_an_edit_tells_what_stood_there_before(changing: RunningSandbox, repository: Repository) -> None:
    """Of comments and descriptions it told that nothing had."""
    world = changing.world
    issue = world.open(repository, world.now, world.people[0], "Title", "First", pull=False, rng=Random(1))
    world.change(issue, Kind.EDITED, text="Second")
    world.change(issue, Kind.COMMENTED, text="Hello")
    world.change(issue, Kind.COMMENT_EDITED, target=issue.history[-1], text="Goodbye")
    _, edited, _, changed = told(changing)
    assert edited[1]["changes"] == {"body": {"from": "First"}}
    assert changed[1]["changes"] == {"body": {"from": "Hello"}}


def test_what_happens_to_items(changing: RunningSandbox, repository: Repository) -> None:
    world = changing.world
    rng, author = Random(1), world.people[0]
    issue = world.open(repository, world.now, author, "Title", None, pull=False, rng=rng)
    pull = world.open(repository, world.now, author, "Pull", None, pull=True, rng=rng)
    assert names(changing) == ["issues.opened", "pull_request.opened"]
    world.change(issue, Kind.RENAMED, text="Other")
    world.change(issue, Kind.CLOSED, text="completed")
    world.change(pull, Kind.COMMENTED, text="Hello")
    world.change(pull, Kind.MERGED)
    edited, closed, created, merged = told(changing)
    assert (edited[0], edited[1]["changes"]) == ("issues.edited", {"title": {"from": "Title"}})
    assert (closed[0], closed[1]["issue"]["state_reason"]) == ("issues.closed", "completed")
    assert (created[0], created[1]["comment"]["body"]) == ("issue_comment.created", "Hello")
    assert (merged[0], merged[1]["pull_request"]["merged"]) == ("pull_request.closed", True)
    other = next(
        one for one in world.repositories.values() if one.private == repository.private and one is not repository
    )
    moved = world.transfer(issue, other)
    world.delete(moved)
    transferred, opened, deleted = told(changing)
    assert [name for name, _ in (transferred, opened, deleted)] == [
        "issues.transferred",
        "issues.opened",
        "issues.deleted",
    ]
    changes = transferred[1]["changes"]
    assert (transferred[1]["issue"]["id"], changes["new_issue"]["id"]) == (issue.id, moved.id)
    assert (transferred[1]["repository"]["id"], changes["new_repository"]["id"]) == (repository.id, other.id)
    assert (opened[1]["issue"]["id"], opened[1]["changes"]["old_issue"]["id"]) == (moved.id, issue.id)


def test_what_happens_to_the_rest(changing: RunningSandbox, repository: Repository) -> None:
    world, organisation = changing.world, repository.owner
    release = world.release(repository, "v77.0.0", draft=True)
    world.publish(release)
    world.delete_release(release)
    before = repository.name
    world.rename_repository(repository, "other")
    world.delete_repository(world.create_repository(organisation, "fresh"))
    alert = world.open_alert(repository, DependabotAlert)
    world.fix_alert(alert)
    person = world.outsiders[0]
    world.move(organisation, person, "member")
    world.set_team_role(organisation.teams[0], person, "member")
    found = told(changing)
    assert [name for name, _ in found] == [
        *("release.created", "release.published", "release.deleted"),
        *("repository.renamed", "repository.created", "repository.deleted"),
        *("dependabot_alert.created", "dependabot_alert.fixed", "organization.member_added", "membership.added"),
    ]
    assert found[3][1]["changes"] == {"repository": {"name": {"from": before}}}
    assert found[3][1]["repository"]["name"] == "other"
    assert found[8][1]["membership"]["user"]["login"] == person.login


def test_a_rename_is_told_as_it_was_though_another_one_follows(
    changing: RunningSandbox, repository: Repository
) -> None:
    before = repository.name
    changing.world.rename_repository(repository, "second")
    changing.world.rename_repository(repository, "third")
    renames = [
        (payload["changes"]["repository"]["name"]["from"], payload["repository"]["name"])
        for _, payload in told(changing)
    ]
    assert renames == [(before, "second"), ("second", "third")]


def test_alerts_are_told_as_webhooks_do(changing: RunningSandbox, repository: Repository) -> None:
    world = changing.world
    world.open_alert(repository, SecretAlert)
    code = world.open_alert(repository, CodeAlert)
    world.dismiss_alert(code, "won't fix")
    found = told(changing)
    assert [(name, payload.get("ref")) for name, payload in found] == [
        ("secret_scanning_alert.created", None),
        ("code_scanning_alert.created", "refs/heads/main"),
        ("code_scanning_alert.closed_by_user", ""),
    ]
    assert set(found[0][1]["alert"]) > {"number", "secret_type", "resolution"}
    assert not set(found[0][1]["alert"]) & {"secret", "state", "repository"}


@pytest.mark.slow
def test_another_client_reads_what_is_delivered() -> None:
    """One that is generated from GitHub's own description."""
    world = World(small_plan(items=60, days=20, alerts=1, runs=2))
    with serve(world) as sandbox:
        world.advance(sandbox.clock.set(advance=86_400))
        for seed in range(150):
            world.happen(Random(seed))
        found, seen = sandbox.deliveries(SECRET), set()
        for headers, body in found:
            name = headers["X-GitHub-Event"], json.loads(body)["action"]
            if name not in seen:
                parse(headers["X-GitHub-Event"], body)
                seen.add(name)
    assert {event for event, _ in seen} >= {"workflow_job", "workflow_run", "issues", "pull_request", "release"}
    assert len(seen) > 25
