"""The control plane's calls about Copilot."""

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.api.copilot.service import Copilot
from sandbox.server.downloads import Downloads

JSON = dict[str, Any]
ORG = "/_sandbox/copilot/<org>"


class CopilotCalls:
    """Each call is a method that takes the request's JSON (or query) and the path's parts."""

    def __init__(self, copilot: Copilot, downloads: Downloads) -> None:
        self._copilot, self._downloads = copilot, downloads

    def calls(self) -> Iterable[tuple[str, str, Callable[..., Any]]]:
        """Return method, path and call of each."""
        copilot = self._copilot
        return (
            ("DELETE", "/_sandbox/copilot/downloads", lambda _: self._downloads.expire()),
            ("GET", ORG, lambda _, org: copilot.summary(org)),
            ("PUT", ORG, self.set_up),
            ("DELETE", ORG, lambda _, org: copilot.end(org)),
            ("GET", f"{ORG}/days", lambda wanted, org: copilot.days(org, every="all" in wanted)),
            ("GET", f"{ORG}/users", self.users),
            ("GET", f"{ORG}/user-teams", lambda wanted, org: copilot.user_teams(org, day=wanted.get("day"))),
            ("GET", f"{ORG}/seats", lambda _, org: copilot.seats(org)),
        )

    def set_up(self, wanted: JSON, org: str) -> JSON:
        """Set Copilot up or change it."""
        self._copilot.set_up(org, **wanted)
        return self._copilot.summary(org)

    def users(self, wanted: JSON, org: str) -> list[JSON]:
        """List the users' rows, in the end or as they are now."""
        return self._copilot.users(org, day=wanted.get("day"), final="now" not in wanted)
