"""Files behind signed links: fetched without credentials, and kept on disk when they are large."""

from __future__ import annotations

import random
from tempfile import SpooledTemporaryFile
from urllib.parse import urlsplit

import requests
import urllib3

from chalicelib.errors import BadAnswerError, GoneError, UnavailableError
from chalicelib.github.budget import Budget
from chalicelib.github.decisions import MAX_ATTEMPTS, retry_pause

File = SpooledTemporaryFile[bytes]
IN_MEMORY = 4_000_000  # bytes
LARGEST = 2_000_000_000  # bytes: more is a mistake, or meant to fill the disk
CHUNK = 65_536
TIMEOUTS = (10.0, 60.0)  # seconds to connect, and without a byte
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# What stores of files answer when a link has ended, or was never theirs.
EXPIRED = {400, 401, 403, 404, 410}
NO_LINK = "a download link is none (it must be https)"


def fetch_file(url: str, budget: Budget) -> File:
    """Fetch a file whole, from its beginning; close it when it was read.

    Raises GoneError when the link has expired, UnavailableError when it can't be had, BadAnswerError when it is no
    link; no message holds the link, which is a secret as long as it lasts.
    """
    check_link(url)
    for attempt in range(MAX_ATTEMPTS):
        budget.check()
        file = File(max_size=IN_MEMORY)
        try:
            _download(url, file)
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
    raise UnavailableError(f"a report could not be downloaded ({problem}, tried {MAX_ATTEMPTS} times)")


def check_link(url: str) -> None:
    """Raise BadAnswerError unless a link is https, or leads to this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise BadAnswerError(NO_LINK) from None
    if not host or (parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK)):
        raise BadAnswerError(NO_LINK)


def _download(url: str, file: File) -> None:
    # A session of its own for each, without credentials of any kind: the link is all that it takes.
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = requests.utils.get_environ_proxies(url)
        with session.get(url, stream=True, timeout=TIMEOUTS, allow_redirects=False) as response:
            if response.status_code in EXPIRED:
                raise GoneError("a download link has expired", status=response.status_code)
            if response.status_code != requests.codes.ok:
                raise ConnectionError(f"status {response.status_code}")
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                if file.tell() > LARGEST:
                    raise BadAnswerError("a report is larger than 2 GB")
