"""Credentials of a GitHub App: a signed claim for the App itself, hour-long tokens for its installations.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import re
import threading
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

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
from chalicelib.github.decisions import printable
from chalicelib.utils import parse_utc, utc_now

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# GitHub allows ten minutes, and advises to begin one ago, for clocks that run fast.
CLAIM_BEGINS = timedelta(seconds=-60)
CLAIM_ENDS = timedelta(minutes=9)
# A token is renewed so long before its end, for an answer may take a minute, and clocks differ.
RENEWAL = timedelta(minutes=5)
# PKCS#1, as GitHub gives it out, or PKCS#8, as some places to keep keys make of it.
PEM = re.compile(r"-----BEGIN ((?:RSA |ENCRYPTED )?PRIVATE KEY)-----")
ENCRYPTED = re.compile("-----BEGIN ENCRYPTED|Proc-Type:")


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
        import jwt  # noqa: PLC0415 - slow to load, and most runs have a token in place of an App

        now = self._clock()
        begin, end = (int((now + shift).timestamp()) for shift in (CLAIM_BEGINS, CLAIM_ENDS))
        claims = {"iat": begin, "exp": end, "iss": self._app_id}
        return f"Bearer {jwt.encode(claims, self._key, algorithm='RS256')}"

    def __repr__(self) -> str:
        return f"AppAuth({self._app_id!r}, …)"


def load_key(text: str) -> RSAPrivateKey:
    """Read an RSA private key in PEM, of PKCS#1 or PKCS#8; SettingsError when it is none, or needs a passphrase."""
    pem = text.replace("\\n", "\n").strip()
    begin = PEM.match(pem)
    if not begin:
        raise _malformed("it must begin with -----BEGIN RSA PRIVATE KEY-----, as GitHub gives it out")
    if ENCRYPTED.search(pem):
        raise _malformed("it is encrypted (`openssl rsa -in FILE` makes a copy that needs no passphrase)")
    # Many a place to keep secrets makes spaces of line ends, or nothing.
    return _read_key("".join(pem[begin.end() :].removesuffix(f"-----END {begin[1]}-----").split()))


def _read_key(body: str) -> RSAPrivateKey:
    """Read a key in DER, as base64."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as jwt above
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415

    try:
        key = load_der_private_key(b64decode(body, validate=True), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Not chained: their messages may quote what they could not read.
        raise _malformed("it is cut off or garbled") from None
    if not isinstance(key, RSAPrivateKey):
        raise _malformed("it is not an RSA key, which GitHub's are")
    return key


def _malformed(reason: str) -> SettingsError:
    return SettingsError(f"GH_APP_PRIVATE_KEY is malformed: {reason}")


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
        answer = self._api.get(path)
        try:
            found, login = int(answer.body["id"]), str(answer.body["account"]["login"])
        except (KeyError, TypeError, ValueError):
            raise BadAnswerError("the answer is not an installation", path=path) from None
        # After a redirect it is the organisation's new name, which whoever asks for the organisation will say.
        if login.casefold() != self._org.casefold() and not answer.is_redirected:
            raise BadAnswerError(f"the answer is the installation in {printable(login, 100)}", path=path)
        return found

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
