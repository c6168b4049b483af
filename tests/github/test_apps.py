"""A GitHub App's credentials, against the sandbox (which checks the claim by another's code) and a local server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from chalicelib.errors import BadAnswerError, ForbiddenError, SettingsError, UnauthorizedError
from chalicelib.github import AppAuth, Budget, GitHubAPI, InstallationAuth
from sandbox import Integration, Limits, Plan, RunningSandbox, World, serve
from tests.github.conftest import FakeTime, MakeApi
from tests.github.local_server import LocalServer, reply
from tests.sandbox.keys import keys

START = datetime(2026, 11, 1, tzinfo=UTC)
READING = {"issues": "read", "pull_requests": "read", "members": "read"}


@dataclass
class Clock:
    """The time for all: of the sandbox, of this machine, and of the budget."""

    seconds: float = 0.0

    def now(self) -> float:
        return self.seconds

    def time(self) -> float:
        return START.timestamp() + self.seconds

    def clock(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def budget(self) -> Budget:
        return Budget(now=self.now, clock=self.clock, sleep=lambda seconds: None)


@dataclass
class Setting:
    """A sandbox with an App, and the clock."""

    sandbox: RunningSandbox
    app: Integration
    clock: Clock

    def client(
        self, *, app_id: str = "", key: str = "", org: str = "acme", installation: int | None = None
    ) -> GitHubAPI:
        """A client of the installation in an organisation."""
        budget = self.clock.budget()
        auth = AppAuth(app_id or str(self.app.id), key or keys().private, clock=self.clock.clock)
        app = GitHubAPI(auth=auth, api_url=self.sandbox.url, budget=budget)
        own = InstallationAuth(app, org, installation_id=installation)
        return GitHubAPI(auth=own, api_url=self.sandbox.url, budget=budget)

    def routes(self) -> dict[str, int]:
        return dict(self.sandbox.stats.summary()["by_route"])


@pytest.fixture
def setting() -> Iterator[Setting]:
    clock = Clock()
    plan = Plan(organisations=("acme", "umbrella"), repositories=2, people=8, days=30, items=20, now=int(clock.time()))
    with serve(World(plan), limits=Limits(now=clock.time)) as sandbox:
        yield Setting(sandbox, sandbox.integrations.register(public_key=keys().public, permissions=READING), clock)


FIND, ISSUE = "/orgs/<org>/installation", "/app/installations/<int:installation_id>/access_tokens"


def test_the_claim_is_signed_and_holds_for_less_than_ten_minutes() -> None:
    header = AppAuth("Iv1.0123456789abcdef", keys().private, clock=lambda: START).header()
    kind, token = header.split()
    claims = jwt.decode(token, keys().public, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})
    begin = int(START.timestamp())
    assert (kind, claims) == ("Bearer", {"iat": begin - 60, "exp": begin + 540, "iss": "Iv1.0123456789abcdef"})
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT"}


def pem(key: PrivateKeyTypes, form: PrivateFormat, encryption: KeySerializationEncryption | None = None) -> str:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


PKCS1 = keys().private
RSA = load_pem_private_key(PKCS1.encode(), password=None)
PKCS8 = pem(RSA, PrivateFormat.PKCS8)
CURVE = ec.generate_private_key(ec.SECP256R1())
PASSPHRASE = BestAvailableEncryption(b"secret")


@pytest.mark.parametrize("form", [PKCS1, PKCS8], ids=["PKCS#1", "PKCS#8"])
@pytest.mark.parametrize(
    "instead", ["\n", "\\n", " ", "", "\r\n"], ids=["whole", "escaped", "spaces", "nothing", "CRLF"]
)
def test_a_key_of_both_forms_is_understood_even_without_its_line_ends(form: str, instead: str) -> None:
    text = form.strip().replace("\n", instead)
    headers = [AppAuth("1", each, clock=lambda: START).header() for each in (text, PKCS1)]
    assert headers[0] == headers[1]


def altered(text: str) -> str:
    """The key with one digit changed, in the middle of its numbers."""
    middle = len(text) // 2
    return text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]


BEGIN = "it must begin with -----BEGIN RSA PRIVATE KEY-----, as GitHub gives it out"
GARBLED = "it is cut off or garbled"
LOCKED = "it is encrypted (`openssl rsa -in FILE` makes a copy that needs no passphrase)"
WRONG_KEYS = {
    "empty": ("", BEGIN),
    "nonsense": ("nonsense", BEGIN),
    "public": (keys().public, BEGIN),
    "of OpenSSH": (pem(RSA, PrivateFormat.OpenSSH), BEGIN),
    "of a curve": (pem(CURVE, PrivateFormat.TraditionalOpenSSL), BEGIN),
    "of a curve, PKCS#8": (pem(CURVE, PrivateFormat.PKCS8), "it is not an RSA key, which GitHub's are"),
    "encrypted": (pem(RSA, PrivateFormat.TraditionalOpenSSL, PASSPHRASE), LOCKED),
    "encrypted, PKCS#8": (pem(RSA, PrivateFormat.PKCS8, PASSPHRASE), LOCKED),
    "cut off": (PKCS1[:500], GARBLED),
    "cut off in its last line": (PKCS1.strip()[:-5], GARBLED),
    "garbled": (PKCS1.replace("a", "!"), GARBLED),
    "altered": (altered(PKCS1), GARBLED),
    "altered, PKCS#8": (altered(PKCS8), GARBLED),
    "hollow": ("-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----", GARBLED),
}


@pytest.mark.parametrize(("text", "reason"), WRONG_KEYS.values(), ids=WRONG_KEYS)
def test_a_key_that_is_none_is_named_and_not_quoted(text: str, reason: str) -> None:
    with pytest.raises(SettingsError) as raised:
        AppAuth("1", text)
    assert str(raised.value) == f"GH_APP_PRIVATE_KEY is malformed: {reason}"
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_no_repr_shows_a_secret(setting: Setting) -> None:
    client = setting.client()
    client.get("/orgs/acme")
    auth = AppAuth("1", keys().private)
    shown = repr(auth) + repr(client) + repr(InstallationAuth(GitHubAPI(auth=auth), "acme"))
    assert shown.startswith("AppAuth('1', …)GitHubAPI(")
    assert shown.endswith("InstallationAuth('acme', …)")


@pytest.mark.parametrize("name", ["id", "client_id"])
def test_the_installation_is_found_and_its_token_used_until_it_ends(setting: Setting, name: str) -> None:
    client = setting.client(app_id=str(getattr(setting.app, name)))
    for minute in (0, 30, 54):
        setting.clock.seconds = minute * 60
        setting.sandbox.clock.set(now=int(setting.clock.time()))  # GitHub's clock
        assert client.get("/orgs/acme").body["login"] == "acme"
    assert setting.routes() == {FIND: 1, ISSUE: 1, "/orgs/<org>": 3}
    setting.clock.seconds = 55 * 60
    client.get("/orgs/acme")
    setting.clock.seconds = 109 * 60
    client.get("/orgs/acme")
    assert setting.routes() == {FIND: 1, ISSUE: 2, "/orgs/<org>": 5}


def test_a_machine_whose_clock_is_wrong_renews_in_time(setting: Setting) -> None:
    """The token's hour is told by GitHub's clock: one that is ten minutes late must not use a token that has ended."""
    client = setting.client()
    late = setting.clock.clock
    client.budget.clock = lambda: late() - timedelta(minutes=10)
    for minute in range(0, 200, 9):
        setting.clock.seconds = minute * 60
        setting.sandbox.clock.set(now=int(setting.clock.time()))  # GitHub's clock
        assert client.get("/orgs/acme").status == 200


def test_threads_share_one_token(setting: Setting) -> None:
    client = setting.client()
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(client.get, "/orgs/acme") for _ in range(24)]
        assert {answer.result().status for answer in answers} == {200}
    assert setting.routes() == {FIND: 1, ISSUE: 1, "/orgs/<org>": 24}


def test_an_installation_that_is_named_is_not_looked_for(setting: Setting) -> None:
    client = setting.client(installation=setting.app.installations["acme"].id)
    client.get("/orgs/acme")
    assert setting.routes() == {ISSUE: 1, "/orgs/<org>": 1}


def test_each_organisation_has_its_own(setting: Setting) -> None:
    setting.sandbox.integrations.change(setting.app.id, organisations=["acme"])
    assert setting.client(org="acme").get("/orgs/acme/members").status == 200
    with pytest.raises(UnauthorizedError, match="the GitHub App is not installed in umbrella"):
        setting.client(org="umbrella").get("/orgs/umbrella/members")


@pytest.mark.parametrize(("app_id", "key"), [("1", ""), ("", keys("another App").private)], ids=["id", "key"])
def test_an_app_that_is_not_ours_is_named(setting: Setting, app_id: str, key: str) -> None:
    with pytest.raises(UnauthorizedError, match="GH_APP_ID and GH_APP_PRIVATE_KEY don't fit"):
        setting.client(app_id=app_id, key=key).get("/orgs/acme")


def test_a_permission_that_it_lacks_is_named(setting: Setting) -> None:
    setting.sandbox.integrations.change(setting.app.id, permissions={"issues": "read"})
    with pytest.raises(ForbiddenError, match=r"\(needs the permission members=read\)"):
        setting.client().get("/orgs/acme/members")


# Answers that GitHub doesn't give


def failing(make_api: MakeApi, fake_time: FakeTime) -> GitHubAPI:
    app = make_api(None, auth=AppAuth("1", keys().private, clock=fake_time.clock))
    return make_api(None, auth=InstallationAuth(app, "acme", installation_id=7))


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"token": "ghs_secret_of_this_test"},
        {"token": "ghs_secret_of_this_test", "expires_at": "soon"},
        {"token": "", "expires_at": "2026-05-01T01:00:00Z"},
        {"token": ["ghs_secret_of_this_test"], "expires_at": "2026-05-01T01:00:00Z"},
    ],
)
def test_an_answer_without_a_token_is_not_quoted(
    server: LocalServer, make_api: MakeApi, fake_time: FakeTime, body: object
) -> None:
    server.replies = [reply(201, body)]
    with pytest.raises(BadAnswerError, match="the answer holds no installation token") as raised:
        failing(make_api, fake_time).get("/orgs/acme")
    assert "ghs_" not in str(raised.value)


def test_half_an_answer_is_not_quoted_for_it_may_hold_the_token(
    server: LocalServer, make_api: MakeApi, fake_time: FakeTime
) -> None:
    server.replies = [reply(201, b'{"token": "ghs_secret_of_this_test", "expi')] * 6
    with pytest.raises(BadAnswerError, match="the answer is not JSON") as raised:
        failing(make_api, fake_time).get("/orgs/acme")
    assert "ghs_" not in str(raised.value)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"id": 7, "account": {"login": "evil"}}, "the answer is the installation in evil"),
        ({"id": 7, "account": None}, "the answer is not an installation"),
        ([], "the answer is not an installation"),
    ],
    ids=["another", "no account", "no object"],
)
def test_an_installation_in_another_organisation_is_not_taken(
    server: LocalServer, make_api: MakeApi, fake_time: FakeTime, body: object, sentence: str
) -> None:
    """Its token sees little of this organisation: what it doesn't see would look as if it were gone."""
    server.replies = [reply(200, body)]
    app = make_api(None, auth=AppAuth("1", keys().private, clock=fake_time.clock))
    with pytest.raises(BadAnswerError, match=sentence):
        make_api(None, auth=InstallationAuth(app, "acme")).get("/orgs/acme")
    assert len(server.seen) == 1


def test_what_passes_is_tried_again(server: LocalServer, make_api: MakeApi, fake_time: FakeTime) -> None:
    token = {"token": "ghs_secret_of_this_test", "expires_at": "2026-05-01T01:00:00Z"}
    server.replies = [reply(502), reply(201, token), reply(200, {})]
    failing(make_api, fake_time).get("/orgs/acme")
    assert [seen.path for seen in server.seen] == ["/app/installations/7/access_tokens"] * 2 + ["/orgs/acme"]
    assert server.seen[-1].headers["Authorization"] == "Bearer ghs_secret_of_this_test"


@pytest.mark.parametrize(
    ("status", "message", "sentence"),
    [
        (404, "Not Found", "the GitHub App is not installed in acme"),
        (404, "Integration not found", "GitHub refuses the App in acme: Integration not found"),
        (403, "This installation has been suspended", "GitHub refuses the App in acme: This installation has been"),
        (410, "Gone", "GitHub refuses the App in acme: Gone"),
        (422, "Unprocessable", "GitHub refuses the App in acme: Unprocessable"),
        (401, "Bad credentials", "GH_APP_ID and GH_APP_PRIVATE_KEY don't fit"),
    ],
)
@pytest.mark.parametrize("installation", [None, 7])
def test_a_refusal_of_the_app_is_never_taken_for_one_of_what_was_asked_for(
    server: LocalServer,
    make_api: MakeApi,
    fake_time: FakeTime,
    status: int,
    message: str,
    sentence: str,
    installation: int | None,
) -> None:
    """Its 404 passed for the issue's: every issue that was asked for would have been marked as deleted."""
    server.replies = [reply(status, {"message": message})]
    app = make_api(None, auth=AppAuth("1", keys().private, clock=fake_time.clock))
    api = make_api(None, auth=InstallationAuth(app, "acme", installation_id=installation))
    with pytest.raises(UnauthorizedError) as raised:
        api.get("/repos/acme/r/issues/1")
    assert sentence in str(raised.value)
    assert raised.value.status == status
