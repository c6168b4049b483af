"""GitHub Apps, their installations' tokens, and what permissions allow."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import jwt
import pytest
from githubkit import AppAuthStrategy, AppInstallationAuthStrategy, GitHub
from githubkit.exception import RequestFailed

from sandbox import RunningSandbox, World, serve
from sandbox.api.routes import ROUTES
from tests.sandbox.answers import answered, refusal
from tests.sandbox.conftest import NOW, ORGS, AppClient, Timer, small_plan
from tests.sandbox.keys import keys

CREATED = "2026-06-01T12:00:00Z"
ISSUES = {"issues": "read"}
UNDECODABLE = "A JSON web token could not be decoded"
LATE = "'Expiration time' claim ('exp') is too far in the future"
EXPIRED = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which "
    "the assertion expires"
)
EARLY = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"


def account(owner: AppClient, org: str) -> dict[str, Any]:
    """An organisation as its repositories show it."""
    listed: dict[str, Any] = owner.get(f"/orgs/{org}/repos").json()[0]["owner"]
    return listed


def installation_row(owner: AppClient, org: str) -> dict[str, Any]:
    url, number, place = owner.url, owner.installation(org), account(owner, org)
    return {
        "id": number,
        "client_id": owner.app.client_id,
        "account": place,
        "repository_selection": "all",
        "access_tokens_url": f"{url}/app/installations/{number}/access_tokens",
        "repositories_url": f"{url}/installation/repositories",
        "html_url": f"https://github.example/organizations/{org}/settings/installations/{number}",
        "app_id": owner.app.id,
        "app_slug": "sandbox-app-1200001",
        "target_id": place["id"],
        "target_type": "Organization",
        "permissions": {"metadata": "read", "issues": "read", "pull_requests": "read", "members": "read"},
        "events": [],
        "created_at": CREATED,
        "updated_at": CREATED,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": None,
    }


# As the App itself


def test_the_app(owner: AppClient) -> None:
    answer = owner.as_app("/app")
    assert answered(answer) == (
        200,
        {
            "id": 1_200_001,
            "client_id": owner.app.client_id,
            "slug": "sandbox-app-1200001",
            "node_id": "A_kgDOABJPgQ",
            "owner": account(owner, "acme"),
            "name": "Sandbox App 1200001",
            "description": "",
            "external_url": "https://github.example/apps/sandbox-app-1200001",
            "html_url": "https://github.example/apps/sandbox-app-1200001",
            "created_at": CREATED,
            "updated_at": CREATED,
            "permissions": {"metadata": "read", "issues": "read", "pull_requests": "read", "members": "read"},
            "events": [],
            "installations_count": 2,
        },
    )
    assert {"X-OAuth-Scopes", "X-Accepted-GitHub-Permissions"}.isdisjoint(answer.headers)
    assert answer.headers["X-RateLimit-Remaining"] == "4999"


def test_its_installations(owner: AppClient) -> None:
    rows = [installation_row(owner, org) for org in ORGS]
    assert answered(owner.as_app("/app/installations")) == (200, rows)
    assert answered(owner.as_app("/app/installations?per_page=1&page=2")) == (200, rows[1:])
    assert answered(owner.as_app(f"/app/installations/{owner.installation()}")) == (200, rows[0])
    assert answered(owner.as_app("/orgs/Umbrella/installation")) == (200, rows[1])


def test_an_installations_token(owner: AppClient, timer: Timer) -> None:
    answer = owner.issue()
    token = answer.json()["token"]
    assert answered(answer) == (
        201,
        {
            "token": token,
            "expires_at": "2026-09-21T15:13:20Z",
            "permissions": {"metadata": "read", "issues": "read", "pull_requests": "read", "members": "read"},
            "repository_selection": "all",
        },
    )
    assert datetime.fromisoformat(answer.json()["expires_at"]).timestamp() == int(timer.now) + 3_600
    assert token.startswith("ghs_1200001_")
    assert 480 < len(token) < 560
    assert owner.token() != token
    assert [one["id"] for one in owner.ask("/orgs/acme/members", token).json()]
    assert owner.ask("/orgs/umbrella", token).status_code == 404
    assert answered(owner.ask("/user", token)) == (403, refusal("Resource not accessible by integration", 403))


def test_a_token_with_fewer_permissions(owner: AppClient) -> None:
    answer = owner.issue(permissions={"issues": "read"})
    assert answer.json()["permissions"] == {"metadata": "read", "issues": "read"}
    assert owner.ask("/orgs/acme/members", answer.json()["token"]).status_code == 403
    message = "The permissions requested are not granted to this installation."
    for more in ({"issues": "write"}, {"actions": "read"}):
        assert answered(owner.issue(permissions=more)) == (422, refusal(message, 422))
    for nonsense in ({"issues": "look"}, ["issues"], 3):
        assert answered(owner.issue(permissions=nonsense)) == (422, refusal("Invalid request: permissions", 422))
    assert owner.issue(repositories=["one"]).status_code == 422


def test_where_it_is_not_installed(owner: AppClient) -> None:
    owner.sandbox.integrations.change(owner.app.id, organisations=["umbrella"])
    missing = (404, refusal("Not Found", 404))
    assert answered(owner.as_app("/orgs/acme/installation")) == missing
    assert answered(owner.as_app("/orgs/nobody/installation")) == missing
    assert answered(owner.as_app("/app/installations/60000001")) == missing
    assert answered(owner.as_app("/app/installations/60000001/access_tokens", method="POST")) == missing
    assert owner.as_app("/app/installations/60000002/access_tokens").status_code == 404


# JSON web tokens


def test_good_jwts(owner: AppClient, timer: Timer) -> None:
    now = int(timer.now)
    good: tuple[dict[str, object], ...] = (
        {"iss": owner.app.id},
        {"iss": owner.app.client_id},
        # As in GitHub's own examples: eleven minutes from `iat`.
        {"iat": now - 60, "exp": now + 600},
        {"iat": now + 60, "exp": now + 600},
    )
    for claims in good:
        token = jwt.PyJWS().encode(
            json.dumps({"iat": now, "exp": now + 60, "iss": "x"} | {"iss": str(owner.app.id)} | claims).encode(),
            owner.pair.private,
            algorithm="RS256",
        )
        assert owner.ask("/app", token).status_code == 200, claims


@pytest.mark.parametrize(
    ("iat", "exp", "message"),
    [
        (-120, 0, EXPIRED),
        (-60, "soon", EXPIRED),
        (-60, None, EXPIRED),
        (-60, 601, LATE),
        (61, 120, EARLY),
        (None, 120, EARLY),
    ],
)
def test_claims_that_are_not_good(iat: object, exp: object, message: str, owner: AppClient, timer: Timer) -> None:
    now = int(timer.now)
    wanted = {"iat": iat, "exp": exp, "iss": str(owner.app.id)}
    claims = {name: now + value if isinstance(value, int) else value for name, value in wanted.items()}
    token = jwt.PyJWS().encode(json.dumps(claims).encode(), owner.pair.private, algorithm="RS256")
    assert answered(owner.ask("/app", token)) == (401, refusal(message))


def test_wrong_signatures_and_issuers(owner: AppClient) -> None:
    now = int(owner.now())
    claims = {"iat": now, "exp": now + 60, "iss": str(owner.app.id)}
    shared = jwt.encode(claims, "a secret that two share, long enough", algorithm="HS256")
    unsigned = jwt.encode(claims, "", algorithm="none")
    for token in (keys("another").sign(**claims), shared, unsigned, owner.jwt()[:-9], "a.b.c", "x"):
        assert answered(owner.ask("/app", token)) == (401, refusal(UNDECODABLE)), token
    assert answered(owner.as_app("/app", iss="4")) == (401, refusal("Integration not found"))
    without = owner.pair.sign(iat=now, exp=now + 60)
    assert answered(owner.ask("/app", without)) == (401, refusal("'Issuer' claim ('iss') must be an Integer"))


def test_each_kind_of_token_has_its_endpoints(owner: AppClient) -> None:
    for path in ("/app", "/app/installations", "/orgs/acme/installation"):
        for token in (owner.sandbox.token, owner.token()):
            assert answered(owner.ask(path, token)) == (401, refusal(UNDECODABLE))
    assert answered(owner.as_app("/orgs/acme/members")) == (401, refusal("Bad credentials"))
    del owner.headers["Authorization"]
    assert answered(owner.get("/app")) == (401, refusal(UNDECODABLE))


# The end of a token


def test_an_hour_later(owner: AppClient, timer: Timer) -> None:
    token = owner.token()
    timer.now += 3_599
    assert owner.ask("/orgs/acme", token).status_code == 200
    timer.now += 1
    assert answered(owner.ask("/orgs/acme", token)) == (401, refusal("Bad credentials"))
    assert owner.ask("/orgs/acme", owner.token()).status_code == 200


def test_ended_and_uninstalled(owner: AppClient) -> None:
    apps, number = owner.sandbox.integrations, owner.app.id
    first, other = owner.token(), owner.token("umbrella")
    apps.end_tokens(number)
    assert [owner.ask("/rate_limit", token).status_code for token in (first, other)] == [401, 401]
    first, other = owner.token(), owner.token("umbrella")
    before = owner.installation()
    apps.change(number, organisations=["umbrella"])
    assert list(owner.app.installations) == ["umbrella"]
    assert [owner.ask("/rate_limit", token).status_code for token in (first, other)] == [401, 200]
    apps.change(number, organisations=["acme", "umbrella"])
    assert owner.installation() not in (before, owner.installation("umbrella"))
    assert owner.ask("/rate_limit", first).status_code == 401
    apps.change(number, organisations=[])
    assert owner.ask("/rate_limit", other).status_code == 401
    assert owner.as_app("/app/installations").json() == []


# Limits


def test_an_installations_tokens_share_its_limits(owner: AppClient) -> None:
    first, second, other = owner.token(), owner.token(), owner.token("umbrella")
    assert owner.ask("/orgs/acme", first).headers["X-RateLimit-Remaining"] == "4999"
    assert owner.ask("/orgs/acme", second).headers["X-RateLimit-Remaining"] == "4998"
    assert owner.ask("/orgs/umbrella", other).headers["X-RateLimit-Remaining"] == "4999"
    assert owner.ask("/rate_limit", first).json()["resources"]["core"]["used"] == 2
    owner.sandbox.limits.update(core=1)
    assert owner.ask("/orgs/acme", first).status_code == 200
    refused = owner.ask("/orgs/acme", second)
    assert refused.status_code == 403
    assert refused.json()["message"] == f"API rate limit exceeded for installation ID {owner.installation()}."
    assert owner.ask("/orgs/umbrella", other).status_code == 200


def test_an_etag_is_the_tokens_not_the_installations(owner: AppClient) -> None:
    def asked_again(token: str, etag: str) -> int:
        headers = {"Authorization": f"Bearer {token}", "If-None-Match": etag}
        return owner.get("/orgs/acme", headers=headers).status_code

    first = owner.token()
    etag = owner.ask("/orgs/acme", first).headers["ETag"]
    assert (asked_again(first, etag), asked_again(owner.token(), etag)) == (304, 200)


# Registering


def test_registering(timed: RunningSandbox) -> None:
    app = timed.integrations.register(public_key=keys().public, permissions=ISSUES, organisations=["Umbrella"])
    assert app.client_id.startswith("Iv23li")
    assert (app.id, app.permissions) == (1_200_001, {"metadata": "read", "issues": "read"})
    assert {name: one.id for name, one in app.installations.items()} == {"umbrella": 60_000_001}
    everywhere = timed.integrations.register(public_key=keys().public, permissions={})
    assert list(everywhere.installations) == list(ORGS)
    wrong: tuple[tuple[type[Exception], dict[str, Any]], ...] = (
        (ValueError, {"public_key": keys().private, "permissions": {}}),
        (ValueError, {"public_key": keys().public, "permissions": {"issues": "look"}}),
        (KeyError, {"public_key": keys().public, "permissions": {}, "organisations": ["nobody"]}),
    )
    for error, arguments in wrong:
        with pytest.raises(error):
            timed.integrations.register(**arguments)
    assert timed.integrations.all() == [app, everywhere]


# An independent client


def kit(client: AppClient, auth: AppAuthStrategy | AppInstallationAuthStrategy) -> GitHub[Any]:
    return GitHub(auth, base_url=f"{client.url}/", auto_retry=False, http_cache=False, trust_env=False)


@pytest.fixture
def real(changing: RunningSandbox) -> Iterator[AppClient]:
    """An App on the true real time, which githubkit signs by."""
    permissions = {"issues": "read", "metadata": "read"}
    integration = changing.integrations.register(public_key=keys().public, permissions=permissions)
    with AppClient(changing, keys(), integration, time.time) as client:
        yield client


def test_githubkit_is_an_app(real: AppClient) -> None:
    number = real.installation("octo-sandbox")
    real.sandbox.world.fail_at_startup(next(iter(real.sandbox.world.repositories.values())))
    real.sandbox.deliveries("a secret", integration=real.app)
    delivery = real.sandbox.hooks.logged(real.sandbox.hooks.of(real.app))[0].id
    deliveries = "/app/hook/deliveries"
    with kit(real, AppAuthStrategy(real.app.id, real.pair.private)) as github:
        calls: dict[str, Callable[[], Any]] = {
            "/app": github.rest.apps.get_authenticated,
            "/app/installations": github.rest.apps.list_installations,
            "/app/installations/<int:installation_id>": lambda: github.rest.apps.get_installation(number),
            "/app/installations/<int:installation_id>/access_tokens": (
                lambda: github.rest.apps.create_installation_access_token(number)
            ),
            "/orgs/<org>/installation": lambda: github.rest.apps.get_org_installation("octo-sandbox"),
            deliveries: github.rest.apps.list_webhook_deliveries,
            f"{deliveries}/<int:delivery_id>": lambda: github.rest.apps.get_webhook_delivery(delivery),
            f"{deliveries}/<int:delivery_id>/attempts": lambda: github.rest.apps.redeliver_webhook_delivery(delivery),
        }
        assert set(calls) == {route.path for route in ROUTES if route.for_apps}
        for path, call in calls.items():
            response = call()
            parsed = response.parsed_data
            # Nothing is left over that GitHub's description doesn't know.
            for row, sent in (
                zip(parsed, response.json(), strict=True) if isinstance(parsed, list) else [(parsed, response.json())]
            ):
                names = {field.alias or name for name, field in type(row).model_fields.items()}
                assert sent.keys() <= names, path
            assert real.sandbox.stats.by_route[path] == 1


@pytest.mark.parametrize("by", ["id", "client_id"])
def test_githubkit_is_an_installation(by: str, real: AppClient) -> None:
    app_id, client_id = (real.app.id, None) if by == "id" else (None, real.app.client_id)
    auth = AppInstallationAuthStrategy(app_id, real.pair.private, real.installation("octo-sandbox"), client_id)
    with kit(real, auth) as github:
        search, items = github.rest.search.issues_and_pull_requests, real.sandbox.world.items.values()
        issues = search(q="org:octo-sandbox is:issue").parsed_data.total_count
        pulls = search(q="org:octo-sandbox is:pr").parsed_data.total_count
        assert (issues, pulls) == (sum(not item.is_pull for item in items), 0)
        with pytest.raises(RequestFailed) as refused:
            github.rest.orgs.list_members("octo-sandbox")
        assert refused.value.response.status_code == 403
        assert refused.value.response.headers["X-Accepted-GitHub-Permissions"] == "members=read"
    assert real.sandbox.stats.by_route["/app/installations/<int:installation_id>/access_tokens"] == 1


def test_the_same_seed_makes_the_same_apps() -> None:
    def made() -> tuple[str, int, str]:
        with serve(World(small_plan(now=NOW))) as running:
            app = running.integrations.register(public_key=keys().public, permissions={})
            place = app.installations["octo-sandbox"]
            return app.client_id, place.id, running.integrations.issue(app, place).value

    assert made() == made()
