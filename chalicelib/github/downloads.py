"""Downloads from signed links: without credentials, and on disk when they are large."""

from __future__ import annotations

import random
from tempfile import SpooledTemporaryFile

import requests
import urllib3
from requests.models import PreparedRequest
from urllib3.util import parse_url

from chalicelib.errors import BadAnswerError, GoneError, UnavailableError
from chalicelib.github.addresses import LOOPBACK, LinkRule, reach_of_host
from chalicelib.github.budget import Budget
from chalicelib.github.connections import BoundedAdapter, answer_within
from chalicelib.github.decisions import MAX_ATTEMPTS, retry_pause

File = SpooledTemporaryFile[bytes]
IN_MEMORY = 1_000_000  # bytes: a report may have many files, and a Lambda has 256 MB
LARGEST = 2_000_000_000  # bytes: a larger file is a mistake, or an attempt to fill the disk
CHUNK = 65_536
CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 60.0  # seconds; to read: without a byte
WHOLE_TIMEOUT = 1800.0  # seconds for a file: the largest one comes in time at a megabyte a second
_SHORTEST_TIMEOUT = 0.05  # seconds; none may be zero
# What file stores answer to a link that has expired, or that they don't know.
EXPIRED_STATUSES = {400, 401, 403, 404, 410}
BAD_LINK = "the download link is malformed: it must be an https URL"


def fetch_file(url: str, budget: Budget, *, api_host: str) -> File:
    """Fetch a whole file; it is open at its beginning, and the caller closes it.

    Raises GoneError when the link has expired, UnavailableError when the download fails, BadAnswerError when the link
    is malformed or the file too large. A link to an address of this machine or of a private network is refused, unless
    the API itself, at `api_host`, is there. No message holds the link, which is a secret until it expires.
    """
    rule = LinkRule(api_host)
    check_link(url, rule)
    for attempt in range(MAX_ATTEMPTS):
        budget.check()
        file = File(max_size=IN_MEMORY)
        try:
            _download(url, file, rule, budget.remaining())
        except (OSError, urllib3.exceptions.HTTPError) as error:  # requests' own errors are OSErrors
            file.close()
            problem = type(error).__name__
        except BaseException:
            file.close()
            raise
        else:
            file.seek(0)
            return file
        if attempt + 1 < MAX_ATTEMPTS:
            budget.pause(retry_pause(attempt, random.random), f"retry: a download failed ({problem})")
    raise UnavailableError(f"the file could not be downloaded ({problem}, tried {MAX_ATTEMPTS} times)")


def check_link(url: str, rule: LinkRule) -> None:
    """Raise BadAnswerError unless the link is an https URL, or one of this machine, and leads where it may."""
    scheme, host = _parse(url)
    if not host or (scheme != "https" and not (scheme == "http" and reach_of_host(host) == LOOPBACK)):
        raise BadAnswerError(BAD_LINK)
    rule.check_host(host)


def _parse(url: str) -> tuple[str, str]:
    """Read a link's scheme and host as the connection will; empty when it is malformed."""
    request = PreparedRequest()
    try:
        request.prepare_url(url, None)
        parts = parse_url(request.url or "")
    except (ValueError, urllib3.exceptions.HTTPError):  # requests' own errors are ValueErrors here
        return "", ""
    return parts.scheme or "", parts.host or ""


def _download(url: str, file: File, rule: LinkRule, seconds_left: float) -> None:
    seconds = min(WHOLE_TIMEOUT, max(seconds_left, _SHORTEST_TIMEOUT))
    # A new session without credentials: the signed link needs none, and its host must not get ours.
    with requests.Session() as session, answer_within(seconds, rule.check):
        session.mount("https://", BoundedAdapter())
        session.mount("http://", BoundedAdapter())
        session.trust_env = False
        session.proxies = requests.utils.get_environ_proxies(url)
        timeouts = (min(CONNECT_TIMEOUT, seconds), READ_TIMEOUT)
        with session.get(url, stream=True, timeout=timeouts, allow_redirects=False) as response:
            if response.status_code in EXPIRED_STATUSES:
                raise GoneError("the download link has expired", status=response.status_code)
            if response.status_code != requests.codes.ok:
                raise ConnectionError(f"status {response.status_code}")
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                if file.tell() > LARGEST:
                    raise BadAnswerError("the download is larger than 2 GB")
