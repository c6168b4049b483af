"""Download links as a blob store signs them: good for a while, without a token, and with none."""

import hmac
import re
from base64 import b64encode
from collections.abc import Callable
from email.utils import formatdate
from secrets import token_bytes
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from sandbox.api.call import JSON
from sandbox.api.copilot.files import count_files, report_rows, suffix, write_file
from sandbox.api.copilot.service import Copilot
from sandbox.api.messages import Request
from sandbox.server.responses import Response
from sandbox.world.copilot.settings import day_name, parse_day
from sandbox.world.copilot.usage import Usage
from sandbox.world.world import World

PREFIX = "/_sandbox/copilot/downloads/"
ROUTE = f"{PREFIX}<file>"
FILE = re.compile(
    re.escape(PREFIX) + r"(?P<org>[^/]+)/(?P<report>[^/]+)/(?P<day>[\d-]+)/(?P<at>\d+)/"
    r"(?P<part>\d+)-of-(?P<parts>\d+)\.(?:nd)?json"
)
# A blob store's words.
UNSIGNED = "Signature did not match."
TOO_LATE = "Signature not valid in the specified time frame."
NO_HEADER = "Authentication information is not given in the correct format. Check the value of Authorization header."
NOT_AUTHENTIC = "Server failed to authenticate the request. Make sure the value of the signature is correct."
GONE = "The specified blob does not exist."


class Downloads:
    """Signs links, and answers them with a report's file; `now` is real time, on which links end.

    A link carries what it leads to and the world's time at which it was given, so that nothing is kept.
    """

    def __init__(self, world: World, copilot: Copilot, *, now: Callable[[], float], base_url: str) -> None:
        self._world, self._copilot, self._now, self._base = world, copilot, now, base_url
        self._key = token_bytes(32)
        # A report's files are mostly read one after the other.
        self._latest: tuple[tuple[Usage, str, int, int] | None, list[JSON]] = None, []

    def expire(self) -> None:
        """End all links that were given until now."""
        self._key = token_bytes(32)

    def links(self, usage: Usage, report: str, day: int) -> list[str]:
        """Return the links to the files of a report that ends with a day."""
        parts = count_files(usage, report)
        place = f"{PREFIX}{usage.organisation.login}/{report}/{day_name(day)}/{self._world.now}"
        expires = str(int(self._now()) + usage.settings.link_seconds)
        paths = [f"{place}/{part}-of-{parts}.{suffix(report)}" for part in range(1, parts + 1)]
        return [f"{self._base}{path}?{self._query(path, expires)}" for path in paths]

    def _query(self, path: str, expires: str) -> str:
        # Quoted as blob stores do it: + and / of the signature don't survive being quoted again.
        return urlencode({"se": expires, "sp": "r", "sig": self._sign(path, expires)}, quote_via=quote, safe="")

    def _sign(self, path: str, expires: str) -> str:
        return b64encode(hmac.digest(self._key, f"{path}\n{expires}".encode(), "sha256")).decode()

    def answer(self, request: Request) -> Response:
        """Answer with a file, or with the blob store's refusal."""
        if "authorization" in request.headers:
            return refusal(400, "InvalidAuthenticationInfo", NO_HEADER)
        arguments = {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}
        expires, signature = arguments.get("se", ""), arguments.get("sig", "")
        if not hmac.compare_digest(signature.encode(), self._sign(request.path, expires).encode()):
            return refusal(403, "AuthenticationFailed", NOT_AUTHENTIC, detail=UNSIGNED)
        if self._now() >= int(expires):
            return refusal(403, "AuthenticationFailed", NOT_AUTHENTIC, detail=TOO_LATE)
        return self._file(request.path)

    def _file(self, path: str) -> Response:
        found = FILE.fullmatch(path)
        if found is None:
            return refusal(404, "BlobNotFound", GONE)
        parts = found.groupdict()
        numbers, day = {name: int(parts[name]) for name in ("at", "part", "parts")}, parse_day(parts["day"])
        usage = self._copilot.find(parts["org"])
        # It may have been set up in another way since.
        if usage is None or usage.offered(day, numbers["at"]) is None:
            return refusal(404, "BlobNotFound", GONE)
        rows = self._rows(usage, parts["report"], day, numbers["at"])
        body = write_file(usage, parts["report"], rows, day=day, **numbers)
        headers = {"Content-Type": "application/octet-stream", "Date": formatdate(self._now(), usegmt=True)}
        return Response(200, headers, body)

    def _rows(self, usage: Usage, report: str, day: int, at: int) -> list[JSON]:
        key = (usage, report, day, at)
        if self._latest[0] != key:
            self._latest = key, report_rows(usage, report, day=day, at=at)
        return self._latest[1]


def refusal(status: int, code: str, message: str, *, detail: str = "") -> Response:
    """Return a blob store's error: XML, the reason in `AuthenticationErrorDetail` if there is more to say."""
    more = f"<AuthenticationErrorDetail>{detail}</AuthenticationErrorDetail>" if detail else ""
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>'
    return Response(status, {"Content-Type": "application/xml", "x-ms-error-code": code}, body.encode())
