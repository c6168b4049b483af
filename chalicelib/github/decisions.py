"""What to do with an answer from GitHub: pure functions of its status and headers.

They use no sockets, no clock and no randomness: callers pass in the time and the random numbers.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Literal

from requests.structures import CaseInsensitiveDict

from chalicelib.errors import (
    BadAnswerError,
    BlockedError,
    ForbiddenError,
    GitHubError,
    GoneError,
    NotFoundError,
    SingleSignOnError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableError,
)

Headers = Mapping[str, str]
Random = Callable[[], float]  # a number from 0 up to 1, as random.random gives
Reason = Literal["primary rate limit", "secondary rate limit", "retry"]

MAX_ATTEMPTS = 6  # of one request, when the connection breaks, GitHub answers 5xx and the like
MAX_LIMIT_WAITS = 8  # waits in a row for a rate limit, by one request
MAX_PAUSE = 60.0  # seconds between two attempts
SECONDARY_PAUSE = 60.0  # seconds, as GitHub advises for a secondary limit without a Retry-After
MAX_SECONDARY_PAUSE = 900.0
MAX_PRIMARY_PAUSE = 3900.0  # seconds: limits reset within the hour, so a later reset is a mistake
MAX_RETRY_AFTER = 86_400.0  # seconds: a longer Retry-After is a mistake
MESSAGE_LENGTH = 300
MAX_SSO_IDS = 20  # that a message names

_ACCEPTED = {200, 201, 202, 203, 204}
_REDIRECTS = {301, 302, 307, 308}
_WHOLE = {*_ACCEPTED, HTTPStatus.NOT_MODIFIED}
_ABSENT = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_LIMIT_STATUSES = {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
_TRANSIENT = {HTTPStatus.REQUEST_TIMEOUT, *range(500, 600)}
_ERRORS: dict[int, type[GitHubError]] = {
    401: UnauthorizedError,
    404: NotFoundError,
    410: GoneError,
    451: BlockedError,
    422: UnprocessableError,
}

_NUMBER = re.compile(r"[0-9]{1,10}")  # ten digits of epoch seconds last until the year 2286
_LINK = re.compile(r'<([^<>]*)>((?:[^<>",]|"[^"]*")*)')
_SSO_ORGANISATIONS = re.compile(r"organizations=([0-9, ]+)", re.IGNORECASE)
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;",]+))', re.IGNORECASE)
_LIMIT_MESSAGE = re.compile(r"rate limit|abuse detection", re.IGNORECASE)


@dataclass(frozen=True)
class Accept:
    """The answer is good: use its body."""


@dataclass(frozen=True)
class NotModified:
    """The data that the caller already has (by its ETag) is still current."""


@dataclass(frozen=True)
class Redirect:
    """Ask at `location` instead (as GitHub wrote it: absolute or relative)."""

    location: str


@dataclass(frozen=True)
class Wait:
    """Ask again after `seconds`; `why` adds a few words to the reason, where it needs them."""

    seconds: float
    reason: Reason
    why: str = ""

    @property
    def sentence(self) -> str:
        """The reason for people to read, such as `retry: GitHub answered 502`."""
        return f"{self.reason}: {self.why}" if self.why else self.reason


@dataclass(frozen=True)
class Fail:
    """Asking again won't help: raise `error` with `message`."""

    error: type[GitHubError]
    message: str


Decision = Accept | NotModified | Redirect | Wait | Fail


@dataclass(frozen=True)
class RateLimit:
    """One resource's primary rate limit: requests allowed, left and used in the hour; `reset` in epoch seconds.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit
    """

    limit: int
    remaining: int
    used: int
    reset: int
    resource: str


def decide(
    status: int,
    headers: Headers,
    message: str = "",
    *,
    now: float,
    rng: Random,
    attempt: int = 0,
    limited: int = 0,
) -> Decision:
    """Decide what to do with an answer; never raises, whatever the headers hold.

    `message` is GitHub's own (see `error_message`). `now` is this machine's clock in epoch seconds, used when the
    answer has no `Date`. `attempt` counts this request's earlier failures, `limited` its waits for a rate limit.
    """
    headers = CaseInsensitiveDict(headers)
    if lacks_sso(status, headers):
        return Fail(SingleSignOnError, _sso_message(headers, message))
    if status in _WHOLE:
        return NotModified() if status == HTTPStatus.NOT_MODIFIED else Accept()
    if status in _REDIRECTS:
        return _redirect(headers)
    if status in _LIMIT_STATUSES:
        return _limited(status, headers, message, now=github_time(headers, now), limited=limited)
    sentence = printable(message) or _phrase(status)
    if status in _TRANSIENT:
        at_least = _retry_after(headers, github_time(headers, now)) or 0.0
        why = f"GitHub answered {status}"
        return retry_or_fail(UnavailableError, sentence, why=why, attempt=attempt, rng=rng, at_least=at_least)
    return Fail(_ERRORS.get(status, BadAnswerError), sentence)


def lacks_sso(status: int, headers: Headers) -> bool:
    """Tell whether an answer leaves something out because of an organisation's single sign-on (SSO).

    A 200 without an organisation's items is no list, and a 404 from behind such a door is no deletion. A 403 says so
    by itself, and may be a rate limit.

    https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api#authenticating-with-saml-sso
    """
    sso = CaseInsensitiveDict(headers).get("x-github-sso", "").lower()
    return "partial-results" in sso if status in _WHOLE else bool(sso) and status in _ABSENT


def retry_or_fail(
    error: type[GitHubError],
    problem: str,
    *,
    why: str,
    attempt: int,
    rng: Random,
    at_least: float = 0.0,
    max_attempts: int = MAX_ATTEMPTS,
) -> Wait | Fail:
    """Wait for at least `at_least` seconds before another attempt, or fail with `error` after `max_attempts`.

    `problem` is the error's sentence; `why` says the same in a few words, for the message about the wait.
    """
    if attempt + 1 >= max_attempts:
        return Fail(error, f"{problem} (tried {'once' if attempt == 0 else f'{attempt + 1} times'})")
    return Wait(max(retry_pause(attempt, rng), at_least), "retry", why)


def retry_pause(attempt: int, rng: Random) -> float:
    """Seconds to pause after failure number `attempt` (from 0): 1, 2, 4 … at most 60, less a random part of up to half.

    The random part keeps clients that failed together from asking again together.
    """
    return min(2.0 ** min(attempt, 16), MAX_PAUSE) * (1 - rng() / 2)


def rate_limit(headers: Headers, *, default_resource: str = "core") -> RateLimit | None:
    """Read the primary rate limit in an answer's headers; None when it is missing or malformed.

    Older servers send no resource (then it is `default_resource`) and no used count.
    """
    headers = CaseInsensitiveDict(headers)
    limit, remaining, reset = (_number(headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining", "reset"))
    if limit is None or remaining is None or reset is None:
        return None
    used = _number(headers.get("x-ratelimit-used"))
    return RateLimit(
        limit=limit,
        remaining=remaining,
        used=max(limit - remaining, 0) if used is None else used,
        reset=reset,
        resource=headers.get("x-ratelimit-resource", "").strip() or default_resource,
    )


def seconds_until_reset(reset: int, headers: Headers, now: float) -> float:
    """Seconds until `reset` (epoch seconds) by GitHub's clock, plus one for clocks that disagree; 0 when it is past.

    At most `MAX_PRIMARY_PAUSE`, because GitHub resets the limits every hour.
    """
    seconds = reset - github_time(headers, now)
    return min(seconds + 1, MAX_PRIMARY_PAUSE) if seconds > 0 else 0.0


def next_link(headers: Headers) -> str | None:
    """Find the next page's URL in `Link`, as GitHub wrote it; None on the last page.

    https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api#using-link-headers
    """
    for url, parameters in _LINK.findall(CaseInsensitiveDict(headers).get("link", "")):
        rel = _REL.search(parameters)
        if rel and "next" in (rel[1] or rel[2] or "").lower().split():
            return str(url)
    return None


def github_date(headers: Headers) -> datetime | None:
    """Read an answer's `Date`, GitHub's clock, as an aware UTC time; None when absent or malformed."""
    return _http_date(CaseInsensitiveDict(headers).get("date", ""))


def github_time(headers: Headers, now: float) -> float:
    """GitHub's clock in epoch seconds, or `now` when the answer has no `Date`: the local clock may be wrong."""
    date = github_date(headers)
    return now if date is None else date.timestamp()


def resource_of(path: str) -> str:
    """Name the rate limit that a path (below the API's base) counts against: search, code_search, graphql or core."""
    first, _, rest = path.strip("/").partition("/")
    if first == "search":
        return "code_search" if rest.startswith("code") else "search"
    return "graphql" if first == "graphql" else "core"


def error_message(body: object) -> str:
    """GitHub's message in an error's JSON body, with the `errors` a 422 lists; empty when there is none.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
    """
    if not isinstance(body, dict):
        return ""
    message = body.get("message")
    errors = body.get("errors")
    details = [_detail(error) for error in errors] if isinstance(errors, list) else []
    sentences = [message if isinstance(message, str) else "", "; ".join(filter(None, details))]
    return ": ".join(filter(None, sentences))


def printable(text: str, length: int = MESSAGE_LENGTH) -> str:
    """Put a foreign text on one line of at most `length` characters, without control or direction characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:length]


def _detail(error: object) -> str:
    if isinstance(error, str):
        return error
    if not isinstance(error, dict):
        return ""
    message = error.get("message")
    if isinstance(message, str) and message:
        return message
    details = (error.get(key) for key in ("resource", "field", "code"))
    return " ".join(detail for detail in details if isinstance(detail, str))


def _redirect(headers: Headers) -> Decision:
    location = headers.get("location", "").strip()
    return Redirect(location) if location else Fail(BadAnswerError, "the redirect has no Location header")


def _limited(status: int, headers: Headers, message: str, *, now: float, limited: int) -> Decision:
    """Tell a rate limit from a missing permission; `now` is GitHub's clock.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    """
    wait = _limit_wait(status, headers, message, now=now, limited=limited)
    if wait is None:
        error = SingleSignOnError if "x-github-sso" in headers else ForbiddenError
        return Fail(error, _permission_message(headers, message))
    if limited >= MAX_LIMIT_WAITS:
        return Fail(UnavailableError, f"still a {wait.reason} after {limited} waits: {printable(message)}".rstrip(": "))
    return wait


def _limit_wait(status: int, headers: Headers, message: str, *, now: float, limited: int) -> Wait | None:
    seconds = _retry_after(headers, now)
    if seconds is not None:
        return Wait(seconds, "secondary rate limit")
    reset = _number(headers.get("x-ratelimit-reset"))
    if reset is not None and headers.get("x-ratelimit-remaining", "").strip() == "0":
        # The wait grows when GitHub keeps naming a reset that is past.
        return Wait(min(max(reset - now + 1, 2.0**limited), MAX_PRIMARY_PAUSE), "primary rate limit")
    if status == HTTPStatus.TOO_MANY_REQUESTS or _shows_limit(headers, message):
        return Wait(min(SECONDARY_PAUSE * 2.0 ** min(limited, 16), MAX_SECONDARY_PAUSE), "secondary rate limit")
    return None


def _shows_limit(headers: Headers, message: str) -> bool:
    # A malformed Retry-After, or nothing left until a malformed reset, still means a limit, not a permission.
    signs = ("gh-limited-by" in headers, "retry-after" in headers, bool(_LIMIT_MESSAGE.search(message)))
    return any(signs) or headers.get("x-ratelimit-remaining", "").strip() == "0"


def _permission_message(headers: Headers, message: str) -> str:
    needed = printable(headers.get("x-accepted-github-permissions", ""))
    sentence = _sso_message(headers, message) if "x-github-sso" in headers else printable(message) or "forbidden"
    return f"{sentence} (needs the permission {needed})" if needed else sentence


def _sso_message(headers: Headers, message: str) -> str:
    """Say that the token must be authorised for SSO; the header's URL is left out, for it holds a secret."""
    left_out = _SSO_ORGANISATIONS.search(headers["x-github-sso"])
    ids = ", ".join(_NUMBER.findall(left_out[1])[:MAX_SSO_IDS]) if left_out else ""
    what = f"the organisations with the ids {ids} are left out" if ids else printable(message) or "it is not whole"
    return f"{what}: authorise the token for the organisation's single sign-on (SSO)"


def _retry_after(headers: Headers, now: float) -> float | None:
    value = headers.get("retry-after", "")
    seconds = _number(value)
    if seconds is not None:
        return min(float(seconds), MAX_RETRY_AFTER)
    date = _http_date(value)
    return None if date is None else min(max(date.timestamp() - now, 0.0), MAX_RETRY_AFTER)


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # the parser raises each of these for malformed dates
        return None


def _number(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if _NUMBER.fullmatch(text) else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "an unknown status"
