"""Where requests may go: only to the API's own scheme, host and port, so that no other host gets the token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from requests.models import PreparedRequest

from chalicelib.errors import BadAnswerError, SettingsError
from chalicelib.github.decisions import printable
from chalicelib.redaction import redact

Params = Mapping[str, str | int | None]

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """The API's base, such as `https://api.github.com`, or `https://ghe.example/api/v3` with the prefix `/api/v3`."""

    scheme: str
    netloc: str
    prefix: str

    @classmethod
    def from_url(cls, api_url: str) -> Origin:
        """Read the API's base URL; raises SettingsError, which doesn't quote it, unless it is a plain http(s) URL."""
        try:
            parts = urlsplit(api_url.strip())
            PreparedRequest().prepare_url(urlunsplit(parts), None)
            usable = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or "@" in parts.netloc or parts.query or parts.fragment:
            raise SettingsError("the API's URL is malformed: it must look like https://api.github.com")
        return cls(parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"))

    def url(self, path_or_url: str, params: Params | None = None) -> str:
        """Build the whole URL for a path below the base, or check a URL from a payload.

        Raises BadAnswerError when the URL is malformed or leaves this origin.
        """
        if path_or_url.startswith("//") or "://" in path_or_url.partition("?")[0]:
            url = self.resolve(path_or_url, relative_to=self._base)
        else:
            url = f"{self._base}/{path_or_url.removeprefix('/')}"
        try:
            request = PreparedRequest()
            request.prepare_url(url, dict(params or {}))
            prepared = request.url
        except ValueError:
            prepared = None
        if not prepared:
            raise BadAnswerError("the URL is malformed", path=path_of(url))
        return prepared

    def resolve(self, reference: str, *, relative_to: str) -> str:
        """Complete the URL of a `Link` or `Location`.

        Raises BadAnswerError, which names only the other host, when the URL leaves this origin.
        """
        try:
            parts = urlsplit(urljoin(relative_to, reference))
            if _key(parts) == _key(urlsplit(self._base)):
                # Built from our own parts: another parser may read the same text as another host.
                return urlunsplit((self.scheme, self.netloc, parts.path, parts.query, ""))
            other_host = f"{parts.scheme}://{parts.hostname or ''}"
        except ValueError:
            other_host = "a malformed URL"
        raise BadAnswerError(
            f"refused to go to {printable(other_host, 100)}: it isn't {self.scheme}://{self.netloc}",
            path=path_of(relative_to),
        )

    @property
    def graphql_url(self) -> str:
        """The URL of the GraphQL API: beside REST's `/api/v3` on GitHub Enterprise Server, below the base elsewhere."""
        return f"{self.scheme}://{self.netloc}{self.prefix.removesuffix('/v3')}/graphql"

    @property
    def host(self) -> str:
        """The host's name or address, without the port."""
        return urlsplit(self._base).hostname or ""

    @property
    def _base(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.prefix}"

    def path_below(self, url: str) -> str:
        """Give the path of one of this origin's URLs, without the base's prefix."""
        return urlsplit(url).path.removeprefix(self.prefix)


def path_of(url: str, secret: str | None = None) -> str:
    """Give a URL's path as errors show it: without its query, and without a secret."""
    return printable(redact(urlsplit(url).path, secret))


def _key(parts: SplitResult) -> tuple[str, str | None, int | None, bool]:
    """What two URLs of one origin have in common; a URL with credentials is of no origin that we use."""
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme), "@" in parts.netloc
