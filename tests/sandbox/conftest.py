"""Sandboxes for the tests: one that is only read, and a small one to change."""

from collections.abc import Callable, Iterator

import pytest
import requests

from sandbox import Integration, Limits, LimitSettings, Plan, RunningSandbox, World, serve
from sandbox.world.board_founding import DELIVERY
from tests.sandbox.keys import Keys, keys

NOW = 1_780_315_200  # 2026-06-01T12:00:00Z, a Monday
ORGS = ("acme", "umbrella")
LARGE_LIMITS = LimitSettings(core=10**6, search=10**6, graphql=10**6, points=10**6, graphql_points=10**6)


def small_plan(**other: object) -> Plan:
    """A world that is generated in some ten milliseconds."""
    sizes: dict = {"now": NOW, "repositories": 5, "people": 30, "days": 120, "items": 260} | other
    return Plan(**sizes)


class Client(requests.Session):
    """A session with a sandbox's address and token."""

    def __init__(self, url: str, token: str = "sandbox-token") -> None:
        super().__init__()
        self.url = url
        self.trust_env = False
        self.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str | bytes, **options: object) -> requests.Response:  # type: ignore[override]
        return super().get(self._absolute(path), timeout=10, **options)  # type: ignore[arg-type]

    def control(self, method: str, path: str, /, **body: object) -> requests.Response:
        return self.request(method, self._absolute(f"/_sandbox/{path}"), json=body or None, timeout=10)

    def _absolute(self, path: str | bytes) -> str:
        path = path.decode() if isinstance(path, bytes) else path
        return path if path.startswith("http") else self.url + path

    def search(self, query: str, **arguments: object) -> requests.Response:
        return self.get("/search/issues", params={"q": query, **arguments})

    def numbers(self, query: str, **arguments: object) -> list[int]:
        """The ids of the first hundred results."""
        answer = self.search(query, per_page=100, **arguments)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]


class AppClient(Client):
    """An App's owner: its key, and requests with its JWT or an installation's token."""

    def __init__(self, sandbox: RunningSandbox, pair: Keys, integration: Integration, now: Callable[[], float]) -> None:
        super().__init__(sandbox.url)
        self.sandbox, self.pair, self.app, self.now = sandbox, pair, integration, now

    def jwt(self, **claims: object) -> str:
        now = int(self.now())
        return self.pair.sign(**{"iat": now - 60, "exp": now + 540, "iss": str(self.app.id)} | claims)

    def as_app(self, path: str, *, method: str = "GET", body: object = None, **claims: object) -> requests.Response:
        return self.ask(path, self.jwt(**claims), method=method, body=body)

    def ask(self, path: str, token: str, *, method: str = "GET", body: object = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return self.request(method, self._absolute(path), headers=headers, json=body, timeout=10)

    def installation(self, org: str = "acme") -> int:
        return self.app.installations[org].id

    def issue(self, org: str = "acme", **body: object) -> requests.Response:
        path = f"/app/installations/{self.installation(org)}/access_tokens"
        return self.as_app(path, method="POST", body=body or None)

    def token(self, org: str = "acme", **body: object) -> str:
        answer = self.issue(org, **body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])


class Timer:
    """Real time, as far as the sandbox knows; a test winds it."""

    def __init__(self, start: float = 1_790_000_000.25) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def reading() -> Iterator[RunningSandbox]:
    """A sandbox of the usual size that no test of the module changes."""
    world = World(Plan(now=NOW, copilot_days=400, alerts=3, runs=0.03))
    with serve(world, limits=Limits(LARGE_LIMITS)) as sandbox:
        world.fail_at_startup(next(iter(world.repositories.values())))
        world.fill_board(world.create_board(next(iter(world.organisations.values())), DELIVERY), 45)
        sandbox.deliveries("a secret")
        yield sandbox


@pytest.fixture
def changing() -> Iterator[RunningSandbox]:
    """A small sandbox of the test's own, with GitHub's limits."""
    with serve(World(small_plan())) as sandbox:
        yield sandbox


@pytest.fixture
def reader(reading: RunningSandbox) -> Iterator[Client]:
    """A client of the sandbox that isn't changed."""
    with Client(reading.url) as client:
        yield client


@pytest.fixture
def client(changing: RunningSandbox) -> Iterator[Client]:
    """A client of the sandbox that the test changes."""
    with Client(changing.url) as client:
        yield client


def happened(world: World) -> World:
    """Let everything happen to an issue and to a pull request."""
    for pull in (False, True):
        world.happen_all(next(one for one in world.items.values() if one.is_pull == pull and one.state == "open"))
    return world


@pytest.fixture(scope="module")
def full() -> Iterator[RunningSandbox]:
    """A small sandbox in which everything happened, that no test of the module changes."""
    with serve(happened(World(small_plan(repositories=2, items=60, days=60)))) as sandbox:
        yield sandbox


@pytest.fixture
def full_reader(full: RunningSandbox) -> Iterator[Client]:
    """A client of the sandbox in which everything happened."""
    with Client(full.url) as client:
        yield client


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def timed(timer: Timer) -> Iterator[RunningSandbox]:
    """Two organisations, and real time that stands still."""
    with serve(World(small_plan(organisations=ORGS)), limits=Limits(now=timer)) as running:
        yield running


@pytest.fixture
def owner(timed: RunningSandbox, timer: Timer) -> Iterator[AppClient]:
    permissions = {"issues": "read", "pull_requests": "read", "members": "read"}
    integration = timed.integrations.register(public_key=keys().public, permissions=permissions)
    with AppClient(timed, keys(), integration, timer) as client:
        yield client
