"""Credentials of a GitHub App: a signed claim for the App itself, hour-long tokens for its installations.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import rsa

from chalicelib.errors import (
    BadAnswerError,
    ForbiddenError,
    GitHubError,
    GoneError,
    NotFoundError,
    SettingsError,
    UnauthorizedError,
    UnprocessableError,
)
from chalicelib.github.answers import Answer
from chalicelib.github.client import GitHubAPI
from chalicelib.utils import parse_utc, utc_now

# GitHub allows ten minutes, and advises to begin one ago, for clocks that run fast.
CLAIM_BEGINS = timedelta(seconds=-60)
CLAIM_ENDS = timedelta(minutes=9)
# A token is renewed so long before its end, for an answer may take a minute, and clocks differ.
RENEWAL = timedelta(minutes=5)
PEM, PEM_END = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"


class AppAuth:
    """A GitHub App, by its id (or client id) and private key; neither `repr` nor errors show the key.

    SettingsError when the key is not one that GitHub gives out.

    https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
    """

    def __init__(self, app_id: str, private_key: str, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._app_id = app_id
        self._key = load_key(private_key)
        self._clock = clock

    def header(self) -> str:
        """The Authorization header's value: a claim that holds for nine minutes."""
        now = self._clock()
        begin, end = (int((now + shift).timestamp()) for shift in (CLAIM_BEGINS, CLAIM_ENDS))
        claims = {"iat": begin, "exp": end, "iss": self._app_id}
        unsigned = _encode_json({"alg": "RS256", "typ": "JWT"}) + b"." + _encode_json(claims)
        signed = unsigned + b"." + _encode(rsa.sign(unsigned, self._key, "SHA-256"))
        return f"Bearer {signed.decode()}"

    def __repr__(self) -> str:
        return f"AppAuth({self._app_id!r}, …)"


def load_key(text: str) -> rsa.PrivateKey:
    """Read a private key in the form that GitHub gives out (PEM, PKCS#1); SettingsError when it is none."""
    pem = text.replace("\\n", "\n").strip()
    if not pem.startswith(PEM):
        raise SettingsError(
            f"GH_APP_PRIVATE_KEY is malformed: it must begin with {PEM}, as GitHub gives it out "
            "(of another form, `openssl rsa -traditional -in FILE` makes this one)"
        )
    # Many a place to keep secrets makes spaces of line ends, or nothing.
    body = "".join(pem.removeprefix(PEM).removesuffix(PEM_END).split())
    try:
        return rsa.PrivateKey.load_pkcs1(f"{PEM}\n{body}\n{PEM_END}\n".encode())
    except Exception:  # noqa: BLE001 - whatever the parsers raise on a stranger's text, of many kinds
        # Not chained: their messages may quote what they could not read.
        raise SettingsError("GH_APP_PRIVATE_KEY is malformed: it is cut off or garbled") from None


class InstallationAuth:
    """An installation of an App in an organisation: a token that is fetched when needed, and renewed before its end.

    Whatever GitHub refuses is an UnauthorizedError that says what is wrong with the App; what passes is as elsewhere.

    https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
    """

    def __init__(self, api: GitHubAPI, org: str, *, installation_id: int | None = None) -> None:
        self._api = api  # authenticated as the App
        self._org = org
        self._installation_id = installation_id
        self._header = ""
        self._renew_at = float("-inf")
        self._lock = threading.Lock()

    def header(self) -> str:
        """The Authorization header's value."""
        with self._lock:
            if self._api.budget.now() >= self._renew_at:
                self._renew()
            return self._header

    def _renew(self) -> None:
        try:
            if self._installation_id is None:
                self._installation_id = self._find()
            answer = self._api.post(f"/app/installations/{self._installation_id}/access_tokens")
        except (UnauthorizedError, ForbiddenError, NotFoundError, GoneError, UnprocessableError) as error:
            # Never as they are: who asks for an issue would take a 404 of this for the issue's.
            raise UnauthorizedError(
                _explain(error, self._org),
                status=error.status,
                method=error.method,
                path=error.path,
                request_id=error.request_id,
            ) from None
        token, seconds = read_token(answer, self._api.budget.clock())
        self._header = f"Bearer {token}"
        self._renew_at = self._api.budget.now() + seconds - RENEWAL.total_seconds()

    def _find(self) -> int:
        path = f"/orgs/{self._org}/installation"
        try:
            return int(self._api.get(path).body["id"])
        except (KeyError, TypeError, ValueError):
            raise BadAnswerError("the answer is not an installation", path=path) from None

    def __repr__(self) -> str:
        return f"InstallationAuth({self._org!r}, …)"


def _explain(error: GitHubError, org: str) -> str:
    if isinstance(error, UnauthorizedError):
        return f"GH_APP_ID and GH_APP_PRIVATE_KEY don't fit, or this machine's clock is wrong: {error.message}"
    if isinstance(error, NotFoundError) and "integration" not in error.message.lower():
        return f"the GitHub App is not installed in {org}"
    return f"GitHub refuses the App in {org}: {error.message}"


def read_token(answer: Answer, now: datetime) -> tuple[str, float]:
    """Read a token and for how many seconds it holds, by GitHub's own clock; BadAnswerError when there is none."""
    try:
        token, end = answer.body["token"], parse_utc(answer.body["expires_at"])
    except (KeyError, TypeError, ValueError):
        token, end = None, now
    if not isinstance(token, str) or not token:
        # The body is not shown: half of it may be the token.
        raise BadAnswerError(
            "the answer holds no installation token", status=answer.status, path="access_tokens", method="POST"
        )
    return token, (end - (answer.date or now)).total_seconds()


def _encode_json(value: dict[str, Any]) -> bytes:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _encode(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")
