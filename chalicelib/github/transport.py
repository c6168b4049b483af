"""HTTP: one pooled session of `requests`; each URL gives a whole answer, or a sentence about what went wrong.

An answer has limits of time and size. Without them, one that never ends, or a small one that decompresses to gigabytes,
would take the process with it.
"""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy

import requests
import urllib3
from requests.auth import AuthBase
from requests.models import PreparedRequest

from chalicelib.github.answers import NoAnswer, Received
from chalicelib.github.connections import BoundedAdapter, MalformedHeadersError, answer_within
from chalicelib.redaction import secret_in

API_VERSION = "2022-11-28"
CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = 60.0  # seconds without a byte
ANSWER_TIMEOUT = 180.0  # seconds for a whole answer: GitHub itself gives up after ten, the rest is for slow lines
# The most that a hundred issues can hold: each has a body of at most 65,536 characters, four bytes each in UTF-8.
LARGEST = 32_000_000  # bytes, decompressed
JSON_CONTENT = "application/json"
CHUNK = 65_536  # bytes
POOL_SIZE = 16  # connections, one for each thread of a caller's pool
_SHORTEST_TIMEOUT = 0.05  # seconds; zero would mean "don't block"


class TooLargeError(ValueError):
    """The body is larger than any answer of GitHub's."""


# What went wrong, as a sentence and in a few words. The first match counts: a ConnectTimeout is also a
# ConnectionError.
_KINDS: dict[type[BaseException], tuple[str, str]] = {
    requests.Timeout: ("{host} took too long", "{host} took too long"),
    TimeoutError: ("{host} took too long", "{host} took too long"),  # within the body
    requests.exceptions.ChunkedEncodingError: ("the answer of {host} was cut off", "the answer was cut off"),
    requests.exceptions.ContentDecodingError: ("the answer of {host} was garbled", "the answer was garbled"),
    MalformedHeadersError: ("the answer of {host} was garbled", "the answer was garbled"),
    requests.exceptions.SSLError: ("no secure connection to {host}", "no secure connection to {host}"),
    requests.exceptions.ProxyError: (
        "the proxy refused the connection to {host}",
        "the proxy refused the connection",
    ),
    TooLargeError: ("the answer of {host} is larger than {largest:,} bytes", "the answer is too large"),
    ValueError: ("the request to {host} can't be sent", "the request can't be sent"),
}


class Transport:
    """Sends requests to GitHub, each once: no retries, no redirects, no cookies, no `.netrc`.

    https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#headers
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._session = requests.Session()
        self._session.headers.update(
            {
                "Accept": "application/vnd.github+json",
                "Accept-Encoding": "gzip",
                "User-Agent": "contributor-metrics",
                "X-GitHub-Api-Version": API_VERSION,
                # Node ids in one form, whatever the age of the object and whichever API tells them.
                "X-GitHub-Next-Global-ID": "1",
            }
        )
        # Cookies would be shared by threads, and GitHub's API needs none.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = BoundedAdapter(pool_maxsize=POOL_SIZE, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(
        self,
        url: str,
        *,
        method: str = "GET",
        authorization: str | None,
        etag: str | None = None,
        content: bytes | None = None,
        seconds_left: float,
        largest: int | None = None,
    ) -> Received | NoAnswer:
        """Send one request, with JSON as its content if there is some, and read its whole answer.

        `seconds_left` shortens the timeouts, to keep to the deadline; `largest` is the most bytes to read.
        """
        limit = LARGEST if largest is None else largest
        timeout = max(seconds_left, _SHORTEST_TIMEOUT)
        is_begun = False
        try:
            with (
                answer_within(min(ANSWER_TIMEOUT, timeout)),
                self._session.request(
                    method,
                    url,
                    headers={"If-None-Match": etag, "Content-Type": JSON_CONTENT if content else None},
                    data=content,
                    auth=_Authorization(authorization),
                    timeout=(min(CONNECT_TIMEOUT, timeout), min(READ_TIMEOUT, timeout)),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                is_begun = True
                body = _read_body(response, limit)
                return Received(response.status_code, response.headers, body, secret_in(authorization))
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:  # requests' own errors are OSErrors
            return self._describe(error, is_begun=is_begun, largest=limit)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _describe(self, error: Exception, *, is_begun: bool, largest: int) -> NoAnswer:
        """Say what went wrong in our own words: the libraries' messages quote the URL, and some quote headers."""
        cause = _innermost(error)
        kind = cause if isinstance(cause, (TimeoutError, MalformedHeadersError)) else error
        sentence, why = next(
            (words for each, words in _KINDS.items() if isinstance(kind, each)),
            ("{host} can't be reached", "no connection to {host}"),
        )
        detail = "" if isinstance(error, TooLargeError) else f" ({_name_of(cause)})"
        return NoAnswer(
            f"{sentence.format(host=self._host, largest=largest)}{detail}",
            why.format(host=self._host),
            is_transient=not isinstance(error, ValueError),
            is_unreachable=not is_begun and not isinstance(kind, (MalformedHeadersError, ValueError)),
            is_too_large=isinstance(error, TooLargeError),
        )


class _Authorization(AuthBase):
    """Sets the Authorization header; without an `auth` of ours `requests` would read `.netrc`."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if self._value is not None:
            request.headers["Authorization"] = self._value
        return request


def _read_body(response: requests.Response, largest: int) -> bytes:
    """Read a body, decompressed, up to the limit; one that is left closes its connection."""
    parts, size = [], 0
    for part in response.iter_content(CHUNK):
        size += len(part)
        if size > largest:
            raise TooLargeError
        parts.append(part)
    return b"".join(parts)


def _innermost(error: BaseException) -> BaseException:
    """Find the error inside the libraries' wrappers, such as ConnectionResetError or NameResolutionError."""
    while not isinstance(error, urllib3.exceptions.NameResolutionError):
        inside = [getattr(error, "reason", None), *error.args, error.__cause__]
        beneath = next((item for item in inside if isinstance(item, BaseException)), None)
        if beneath is None:
            break
        error = beneath
    return error


def _name_of(error: BaseException) -> str:
    name, module = type(error).__name__, type(error).__module__
    return f"{module}.{name}" if name.islower() else name  # plain `error`, as in zlib.error, says too little
