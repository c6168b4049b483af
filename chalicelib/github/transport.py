"""The wire: one pooled session of `requests`, from a URL to a whole answer or a sentence about what went wrong."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.models import PreparedRequest

from chalicelib.github.answers import NoAnswer, Received

API_VERSION = "2022-11-28"
CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = 60.0  # seconds without a byte
POOL_SIZE = 16  # connections, one for each thread of a caller's pool
_SHORTEST_TIMEOUT = 0.05  # seconds; zero would mean "don't block"


class Transport:
    """Sends GET requests to GitHub, each once: no retries, no redirects, no cookies, no `.netrc`.

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
            }
        )
        # Cookies would be shared by threads, and GitHub's API needs none.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_maxsize=POOL_SIZE, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(
        self, url: str, *, authorization: str | None, etag: str | None, seconds_left: float
    ) -> Received | NoAnswer:
        """Ask once. `seconds_left` shortens the timeouts, so that no answer is awaited past a deadline."""
        patience = max(seconds_left, _SHORTEST_TIMEOUT)
        try:
            response = self._session.get(
                url,
                headers={"If-None-Match": etag},
                auth=_Authorization(authorization),
                timeout=(min(CONNECT_TIMEOUT, patience), min(READ_TIMEOUT, patience)),
                allow_redirects=False,
            )
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:  # requests' own errors are OSErrors
            return NoAnswer(self._describe(error), passing=not isinstance(error, ValueError))
        return Received(response.status_code, response.headers, response.content)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _describe(self, error: Exception) -> str:
        """Say what went wrong in our own words: the libraries' messages quote the URL, and some of them headers."""
        # Some errors are of two kinds: a ConnectTimeout is a ConnectionError too.
        kinds: dict[type[Exception], str] = {
            requests.Timeout: f"{self._host} took too long",
            requests.exceptions.ChunkedEncodingError: f"the answer of {self._host} was cut off",
            requests.exceptions.ContentDecodingError: f"the answer of {self._host} was garbled",
            requests.exceptions.SSLError: f"no trusted connection to {self._host}",
            requests.exceptions.ProxyError: f"the proxy on the way to {self._host} did not let us through",
            ValueError: f"the request to {self._host} can't be sent",
        }
        sentence = next((kinds[kind] for kind in kinds if isinstance(error, kind)), f"{self._host} can't be reached")
        return f"{sentence} ({_innermost(error)})"


class _Authorization(AuthBase):
    """Sets the header last; an `auth` of our own also keeps `requests` from reading `.netrc`."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if self._value is not None:
            request.headers["Authorization"] = self._value
        return request


def _innermost(error: BaseException) -> str:
    """The name of the error beneath the libraries' wrappers: ConnectionResetError, NameResolutionError and the like."""
    while not isinstance(error, urllib3.exceptions.NameResolutionError):
        inside = [getattr(error, "reason", None), *error.args, error.__cause__]
        beneath = next((item for item in inside if isinstance(item, BaseException)), None)
        if beneath is None:
            break
        error = beneath
    name, module = type(error).__name__, type(error).__module__
    return f"{module}.{name}" if name.islower() else name  # zlib.error and its like say little without it
